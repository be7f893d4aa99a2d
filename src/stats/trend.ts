// SPDX-License-Identifier: Apache-2.0
// Whether a figure that is looked at again and again is still on its way.

/** Of the standard normal distribution: what 5 % of all values are beyond, to either side. */
const Z_AT_5_PERCENT = 1.96;

/**
 * Whether a series rises or falls, by the test of Mann (Econometrica 13, 1945) and Kendall (Rank Correlation Methods, 1975), two-sided, at
 * 5 %: it asks of all pairs of values whether the later is the greater, and assumes no distribution. The normal approximation, with the
 * correction for ties, holds from ten values on; of fewer nothing is said, which is false.
 */
export function hasTrend(values: readonly number[]): boolean {
  const { length } = values;
  if (length < 10) return false;
  let score = 0;
  for (const [index, earlier] of values.entries()) {
    for (const later of values.slice(index + 1)) score += Math.sign(later - earlier);
  }
  const ties = [...Map.groupBy(values, (value) => value).values()].map((equal) => equal.length);
  const spread = (count: number) => count * (count - 1) * (2 * count + 5);
  const variance = (spread(length) - ties.reduce((sum, count) => sum + spread(count), 0)) / 18;
  // One is taken off for continuity: the score moves in steps of two.
  return variance > 0 && (Math.abs(score) - 1) / Math.sqrt(variance) > Z_AT_5_PERCENT;
}
