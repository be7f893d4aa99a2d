// SPDX-License-Identifier: Apache-2.0
// Mixes of sizes that a framework cannot send are told before the first trial.
import type { Framework } from '../model/dataplane.ts';
import type { PacketSize } from '../model/sizes.ts';

/** Why a framework cannot send packets of these sizes, with the mend; empty where it can. */
export function mixObstacles(framework: Framework, size: PacketSize): string[] {
  if (!framework.built || framework.mixed_sizes || typeof size === 'number') return [];
  return [`${framework.name} sends packets of one size at a time: give -P one size, or another --io, as udp-mmsg`];
}
