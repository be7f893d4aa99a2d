// SPDX-License-Identifier: Apache-2.0
// The MTU of uplinks in the record: as it was found, and to what a switch of the kernel raises it for jumbo frames.

import { largestFrame, mtuSetting, raisedMtu } from '../model/frame.ts';
import type { PlannedCase } from '../model/result.ts';
import { largestBytes } from '../model/sizes.ts';
import type { HostRecord } from '../model/testbed.ts';
import type { TestbedOffer } from '../plan/offer.ts';

/** The hosts of a testbed, with what its cases make of their uplinks. */
export function withMtu(
  hosts: readonly HostRecord[],
  { name, near, far }: Pick<TestbedOffer, 'name' | 'near' | 'far'>,
  cases: readonly Pick<PlannedCase, 'case' | 'skipped'>[],
): HostRecord[] {
  const remote = cases.filter(
    ({ case: { testbed, location }, skipped }) => testbed === name && location === 'remote' && skipped === null,
  );
  const frame = largestFrame(remote.map(({ case: { packetSize } }) => largestBytes(packetSize)));
  return hosts.map((host) => {
    const uplink = (host.role === 'near' ? near : far)?.uplink;
    if (uplink === null || uplink === undefined) return host;
    const { interface: cable, mtu } = uplink;
    const raised = raisedMtu(mtu, frame);
    const told = raised === null ? String(mtu) : `${mtu}, raised to ${raised} while a switch has it`;
    return { ...host, inventory: { ...host.inventory, knobs: { ...host.inventory.knobs, [mtuSetting(cable)]: told } } };
  });
}
