// SPDX-License-Identifier: Apache-2.0
// No switch at all: a cable from container to container, of whichever kind the port is. It is the ceiling that each switch
// is judged against.
import { HostError } from '../host/host.ts';
import { ipBatch } from '../host/netdev.ts';
import {
  type NetmapPort,
  type Port,
  type PortRequest,
  type RunningSwitch,
  SOCKETS,
  type SocketPort,
  type SwitchContext,
  type SwitchDriver,
} from './driver.ts';
import { netMemif } from './kit/memif.ts';
import { keepNamespace } from './kit/namespace.ts';
import { NETMAP_FRAMES } from './kit/netmap.ts';
import { openNetwork, registerLink, silenceLink } from './kit/network.ts';
import { containerPorts, refuseTaken, vethPair } from './kit/veth.ts';
import { virtioUser } from './kit/virtio.ts';

export const direct: SwitchDriver = {
  id: 'direct',
  title: 'no switch: a cable from container to container',
  ports: ['netdev', 'vhost-user', 'memif', 'netmap'],
  locations: ['local'],
  threads: 0,
  hotplug: 'container',
  frameLimit: (port) => (port === 'netmap' ? NETMAP_FRAMES : null),

  async probe(host) {
    const kernel = (await host.read('/proc/sys/kernel/osrelease'))?.trim();
    return { available: true, version: `Linux ${kernel ?? 'unknown'}` };
  },

  async start(context) {
    switch (context.portKind) {
      case 'netdev':
        return vethPairs(context);
      case 'vhost-user':
        // The sink is the vhost side: it copies, and so does some of the work that a switch would do.
        return withoutSwitch(sockets(context, 'vhost-user', virtioUser, ({ name }) => `net_vhost0,iface=${name}`));
      case 'memif':
        return withoutSwitch(
          sockets(
            ...([context, 'memif'] as const),
            ({ name }) => netMemif({ name, role: 'client', frameBytes: context.frameBytes }),
            ({ name }) => netMemif({ name, role: 'server', frameBytes: context.frameBytes }),
          ),
        );
      case 'vf':
        throw new HostError('direct has no virtual functions');
      case 'tap':
        throw new HostError('direct has no TAP devices: each has one end in the kernel');
      case 'netmap':
        return netmapPipes(context);
      default:
        return context.portKind satisfies never;
    }
  },
};

function withoutSwitch(ports: Port[]): RunningSwitch {
  return {
    nextPorts: () => ports,
    flags: [],
    counters: () => null,
    settled: async () => null,
    threads: async () => [],
    health: async () => null,
  };
}

async function vethPairs(context: SwitchContext): Promise<RunningSwitch> {
  const network = await openNetwork(context);
  const ports = containerPorts(context, network);
  await refuseTaken(
    network.host,
    ports.map((port) => port.interface),
  );
  for (const source of ports.filter((port) => port.end === 'source')) {
    const sink = ports.find((port) => port.pair === source.pair && port.end === 'sink');
    if (sink === undefined) throw new RangeError(`pair ${source.pair} has no sink`);
    await registerLink(context, network, source.interface);
    await ipBatch(network.host, [`link add ${vethPair(source.interface, sink.interface, context.frameBytes)}`]);
    for (const { interface: name } of [source, sink]) await silenceLink(network, name);
  }
  return { ...withoutSwitch(ports), flags: network.flags, health: network.health };
}

/**
 * A pipe of netmap hands slots over without a copy, but both of its ends are looked up under their parent's name in one network
 * namespace: the containers share one that has nothing else in it. The parent, which carries nothing, is a port of VALE: netmap
 * makes it with the first end, whichever that is, and under one lock (docs/decisions/0011-netmap.md).
 */
async function netmapPipes(context: SwitchContext): Promise<RunningSwitch> {
  const { path: namespace, health } = await keepNamespace(context);
  return {
    ...withoutSwitch(
      context.ports.map((request): NetmapPort => {
        const device = `netmap:valevsw:pair${request.pair}${request.end === 'source' ? '{' : '}'}0`;
        return { ...request, kind: 'netmap', namespace, device };
      }),
    ),
    health,
  };
}

/** What the device argument of one end is made of. */
interface SocketName {
  /** Path in the container, the same for both ends of a pair. */
  name: string;
}

/** Both ends of a pair meet at one socket, which the sink makes. */
function sockets(
  { ports, directory }: SwitchContext,
  kind: SocketPort['kind'],
  source: (socket: SocketName) => string,
  sink: (socket: SocketName) => string,
): SocketPort[] {
  const ends: Record<PortRequest['end'], (socket: SocketName) => string> = { source, sink };
  return ports.map((request) => {
    const device = ends[request.end]({ name: `${SOCKETS}/pair${request.pair}` });
    return { ...request, kind, directory, device };
  });
}
