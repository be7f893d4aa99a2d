// SPDX-License-Identifier: Apache-2.0
// A VXLAN tunnel (RFC 7348) between two network namespaces of ours, over a veth pair in place of the cable between hosts.
import type { Host } from '../host/host.ts';
import { ipBatch, readNetdev } from '../host/netdev.ts';
import { mtuOf } from '../model/frame.ts';
import { hasFeature } from './kit/kernel-feature.ts';
import { type Network, placeIn, silenceLink } from './kit/network.ts';

/** The end of the tunnel, a port of the bridge on either side. */
export const TUNNEL = 'vswvx0';
/** Each side's end of the cable. */
const CABLES = ['vswul0', 'vswul1'] as const;
/** Of RFC 5737, in networks where nobody else is. */
const ADDRESSES = ['192.0.2.1', '192.0.2.2'] as const;
const PORT = 4789;
const NETWORK_ID = 1;
/** Headers of IPv4, UDP, VXLAN and Ethernet, and two tags. Less would have the kernel cut packets in two. */
const ADDED_BYTES = 20 + 8 + 8 + 14 + 2 * 4;

/** What a host lacks for a tunnel, and the mend; null where it has all. */
export async function tunnelMissing(host: Host): Promise<string | null> {
  return (await hasFeature(host, { module: 'vxlan', symbol: 'vxlan_xmit' }))
    ? null
    : 'the kernel has no VXLAN, which --overlay takes: use one with CONFIG_VXLAN';
}

/** Lays the cable and makes both ends of the tunnel. All of it goes with the namespaces. */
export async function makeTunnel(near: Network, far: Network, frameBytes: number): Promise<void> {
  const [cable, other] = CABLES;
  const mtu = `mtu ${mtuOf(frameBytes) + ADDED_BYTES}`;
  const away = placeIn(far).namespace;
  await ipBatch(near.host, [`link add name ${cable} ${mtu} type veth peer name ${other} ${mtu} netns ${away}`]);
  await makeEnd(near, { cable, local: ADDRESSES[0], remote: ADDRESSES[1] }, frameBytes);
  await makeEnd(far, { cable: other, local: ADDRESSES[1], remote: ADDRESSES[0] }, frameBytes);
}

async function makeEnd(
  network: Network,
  { cable, local, remote }: { cable: string; local: string; remote: string },
  frameBytes: number,
): Promise<void> {
  const mtu = `mtu ${mtuOf(frameBytes)}`;
  const to = `local ${local} remote ${remote} dstport ${PORT} dev ${cable}`;
  await ipBatch(network.host, [
    `address add ${local}/30 dev ${cable}`,
    `link set dev ${cable} up`,
    // There is one other end, so nothing to be learned.
    `link add name ${TUNNEL} ${mtu} type vxlan id ${NETWORK_ID} ${to} nolearning`,
  ]);
  for (const name of [cable, TUNNEL]) await silenceLink(network, name);
}

/** What the kernel gave up on this side of the way between the two bridges. */
export async function tunnelDrops(host: Host, side: number): Promise<bigint> {
  const tunnel = await readNetdev(host, 'self', TUNNEL);
  const cable = await readNetdev(host, 'self', CABLES[side === 0 ? 0 : 1]);
  return tunnel.rxDropped + tunnel.txDropped + cable.rxDropped + cable.txDropped;
}
