// SPDX-License-Identifier: Apache-2.0
// What became of the packets themselves: lost, copied, damaged, out of order.
import type { Flag, Measurement } from '../model/result.ts';
import { sumOf } from './sum.ts';

/** Share of the packets received above which copies, damaged, reordered or late ones are told with a figure. */
export const INTEGRITY_RATIO_MAX = 0.001;

type ArrivalCounts = Pick<
  Measurement,
  'receivedPackets' | 'duplicatedPackets' | 'corruptedPackets' | 'reorderedPackets' | 'latePackets'
>;

/** The flags of some trials whose packets did not all arrive once, intact and in order. */
export function integrityFlags(measured: readonly ArrivalCounts[]): Flag[] {
  const received = sumOf(measured, ({ receivedPackets }) => receivedPackets);
  const isNotable = (packets: number) => packets > INTEGRITY_RATIO_MAX * received;
  const found: [Flag, number][] = [
    ['duplicates', sumOf(measured, ({ duplicatedPackets }) => duplicatedPackets)],
    ['corruption', sumOf(measured, ({ corruptedPackets }) => corruptedPackets)],
    ['reordering', sumOf(measured, ({ reorderedPackets }) => reorderedPackets)],
    ['late-packets', sumOf(measured, ({ latePackets }) => latePackets)],
  ];
  return found.flatMap(([flag, packets]) => (isNotable(packets) ? [flag] : []));
}

type WindowCounts = Pick<Measurement, 'steadyOfferedPackets' | 'steadyReceivedPackets' | 'steadyCorruptedPackets'>;

/**
 * Packets lost of those sent within the measured windows, as a ratio; null where none was sent: of those nobody knows. One that arrived damaged arrived. Over several
 * trials one with many packets weighs as much as its packets do.
 */
export function lossRatioOf(measured: readonly WindowCounts[]): number | null {
  const offered = sumOf(measured, ({ steadyOfferedPackets }) => steadyOfferedPackets);
  const arrived = sumOf(measured, (one) => one.steadyReceivedPackets + one.steadyCorruptedPackets);
  return offered === 0 ? null : (offered - arrived) / offered;
}
