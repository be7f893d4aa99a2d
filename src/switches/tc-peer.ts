// SPDX-License-Identifier: Apache-2.0
// What Cilium does between containers of a host: a program of traffic control hands a frame over to the other end of the partner's cable, into the
// receiver's namespace, without another queue. Ports in pairs, no switching logic, as with `tc`.
import type { PortCounters, SwitchDriver } from './driver.ts';
import { ksoftirqds } from './kit/kernel-threads.ts';
import { probeRedirect, type Redirect, startRedirect } from './kit/redirect.ts';
import { countersAtEnd, withoutCarrier } from './kit/veth.ts';

const PAST_XDP = "it hands packets over past the XDP program of the receiver's interface";

export const tcPeer: SwitchDriver = {
  id: 'tc-peer',
  title: "tc redirect_peer, straight to the receiver's end: ports in pairs, no switching logic",
  ports: ['netdev'],
  locations: ['local'],
  threads: 0,
  unserved: { afxdp: PAST_XDP, 'afxdp-busy': PAST_XDP, 'dpdk-af-xdp': PAST_XDP },

  // redirect_peer is older, but goes with the process only where it is attached by tcx.
  probe: (host) => probeRedirect(host, { module: 'tcx', symbol: 'tcx_link_attach' }, '6.6'),

  async start(context) {
    const redirect = await startRedirect(context, 'tc-peer');
    const { network, ports } = redirect;
    return {
      nextPorts: () => ports,
      flags: network.flags,
      counters: () => countersOf(redirect),
      settled: (stations) => withoutCarrier(network.host, stations),
      threads: ksoftirqds(context.host),
      health: redirect.health,
    };
  },
};

/** What is handed over does not leave by the switch's end of the partner's cable: its program counts it where it came in. */
async function countersOf({ network, ports, counts }: Redirect): Promise<PortCounters[]> {
  const counted = await counts();
  const each = ports.map(async (port, index) => {
    const { outBytes: _, ...end } = await countersAtEnd(network.host, port);
    return { ...end, outPackets: counted[partnerOf(index)]?.handed_over_packets ?? 0 };
  });
  return Promise.all(each);
}

/** Ports come in pairs: 0 and 1, 2 and 3 (dataplane/switches/redirect.c). */
function partnerOf(index: number): number {
  return index % 2 === 0 ? index + 1 : index - 1;
}
