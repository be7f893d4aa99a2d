// SPDX-License-Identifier: Apache-2.0
import type { Histogram } from '../model/dataplane.ts';
import type { LatencySummary } from '../model/result.ts';
import { BEYOND_MIN, PERCENTILES, type PercentileName, withheld } from './percentiles.ts';

type Bucket = Histogram['buckets'][number];

/**
 * Adds histograms up, bucket by bucket: all of `vswload`'s have the same bounds. Count, min, max and mean stay exact,
 * percentiles are made anew. Packets that were never sent add up, too: of their delays the least bound holds. Ones in which nothing is
 * count for nothing; null where nothing was timed.
 */
export function mergeHistograms(histograms: Iterable<Histogram>): Histogram | null {
  const byLower = new Map<number, Bucket>();
  let [count, sum, squares, min, max] = [0, 0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let censored = 0;
  let least: number | null = null;
  for (const one of histograms) {
    if (one.censored > 0) {
      censored += one.censored;
      const bound = one.censored_at_least;
      if (bound !== null && (least === null || bound < least)) least = bound;
    }
    if (one.count === 0) continue;
    for (const [lower, upper, packets] of one.buckets) {
      const known = byLower.get(lower);
      if (known === undefined) byLower.set(lower, [lower, upper, packets]);
      else known[2] += packets;
    }
    count += one.count;
    sum += one.mean * one.count;
    squares += one.sum_squares;
    [min, max] = [Math.min(min, one.min), Math.max(max, one.max)];
  }
  if (count === 0) return null;
  const buckets = [...byLower.values()].sort((a, b) => a[0] - b[0]);
  const shape = { count, min, max, censored, censored_at_least: least, buckets };
  return {
    unit: 'ns',
    ...shape,
    mean: sum / count,
    sum_squares: squares,
    p50: percentile(shape, PERCENTILES.p50),
    p90: percentile(shape, PERCENTILES.p90),
    p99: percentile(shape, PERCENTILES.p99),
    p999: percentile(shape, PERCENTILES.p999),
    p9999: percentile(shape, PERCENTILES.p9999),
  };
}

/**
 * What is left of a histogram without a part of it, as far as percentiles go: of the least and the greatest value no more is known than the bounds
 * of the outermost buckets. Packets that were never sent are no part of it.
 */
export function withoutHistogram(whole: Histogram, part: Histogram): Histogram | null {
  const taken = new Map(part.buckets.map(([lower, , packets]) => [lower, packets]));
  const buckets = whole.buckets.flatMap(([lower, upper, packets]): Bucket[] => {
    const left = packets - (taken.get(lower) ?? 0);
    return left > 0 ? [[lower, upper, left]] : [];
  });
  const [first, last] = [buckets[0], buckets.at(-1)];
  if (first === undefined || last === undefined) return null;
  const count = whole.count - part.count;
  const rest = { count, min: Math.max(whole.min, first[0]), max: Math.min(whole.max, last[1]), buckets };
  const sum = whole.mean * whole.count - part.mean * part.count;
  const squares = whole.sum_squares - part.sum_squares;
  const bare = { ...whole, ...rest, mean: sum / count, sum_squares: squares, censored: 0, censored_at_least: null };
  return mergeHistograms([bare]);
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

/** The percentiles of a distribution's curve, as far as enough packets lie beyond: the tail is what latency is about. */
const CURVE_PERCENTILES = [1, 5, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999];

/** The curve of a distribution, in ns; it ends where too few packets lie beyond, and where those begin that were never sent. */
export function curveOf(distribution: Distribution): { percent: number; ns: number }[] {
  const packets = distribution.count + distribution.censored;
  return CURVE_PERCENTILES.flatMap((percent) => {
    const ns = percentile(distribution, percent);
    return ns === null || packets * (1 - percent / 100) < BEYOND_MIN ? [] : [{ percent, ns }];
  });
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
