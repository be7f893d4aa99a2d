// SPDX-License-Identifier: Apache-2.0
// Which trains of on-off arrivals came through whole.

import { median } from 'simple-statistics';
import { trainsOf as trainsIn } from '../model/arrivals.ts';
import type { RxTotals, TxTotals } from '../model/dataplane.ts';
import type { Trains } from '../model/result.ts';
import { sumOf } from '../stats/sum.ts';

interface Totals {
  tx: Pick<TxTotals, 'offered_packets' | 'trains'>;
  rx: Pick<RxTotals, 'highest_sequence' | 'trains'>;
}

/** Of all ways together; null where arrivals are not in trains. */
export function trainsOf(ways: readonly Totals[], arrivals: string): Trains | null {
  const length = trainsIn(arrivals)?.packets;
  const told = ways.flatMap(({ tx, rx }) => (tx.trains === null ? [] : [{ ...tx.trains, tx, rx }]));
  if (length === undefined || told.length === 0) return null;
  const medians = told.flatMap(({ whole_p50_ns }) => whole_p50_ns ?? []);
  return {
    begun: sumOf(told, ({ begun }) => begun),
    whole: sumOf(told, ({ whole }) => whole),
    wholeP50Ns: medians.length === 0 ? null : median(medians),
    passed: sumOf(told, ({ whole, tx, rx }) => Math.max(0, whole - withLoss(tx, rx, length))),
  };
}

/** The receiver knows of no packets behind the highest number that came to it. */
function withLoss(tx: Totals['tx'], { highest_sequence: highest, trains }: Totals['rx'], length: number): number {
  const known = trains?.with_loss ?? 0;
  const first = (highest ?? -1) + 1;
  if (first >= tx.offered_packets) return known;
  const [from, to] = [Math.floor(first / length), Math.floor((tx.offered_packets - 1) / length)];
  return known + to - from + (trains?.last_with_loss === from ? 0 : 1);
}
