// SPDX-License-Identifier: Apache-2.0
// Two contenders compared round by round: what a round does to both alike falls out of their ratio.
import { errorFunction } from 'simple-statistics';
import { doubledRanks, normalQuantile, type RatioEstimate, ratioOf } from './ranks.ts';

/** Above this many rounds the normal distribution is as good as the exact one. */
const EXACT_MAX = 100;

const distributions = new Map<number, Float64Array>();

/** The chance that the sum of the ranks of positive differences is at most 0, 1, … for n differences without ties. */
function distribution(n: number): Float64Array {
  const known = distributions.get(n);
  if (known !== undefined) return known;
  const chance = new Float64Array((n * (n + 1)) / 2 + 1);
  chance[0] = 1;
  for (let rank = 1; rank <= n; rank += 1) {
    for (let sum = (rank * (rank + 1)) / 2; sum >= 0; sum -= 1) {
      chance[sum] = ((chance[sum] ?? 0) + (chance[sum - rank] ?? 0)) / 2;
    }
  }
  for (let sum = 1; sum < chance.length; sum += 1) chance[sum] = (chance[sum] ?? 0) + (chance[sum - 1] ?? 0);
  distributions.set(n, chance);
  return chance;
}

/** The smallest p that n rounds can give: the same sign in each of them. */
export function smallestSignedPValue(n: number): number {
  return Math.min(1, 2 / 2 ** n);
}

/**
 * Wilcoxon's signed-rank test ("Individual comparisons by ranking methods", 1945), two-sided: exact without ties, and with
 * some a little too large. Differences of 0 speak for neither side: half of each counts for both. With the sum of the ranks of
 * positive differences.
 */
export function signedRank(differences: readonly number[]): { positive: number; pValue: number } {
  const n = differences.length;
  const ranks = doubledRanks(differences.map(Math.abs));
  const positive = differences.reduce((sum, difference, index) => {
    return sum + ((ranks[index] ?? 0) * (1 + Math.sign(difference))) / 4;
  }, 0);
  const smaller = Math.min(positive, (n * (n + 1)) / 2 - positive);
  if (n <= EXACT_MAX) return { positive, pValue: Math.min(1, 2 * (distribution(n)[Math.ceil(smaller)] ?? 1)) };
  const z = Math.max(0, (n * (n + 1)) / 4 - smaller - 0.5) / Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
  return { positive, pValue: Math.min(1, Math.max(0, 1 - errorFunction(z / Math.SQRT2))) };
}

/**
 * Hodges and Lehmann's estimator that belongs to the test: the median of the means of every two differences (of
 * logarithms), with the interval of those that the test does not exclude (Hollander, Wolfe and Chicken, §3.2 and §3.3).
 */
export function signedRatio(differences: readonly number[], alpha: number): RatioEstimate {
  const means = differences.flatMap((x, index) => differences.slice(index).map((y) => (x + y) / 2));
  return ratioOf(means, depthOf(differences.length, alpha));
}

function depthOf(n: number, alpha: number): number {
  if (n > EXACT_MAX) {
    const spread = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
    return Math.max(0, Math.floor((n * (n + 1)) / 4 - normalQuantile(alpha) * spread));
  }
  const atMost = distribution(n);
  let depth = 0;
  while (depth < (n * (n + 1)) / 4 && (atMost[depth] ?? 1) <= alpha / 2) depth += 1;
  return depth;
}
