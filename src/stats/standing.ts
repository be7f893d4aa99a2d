// SPDX-License-Identifier: Apache-2.0
// Which of some contenders is better: the one place where that is decided, whoever says it.
import { median } from 'simple-statistics';
import type { RoundFigure } from '../model/result.ts';
import { ALPHA, chains, correctionFor, holm, pairIndex, shaffer } from './correction.ts';
import { valuesOf } from './figures.ts';
import { moodOf, WITNESSES_MIN } from './mood.ts';
import { type PairMethod, type PairTest, ROUNDS_MIN, testPair } from './pair-test.ts';
import { smallestPValue } from './ranks.ts';

/** Something measured round by round: one figure a round at most, in their order. */
export interface Contender {
  key: string;
  figures: readonly RoundFigure[];
}

/** Whether throughput is compared, or delay. */
export type Better = 'higher' | 'lower';

/** How one contender relates to another. */
export type PairVerdict = 'faster' | 'slower' | 'no difference' | 'too few rounds';

/** A difference in percent of the first. */
export interface Effect {
  percent: number;
  /** The 95 % interval, corrected as p is: it holds 0 exactly where p is above 0.05. Null where there are too few rounds for one. */
  ciLow: number | null;
  ciHigh: number | null;
}

/** What is known of B beside A. */
export interface Compared {
  verdict: PairVerdict;
  method: PairMethod;
  /** Figures of either side that took part. */
  rounds: readonly [number, number];
  /** Null where one of them is 0. */
  effect: Effect | null;
  pValue: number;
  /** Corrected for the comparisons of the family: what the verdict rests on. */
  pCorrected: number;
  /** Rounds more at which a difference like this is found four times of five; null where one is found already, or it would take a thousand. */
  roundsMore: number | null;
  /** The rounds that it takes to tell anything, where there are fewer. */
  roundsMin: number;
}

/** How some contenders stand. */
export interface Standing {
  /** Best median first. */
  order: string[];
  /** The same in tiers, best first: any two of different tiers are told apart, and those of one hang together by pairs that are not. */
  tiers: string[][];
  /** Those that cannot be told from the best one, which is the first. One is a winner. */
  leaders: string[];
  /** The rounds that it takes to tell so many contenders apart at all, where there are fewer; else null. */
  roundsMin: number | null;
  /** Whether two are told apart: `compare` without the effect, which takes longer. */
  areApart(a: string, b: string): boolean;
  /** B, beside A. */
  compare(a: string, b: string): Compared;
}

/**
 * Judges some contenders of one machine and campaign: every two of them, the chance of even one false difference among all
 * being at most 5 %. `witnesses` were measured in the same rounds and are not judged: they help to know the rounds' mood.
 * Equal figures give equal verdicts, whatever the order in which contenders are given: nothing is drawn at random.
 */
export function judge(
  contenders: readonly Contender[],
  better: Better,
  witnesses: readonly Contender[] = [],
): Standing {
  const all = [...contenders].sort((a, b) => rank(a, b, better));
  const able = all.filter(({ figures }) => figures.length >= ROUNDS_MIN);
  const tests = testAll(able, witnesses);
  const smallest = Math.min(1, ...tests.map((test) => test.smallest));
  const correction = correctionFor(able.length, smallest);
  const corrected = correct(tests, able.length, correction);
  const index = new Map(able.map(({ key }, place) => [key, place]));
  const at = (a: string, b: string): { test: PairTest; pCorrected: number; turned: boolean } | null => {
    const [i, j] = [index.get(a), index.get(b)];
    if (i === undefined || j === undefined || i === j) return null;
    const place = pairIndex(Math.min(i, j), Math.max(i, j), able.length);
    const test = tests[place];
    return test === undefined ? null : { test, pCorrected: corrected[place] ?? 1, turned: i > j };
  };
  const apart = (a: string, b: string) => (at(a, b)?.pCorrected ?? 1) <= ALPHA;
  const order = all.map(({ key }) => key);
  const [best = ''] = order;
  return {
    order,
    tiers: tiersOf(order, apart),
    leaders: order.filter((key) => key === best || !apart(best, key)),
    roundsMin: correction === 'impossible' || able.length < 2 ? fewestRounds(contenders.length) : null,
    areApart: apart,
    compare: (a, b) => {
      const found = at(a, b);
      const roundsMin = fewestRounds(contenders.length);
      if (found !== null) return comparedBy({ ...found, roundsMin, tooFew: correction === 'impossible' }, better);
      const sizes = [a, b].map((key) => all.find((one) => one.key === key)?.figures ?? []);
      const test = testPair(sizes[0] ?? [], sizes[1] ?? [], { pairs: 1, alignedBy: null });
      return comparedBy({ test, pCorrected: 1, turned: false, roundsMin, tooFew: true }, better);
    },
  };
}

/** The least number of rounds that can tell so many contenders apart. */
export function fewestRounds(contenders: number): number {
  let rounds = ROUNDS_MIN;
  while (correctionFor(contenders, smallestPValue(rounds, rounds)) === 'impossible') rounds += 1;
  return rounds;
}

/** Best median first, and by name where they are equal. */
function rank(a: Contender, b: Contender, better: Better): number {
  const [ofA, ofB] = [a, b].map(({ figures }) => (figures.length === 0 ? Number.NaN : median(valuesOf(figures))));
  const difference = (ofA ?? 0) - (ofB ?? 0);
  return (better === 'higher' ? -difference : difference) || (a.key < b.key ? -1 : 1);
}

function testAll(contenders: readonly Contender[], witnesses: readonly Contender[]): PairTest[] {
  const mood = moodOf([...contenders, ...witnesses].map(({ figures }) => figures));
  const others = contenders.length + witnesses.length - 2;
  const pairs = (contenders.length * (contenders.length - 1)) / 2;
  return contenders.flatMap((a, i) =>
    contenders.slice(i + 1).map((b, after) => {
      const alignedBy = others < WITNESSES_MIN ? null : (rounds: readonly number[]) => mood(i, i + 1 + after, rounds);
      return testPair(a.figures, b.figures, { pairs, alignedBy });
    }),
  );
}

function correct(
  tests: readonly PairTest[],
  contenders: number,
  correction: ReturnType<typeof correctionFor>,
): number[] {
  const pValues = tests.map(({ pValue }) => pValue);
  switch (correction) {
    case 'shaffer':
      return shaffer(pValues, contenders);
    case 'chains':
      return chains(pValues, contenders);
    case 'impossible':
      return pValues.map(() => 1);
    default:
      return correction satisfies never;
  }
}

/** Two contenders and the measure that decides between them. */
export interface ContenderPair {
  a: Contender;
  b: Contender;
  better: Better;
}

/** B beside A, of several pairs that have nothing to do with each other: corrected by Holm's procedure over all that can be told. */
export function judgePairs(pairs: readonly ContenderPair[]): Compared[] {
  const able = pairs.filter(({ a, b }) => Math.min(a.figures.length, b.figures.length) >= ROUNDS_MIN);
  const tests = pairs.map(({ a, b }) => testPair(a.figures, b.figures, { pairs: able.length, alignedBy: null }));
  const tested = tests.filter(({ rounds }) => Math.min(...rounds) >= ROUNDS_MIN);
  const corrected = new Map(
    holm(tested.map(({ pValue }) => pValue)).map((pCorrected, index) => [tested[index], pCorrected]),
  );
  let roundsMin = ROUNDS_MIN;
  while (smallestPValue(roundsMin, roundsMin) * tested.length > ALPHA) roundsMin += 1;
  const smallest = Math.min(...tested.map((test) => test.smallest));
  return pairs.map(({ better }, index) => {
    const test = tests[index] ?? testPair([], [], { pairs: 1, alignedBy: null });
    const pCorrected = corrected.get(test);
    const tooFew = pCorrected === undefined || smallest * tested.length > ALPHA;
    return comparedBy({ test, pCorrected: pCorrected ?? 1, turned: false, roundsMin, tooFew }, better);
  });
}

/** That there are too few rounds, in the words that every report uses. */
export function tooFewRounds(rounds: number, roundsMin: number): string {
  return `too few rounds (${rounds}): not even the clearest difference could be told from chance; it takes ${roundsMin}`;
}

/** A pair as it was tested and corrected. */
interface Corrected {
  test: PairTest;
  pCorrected: number;
  /** The test had them the other way round. */
  turned: boolean;
  tooFew: boolean;
  roundsMin: number;
}

function comparedBy({ test, pCorrected, turned, tooFew, roundsMin }: Corrected, better: Better): Compared {
  const { method, pValue } = test;
  const rounds = turned ? ([test.rounds[1], test.rounds[0]] as const) : test.rounds;
  const factor = pValue === 0 ? 1 : Math.max(1, pCorrected / pValue);
  const estimate = test.ratio(ALPHA / factor);
  const [low, high] = tooFew ? [null, null] : [estimate?.low ?? null, estimate?.high ?? null];
  const effect =
    estimate === null
      ? null
      : turned
        ? effectOf(1 / estimate.ratio, high === null ? null : 1 / high, low === null ? null : 1 / low)
        : effectOf(estimate.ratio, low, high);
  const found = !tooFew && pCorrected <= ALPHA;
  const larger = turned !== test.larger;
  const verdict = tooFew
    ? 'too few rounds'
    : !found
      ? 'no difference'
      : larger === (better === 'higher')
        ? 'faster'
        : 'slower';
  const needed = found || tooFew || estimate === null ? null : test.roundsNeeded(estimate.ratio, ALPHA / factor);
  return {
    verdict,
    method,
    rounds,
    effect,
    pValue,
    pCorrected: Math.min(1, pCorrected),
    roundsMore: needed === null ? null : Math.max(1, needed - Math.min(...rounds)),
    roundsMin,
  };
}

function effectOf(ratio: number, low: number | null, high: number | null): Effect {
  const percent = (value: number) => 100 * (value - 1);
  return {
    percent: percent(ratio),
    ciLow: low === null ? null : percent(low),
    ciHigh: high === null ? null : percent(high),
  };
}

/** Contenders joined by pairs that are not told apart, each set at the place of its best. */
function tiersOf(order: readonly string[], apart: (a: string, b: string) => boolean): string[][] {
  const left = new Set(order);
  const tiers: string[][] = [];
  for (const first of order) {
    if (!left.delete(first)) continue;
    const tier = [first];
    for (const one of tier) {
      for (const other of left) {
        if (apart(one, other)) continue;
        left.delete(other);
        tier.push(other);
      }
    }
    const places = new Set(tier);
    tiers.push(order.filter((key) => places.has(key)));
  }
  return tiers;
}
