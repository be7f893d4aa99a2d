// SPDX-License-Identifier: Apache-2.0
// The trials of a case over time, a panel each: what was sent and what was received between two samples.
import { lookOf } from '../../model/looks.ts';
import type { CaseResult, Trial } from '../../model/result.ts';
import { ioName } from '../../model/testcase.ts';
import { ratesOverTime } from '../../stats/rates-over-time.ts';
import { roundName } from '../case-trials.ts';
import { ppsScale } from '../format.ts';
import type { Figure, Panel } from './figure.ts';

/** The line of what was sent, in the colour of what came of it. */
const SENT_DASH = [2, 3];

/** Null where no trial has samples. */
export function timelineFigure(
  one: CaseResult,
  trials: readonly Trial[],
  words: Pick<Figure, 'id' | 'title' | 'caption'>,
): Figure | null {
  const courses = trials.flatMap((trial) => {
    const course = ratesOverTime(trial.measurement?.samples ?? []);
    return course.length === 0 ? [] : [{ trial, course }];
  });
  if (courses.length === 0) return null;
  const scale = ppsScale(
    courses.flatMap(({ course }) => course.flatMap(({ offeredPps, receivedPps }) => [offeredPps, receivedPps])),
  );
  const look = lookOf(one.case.switch, ioName(one.case));
  const panels = courses.map(({ trial, course }): Panel => {
    const line = (key: 'offeredPps' | 'receivedPps') =>
      course.map((point) => ({ x: point.tS, y: point[key] / scale.divisor, low: null, high: null }));
    return {
      title: `round ${roundName(trial)}${trial.flags.includes('disturbed') ? ', disturbed' : ''}`,
      series: [
        { label: 'sent', look: { ...look, dash: SENT_DASH }, points: line('offeredPps') },
        { label: 'received', look: { ...look, dash: [] }, points: line('receivedPps') },
      ],
      gaps: [],
    };
  });
  return {
    ...words,
    kind: 'timeline',
    x: { title: 'time', unit: 's', scale: 'linear' },
    y: { title: 'rate', unit: scale.unit, scale: 'linear' },
    panels,
  };
}
