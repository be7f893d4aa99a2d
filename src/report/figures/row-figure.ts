// SPDX-License-Identifier: Apache-2.0
// Figures with a row for each case: bars, and rounds as dots or boxes; a panel for each set of parameters.
import type { CaseResult } from '../../model/result.ts';
import { decidingFigure } from '../../stats/verdict.ts';
import { inScale } from '../format.ts';
import { type Arranging, arranged } from './arrangement.ts';
import { type Figure, heightIn, type Point } from './figure.ts';
import type { Measure, Stat } from './measures.ts';
import { scaleFor } from './scale.ts';

export interface RowQuestion {
  kind: 'bars' | 'box' | 'dots';
  measure: Measure;
  stat: Stat;
  cases: readonly CaseResult[];
  arranging?: Arranging;
  /** Of bars: the rounds that are drawn over them. */
  rounds?: (one: CaseResult) => readonly number[];
}

/** Rounds are of the figure that decides between cases; bars of any. */
export function rowFigure(
  { kind, measure, stat, cases, arranging, rounds }: RowQuestion,
  words: Pick<Figure, 'id' | 'title' | 'caption'>,
): Figure {
  const medianOf = (one: CaseResult) => (kind === 'bars' ? measure.of(one, stat) : decidingFigure(one))?.median ?? null;
  const medians = cases.flatMap((one) => medianOf(one) ?? []);
  const scale = measure.scale(medians);
  const shown = cases.filter((one) => medianOf(one) !== null);
  const { keyOf, titleOf, lineOf } = arranged(shown, [], arranging);
  const pointsOf = (one: CaseResult): Point[] => {
    if (kind !== 'bars')
      return one.figures.map(({ value }) => ({ x: '', y: value / scale.divisor, low: null, high: null, of: one }));
    const interval = measure.of(one, stat);
    if (interval === null) return [];
    const drawn = rounds?.(one).map((value) => value / scale.divisor);
    return [
      {
        ...{ x: '', ...heightIn(interval, scale.divisor), text: inScale(interval.median, scale), of: one },
        ...(interval.trials > 0 ? { n: interval.trials } : {}),
        ...(drawn === undefined ? {} : { rounds: drawn }),
      },
    ];
  };
  return {
    ...words,
    kind,
    x: { title: '', unit: null, scale: 'ordinal' },
    y: { title: measure.axis, unit: scale.unit, scale: scaleFor(medians) },
    panels: [...Map.groupBy(shown, keyOf).values()].map((some) => ({
      title: some[0] === undefined ? null : titleOf(some[0]),
      series: some
        .toSorted((a, b) => (medianOf(b) ?? 0) - (medianOf(a) ?? 0))
        .map((one) => ({ ...lineOf(one), points: pointsOf(one) })),
      gaps: [],
    })),
  };
}
