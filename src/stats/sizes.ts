// SPDX-License-Identifier: Apache-2.0
import type { SizeCount } from '../model/result.ts';
import { sumOf } from './sum.ts';

/** What became of each size in several counts together, in the order in which sizes come first. */
export function sumBySize(counts: readonly SizeCount[]): SizeCount[] {
  return [...Map.groupBy(counts, ({ from }) => from)].map(([from, same]) => ({
    from,
    to: Math.max(...same.map(({ to }) => to)),
    sentPackets: sumOf(same, ({ sentPackets }) => sentPackets),
    lostPackets: sumOf(same, ({ lostPackets }) => lostPackets),
  }));
}

/** The part of the packets of a size that is lost. */
export function lossRatioOf({ sentPackets, lostPackets }: SizeCount): number | null {
  return sentPackets === 0 ? null : lostPackets / sentPackets;
}
