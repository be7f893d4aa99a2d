// SPDX-License-Identifier: Apache-2.0
import type { Histogram } from '../model/dataplane.ts';
import type { LatencySummary } from '../model/result.ts';

type Bucket = Histogram['buckets'][number];

/**
 * Adds histograms up, bucket by bucket: all of `vswload`'s have the same bounds. Count, min, max and mean stay exact,
 * percentiles are made anew. Empty ones count for nothing; null where nothing is left.
 */
export function mergeHistograms(histograms: readonly Histogram[]): Histogram | null {
  const filled = histograms.filter((histogram) => histogram.count > 0);
  if (filled.length === 0) return null;
  const byLower = new Map<number, Bucket>();
  for (const [lower, upper, count] of filled.flatMap((histogram) => histogram.buckets)) {
    byLower.set(lower, [lower, upper, (byLower.get(lower)?.[2] ?? 0) + count]);
  }
  const count = total(filled, (histogram) => histogram.count);
  const shape = {
    count,
    min: filled.reduce((least, histogram) => Math.min(least, histogram.min), Number.POSITIVE_INFINITY),
    max: filled.reduce((most, histogram) => Math.max(most, histogram.max), Number.NEGATIVE_INFINITY),
    buckets: [...byLower.values()].sort((a, b) => a[0] - b[0]),
  };
  return {
    unit: 'ns',
    ...shape,
    mean: total(filled, (histogram) => histogram.mean * (histogram.count / count)),
    sum_squares: total(filled, (histogram) => histogram.sum_squares),
    p50: percentile(shape, 50),
    p90: percentile(shape, 90),
    p99: percentile(shape, 99),
    p999: percentile(shape, 99.9),
    p9999: percentile(shape, 99.99),
  };
}

/** What a percentile is made from. */
export type Distribution = Pick<Histogram, 'count' | 'min' | 'max' | 'buckets'>;

/**
 * Percentile by nearest rank, in nanoseconds: the middle of the bucket that holds the value of rank ⌈p/100 · count⌉,
 * never outside [min, max]. Buckets are at most 1 % wide, so it is within 0.5 % of the exact value. NaN where empty.
 */
export function percentile(distribution: Distribution, percent: number): number {
  // Rounding first: 99.9 / 100 × 1000 must be rank 999, and not 1000 by binary noise.
  const rank = Math.max(1, Math.ceil(Number(((percent / 100) * distribution.count).toPrecision(12))));
  let seen = 0;
  for (const [lower, upper, count] of distribution.buckets) {
    seen += count;
    if (seen >= rank) {
      // Bounds and values are whole nanoseconds, so the last value of a bucket is upper − 1.
      const middle = Math.floor((lower + upper - 1) / 2);
      return Math.min(distribution.max, Math.max(distribution.min, middle));
    }
  }
  return Number.NaN;
}

/** The figures of a histogram that reports show; null where it is empty. */
export function toLatencySummary(histogram: Histogram): LatencySummary | null {
  if (histogram.count === 0) return null;
  const { mean, min, max, p50, p90, p99, p999, p9999, count } = histogram;
  return { mean, min, p50, p90, p99, p999, p9999, max, count };
}

function total(histograms: readonly Histogram[], value: (histogram: Histogram) => number): number {
  return histograms.reduce((sum, histogram) => sum + value(histogram), 0);
}
