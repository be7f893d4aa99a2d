// SPDX-License-Identifier: Apache-2.0
import type { Histogram } from '../model/dataplane.ts';
import type { LatencySummary } from '../model/result.ts';
import { PERCENTILES, type PercentileName, withheld } from './percentiles.ts';
import { sumOf } from './sum.ts';

type Bucket = Histogram['buckets'][number];

/**
 * Adds histograms up, bucket by bucket: all of `vswload`'s have the same bounds. Count, min, max and mean stay exact,
 * percentiles are made anew. Packets that were never sent add up, too: of their delays the least bound holds. Ones in which nothing is
 * count for nothing; null where nothing was timed.
 */
export function mergeHistograms(histograms: readonly Histogram[]): Histogram | null {
  const filled = histograms.filter((histogram) => histogram.count > 0);
  const unsent = histograms.filter((histogram) => histogram.censored > 0);
  if (filled.length === 0) return null;
  const byLower = new Map<number, Bucket>();
  for (const [lower, upper, count] of filled.flatMap((histogram) => histogram.buckets)) {
    byLower.set(lower, [lower, upper, (byLower.get(lower)?.[2] ?? 0) + count]);
  }
  const count = sumOf(filled, (histogram) => histogram.count);
  const shape = {
    count,
    min: filled.reduce((least, histogram) => Math.min(least, histogram.min), Number.POSITIVE_INFINITY),
    max: filled.reduce((most, histogram) => Math.max(most, histogram.max), Number.NEGATIVE_INFINITY),
    censored: sumOf(unsent, (histogram) => histogram.censored),
    censored_at_least: unsent.reduce<number | null>(
      (least, { censored_at_least: bound }) => (bound === null || (least !== null && least < bound) ? least : bound),
      null,
    ),
    buckets: [...byLower.values()].sort((a, b) => a[0] - b[0]),
  };
  return {
    unit: 'ns',
    ...shape,
    mean: sumOf(filled, (histogram) => histogram.mean * (histogram.count / count)),
    sum_squares: sumOf(filled, (histogram) => histogram.sum_squares),
    p50: percentile(shape, PERCENTILES.p50),
    p90: percentile(shape, PERCENTILES.p90),
    p99: percentile(shape, PERCENTILES.p99),
    p999: percentile(shape, PERCENTILES.p999),
    p9999: percentile(shape, PERCENTILES.p9999),
  };
}

/** What a percentile is made from. */
export type Distribution = Pick<Histogram, 'count' | 'min' | 'max' | 'buckets' | 'censored' | 'censored_at_least'>;

/**
 * Percentile by nearest rank, in nanoseconds: the middle of the bucket that holds the value of rank ⌈p/100 · n⌉ of all n packets, those
 * that were never sent among them, but not outside [min, max]. Buckets are at most 1 % wide, so it is within 0.5 % of the exact value.
 * Null where the rank falls among those never sent, or beyond the least of their delays: nobody knows it then; also of no packets.
 */
export function percentile(distribution: Distribution, percent: number): number | null {
  const { count, censored, censored_at_least: least, min, max, buckets } = distribution;
  // Rounding first: 99.9 / 100 × 1000 must be rank 999, and not 1000 by binary noise.
  const rank = Math.max(1, Math.ceil(Number(((percent / 100) * (count + censored)).toPrecision(12))));
  let seen = 0;
  for (const [lower, upper, packets] of buckets) {
    if (censored > 0 && least !== null && upper > least) return null;
    seen += packets;
    // Bounds and values are whole nanoseconds, so the last value of a bucket is upper − 1.
    if (seen >= rank) return Math.min(max, Math.max(min, Math.floor((lower + upper - 1) / 2)));
  }
  return null;
}

/** The figures of a histogram that reports show, without those that its packets do not tell; null where it is empty. */
export function toLatencySummary(histogram: Histogram): LatencySummary | null {
  if (histogram.count === 0) return null;
  const { mean, min, max, p50, p90, p99, p999, p9999, count, censored, censored_at_least: least } = histogram;
  const whole = { p50, p90, p99, p999, p9999, count, censoredCount: censored, censoredAtLeastNs: least };
  const told = (name: PercentileName) => (withheld(whole, name) === null ? whole[name] : null);
  return {
    // What was never sent would have raised both.
    mean: censored > 0 ? null : mean,
    min,
    ...{ p50: told('p50'), p90: told('p90'), p99: told('p99'), p999: told('p999'), p9999: told('p9999') },
    max: censored > 0 ? null : max,
    ...{ count, censoredCount: censored, censoredAtLeastNs: least },
  };
}
