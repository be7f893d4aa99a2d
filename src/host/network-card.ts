// SPDX-License-Identifier: Apache-2.0
import type { Host } from './host.ts';

/** What a network interface is made of. */
export interface NetworkCard {
  /** Null where it is no device, as a veth or a bridge. */
  driver: string | null;
  /** Null where it is no device, is down, or does not tell. */
  speedMbps: number | null;
  /** NUMA node of the device; null where the machine has one node, or it is no device. */
  node: number | null;
}

/** Reads what the kernel says of an interface. */
export async function networkCard(host: Host, name: string): Promise<NetworkCard> {
  const folder = `/sys/class/net/${name}`;
  const driver = /^DRIVER=(.+)$/m.exec((await host.read(`${folder}/device/uevent`)) ?? '')?.[1] ?? null;
  // What is no device has no wire either: a veth says 10 Gbit/s of itself, and means nothing by it.
  if (driver === null) return { driver, speedMbps: null, node: null };
  // A virtual one, or one that is down, tells -1, which older kernels print as 4294967295, or nothing; so does the node where there is one.
  const speed = Number((await host.read(`${folder}/speed`)) ?? -1) | 0;
  const node = Number((await host.read(`${folder}/device/numa_node`)) ?? -1);
  return { driver, speedMbps: speed > 0 ? speed : null, node: node >= 0 ? node : null };
}
