// SPDX-License-Identifier: Apache-2.0
// The behaviour of DPDK's basic forwarding sample, by a program of our own (dataplane/switches/basicfwd.c): ports in pairs,
// 0 to 1 and 1 to 0, no switching logic, one core that polls.
import { z } from 'zod';
import { HostError, type HostProcess, lastLine } from '../host/host.ts';
import { startMarked } from '../host/process.ts';
import { type PortCounters, type RunningSwitch, SOCKETS, type SocketPort, type SwitchDriver } from './driver.ts';
import { virtioUser } from './virtio.ts';

const MIB = 1024 * 1024;

const LineSchema = z.discriminatedUnion('type', [
  z.strictObject({ v: z.literal(1), type: z.literal('ready') }),
  z.strictObject({
    v: z.literal(1),
    type: z.literal('counters'),
    ports: z.array(
      z.strictObject({
        in_packets: z.int().nonnegative(),
        out_packets: z.int().nonnegative(),
        dropped_packets: z.int().nonnegative(),
        /** An application is at the other end. */
        up: z.boolean(),
      }),
    ),
  }),
]);
type Counters = Extract<z.infer<typeof LineSchema>, { type: 'counters' }>['ports'];

export const basicfwd: SwitchDriver = {
  id: 'basicfwd',
  title: 'DPDK basic forwarding: ports in pairs, no switching logic',
  kind: 'user-space',
  learns: false,
  ports: ['vhost-user'],
  locations: ['local'],
  threads: 1,

  // DPDK's own 32 MiB, and 8191 buffers of 2.5 kB a port (dataplane/switches/basicfwd.c).
  hugepageBytes: (ports) => (32 + 21 * ports) * MIB,

  async probe(host) {
    const found = await host.run(['pkg-config', '--modversion', 'libdpdk']);
    return found.exitCode === 0
      ? { available: true, version: `DPDK ${found.stdout.trim()}` }
      : { available: false, missing: 'DPDK is not installed', mend: "run 'vswbench setup' (Debian: libdpdk-dev)" };
  },

  async start({ host, undo, ports, cpus, housekeeping, directory, programs }) {
    const [cpu] = cpus;
    if (cpu === undefined) throw new RangeError('basicfwd needs a CPU');
    const socketOf = (index: number) => `port${index}`;
    const devices = ports.map((_, index) => `net_vhost${index},iface=${directory}/${socketOf(index)}`);
    const command = [`${programs}/basicfwd`, String(cpu), housekeeping.join(','), ...devices];
    const process = await startMarked(host, undo, directory, command);
    const dialogue = new Dialogue(process);
    await dialogue.ready;
    const countersOf = async (): Promise<PortCounters[]> => {
      const counted = await dialogue.counters();
      return ports.map((request, index) => ({
        ...request,
        inPackets: counted[index]?.in_packets ?? 0,
        outPackets: counted[index]?.out_packets ?? 0,
        drops: [{ reason: "receiver's ring full", packets: counted[index]?.dropped_packets ?? 0 }],
      }));
    };
    const running: RunningSwitch = {
      ports: ports.map(
        (request, index): SocketPort => ({
          ...request,
          kind: 'vhost-user',
          directory,
          device: virtioUser({ name: `${SOCKETS}/${socketOf(index)}` }),
        }),
      ),
      flags: [],
      counters: countersOf,
      settled: async () => {
        const down = (await dialogue.counters()).findIndex(({ up }) => !up);
        return down < 0 ? null : `nobody is connected to port ${down} of basicfwd`;
      },
      threads: async () => [process.pid],
      health: async () => dialogue.ended,
    };
    return running;
  },
};

/** How long it may take to come up, and to answer. */
const READY_TIMEOUT_MS = 20_000;
const ANSWER_TIMEOUT_MS = 5_000;

/** Questions and answers, one at a time, over the program's standard input and output. */
class Dialogue {
  /** Resolves when all ports are there; rejects with HostError where the program ends or says nothing. */
  readonly ready: Promise<void>;
  /** One line once the program has ended. */
  ended: string | null = null;
  private readonly process: HostProcess;
  private waiting: PromiseWithResolvers<Counters>[] = [];

  constructor(process: HostProcess) {
    this.process = process;
    const up = Promise.withResolvers<void>();
    up.promise.catch(() => undefined);
    this.ready = withinMs(up.promise, READY_TIMEOUT_MS, 'basicfwd does not come up');
    void this.follow(up);
  }

  counters(): Promise<Counters> {
    const answer = Promise.withResolvers<Counters>();
    answer.promise.catch(() => undefined);
    if (this.ended !== null) answer.reject(new HostError(this.ended));
    this.waiting.push(answer);
    this.process.send('counters');
    return withinMs(answer.promise, ANSWER_TIMEOUT_MS, 'basicfwd does not answer');
  }

  private async follow(up: PromiseWithResolvers<void>): Promise<void> {
    this.ended = `basicfwd has ended: ${await this.listen(up)}`;
    const failure = new HostError(this.ended);
    up.reject(failure);
    for (const answer of this.waiting.splice(0)) answer.reject(failure);
  }

  /** Takes its lines until there are no more to be believed, and returns why. */
  private async listen(up: PromiseWithResolvers<void>): Promise<string> {
    try {
      for await (const text of this.process.lines) {
        const line = LineSchema.parse(JSON.parse(text));
        if (line.type === 'ready') up.resolve();
        else this.waiting.shift()?.resolve(line.ports);
      }
    } catch {
      return 'it printed a line that is not of its protocol';
    }
    const { exitCode, stderr } = await this.process.ended;
    return lastLine(stderr) || `exit code ${exitCode}`;
  }
}

async function withinMs<T>(event: Promise<T>, ms: number, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new HostError(`${what} within ${ms / 1000} s`)), ms);
  try {
    return await Promise.race([event, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
