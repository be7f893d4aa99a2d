// SPDX-License-Identifier: Apache-2.0
// How evenly pairs that run at once share what a switch carries: R. Jain, D. Chiu and W. Hawe, "A quantitative measure
// of fairness and discrimination for resource allocation in shared computer systems", DEC-TR-301, 1984.
import { median } from 'simple-statistics';
import type { Measurement } from '../model/result.ts';

/**
 * The square of the sum over n times the sum of the squares: 1 where all shares are equal, k/n where k of n have equal
 * shares and the rest has nothing. Null where there is nothing to share: fewer than two, or no share at all.
 */
export function jainIndex(shares: readonly number[]): number | null {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return shares.length < 2 || squares === 0 ? null : sum ** 2 / (shares.length * squares);
}

/** The median of the trials' own indices. Not that of summed shares: a pair may starve in one trial, its neighbour in the next. */
export function fairnessOf(measured: readonly Pick<Measurement, 'pairs'>[]): number | null {
  const indices = measured.flatMap(({ pairs }) => jainIndex(pairs.map((pair) => pair.throughputPps)) ?? []);
  return indices.length === 0 ? null : median(indices);
}
