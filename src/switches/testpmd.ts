// SPDX-License-Identifier: Apache-2.0
// DPDK's own traffic application as a forwarder: a vhost-user port for each application, in pairs, 0 to 1 and 1 to 0, as the
// packets are (`io`). Its `mac` mode is left out: docs/decisions/0034-dpdk-over-the-kernel.md.
import { HostError } from '../host/host.ts';
import { startMarked } from '../host/process.ts';
import { FRAME_BYTES_USUAL } from '../model/frame.ts';
import {
  type PortCounts,
  type RunningSwitch,
  SOCKETS,
  type SocketPort,
  type SwitchContext,
  type SwitchDriver,
} from './driver.ts';
import { Dialogue, type Language } from './kit/dialogue.ts';
import { findProgram } from './kit/program.ts';
import { DPDK_PORTS_MAX, virtioUser } from './kit/virtio.ts';

const MIB = 1024 * 1024;
const PROGRAM = { name: 'dpdk-testpmd', variable: 'VSWBENCH_TESTPMD' };
/** Packet buffers of all ports: a ring of 1024 each way, and what its thread holds. */
const BUFFERS_PER_PORT = 4096;
/** A buffer of DPDK's default size, with what DPDK puts in front of it. */
const BUFFER_BYTES = 2496;

const memoryMib = (ports: number) => 64 + Math.ceil((ports * BUFFERS_PER_PORT * BUFFER_BYTES) / MIB);

export const testpmd: SwitchDriver = {
  id: 'testpmd',
  title: 'testpmd (DPDK), io mode: ports in pairs, no switching logic',
  ports: ['vhost-user'],
  locations: ['local'],
  threads: 1,
  workers: { threadsMax: 1, why: 'it does not tell which of its threads has which port' },
  pairsMax: DPDK_PORTS_MAX / 2,
  // Its ports are those that it was started with.
  hotplug: 'container',
  frameLimit: () => ({ bytes: FRAME_BYTES_USUAL, why: 'its packet buffers are set up for no more' }),
  hugepageBytes: (ports) => memoryMib(ports) * MIB,

  async probe(host) {
    const mend = "run 'vswbench setup' (Debian: dpdk-dev)";
    if ((await findProgram(host, PROGRAM)) === null)
      return { available: false, missing: 'testpmd is not installed', mend };
    const version = await host.run(['pkg-config', '--modversion', 'libdpdk']);
    return { available: true, version: version.exitCode === 0 ? `DPDK ${version.stdout.trim()}` : 'DPDK' };
  },

  async start(context) {
    const { host, undo, ports, directory } = context;
    const path = await findProgram(host, PROGRAM);
    if (path === null) throw new HostError('testpmd is gone');
    const process = await startMarked(host, undo, directory, commandOf(context, path));
    const dialogue = new Dialogue(process, new PromptLanguage(ports.length, (line) => process.send(line)));
    await dialogue.ready;
    // It says that it forwards just before it does; by its first answer, it does.
    await dialogue.ask();
    const running: RunningSwitch = {
      nextPorts: () =>
        ports.map(
          (request, index): SocketPort => ({
            ...request,
            kind: 'vhost-user',
            directory,
            device: virtioUser({ name: `${SOCKETS}/${socketOf(index)}` }),
          }),
        ),
      flags: [],
      counters: async () => countersOf(context, await dialogue.ask()),
      settled: async () => {
        const down = (await dialogue.ask()).findIndex(({ up }) => !up);
        return down < 0 ? null : `nobody is connected to port ${down} of testpmd`;
      },
      served: async () => ports.map((request) => ({ ...request, queue: 0, thread: 0 })),
      threads: async () => [process.pid],
      health: async () => dialogue.ended,
    };
    return running;
  },
};

function socketOf(index: number): string {
  return `port${index}`;
}

/** In memory: no file on a hugetlbfs that outlives it. No device of the host is touched. */
function commandOf({ ports, cpus, housekeeping, directory }: SwitchContext, path: string): string[] {
  const [cpu] = cpus;
  if (cpu === undefined) throw new RangeError('testpmd needs a CPU');
  const devices = ports.map((_, index) => `--vdev=net_vhost${index},iface=${directory}/${socketOf(index)}`);
  return [
    // Its answers come by lines, as they do on a terminal.
    ...['taskset', '--cpu-list', housekeeping.join(','), 'stdbuf', '-oL', path],
    ...[`--lcores=0@(${housekeeping.join(',')}),1@${cpu}`, '-m', String(memoryMib(ports.length))],
    ...['--in-memory', '--single-file-segments', '--no-pci', '--no-telemetry', ...devices, '--'],
    ...['--interactive', '--auto-start', '--forward-mode=io', '--nb-cores=1', '--no-mlockall'],
    `--total-num-mbufs=${ports.length * BUFFERS_PER_PORT}`,
  ];
}

/** What testpmd tells of a port since it forwards. */
export interface TestpmdPort {
  inPackets: number;
  outPackets: number;
  /** Taken at the other port of the pair, for which this one's receiver had no room. */
  droppedPackets: number;
  /** An application is at the other end. */
  up: boolean;
}

/** Numbers of forwarding and then the table of all ports, whose last row ends the answer. */
const QUESTIONS = ['show fwd stats all', 'show port summary all'];

/** What testpmd prints at its prompt, line by line; what else there is on standard output is passed over. */
export class PromptLanguage implements Language<TestpmdPort[]> {
  readonly name = 'testpmd';
  readonly ask: () => void;
  private readonly count: number;
  /** Whose numbers come next; null where it is not those of one port. */
  private port: number | null = null;
  private ports: Partial<TestpmdPort>[] = [];

  constructor(count: number, send: (line: string) => void) {
    this.count = count;
    this.ask = () => {
      for (const question of QUESTIONS) send(question);
    };
  }

  take(line: string): 'ready' | TestpmdPort[] | null {
    if (/^ *io packet forwarding packets\/burst=\d+$/.test(line)) return 'ready';
    const heading = /Forward statistics for port (\d+) /.exec(line);
    if (heading !== null) {
      this.port = this.indexOf(heading[1]);
    } else if (/Accumulated forward statistics/.test(line)) {
      this.port = null;
    } else if (this.port !== null) {
      this.takeNumbers(this.port, line);
    }
    return this.takeRow(line);
  }

  reason(stderr: string): string {
    return reasonOf(stderr);
  }

  private takeNumbers(port: number, line: string): void {
    const [, way, packets, dropped] =
      /^ *([RT]X)-packets: (\d+) +[RT]X-dropped: (\d+) +[RT]X-total: \d+ *$/.exec(line) ?? [];
    if (way === 'RX') this.note(port, { inPackets: countOf(packets) });
    if (way === 'TX') this.note(port, { outPackets: countOf(packets), droppedPackets: countOf(dropped) });
  }

  /** A row of the table: number, address, name, driver, state of the link, and its speed. */
  private takeRow(line: string): TestpmdPort[] | null {
    const [, number, link] =
      /^(\d+) +(?:[0-9A-F]{2}:){5}[0-9A-F]{2} +net_vhost\d+ +net_vhost +(up|down) /.exec(line) ?? [];
    if (number === undefined) return null;
    const port = this.indexOf(number);
    this.note(port, { up: link === 'up' });
    return port === this.count - 1 ? this.complete() : null;
  }

  private complete(): TestpmdPort[] {
    const ports = Array.from({ length: this.count }, (_, index) => wholePort(this.ports[index] ?? {}));
    [this.port, this.ports] = [null, []];
    return ports;
  }

  private note(port: number, what: Partial<TestpmdPort>): void {
    this.ports[port] = { ...this.ports[port], ...what };
  }

  private indexOf(text = ''): number {
    const index = Number(text);
    if (index >= this.count) throw new HostError('it is a port that it does not have');
    return index;
  }
}

function wholePort({ inPackets, outPackets, droppedPackets, up }: Partial<TestpmdPort>): TestpmdPort {
  if (inPackets === undefined || outPackets === undefined || droppedPackets === undefined || up === undefined) {
    throw new HostError('an answer is not whole');
  }
  return { inPackets, outPackets, droppedPackets, up };
}

function countOf(text = ''): number {
  const count = Number(text);
  if (text === '' || !Number.isSafeInteger(count)) throw new HostError('a count is expected');
  return count;
}

/** It names what is wrong, and then that it gives up. */
export function reasonOf(stderr: string): string {
  return /^ *(?:EAL: FATAL|Cause|Error): (.+)$/m.exec(stderr)?.[1] ?? '';
}

function countersOf({ ports }: SwitchContext, told: readonly TestpmdPort[]): PortCounts[] {
  return ports.map((request, index) => {
    const port = told[index];
    if (port === undefined) throw new HostError(`testpmd has no port ${index}`);
    return {
      ...request,
      inPackets: port.inPackets,
      outPackets: port.outPackets,
      drops: [{ reason: "receiver's ring full", packets: port.droppedPackets }],
    };
  });
}
