// SPDX-License-Identifier: Apache-2.0
// Two independent samples compared by ranks. Nothing is assumed about the distribution of trials but that the two samples
// would have the same one if nothing had changed: trials on shared machines are skewed, and few.
import { errorFunction, medianSorted } from 'simple-statistics';

/** Above this many values in all the exact distribution takes too long, and the normal one is as good. */
const EXACT_MAX = 120;

/** How two samples compare by ranks. */
export interface RankTest {
  /** Pairs (a, b) with b above a; ties count half. */
  u: number;
  /** Two-sided. */
  pValue: number;
  method: 'exact' | 'normal-approximation';
}

/**
 * The Mann-Whitney U test (H. B. Mann and D. R. Whitney, "On a test of whether one of two random variables is
 * stochastically larger than the other", 1947; the same as Wilcoxon's rank sum test). Up to `EXACT_MAX` values in all it
 * is exact, given the ties: every way of dealing the ranks out to the two samples is counted, and p is twice the smaller
 * tail. Null where a sample is empty.
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): RankTest | null {
  if (a.length === 0 || b.length === 0) return null;
  const doubled = doubledRanks([...a, ...b]);
  const doubledSum = doubled.slice(a.length).reduce((sum, rank) => sum + rank, 0);
  const u = (doubledSum - b.length * (b.length + 1)) / 2;
  return a.length + b.length <= EXACT_MAX
    ? { u, pValue: exactPValue(doubled, b.length, doubledSum), method: 'exact' }
    : { u, pValue: normalPValue(doubled, a.length, b.length, u), method: 'normal-approximation' };
}

/** Twice the rank of each value, equal values at the mean of their ranks: twice, so that it is whole. */
function doubledRanks(values: readonly number[]): number[] {
  const sorted = [...values].sort((x, y) => x - y);
  return values.map((value) => sorted.indexOf(value) + sorted.lastIndexOf(value) + 2);
}

function exactPValue(doubled: readonly number[], chosen: number, doubledSum: number): number {
  const ways = waysBySum(doubled, chosen);
  let [below, above, all] = [0, 0, 0];
  for (const [sum, count] of ways.entries()) {
    all += count;
    if (sum <= doubledSum) below += count;
    if (sum >= doubledSum) above += count;
  }
  return Math.min(1, (2 * Math.min(below, above)) / all);
}

/** In how many ways `chosen` of these whole numbers add up to each sum. */
function waysBySum(items: readonly number[], chosen: number): Float64Array {
  const sumMax = items.reduce((sum, item) => sum + item, 0);
  const ways = Array.from({ length: chosen + 1 }, () => new Float64Array(sumMax + 1));
  const [none] = ways;
  if (none !== undefined) none[0] = 1;
  for (const item of items) {
    // Downwards, so that each item is taken once.
    for (let count = chosen; count >= 1; count -= 1) {
      const [from, to] = [ways[count - 1], ways[count]];
      if (from === undefined || to === undefined) continue;
      for (let sum = item; sum <= sumMax; sum += 1) to[sum] = (to[sum] ?? 0) + (from[sum - item] ?? 0);
    }
  }
  return ways[chosen] ?? new Float64Array(0);
}

/**
 * With corrections for ties and continuity (Hollander, Wolfe and Chicken, *Nonparametric Statistical Methods*, 3rd ed.,
 * §4.1).
 */
function normalPValue(doubled: readonly number[], n: number, m: number, u: number): number {
  const total = n + m;
  const ties = [...Map.groupBy(doubled, (rank) => rank).values()].reduce(
    (sum, { length }) => sum + length ** 3 - length,
    0,
  );
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (variance <= 0) return 1;
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance);
  return Math.min(1, Math.max(0, 1 - errorFunction(z / Math.SQRT2)));
}

/** The smallest p that the test can give for samples of these sizes: all of one above all of the other. */
export function smallestPValue(n: number, m: number): number {
  let orders = 1;
  for (let k = 1; k <= Math.min(n, m); k += 1) orders *= (Math.max(n, m) + k) / k;
  return Math.min(1, 2 / orders);
}

/** By what factor b's values are a's. */
export interface RatioEstimate {
  ratio: number;
  /** Null where there are too few values for 95 %. */
  low: number | null;
  high: number | null;
}

/**
 * The estimator of Hodges and Lehmann ("Estimates of location based on rank tests", 1963) on logarithms, that is the
 * median of all ratios b/a, with the interval that belongs to the Mann-Whitney test: from the d-th smallest to the d-th
 * largest ratio (Hollander, Wolfe and Chicken, §4.2 and §4.3). It holds 1 exactly where the test, without ties, says p >
 * 0.05. Null where a value is not positive: then there is no ratio.
 */
export function ratioEstimate(a: readonly number[], b: readonly number[], alpha = 0.05): RatioEstimate | null {
  if (a.length === 0 || b.length === 0 || [...a, ...b].some((value) => !(value > 0))) return null;
  const logs = b.flatMap((y) => a.map((x) => Math.log(y) - Math.log(x))).sort((x, y) => x - y);
  const depth = intervalDepth(a.length, b.length, alpha);
  const at = (index: number): number | null => {
    const value = depth === 0 ? undefined : logs.at(index);
    return value === undefined ? null : Math.exp(value);
  };
  return { ratio: Math.exp(medianSorted(logs)), low: at(depth - 1), high: at(-depth) };
}

/**
 * How many ratios from either end the interval begins: one more than the two-sided critical value of U, and 0 where even
 * the whole range covers less than 1 − alpha.
 */
export function intervalDepth(n: number, m: number, alpha = 0.05): number {
  if (n + m > EXACT_MAX) {
    const spread = Math.sqrt((n * m * (n + m + 1)) / 12);
    return Math.max(0, Math.floor((n * m) / 2 - quantileOf(alpha) * spread));
  }
  const ranks = Array.from({ length: n + m }, (_, index) => index + 1);
  const ways = waysBySum(ranks, m);
  const all = ways.reduce((sum, count) => sum + count, 0);
  const lowest = (m * (m + 1)) / 2;
  let below = 0;
  let depth = 0;
  for (let u = 0; u < (n * m) / 2; u += 1) {
    below += ways[lowest + u] ?? 0;
    if (below / all > alpha / 2) break;
    depth = u + 1;
  }
  return depth;
}

/** The two-sided quantile of the normal distribution, by halving: 1.96 for 0.05. */
function quantileOf(alpha: number): number {
  let [low, high] = [0, 10];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (1 - errorFunction(middle / Math.SQRT2) > alpha) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * P-values corrected for being several, in the order given (S. Holm, "A simple sequentially rejective multiple test
 * procedure", 1979): calling those below 0.05 different, the chance of even one false call among all is at most 5 %,
 * however the tests depend on each other.
 */
export function holm(pValues: readonly number[]): number[] {
  const corrected = new Array<number>(pValues.length).fill(1);
  let largest = 0;
  const ascending = [...pValues.entries()].sort(([, p], [, q]) => p - q);
  for (const [position, [index, p]] of ascending.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - position) * p));
    corrected[index] = largest;
  }
  return corrected;
}
