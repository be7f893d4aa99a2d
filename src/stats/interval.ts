// SPDX-License-Identifier: Apache-2.0
import { mean, medianSorted, sampleStandardDeviation } from 'simple-statistics';
import type { Interval } from '../model/result.ts';

const CONFIDENCE = 0.95;

/** Below six values not even the whole range covers the median with 95 % (2 · 0.5⁵ = 6.25 % remain outside). */
const ORDER_STATISTICS_MIN = 6;

/** 97.5 % quantiles of Student's t for 1 to 9 degrees of freedom (any table of it, e.g. NIST/SEMATECH 1.3.6.7.2). */
const STUDENT_T_975 = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622];

/**
 * Median of some trials with its 95 % confidence interval; null where there is no value at all.
 *
 * - Six or more values: distribution-free by order statistics, `[x(d), x(n+1−d)]` with the largest d that still covers
 *   95 % (David & Nagaraja, *Order Statistics*, 3rd ed., §7.1; ISO 16269-7; the sign test's table). It assumes nothing but
 *   independent trials. Coverage is a step function of n and never below 95 %: 96.875 % for n = 6.
 * - Two to five: Student's t about the mean, which assumes values close to a normal distribution. Widened where needed so
 *   that the median lies inside, and cut at 0 where no value is negative, as nothing that is measured here can be.
 * - One: no bounds. A single trial says nothing about the spread.
 */
export function medianInterval(values: readonly number[]): Interval | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const median = medianSorted(sorted);
  const trials = sorted.length;
  if (trials === 1) return { median, ciLow: null, ciHigh: null, method: 'none', trials };
  if (trials < ORDER_STATISTICS_MIN) {
    return { median, ...studentBounds(sorted, median), method: 'student-t', trials };
  }
  const { low, high } = medianRanks(trials);
  return {
    median,
    ciLow: sorted[low - 1] ?? null,
    ciHigh: sorted[high - 1] ?? null,
    method: 'order-statistics',
    trials,
  };
}

/** Ranks (1-based) of the two order statistics that bound the median, and the probability that they do. */
export interface MedianRanks {
  low: number;
  high: number;
  coverage: number;
}

/**
 * The narrowest symmetric pair of ranks whose interval covers the median of any continuous distribution with at least
 * 95 %: the number of values below the median is binomial(n, ½). For n < 6 it is the whole range, with less coverage.
 */
export function medianRanks(n: number): MedianRanks {
  const tailAllowed = (1 - CONFIDENCE) / 2;
  // In logarithms, since 0.5ⁿ underflows from n = 1075 on.
  let logProbability = -n * Math.LN2;
  let below = 0;
  let tail = Math.exp(logProbability);
  let low = 1;
  while (low < n / 2) {
    logProbability += Math.log((n - below) / (below + 1));
    below += 1;
    const next = tail + Math.exp(logProbability);
    if (next > tailAllowed) break;
    tail = next;
    low += 1;
  }
  return { low, high: n + 1 - low, coverage: 1 - 2 * tail };
}

function studentBounds(sorted: readonly number[], median: number): { ciLow: number; ciHigh: number } {
  const values = [...sorted];
  const n = values.length;
  const quantile = STUDENT_T_975[n - 2] ?? Number.NaN;
  const centre = mean(values);
  const halfWidth = (quantile * sampleStandardDeviation(values)) / Math.sqrt(n);
  const floor = (values[0] ?? 0) >= 0 ? 0 : Number.NEGATIVE_INFINITY;
  return {
    ciLow: Math.max(floor, Math.min(centre - halfWidth, median)),
    ciHigh: Math.max(centre + halfWidth, median),
  };
}

/** The mean of some values with Student's interval of 95 %, as many papers plot it; it assumes values close to a normal distribution. No bounds for a single one. */
export function meanInterval(values: readonly number[]): Interval | null {
  if (values.length === 0) return null;
  const trials = values.length;
  const centre = mean([...values]);
  if (trials === 1) return { median: centre, ciLow: null, ciHigh: null, method: 'none', trials };
  const halfWidth = (student975(trials - 1) * sampleStandardDeviation([...values])) / Math.sqrt(trials);
  return { median: centre, ciLow: centre - halfWidth, ciHigh: centre + halfWidth, method: 'student-t', trials };
}

/** From the table where it has them, else by the expansion about the normal quantile (Abramowitz & Stegun 26.7.5), right to 0.0002 from 10 degrees of freedom on. */
export function student975(freedom: number): number {
  const known = STUDENT_T_975[freedom - 1];
  if (known !== undefined) return known;
  const z = 1.959964;
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  );
}
