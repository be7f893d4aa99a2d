// SPDX-License-Identifier: Apache-2.0
// Delays over percentiles, a panel for each set of parameters.
import { lookOf } from '../../model/looks.ts';
import type { CaseResult } from '../../model/result.ts';
import { ioName } from '../../model/testcase.ts';
import { groupCases } from '../../stats/group.ts';
import { ranked } from '../../stats/verdict.ts';
import { caseLabel } from '../chart.ts';
import { capital, describeGroup, MICROSECONDS, varying } from '../format.ts';
import type { Figure, Series } from './figure.ts';
import { scaleFor } from './scale.ts';

/** Null where no case tells its round trips. */
export function percentileFigure(
  cases: readonly CaseResult[],
  words: Pick<Figure, 'id' | 'title' | 'caption'>,
): Figure | null {
  const groups = groupCases(cases).filter((group) =>
    group.cases.some(({ evidence }) => evidence.roundTrips.length > 0),
  );
  if (groups.length === 0) return null;
  const names = varying(groups.map(({ group }) => group));
  const panels = groups.map((caseGroup) => ({
    title: names.length === 0 ? null : capital(describeGroup(caseGroup.group, names)),
    series: ranked(caseGroup).flatMap(curveOf),
    gaps: [],
  }));
  const delays = panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ y }) => y)));
  return {
    ...words,
    kind: 'cdf',
    x: { title: 'percentile', unit: '%', scale: 'linear' },
    y: { title: 'round trip', unit: MICROSECONDS.unit, scale: scaleFor(delays) },
    panels,
  };
}

function curveOf(one: CaseResult): Series[] {
  const { roundTrips } = one.evidence;
  if (roundTrips.length === 0) return [];
  return [
    {
      label: caseLabel(one),
      look: lookOf(one.case.switch, ioName(one.case)),
      points: roundTrips.map(({ percent, ns }) => ({
        x: percent,
        y: ns / MICROSECONDS.divisor,
        low: null,
        high: null,
        of: one,
      })),
    },
  ];
}
