// SPDX-License-Identifier: Apache-2.0
// Two contenders: how likely figures as unlike as theirs are if nothing sets them apart, and by what factor one is the other.
import { sampleVariance } from 'simple-statistics';
import type { RoundFigure } from '../model/result.ts';
import { ALPHA } from './correction.ts';
import { valuesOf } from './figures.ts';
import {
  doubledRanks,
  mannWhitney,
  normalQuantile,
  type RatioEstimate,
  ratioEstimate,
  smallestPValue,
} from './ranks.ts';
import { signedRank, signedRatio, smallestSignedPValue } from './signed-rank.ts';

/** Below so many rounds no two contenders can be told apart: of three and three the clearest order has p = 0.1. */
export const ROUNDS_MIN = 4;

/** What decides about two contenders: see docs/method.md. */
export type PairMethod = 'mann-whitney' | 'mann-whitney-aligned' | 'signed-rank';

/** Two contenders compared, before their p-value is corrected. */
export interface PairTest {
  method: PairMethod;
  /** Figures of either side that took part. */
  rounds: readonly [number, number];
  /** The smallest p-value that so many figures can give. */
  smallest: number;
  /** Two-sided; 1 where there are too few figures. */
  pValue: number;
  /** The second tends to be larger. */
  larger: boolean;
  /** By what factor the second is the first, with the interval that the test does not exclude at this level; null without a ratio. */
  ratio(alpha: number): RatioEstimate | null;
  /** Rounds at which such a ratio is found four times of five, at this level; null where it takes more than `ROUNDS_MAX`. */
  roundsNeeded(ratio: number, alpha: number): number | null;
}

/** Nobody runs so many. */
const ROUNDS_MAX = 1000;

/** What rounds have in common. */
interface Circumstances {
  /** Comparisons of which this is one; they may rule the test out that needs the most rounds. */
  pairs: number;
  /** What rounds did to everybody (natural logarithms), null where that is not known; null where nobody else was measured at all. */
  alignedBy: ((rounds: readonly number[]) => readonly number[] | null) | null;
}

/**
 * Compares two contenders by the figures of the rounds that they have in common; where they have none (two campaigns) by all,
 * as independent samples.
 *
 * - Where others tell the rounds' mood, by Mann and Whitney's test on the figures less the mood (mood.ts).
 * - Where nobody does, but both rise and fall together, by Wilcoxon's test on the ratios within rounds. Whether they do is asked
 *   of Spearman's rank correlation, one-sided at `togetherLevel`, which never looks at which of them is larger; for that question
 *   both p-values are raised by as much, which keeps the chance of a false call at its level. It is asked only where Wilcoxon's
 *   test has rounds enough for a verdict.
 * - Else by Mann and Whitney's test as it is. A mood that nobody knows of makes it find less, and never more.
 */
export function testPair(
  a: readonly RoundFigure[],
  b: readonly RoundFigure[],
  { pairs, alignedBy }: Circumstances,
): PairTest {
  const { rounds, valuesA, valuesB } = inCommon(a, b);
  if (rounds.length === 0) return unpaired(valuesOf(a), valuesOf(b), 'mann-whitney');
  const positive = valuesA.every((value) => value > 0) && valuesB.every((value) => value > 0);
  if (!positive || rounds.length < ROUNDS_MIN) return unpaired(valuesA, valuesB, 'mann-whitney');
  if (alignedBy !== null) {
    const mood = alignedBy(rounds)?.map((log) => Math.exp(log)) ?? null;
    if (mood === null) return unpaired(valuesA, valuesB, 'mann-whitney');
    const aligned = (values: readonly number[]) => values.map((value, index) => value / (mood[index] ?? 1));
    return unpaired(aligned(valuesA), aligned(valuesB), 'mann-whitney-aligned');
  }
  const asked = 1 + togetherLevel(rounds.length);
  if (smallestSignedPValue(rounds.length) * pairs * asked > ALPHA) return unpaired(valuesA, valuesB, 'mann-whitney');
  return isTogether(valuesA, valuesB)
    ? paired(valuesA, valuesB, asked)
    : unpaired(valuesA, valuesB, 'mann-whitney', asked);
}

/** The rounds that both have, and the figures in them. Figures are in the order of rounds. */
function inCommon(
  a: readonly RoundFigure[],
  b: readonly RoundFigure[],
): { rounds: number[]; valuesA: number[]; valuesB: number[] } {
  const [rounds, valuesA, valuesB]: [number[], number[], number[]] = [[], [], []];
  let next = 0;
  for (const { round, value } of a) {
    while ((b[next]?.round ?? round) < round) next += 1;
    const other = b[next];
    if (other?.round !== round) continue;
    rounds.push(round);
    valuesA.push(value);
    valuesB.push(other.value);
  }
  return { rounds, valuesA, valuesB };
}

function unpaired(a: readonly number[], b: readonly number[], method: PairMethod, asked = 1): PairTest {
  const { u, pValue } = mannWhitney(a, b) ?? { u: 0, pValue: 1 };
  return {
    method,
    rounds: [a.length, b.length],
    smallest: Math.min(1, asked * smallestPValue(a.length, b.length)),
    pValue: Math.min(1, asked * pValue),
    larger: u > (a.length * b.length) / 2,
    ratio: (alpha) => ratioEstimate(a, b, alpha / asked),
    roundsNeeded: (ratio, alpha) => {
      if (Math.min(...a, ...b) <= 0 || a.length < 2 || b.length < 2) return null;
      const variance = [a, b].reduce((sum, values) => sum + sampleVariance(values.map((value) => Math.log(value))), 0);
      return needed(Math.log(ratio), variance, alpha / asked, (n) => smallestPValue(n, n));
    },
  };
}

function paired(a: readonly number[], b: readonly number[], asked: number): PairTest {
  const differences = a.map((value, index) => Math.log(b[index] ?? 1) - Math.log(value));
  const { positive, pValue } = signedRank(differences);
  return {
    method: 'signed-rank',
    rounds: [a.length, b.length],
    smallest: Math.min(1, asked * smallestSignedPValue(a.length)),
    pValue: Math.min(1, asked * pValue),
    larger: positive > (a.length * (a.length + 1)) / 4,
    ratio: (alpha) => signedRatio(differences, alpha / asked),
    roundsNeeded: (ratio, alpha) =>
      needed(Math.log(ratio), sampleVariance(differences), alpha / asked, smallestSignedPValue),
  };
}

/** Against normal noise rank tests need π/3 times the trials of the best test (Hollander, Wolfe and Chicken, §4.5). */
const RANKS_COST = Math.PI / 3;
/** The one-sided quantile of 80 %. */
const POWER_QUANTILE = 0.8416;

function needed(difference: number, variance: number, alpha: number, smallest: (n: number) => number): number | null {
  const reach = (normalQuantile(alpha) + POWER_QUANTILE) ** 2;
  const byNoise = Math.ceil((RANKS_COST * reach * variance) / difference ** 2);
  if (!(byNoise <= ROUNDS_MAX)) return null;
  let rounds = Math.max(ROUNDS_MIN, byNoise);
  while (smallest(rounds) > alpha && rounds <= ROUNDS_MAX) rounds += 1;
  return rounds;
}

/** Chance of taking two that have nothing in common for a pair that rises and falls together. Few rounds show only the clearest case. */
function togetherLevel(rounds: number): number {
  return rounds < 10 ? 0.05 : 0.01;
}

/** Whether Spearman's rank correlation is above what `togetherLevel` of unrelated pairs reach. */
function isTogether(a: readonly number[], b: readonly number[]): boolean {
  const n = a.length;
  const centred = (values: readonly number[]) => doubledRanks(values).map((rank) => rank - n - 1);
  const [x, y] = [centred(a), centred(b)];
  const dot = (left: readonly number[], right: readonly number[]) =>
    left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
  const scale = Math.sqrt(dot(x, x) * dot(y, y));
  return scale > 0 && dot(x, y) / scale >= normalQuantile(2 * togetherLevel(n)) / Math.sqrt(n - 1);
}
