// SPDX-License-Identifier: Apache-2.0
// Two parameters against each other: a panel for each switch with each framework, a row for each value of the second.
import { lookOf } from '../../model/looks.ts';
import { type AxisKey, axisOf } from '../../model/parameters.ts';
import type { CaseResult } from '../../model/result.ts';
import { ioName } from '../../model/testcase.ts';
import { caseLabel } from '../chart.ts';
import type { Figure, Series } from './figure.ts';
import type { Measure, Stat } from './measures.ts';
import { scaleFor } from './scale.ts';

export interface HeatQuestion {
  x: AxisKey;
  rows: AxisKey;
  measure: Measure;
  stat: Stat;
  cases: readonly CaseResult[];
}

export function heatFigure(
  { x, rows, measure, stat, cases }: HeatQuestion,
  words: Pick<Figure, 'id' | 'title' | 'caption'>,
): Figure {
  const medians = cases.flatMap((one) => measure.of(one, stat)?.median ?? []);
  const scale = measure.scale(medians);
  const seriesOf = (some: readonly CaseResult[]): Series[] =>
    [...Map.groupBy(some, (one) => one.case[rows])]
      .toSorted(([a], [b]) => Number(a) - Number(b))
      .map(([value, row]) => ({
        label: `${rows} ${value}`,
        look: lookOf(row[0]?.case.switch ?? '', ioName(row[0]?.case ?? { io: '', port: 'netdev' })),
        points: row
          .flatMap((one) => {
            const interval = measure.of(one, stat);
            const at = one.case[x];
            if (interval === null || typeof at !== 'number') return [];
            return [{ x: at, y: interval.median / scale.divisor, low: null, high: null, n: interval.trials }];
          })
          .toSorted((a, b) => a.x - b.x),
      }));
  return {
    ...words,
    kind: 'heatmap',
    x: { title: axisOf(x).title, unit: null, scale: 'ordinal' },
    y: { title: measure.axis, unit: scale.unit, scale: scaleFor(medians) },
    panels: [...Map.groupBy(cases, caseLabel)].map(([label, some]) => ({
      title: label,
      series: seriesOf(some),
      gaps: [],
    })),
  };
}
