// SPDX-License-Identifier: Apache-2.0
// macvlan in bridge mode: interfaces on one parent, among which the kernel hands a frame over by its address, straight from the sender's system call
// into the receiver's backlog. There is no port that would count: both ends of a way are in the containers.
import type { Host } from '../host/host.ts';
import { ipBatch } from '../host/netdev.ts';
import { mtuOf } from '../model/frame.ts';
import type { NetdevPort, SwitchContext, SwitchDriver } from './driver.ts';
import { hasFeature, kernelRelease } from './kit/kernel-feature.ts';
import { ksoftirqds } from './kit/kernel-threads.ts';
import { makeSilent, type Network, openNetwork, registerLink } from './kit/network.ts';
import { containerPorts, portFor, refuseTaken, vethPair } from './kit/veth.ts';

/** Carries nothing, but has to have a carrier: so it has another end. Not every kernel has dummy interfaces. */
const PARENT = 'vswmv0';
const PARENTS_END = 'vswmv1';

export const macvlan: SwitchDriver = {
  id: 'macvlan',
  title: 'macvlan in bridge mode',
  ports: ['netdev'],
  locations: ['local'],
  threads: 0,
  unserved: { 'dpdk-af-xdp': "DPDK's driver gets no AF_XDP socket on its interfaces" },
  oneAddress: 'it hands a frame over to the address of an interface alone',
  hotplug: 'port',

  async probe(host) {
    return (await hasFeature(host, { module: 'macvlan', symbol: 'macvlan_common_newlink' }))
      ? { available: true, version: `Linux ${await kernelRelease(host)}` }
      : { available: false, missing: 'the kernel has no macvlan', mend: 'use a kernel with CONFIG_MACVLAN' };
  },

  async start(context) {
    const network = await openNetwork(context);
    const { host } = network;
    const ports = containerPorts(context, network);
    await refuseTaken(host, [PARENT, PARENTS_END, ...ports.map((port) => port.interface)]);
    await makeParent(context, network);
    for (const port of ports) {
      await registerLink(context, network, port.interface);
      await makePort(network, port, context.frameBytes);
    }
    return {
      nextPorts: () => ports,
      flags: network.flags,
      counters: () => null,
      settled: async () => null,
      threads: ksoftirqds(context.host),
      health: async () => (await network.health()) ?? (await parentMissing(host)),
      hotplug: {
        unplug: (request) => ipBatch(host, [`link delete dev ${portFor(ports, request).interface}`]),
        async plug(request) {
          const port = portFor(ports, request);
          await makePort(network, port, context.frameBytes);
          return port;
        },
      },
    };
  },
};

async function makeParent(context: SwitchContext, network: Network): Promise<void> {
  const ends = [PARENT, PARENTS_END];
  await registerLink(context, network, PARENT);
  await makeSilent(
    network,
    ends,
    [`link add ${vethPair(PARENT, PARENTS_END, context.frameBytes)}`],
    ends.map((end) => `link set dev ${end} up`),
  );
}

async function makePort(network: Network, port: NetdevPort, frameBytes: number): Promise<void> {
  const mtu = `mtu ${mtuOf(frameBytes)}`;
  const add = `link add link ${PARENT} name ${port.interface} ${mtu} type macvlan mode bridge`;
  await makeSilent(network, [port.interface], [add]);
}

async function parentMissing(host: Host): Promise<string | null> {
  return (await host.read(`/sys/class/net/${PARENT}/ifindex`)) === null ? `interface ${PARENT} is gone` : null;
}
