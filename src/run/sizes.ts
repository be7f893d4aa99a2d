// SPDX-License-Identifier: Apache-2.0
// What became of each size of a mix, and how many bytes its packets carry.
import type { RxTotals, TxTotals } from '../model/dataplane.ts';
import type { SizeCount } from '../model/result.ts';
import { meanBytes, type PacketSize } from '../model/sizes.ts';
import { sumBySize } from '../stats/sizes.ts';

/** Bits of the mean packet of those that arrived in the steady state: where loss depends on the size, other than of those sent. */
export function bitsPerPacket(size: PacketSize, { steady_bytes, steady_packets }: RxTotals): number {
  const bytes = typeof size === 'number' || steady_packets === 0 ? meanBytes(size) : steady_bytes / steady_packets;
  return 8 * bytes;
}

/** By size, of all pairs together; null where packets have one size. Late ones are among the lost. */
export function sizesOf(pairs: readonly { tx: TxTotals; rx: RxTotals }[]): SizeCount[] | null {
  const all = pairs.flatMap(({ tx, rx }) =>
    (tx.sizes ?? []).map(({ from, to, packets }) => {
      const arrived = rx.sizes?.find((one) => one.from === from)?.packets ?? 0;
      return { from, to, sentPackets: packets, lostPackets: Math.max(0, packets - arrived) };
    }),
  );
  return all.length === 0 ? null : sumBySize(all);
}
