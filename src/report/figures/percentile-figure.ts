// SPDX-License-Identifier: Apache-2.0
// Delays over percentiles, a panel for each set of parameters.
import type { CaseResult } from '../../model/result.ts';
import { groupOf } from '../../stats/group.ts';
import { ranked } from '../../stats/verdict.ts';
import { MICROSECONDS } from '../format.ts';
import { type Arranging, arranged, type Line } from './arrangement.ts';
import type { Figure, Series } from './figure.ts';
import { scaleFor } from './scale.ts';

/** Null where no case tells its round trips. */
export function percentileFigure(
  cases: readonly CaseResult[],
  words: Pick<Figure, 'id' | 'title' | 'caption'>,
  arranging?: Arranging,
): Figure | null {
  const shown = cases.filter(({ evidence }) => evidence.roundTrips.length > 0);
  if (shown.length === 0) return null;
  const { keyOf, titleOf, lineOf } = arranged(shown, [], arranging);
  const panels = [...Map.groupBy(shown, keyOf).values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const some = ranked({ group: groupOf(first.case), cases: [first, ...others] });
    return [{ title: titleOf(first), series: some.map((one) => curveOf(one, lineOf(one))), gaps: [] }];
  });
  const delays = panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ y }) => y)));
  return {
    ...words,
    kind: 'cdf',
    x: { title: 'percentile', unit: '%', scale: 'linear' },
    y: { title: 'round trip', unit: MICROSECONDS.unit, scale: scaleFor(delays) },
    panels,
  };
}

function curveOf(one: CaseResult, line: Line): Series {
  return {
    ...line,
    points: one.evidence.roundTrips.map(({ percent, ns }) => ({
      ...{ x: percent, y: ns / MICROSECONDS.divisor, low: null, high: null },
      of: one,
    })),
  };
}
