// SPDX-License-Identifier: Apache-2.0
// The behaviour of DPDK's basic forwarding sample, by a program of our own (dataplane/switches/basicfwd.c): ports in pairs,
// 0 to 1 and 1 to 0, no switching logic, one thread that polls, or several.
import { z } from 'zod';
import { startMarked } from '../host/process.ts';
import { FRAME_BYTES_USUAL } from '../model/frame.ts';
import { queuesOf, servedAsAsked, threadOf } from '../model/workers.ts';
import {
  type PortCounters,
  type RunningSwitch,
  SOCKETS,
  type SocketPort,
  type SwitchContext,
  type SwitchDriver,
} from './driver.ts';
import { Dialogue } from './kit/dialogue.ts';
import { DPDK_PORTS_MAX, virtioUser } from './kit/virtio.ts';

const MIB = 1024 * 1024;
/** Of dataplane/switches/basicfwd.c. */
const THREADS_MAX = 64;
/** Of a port, as its applications have (dataplane/io/io.h). */
const QUEUES_MAX = 8;

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
        /** By queue. */
        threads: z.array(z.int().nonnegative()),
      }),
    ),
  }),
]);
type Counters = Extract<z.infer<typeof LineSchema>, { type: 'counters' }>['ports'];

export const basicfwd: SwitchDriver = {
  id: 'basicfwd',
  ownProgram: 'basicfwd',
  title: 'DPDK basic forwarding: ports in pairs, no switching logic',
  ports: ['vhost-user'],
  locations: ['local'],
  threads: 1,
  workers: { threadsMax: THREADS_MAX, pinned: true, queuesMax: QUEUES_MAX },
  pairsMax: DPDK_PORTS_MAX / 2,
  // Its ports are those that it was started with.
  hotplug: 'container',

  // DPDK's own 32 MiB, and 8191 buffers of 2.5 kB a port, or 9.5 kB for jumbo frames (dataplane/switches/basicfwd.c).
  hugepageBytes: (ports, frameBytes) => (32 + (frameBytes > FRAME_BYTES_USUAL ? 77 : 21) * ports) * MIB,

  async probe(host) {
    const found = await host.run(['pkg-config', '--modversion', 'libdpdk']);
    return found.exitCode === 0
      ? { available: true, version: `DPDK ${found.stdout.trim()}` }
      : { available: false, missing: 'DPDK is not installed', mend: "run 'vswbench setup' (Debian: libdpdk-dev)" };
  },

  async start(context) {
    const { host, undo, ports, cpus, housekeeping, directory, programs, frameBytes, queues } = context;
    if (cpus.length === 0) throw new RangeError('basicfwd needs a CPU');
    const socketOf = (index: number) => `port${index}`;
    const devices = ports.map(
      (_, index) => `net_vhost${index},iface=${directory}/${socketOf(index)}${queues === 1 ? '' : `,queues=${queues}`}`,
    );
    const command = [
      ...[`${programs}/basicfwd`, String(frameBytes), cpus.join(','), housekeeping.join(',')],
      ...[String(queues), threadsOf(context).join(','), ...devices],
    ];
    const process = await startMarked(host, undo, directory, command);
    const dialogue = new Dialogue<Counters>(process, {
      name: 'basicfwd',
      ask: () => process.send('counters'),
      take(text) {
        const line = LineSchema.parse(JSON.parse(text));
        return line.type === 'ready' ? 'ready' : line.ports;
      },
    });
    await dialogue.ready;
    const countersOf = async (): Promise<PortCounters[]> => {
      const counted = await dialogue.ask();
      return ports.map((request, index) => ({
        ...request,
        inPackets: counted[index]?.in_packets ?? 0,
        outPackets: counted[index]?.out_packets ?? 0,
        drops: [{ reason: "receiver's ring full", packets: counted[index]?.dropped_packets ?? 0 }],
      }));
    };
    const running: RunningSwitch = {
      nextPorts: () =>
        ports.map(
          (request, index): SocketPort => ({
            ...request,
            kind: 'vhost-user',
            directory,
            device: virtioUser({ name: `${SOCKETS}/${socketOf(index)}`, queues }),
          }),
        ),
      flags: [],
      counters: countersOf,
      settled: async () => {
        const down = (await dialogue.ask()).findIndex(({ up }) => !up);
        return down < 0 ? null : `nobody is connected to port ${down} of basicfwd`;
      },
      served: async () => {
        const told = await dialogue.ask();
        return ports.flatMap((request, index) =>
          (told[index]?.threads ?? []).map((thread, queue) => ({ ...request, queue, thread })),
        );
      },
      threads: async () => [process.pid],
      health: async () => dialogue.ended,
    };
    return running;
  },
};

/** Which thread polls each queue of each port. By itself it has all ports in turn, senders first, as with `--pin ports`. */
function threadsOf({ pin, ports, cpus, queues }: SwitchContext): number[] {
  const threads = cpus.length;
  const asked = servedAsAsked(pin === 'auto' ? 'ports' : pin, ports, { threads, queues }) ?? [];
  return queuesOf(ports, queues).map((queue) => threadOf(asked, queue) ?? 0);
}
