// SPDX-License-Identifier: Apache-2.0
// Names of the interfaces that we make. They are ours by name: a host that has one of them already is refused.
import { type Host, HostError } from '../../host/host.ts';
import { linkNames } from '../../host/netdev.ts';
import { mtuOf } from '../../model/frame.ts';
import type { PortRequest } from '../driver.ts';

/** The end of a veth pair that goes into a container (at most 15 characters, the kernel's limit). */
export function containerEnd(port: PortRequest): string {
  return `vswc${port.pair}${port.end}`;
}

/** The end of a veth pair that stays with the switch. */
export function switchEnd(port: PortRequest): string {
  return `vsws${port.pair}${port.end}`;
}

/** What `ip link add` takes for a veth pair through which frames of so many bytes go. */
export function vethPair(end: string, other: string, frameBytes: number): string {
  const mtu = `mtu ${mtuOf(frameBytes)}`;
  return `name ${end} ${mtu} type veth peer name ${other} ${mtu}`;
}

/** Throws HostError where an interface of one of these names exists: somebody else's, or what a crash left. */
export async function refuseTaken(host: Host, names: readonly string[]): Promise<void> {
  const taken = (await linkNames(host)).find((name) => names.includes(name));
  if (taken !== undefined) {
    throw new HostError(`interface ${taken} exists already: run 'vswbench clean', or rename it if it is yours`);
  }
}
