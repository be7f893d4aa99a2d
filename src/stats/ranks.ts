// SPDX-License-Identifier: Apache-2.0
// Two independent samples compared by ranks. Nothing is assumed about the distribution of trials but that the two samples
// would have the same one if nothing had changed: trials on shared machines are skewed, and few.
import { errorFunction, quickselect } from 'simple-statistics';

/** Above this many values in all the exact distribution takes too long, and the normal one is as good. */
const EXACT_MAX = 120;

/** Values that are equal have a distribution of their own, which has to be counted out for each pair of samples: sooner too long. */
const EXACT_TIED_MAX = 40;

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
 * stochastically larger than the other", 1947; the same as Wilcoxon's rank sum test). Up to `EXACT_MAX` values in all
 * (`EXACT_TIED_MAX` where some are equal) it is exact, given the ties: every way of dealing the ranks out to the two
 * samples is counted, and p is twice the smaller tail. Null where a sample is empty.
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): RankTest | null {
  if (a.length === 0 || b.length === 0) return null;
  const { u, tied } = countAbove(Float64Array.from(a).sort(), Float64Array.from(b).sort());
  const total = a.length + b.length;
  if (!tied && total <= EXACT_MAX) return { u, pValue: untiedPValue(a.length, b.length, u), method: 'exact' };
  const doubled = tied ? doubledRanks([...a, ...b]) : [];
  if (total > EXACT_TIED_MAX) {
    return { u, pValue: normalPValue(doubled, a.length, b.length, u), method: 'normal-approximation' };
  }
  return { u, pValue: exactPValue(doubled, b.length, 2 * u + b.length * (b.length + 1)), method: 'exact' };
}

/** How many pairs of two ascending samples have b above a (half for equal ones), and whether any two values are equal. */
function countAbove(a: Float64Array, b: Float64Array): { u: number; tied: boolean } {
  let tied = false;
  for (const values of [a, b]) {
    for (let index = 1; index < values.length; index += 1) tied ||= values[index] === values[index - 1];
  }
  let [below, through, u] = [0, 0, 0];
  for (const value of b) {
    while (below < a.length && (a[below] ?? value) < value) below += 1;
    through = Math.max(through, below);
    while (through < a.length && a[through] === value) through += 1;
    tied ||= through > below;
    u += (below + through) / 2;
  }
  return { u, tied };
}

/** Twice the rank of each value, from 2 on, equal values at the mean of their ranks: twice, so that it is whole. */
export function doubledRanks(values: readonly number[]): number[] {
  const sorted = [...values].sort((x, y) => x - y);
  const [first, last] = [new Map<number, number>(), new Map<number, number>()];
  for (const [index, value] of sorted.entries()) {
    if (!first.has(value)) first.set(value, index);
    last.set(value, index);
  }
  return values.map((value) => (first.get(value) ?? 0) + (last.get(value) ?? 0) + 2);
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

const distributions = new Map<string, Float64Array>();

/** The chance that U is at most 0, 1, … for samples of these sizes without ties. */
function distribution(n: number, m: number): Float64Array {
  const key = `${n} ${m}`;
  const known = distributions.get(key);
  if (known !== undefined) return known;
  const ways = waysBySum(
    Array.from({ length: n + m }, (_, index) => index + 1),
    m,
  ).subarray((m * (m + 1)) / 2, (m * (m + 1)) / 2 + n * m + 1);
  const all = ways.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  const told = ways.map((count) => {
    sum += count;
    return sum / all;
  });
  distributions.set(key, told);
  return told;
}

/** Twice the smaller tail, which is that of the smaller of U and its mirror image. */
function untiedPValue(n: number, m: number, u: number): number {
  return Math.min(1, 2 * (distribution(n, m)[Math.min(u, n * m - u)] ?? 1));
}

/** In how many ways `chosen` of these whole numbers add up to each sum. */
function waysBySum(items: readonly number[], chosen: number): Float64Array {
  const sumMax = items.reduce((sum, item) => sum + item, 0);
  const ways = Array.from({ length: chosen + 1 }, () => new Float64Array(sumMax + 1));
  const [none] = ways;
  if (none !== undefined) none[0] = 1;
  let reached = 0;
  for (const [index, item] of items.entries()) {
    reached += item;
    // Downwards, so that each item is taken once; none can be beyond what there was so far.
    for (let count = Math.min(chosen, index + 1); count >= 1; count -= 1) {
      const from = ways[count - 1];
      const to = ways[count];
      if (from === undefined || to === undefined) continue;
      for (let sum = item; sum <= reached; sum += 1) to[sum] = (to[sum] ?? 0) + (from[sum - item] ?? 0);
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
  const logsOf = (values: readonly number[]) => values.map((value) => Math.log(value));
  const [from, to] = [logsOf(a), logsOf(b)];
  const logs: number[] = [];
  for (const y of to) for (const x of from) logs.push(y - x);
  return ratioOf(logs, intervalDepth(a.length, b.length, alpha));
}

/** The median of some logarithms of ratios, with the `depth`-th smallest and largest as bounds; none for 0. `logs` are reordered. */
export function ratioOf(logs: number[], depth: number): RatioEstimate {
  // Of ten thousand, three are wanted: to find them is much quicker than to sort all.
  const at = (index: number): number => {
    quickselect(logs, index);
    return logs[index] ?? Number.NaN;
  };
  const last = logs.length - 1;
  const [low, high] = depth === 0 ? [null, null] : [Math.exp(at(depth - 1)), Math.exp(at(last - depth + 1))];
  return { ratio: Math.exp((at(last >> 1) + at((last + 1) >> 1)) / 2), low, high };
}

/**
 * How many ratios from either end the interval begins: one more than the two-sided critical value of U, and 0 where even
 * the whole range covers less than 1 − alpha.
 */
export function intervalDepth(n: number, m: number, alpha = 0.05): number {
  if (n + m > EXACT_MAX) {
    const spread = Math.sqrt((n * m * (n + m + 1)) / 12);
    return Math.max(0, Math.floor((n * m) / 2 - normalQuantile(alpha) * spread));
  }
  const atMost = distribution(n, m);
  let depth = 0;
  while (depth < (n * m) / 2 && (atMost[depth] ?? 1) <= alpha / 2) depth += 1;
  return depth;
}

/** The two-sided quantile of the normal distribution, by halving: 1.96 for 0.05. */
export function normalQuantile(alpha: number): number {
  let [low, high] = [0, 10];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (1 - errorFunction(middle / Math.SQRT2) > alpha) low = middle;
    else high = middle;
  }
  return low;
}
