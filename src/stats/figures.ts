// SPDX-License-Identifier: Apache-2.0
// The figure by which test cases are compared, of each round: what verdicts, intervals and levels rest on.
import type { DoneTrial, LatencySummary, RoundFigure, Trial } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';

/** What of a trial the figure rests on; a whole trial has it as well. */
export type FigureTrial = Pick<DoneTrial, 'round'> & {
  outcome: Pick<Trial['outcome'], 'outcome'>;
  measurement: {
    throughputPps: number;
    latencyNs?: { rtt?: Pick<LatencySummary, 'p50'> | undefined } | undefined;
  } | null;
};

/** The deciding figure of each measured trial, in the order of the rounds: throughput (packets/s), or the median round trip (ns). */
export function roundFigures(
  { dimension }: Pick<TestCase, 'dimension'>,
  trials: readonly FigureTrial[],
): RoundFigure[] {
  return trials
    .flatMap(({ round, outcome, measurement }): RoundFigure[] => {
      if (outcome.outcome !== 'measured' || measurement === null) return [];
      const value = dimension === 'latency' ? measurement.latencyNs?.rtt?.p50 : measurement.throughputPps;
      return value === undefined || value === null ? [] : [{ round, value }];
    })
    .sort((a, b) => a.round - b.round);
}

/** The values of some figures, without their rounds. */
export function valuesOf(figures: readonly RoundFigure[]): number[] {
  return figures.map(({ value }) => value);
}
