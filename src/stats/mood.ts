// SPDX-License-Identifier: Apache-2.0
// Trials of one round share the machine's mood: what made a round slow for the others made it slow for the two that are compared.
import { median, sampleVariance } from 'simple-statistics';
import type { RoundFigure } from '../model/result.ts';

/** The mood of a round is heeded where at least so much of its spread is not the noise of those who tell it. */
const SHARE_MIN = 0.6;

/** Variance of a median of normal values over that of their mean, π/2. */
const MEDIAN_VARIANCE = Math.PI / 2;

/** Of how many others a mood is known. */
export const WITNESSES_MIN = 2;

/** What the contenders did in one round, beside what each does in the median, as logarithms. */
interface Round {
  /** Ascending. */
  deviations: { contender: number; value: number }[];
  /** Where each contender stands among them. */
  place: Map<number, number>;
  sum: number;
  squares: number;
}

/** By how much each of some rounds raised every figure (natural logarithms), as far as those tell it who are not compared. */
export type Mood = (one: number, other: number, rounds: readonly number[]) => number[] | null;

/**
 * The moods of the rounds, as told by some contenders. For a pair it is, of each round, the median over all others of how
 * far they are from their own medians, after J. L. Hodges and E. L. Lehmann ("Rank methods for combination of independent
 * experiments in analysis of variance", 1962), who align with all; as the pair takes no part, to subtract it from both
 * cannot make them differ. It is shrunk by what is noise of the others (as W. James and C. Stein, 1961), and left alone
 * where that is most of it. Null where nothing is to be subtracted.
 */
export function moodOf(contenders: readonly (readonly RoundFigure[])[]): Mood {
  const rounds = collect(contenders);
  return (one, other, ofRounds) => {
    const moods: number[] = [];
    let [witnesses, squares] = [0, 0];
    for (const round of ofRounds) {
      const told = withoutPair(rounds.get(round), one, other);
      if (told === null) return null;
      moods.push(told.mood);
      witnesses += told.witnesses;
      squares += told.squares;
    }
    const n = moods.length;
    if (n < 2) return null;
    const spread = sampleVariance(moods);
    const noise = squares / ((witnesses - n) * (1 - 1 / n));
    const share = spread === 0 ? 0 : 1 - (MEDIAN_VARIANCE * noise * n) / witnesses / spread;
    return share < SHARE_MIN ? null : moods.map((mood) => share * mood);
  };
}

function collect(contenders: readonly (readonly RoundFigure[])[]): Map<number, Round> {
  const rounds = new Map<number, Round>();
  for (const [contender, figures] of contenders.entries()) {
    if (figures.length === 0 || figures.some(({ value }) => !(value > 0))) continue;
    const centre = median(figures.map(({ value }) => Math.log(value)));
    for (const { round, value } of figures) {
      const known = rounds.get(round) ?? { deviations: [], place: new Map<number, number>(), sum: 0, squares: 0 };
      const deviation = Math.log(value) - centre;
      known.deviations.push({ contender, value: deviation });
      known.sum += deviation;
      known.squares += deviation ** 2;
      rounds.set(round, known);
    }
  }
  for (const { deviations, place } of rounds.values()) {
    deviations.sort((a, b) => a.value - b.value);
    for (const [index, { contender }] of deviations.entries()) place.set(contender, index);
  }
  return rounds;
}

/** The median of a round over all but two, how many these are, and the squares of their distances from it. Null where they are too few. */
function withoutPair(
  round: Round | undefined,
  one: number,
  other: number,
): { mood: number; witnesses: number; squares: number } | null {
  if (round === undefined) return null;
  const { deviations, place } = round;
  const end = deviations.length;
  const [x, y] = [place.get(one) ?? end, place.get(other) ?? end];
  const [low, high] = [Math.min(x, y), Math.max(x, y)];
  const witnesses = end - (low < end ? 1 : 0) - (high < end ? 1 : 0);
  if (witnesses < WITNESSES_MIN) return null;
  /** The value of a rank among those that remain. */
  const at = (rank: number): number => {
    const passed = rank >= low ? rank + 1 : rank;
    return deviations[passed >= high ? passed + 1 : passed]?.value ?? 0;
  };
  const mood = (at((witnesses - 1) >> 1) + at(witnesses >> 1)) / 2;
  const [gone, also] = [deviations[low]?.value ?? 0, deviations[high]?.value ?? 0];
  const sum = round.sum - gone - also;
  const squares = round.squares - gone ** 2 - also ** 2;
  return { mood, witnesses, squares: Math.max(0, squares - 2 * mood * sum + witnesses * mood ** 2) };
}
