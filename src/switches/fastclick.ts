// SPDX-License-Identifier: Apache-2.0
// FastClick with the learning switch of Click (EtherSwitch), and a vhost-user port of DPDK for each application. It has one thread,
// which polls. Our configuration has it print its counters when it gets a signal: it listens at no socket for that.
import { type Host, HostError, lastLine, runOrThrow } from '../host/host.ts';
import { FRAME_BYTES_USUAL } from '../model/frame.ts';
import type { PortCounts, RunningSwitch, Station, SwitchContext, SwitchDriver, SwitchFigures } from './driver.ts';
import type { Language } from './kit/dialogue.ts';
import { findProgram } from './kit/program.ts';
import { announcementsHeld, type Program, SingleUse } from './kit/single-use.ts';
import { DPDK_PORTS_MAX } from './kit/virtio.ts';

const MIB = 1024 * 1024;
const PROGRAM = { name: 'click', variable: 'VSWBENCH_FASTCLICK' };
const MEND = `build it as https://github.com/tbarbette/fastclick says, with --enable-dpdk and --enable-etherswitch (Debian, Ubuntu: after apt-get install g++ libdpdk-dev libsystemd-dev), and put userlevel/click on the PATH, or its path into ${PROGRAM.variable}`;

/** Elements that the configuration is made of, and what a Click is that lacks them. */
const ELEMENTS: [string, string][] = [
  ['AverageBatchCounter', 'is not FastClick'],
  ['FromDPDKDevice', 'was built without DPDK'],
  ['ToDPDKDevice', 'was built without DPDK'],
  ['EtherSwitch', 'was built without EtherSwitch'],
  ['Script', 'was built without Script'],
];

export const fastclick: SwitchDriver = {
  id: 'fastclick',
  title: 'FastClick, EtherSwitch (DPDK)',
  ports: ['vhost-user'],
  locations: ['local'],
  threads: 1,
  workers: { threadsMax: 1, why: 'EtherSwitch writes its table with each packet, without a lock' },
  pairsMax: DPDK_PORTS_MAX / 2,
  frameLimit: () => ({ bytes: FRAME_BYTES_USUAL, why: 'its packet buffers are set up for no more' }),
  // DPDK's own 32 MiB, and the packet buffers.
  hugepageBytes: () => 32 * MIB + (BUFFERS + 1) * BUFFER_BYTES,

  async probe(host) {
    const path = await findProgram(host, PROGRAM);
    if (path === null) return { available: false, missing: 'FastClick is not installed', mend: MEND };
    const asked = await askVersion(host, path);
    return 'version' in asked
      ? { available: true, version: asked.version, program: path }
      : { available: false, missing: `${path} ${asked.reason}`, mend: MEND };
  },

  async start(context) {
    const { host, directory, ports, node } = context;
    const path = await findProgram(host, PROGRAM);
    if (path === null) throw new HostError('FastClick is gone');
    await host.write(`${directory}/${CONFIGURATION}`, configuration(ports.length, node));
    const click = await SingleUse.start(context, program(context, path));
    const running: RunningSwitch = {
      nextPorts() {
        return click.nextPorts();
      },
      flags: [],
      connect: (signal) => click.connect(signal),
      counters: async () => countersOf(context, await click.ask()),
      settled: async (stations) => missing(context, await click.ask(), stations),
      threads: async () => click.pids(),
      health: async () => click.ended(),
      observe: async () => {
        const before = await click.ask();
        return async () => figuresBetween(before, await click.ask());
      },
      caches: async () => [
        {
          ...{ name: 'address table', entries: null, of: 'macs' },
          ...{ note: 'it grows with what it learns', hitRatio: null, held: null },
        },
      ],
    };
    return running;
  },
};

const CONFIGURATION = 'switch.click';

function program(
  { host, directory, ports, cpus, housekeeping }: SwitchContext,
  path: string,
): Program<FastClickCounters> {
  const [cpu] = cpus;
  if (cpu === undefined) throw new RangeError('fastclick needs a CPU');
  // Its threads that do not poll keep to the CPUs that it is started on.
  const click = ['taskset', '--cpu-list', housekeeping.join(','), path, '--dpdk', '-l', String(cpu)];
  // In memory: no file on a hugetlbfs that outlives it. No device of the host is touched.
  const eal = ['--in-memory', '--no-pci', '--no-telemetry'];
  return {
    command: (sockets) => {
      const devices = sockets.map((socket, port) => `--vdev=net_vhost${port},iface=${socket},client=1`);
      return [...click, ...eal, ...devices, '--', `${directory}/${CONFIGURATION}`];
    },
    language: (process) =>
      new ScriptLanguage(ports.length, async () => {
        await runOrThrow(host, ['kill', '-USR1', String(process.pid)]);
      }),
  };
}

/** More than its queues hold with tens of ports. One less than a power of two, as DPDK's pools are best. */
const BUFFERS = 32_767;
/** A buffer of FastClick's size, with what DPDK puts in front of it. */
const BUFFER_BYTES = 2560;
/** How often FastClick adds up its batches. */
const BATCH_INTERVAL_MS = 100;

/**
 * The switch with so many ports, its packet buffers on a NUMA node and none on others. EtherSwitch compares time stamps of packets, which are what a buffer held before unless FromDPDKDevice
 * clears them: it forgets addresses at random without, and floods. What a receiver's ring has no room for waits in a queue of
 * ToDPDKDevice; where that is full as well it is dropped, not waited for. What still waits when traffic ends stays there: nothing
 * but the next packet to that port makes it go on, and FastClick has no counter of it.
 */
export function configuration(ports: number, node: number): string {
  const indices = Array.from({ length: ports }, (_, index) => index);
  const paths = indices.map(
    (port) =>
      `in${port} :: FromDPDKDevice(${port}, CLEAR true) -> batches${port} :: AverageBatchCounter(${BATCH_INTERVAL_MS}) -> [${port}] switch [${port}] -> out${port} :: ToDPDKDevice(${port}, BLOCKING false);`,
  );
  const counters = indices.map((port) => ` $(in${port}.count) $(out${port}.count) $(out${port}.dropped)`);
  const batches = indices.map((port) => ` $(batches${port}.count_packets_total) $(batches${port}.count_batches_total)`);
  const buffers = Array.from({ length: node + 1 }, (_, other) => `NB_SOCKET_MBUF ${other === node ? BUFFERS : 0}`);
  return `DPDKInfo(${buffers.join(', ')});
switch :: EtherSwitch;
${paths.join('\n')}
Script(print "${READY}");
Script(TYPE SIGNAL USR1,
  print "${COUNTERS}${counters.join('')}",
  print "${BATCHES}${batches.join('')}",
  print "${TABLE}",
  print switch.table,
  print "${END}");
`;
}

/** Words that our configuration's lines begin with; nothing else that FastClick prints does. */
const READY = 'vswbench ready';
const COUNTERS = 'vswbench counters';
const BATCHES = 'vswbench batches';
const TABLE = 'vswbench table';
const END = 'vswbench end';

async function askVersion(host: Host, path: string): Promise<{ version: string } | { reason: string }> {
  const ask = (handler: string) => host.run([path, '-q', '-e', '', '-h', handler]);
  const [told, classes] = [await ask('version'), await ask('classes')];
  const version = /^\d+\.[\w.-]+$/.exec(told.stdout.trim())?.[0];
  if (told.exitCode !== 0 || classes.exitCode !== 0 || version === undefined) {
    return { reason: `is not FastClick, or cannot be run: ${lastLine(told.stderr) || 'it does not tell its version'}` };
  }
  const known = new Set(classes.stdout.split('\n'));
  const lack = ELEMENTS.find(([element]) => !known.has(element));
  return lack === undefined ? { version } : { reason: `(Click ${version}) ${lack[1]}` };
}

/** What a FastClick has counted, by port. */
export interface FastClickCounters {
  ports: {
    inPackets: number;
    outPackets: number;
    /** Neither in `outPackets` nor still waiting. */
    droppedPackets: number;
    /** Up to some time before now, and in how many batches. */
    batchedPackets: number;
    batches: number;
  }[];
  /** Which port each address is behind, counted from 0. */
  addresses: Map<string, number>;
}

/** What the script of our configuration prints, line by line; what else there is on standard output is passed over. */
export class ScriptLanguage implements Language<FastClickCounters> {
  readonly name = 'fastclick';
  readonly ask: () => Promise<void>;
  private readonly ports: number;
  private counters: number[] = [];
  private batches: number[] = [];
  private addresses: FastClickCounters['addresses'] | null = null;

  constructor(ports: number, ask: () => Promise<void>) {
    this.ports = ports;
    this.ask = ask;
  }

  take(line: string): 'ready' | FastClickCounters | null {
    if (line === READY) return 'ready';
    if (line === TABLE) {
      this.addresses = new Map();
    } else if (line === END) {
      return this.complete();
    } else if (line.startsWith(COUNTERS)) {
      this.counters = numbersOf(line.slice(COUNTERS.length), 3 * this.ports);
    } else if (line.startsWith(BATCHES)) {
      this.batches = numbersOf(line.slice(BATCHES.length), 2 * this.ports);
    } else if (line.startsWith('vswbench')) {
      throw new HostError('it is no line of our script');
    } else if (this.addresses !== null && line !== '') {
      const [mac, port] = addressOf(line, this.ports);
      this.addresses.set(mac, port);
    }
    return null;
  }

  reason(stderr: string): string {
    return reasonOf(stderr);
  }

  private complete(): FastClickCounters {
    const { counters, batches, addresses, ports } = this;
    if (counters.length !== 3 * ports || batches.length !== 2 * ports || addresses === null) {
      throw new HostError('an answer is not whole');
    }
    [this.counters, this.batches, this.addresses] = [[], [], null];
    const at = (list: number[], index: number) => list[index] ?? 0;
    return {
      ports: Array.from({ length: ports }, (_, port) => ({
        inPackets: at(counters, 3 * port),
        outPackets: at(counters, 3 * port + 1),
        droppedPackets: at(counters, 3 * port + 2),
        batchedPackets: at(batches, 2 * port),
        batches: at(batches, 2 * port + 1),
      })),
      addresses,
    };
  }
}

/** So many counts, each behind a space. */
function numbersOf(text: string, length: number): number[] {
  if (!/^(?: \d+)*$/.test(text)) throw new HostError('counts are expected');
  const numbers = text.split(' ').slice(1).map(Number);
  if (numbers.length !== length || !numbers.every(Number.isSafeInteger)) throw new HostError('counts are missing');
  return numbers;
}

/** A row of EtherSwitch's table: an address as Click writes it, and its port. */
function addressOf(line: string, ports: number): [string, number] {
  const [, mac, port] = /^((?:[0-9A-F]{2}-){5}[0-9A-F]{2}) (\d+)$/.exec(line) ?? [];
  if (mac === undefined || port === undefined || Number(port) >= ports) throw new HostError('an address is expected');
  return [mac.toLowerCase().replaceAll('-', ':'), Number(port)];
}

/** FastClick names the place first, and last that it gives up; what is wrong stands between. */
export function reasonOf(stderr: string): string {
  const fatal = /^EAL: FATAL: (.+)$/m.exec(stderr)?.[1];
  const inConfiguration = /^ {2}(?!warning:|Cause:)(\S.*)$/m.exec(stderr)?.[1];
  // What ToDPDKDevice says before it aborts.
  const whileRunning = /^No more DPDK buffer$/m.exec(stderr)?.[0];
  return fatal ?? inConfiguration ?? whileRunning ?? '';
}

function countersOf({ ports }: SwitchContext, counters: FastClickCounters): PortCounts[] {
  return ports.map((request, index) => {
    const port = counters.ports[index];
    if (port === undefined) throw new HostError(`FastClick has no port ${index}`);
    return {
      ...request,
      inPackets: port.inPackets,
      outPackets: port.outPackets,
      drops: [{ reason: "receiver's ring, and the queue before it, full", packets: port.droppedPackets }],
    };
  });
}

function missing(context: SwitchContext, counters: FastClickCounters, stations: readonly Station[]): string | null {
  for (const { mac, pair, end } of stations) {
    const index = context.ports.findIndex((port) => port.pair === pair && port.end === end);
    if (counters.addresses.get(mac) !== index) return `FastClick has not learned ${mac} at port ${index}`;
  }
  const held = announcementsHeld(countersOf(context, counters));
  return held === 0 ? null : `FastClick holds ${held} announcements`;
}

/** How many packets FastClick took at once between two answers of it; empty where it has not said. */
export function figuresBetween(before: FastClickCounters, after: FastClickCounters): SwitchFigures {
  const sum = ({ ports }: FastClickCounters, what: 'batches' | 'batchedPackets') =>
    ports.reduce((total, port) => total + port[what], 0);
  const batches = sum(after, 'batches') - sum(before, 'batches');
  const packets = sum(after, 'batchedPackets') - sum(before, 'batchedPackets');
  return batches > 0 && packets > 0 ? { packetsPerBatch: packets / batches } : {};
}
