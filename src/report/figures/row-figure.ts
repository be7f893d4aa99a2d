// SPDX-License-Identifier: Apache-2.0
// Figures with a row for each case: bars, and rounds as dots or boxes; a panel for each set of parameters.
import { lookOf } from '../../model/looks.ts';
import type { CaseResult } from '../../model/result.ts';
import { ioName } from '../../model/testcase.ts';
import { groupCases } from '../../stats/group.ts';
import { decidingFigure } from '../../stats/verdict.ts';
import { caseLabel } from '../chart.ts';
import { capital, describeGroup, varying } from '../format.ts';
import { type Figure, heightIn, type Point } from './figure.ts';
import type { Measure, Stat } from './measures.ts';
import { scaleFor } from './scale.ts';

export interface RowQuestion {
  kind: 'bars' | 'box' | 'dots';
  measure: Measure;
  stat: Stat;
  cases: readonly CaseResult[];
}

/** Rounds are of the figure that decides between cases; bars of any. */
export function rowFigure(
  { kind, measure, stat, cases }: RowQuestion,
  words: Pick<Figure, 'id' | 'title' | 'caption'>,
): Figure {
  const medianOf = (one: CaseResult) => (kind === 'bars' ? measure.of(one, stat) : decidingFigure(one))?.median ?? null;
  const medians = cases.flatMap((one) => medianOf(one) ?? []);
  const scale = measure.scale(medians);
  const groups = groupCases(cases.filter((one) => medianOf(one) !== null));
  const names = varying(groups.map(({ group }) => group));
  const pointsOf = (one: CaseResult): Point[] => {
    if (kind !== 'bars')
      return one.figures.map(({ value }) => ({ x: '', y: value / scale.divisor, low: null, high: null }));
    const interval = measure.of(one, stat);
    if (interval === null) return [];
    return [{ x: '', ...heightIn(interval, scale.divisor), n: interval.trials }];
  };
  return {
    ...words,
    kind,
    x: { title: '', unit: null, scale: 'ordinal' },
    y: { title: measure.axis, unit: scale.unit, scale: scaleFor(medians) },
    panels: groups.map((group) => ({
      title: names.length === 0 ? null : capital(describeGroup(group.group, names)),
      series: group.cases
        .toSorted((a, b) => (medianOf(b) ?? 0) - (medianOf(a) ?? 0))
        .map((one) => ({
          label: caseLabel(one),
          look: lookOf(one.case.switch, ioName(one.case)),
          points: pointsOf(one),
        })),
      gaps: [],
    })),
  };
}
