// SPDX-License-Identifier: Apache-2.0
// The order of trials. Drift (heat, a neighbour's load) must hit all test cases alike, or it is taken for a difference
// between them; so each round runs each case once, in an order of its own.
import { RANDOM_INCREMENT, shuffled, splitmix32 } from '../model/random.ts';
import { isRepetition, REPETITIONS_FROM, type Repeat } from '../model/repetition.ts';
import type { Trial } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';

/** One trial that is to be run. */
export interface PlannedTrial {
  /** 0-based; each round runs every test case at most once. */
  round: number;
  /** Position in the campaign's order, had every case a part in every round; the trial's identity within the campaign. */
  ordinal: number;
  /** Seed of the order of this trial's round. */
  seed: number;
  /** Index in the list of test cases. */
  caseIndex: number;
}

/** Whether a trial is among those that are carried out here; others may be, elsewhere. It is not asked of repetitions, which are where their trials are. */
export type IsOurs = (trial: PlannedTrial) => boolean;

export const ALL_TRIALS: IsOurs = () => true;

/**
 * The order of a campaign's trials, in rounds: each visits every switch once, in random order, and runs within the visit
 * one trial of each of the switch's cases, in random order; those that are `alike` follow each other. Equal arguments give an equal order, on any machine and
 * version; `seed` is an unsigned 32-bit number.
 */
export function trialOrder(
  cases: readonly TestCase[],
  trials: number,
  seed: number,
  alike: Alike | null = null,
): PlannedTrial[] {
  return Array.from({ length: trials }, (_, round) => roundOrder(cases, round, seed, alike)).flat();
}

/** Cases of one key follow each other within the visit of their switch; one without a key stands for itself. */
export type Alike = (testCase: TestCase) => string | null;

/** One round of that order, whatever the number of rounds: those who do not take part in it leave their ordinals unused. */
export function roundOrder(
  cases: readonly TestCase[],
  round: number,
  seed: number,
  alike: Alike | null = null,
): PlannedTrial[] {
  const visits = [...Map.groupBy(cases.keys(), (index) => cases[index]?.switch).values()];
  // The seeds of rounds are one sequence; its state at any place is known, so that none before need be drawn.
  const roundSeed = splitmix32(seed + Math.imul(round, RANDOM_INCREMENT))();
  const random = splitmix32(roundSeed);
  const within = (visit: readonly number[]) => {
    if (alike === null) return shuffled(visit, random);
    const keyOf = (index: number) => {
      const one = cases[index];
      return (one === undefined ? null : alike(one)) ?? index;
    };
    return shuffled([...Map.groupBy(visit, keyOf).values()], random).flatMap((those) => shuffled(those, random));
  };
  const order = shuffled(visits, random).flatMap(within);
  return order.map((caseIndex, position) => ({
    round,
    ordinal: round * cases.length + position,
    seed: roundSeed,
    caseIndex,
  }));
}

/** What is left of an order, given the ordinals of the trials that are done. */
export function remaining(order: readonly PlannedTrial[], done: ReadonlySet<number>): PlannedTrial[] {
  return order.filter((planned) => !done.has(planned.ordinal));
}

/** The trial that repeats another; null for what is a repetition itself, as it may be the machine that is never quiet. */
export function repetitionOf(planned: PlannedTrial): PlannedTrial | null {
  return isRepetition(planned) ? null : { ...planned, ordinal: REPETITIONS_FROM + planned.ordinal };
}

/** Repetitions that a campaign owed when it was cut short, by round: those of our trials. `cases` are all of its cases, with their trials. */
export function repetitionsOwed(
  cases: readonly { trials: readonly Pick<Trial, 'round' | 'ordinal' | 'seed' | 'flags'>[] }[],
  repeat: Repeat,
  isOurs: IsOurs = ALL_TRIALS,
): PlannedTrial[] {
  if (repeat === 'none') return [];
  const done = new Set(cases.flatMap(({ trials }) => trials.map(({ ordinal }) => ordinal)));
  return cases
    .flatMap(({ trials }, caseIndex) =>
      trials
        .filter(({ flags }) => flags.includes('disturbed'))
        .map(({ round, ordinal, seed }): PlannedTrial => ({ round, ordinal, seed, caseIndex }))
        .filter((planned) => !isRepetition(planned) && isOurs(planned))
        .flatMap((planned) => repetitionOf(planned) ?? []),
    )
    .filter(({ ordinal }) => !done.has(ordinal))
    .sort((a, b) => a.round - b.round || a.ordinal - b.ordinal);
}

/** An order with the repetitions at the end of their rounds. `owed` may grow, by round, while the order is gone through. */
export function* withRepetitions(order: Iterable<PlannedTrial>, owed: PlannedTrial[]): Generator<PlannedTrial, void> {
  for (const planned of order) {
    const due = owed.filter(({ round }) => round < planned.round).length;
    yield* owed.splice(0, due);
    yield planned;
  }
  yield* owed.splice(0);
}
