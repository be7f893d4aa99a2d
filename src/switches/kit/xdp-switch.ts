// SPDX-License-Identifier: Apache-2.0
// A learning switch in XDP: each frame's sender is looked up and learned, its receiver looked up and redirected to, others are flooded.
import { frameBytesOf } from '../../model/frame.ts';
import type { NetdevPort, PortCounters, SwitchDriver } from '../driver.ts';
import { ksoftirqds } from './kernel-threads.ts';
import { probeRedirect, type Redirect, startRedirect } from './redirect.ts';
import { countersAtEnd } from './veth.ts';

/** Of dataplane/switches/redirect_programs.h. */
const ADDRESSES_MAX = 262_144;

/** What a veth takes with XDP: a frame has to fit into a page, with what the kernel keeps before and behind it. */
const NATIVE_MTU_MAX = 3506;

export function xdpSwitch(id: 'xdp' | 'xdp-generic', title: string): SwitchDriver {
  return {
    ...{ id, title, ports: ['netdev'], locations: ['local'], threads: 0 },
    unserved: { 'udp-gso': 'XDP forgets where a super-packet is to be cut' },
    frameLimit: () =>
      id === 'xdp' ? { bytes: frameBytesOf(NATIVE_MTU_MAX), why: 'a veth pair takes no more with XDP' } : null,
    probe: (host) => probeRedirect(host, { module: 'XDP broadcast', symbol: 'dev_map_enqueue_multi' }, '5.14'),
    async start(context) {
      const redirect = await startRedirect(context, id);
      const { network, ports } = redirect;
      return {
        nextPorts: () => ports,
        flags: network.flags,
        counters: () => countersOf(redirect),
        async settled(stations) {
          const addresses = stations.map(({ mac, ...end }) => ({ mac, port: numberOf(ports, end) }));
          const stranger = await redirect.stranger(addresses);
          return stranger === null ? null : `${id} has not learned ${stranger}`;
        },
        threads: ksoftirqds(context.host),
        health: redirect.health,
        caches: async () => [
          { name: 'address table', entries: ADDRESSES_MAX, of: 'macs', note: 'no ageing', hitRatio: null, held: null },
        ],
      };
    },
  };
}

function numberOf(ports: readonly NetdevPort[], { pair, end }: Pick<NetdevPort, 'pair' | 'end'>): number {
  return ports.findIndex((port) => port.pair === pair && port.end === end);
}

/** The kernel counts all at the switch's end, also a frame for which the receiver's ring of 256 had no room; what the program kept back it does not. */
async function countersOf({ network, ports, counts }: Redirect): Promise<PortCounters[]> {
  const counted = await counts();
  const each = ports.map(async (port, index) => {
    const end = await countersAtEnd(network.host, port);
    const keptBack = { reason: 'for its own port', packets: counted[index]?.kept_back_packets ?? 0 };
    return { ...end, drops: [...end.drops, keptBack] };
  });
  return Promise.all(each);
}
