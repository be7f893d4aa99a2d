// SPDX-License-Identifier: Apache-2.0
// The figure by which test cases are compared, one of each round: what verdicts, intervals and levels rest on.
import { DECIDING, type Figures } from '../model/deciding.ts';
import { isRepetition } from '../model/repetition.ts';
import type { DoneTrial, RoundFigure, Trial } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';

/** What of a trial the figure rests on; a whole trial has it as well. */
export type FigureTrial = Pick<DoneTrial, 'round' | 'ordinal' | 'flags'> & {
  outcome: Pick<Trial['outcome'], 'outcome'>;
  measurement: Figures | null;
};

/**
 * The trial that stands for each round, in their order. A disturbed trial was repeated once; the repetition stands for the round
 * where it was measured and not disturbed itself, or where the first one was not measured at all, else the first one does. Marks
 * and outcomes decide, never figures: docs/decisions/0015-repetitions.md.
 */
export function standing<T extends Pick<FigureTrial, 'round' | 'ordinal' | 'flags' | 'outcome'>>(
  trials: readonly T[],
): T[] {
  const rounds = [...Map.groupBy(trials, ({ round }) => round)].sort(([a], [b]) => a - b);
  return rounds.flatMap(([, those]) => {
    const first = those.find((trial) => !isRepetition(trial));
    const repetition = those.find(isRepetition);
    const stands = repetition !== undefined && (first === undefined || isBetter(repetition, first));
    return (stands ? repetition : first) ?? [];
  });
}

function isBetter(repetition: Pick<FigureTrial, 'flags' | 'outcome'>, first: Pick<FigureTrial, 'outcome'>): boolean {
  if (repetition.outcome.outcome !== 'measured') return false;
  return first.outcome.outcome !== 'measured' || !repetition.flags.includes('disturbed');
}

/** The deciding figure of each round that has one, in their order: as `DECIDING` has it. */
export function roundFigures(
  { dimension }: Pick<TestCase, 'dimension'>,
  trials: readonly FigureTrial[],
): RoundFigure[] {
  return figuresBy(trials, (measurement: Figures) => DECIDING[dimension].of(measurement));
}

/** Another figure of each round that has one. */
export function figuresBy<M>(
  trials: readonly (Omit<FigureTrial, 'measurement'> & { measurement: M | null })[],
  figure: (measurement: M) => number | null,
): RoundFigure[] {
  return standing(trials).flatMap(({ round, outcome, measurement }): RoundFigure[] => {
    if (outcome.outcome !== 'measured' || measurement === null) return [];
    const value = figure(measurement);
    return value === null ? [] : [{ round, value }];
  });
}

/** The values of some figures, without their rounds. */
export function valuesOf(figures: readonly RoundFigure[]): number[] {
  return figures.map(({ value }) => value);
}
