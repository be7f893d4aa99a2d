// SPDX-License-Identifier: Apache-2.0
// What a figure of a case is in tables: how people read it, and how programs do.
import type { Dimension } from '../../model/parameter.ts';
import type { CaseResult, Interval } from '../../model/result.ts';
import { halfWidthRatio } from '../../stats/precision.ts';
import { bounds, inScale, type Scale } from '../format.ts';
import type { Column } from '../tables/columns.ts';

/** A figure of a case, in every table that has a row a case: one entry of `result-columns.ts`. */
export interface ResultColumn {
  /** Its name in the code, once in the list. */
  key: string;
  /** The dimensions whose tables show it. */
  dimensions: readonly Dimension[];
  /** Its columns for people in a table of these measured cases; none where it tells nothing of any of them. */
  shown(cases: readonly CaseResult[]): readonly ShownColumn[];
  /** Its columns in `export --what cases`, raw and in the units of the store. */
  exported: readonly Column<CaseResult>[];
}

/** A column as people read it, in whatever form the table is written. */
export interface ShownColumn {
  /** Null where the unit says it all. */
  title: string | null;
  unit: string | null;
  /** Numbers stand right; absent for those. */
  align?: 'left';
  /** One line of text. */
  cell(result: CaseResult): string;
  /** The figure by which cases are compared. */
  decides?: true;
  /** The turn in which it gives way where there is little room, 1 first; never where absent. */
  yields?: number;
  /** Shorter columns that take its place then. */
  instead?: readonly ShownColumn[];
}

/** Which column gives way when. What names a row, the figure that decides, its loss and its notes always stay. */
export const TURN = {
  /** What a table for a first look does without, and does not tell that it does. */
  detail: 1,
  frameworkTitle: 2,
  gigabits: 3,
  cpuOfEach: 4,
  secondary: 5,
  cpuTotal: 6,
  bounds: 7,
  p99: 8,
  ways: 9,
} as const;

/** How a column is called in one line: `RTT p50, µs`. */
export function headingOf({ title, unit }: ShownColumn): string {
  return [title?.replaceAll('\n', ' '), unit].filter((text) => text !== null && text !== undefined).join(', ');
}

type Rest = Pick<ShownColumn, 'decides' | 'yields' | 'instead'>;

/** A column of numbers in one unit; `–` where a case has none. */
export function numbers(
  title: string | null,
  scale: Scale,
  of: (result: CaseResult) => number | null | undefined,
  rest: Rest = {},
): ShownColumn {
  return figures(
    title,
    scale.unit,
    (result) => {
      const value = of(result) ?? null;
      return value === null ? '–' : inScale(value, scale);
    },
    rest,
  );
}

/** A column of figures that are written as they see fit. */
export function figures(
  title: string | null,
  unit: string | null,
  cell: (result: CaseResult) => string,
  rest: Rest = {},
): ShownColumn {
  return { title, unit, cell, ...rest };
}

/** The interval of a figure that stands before it; where there is little room, how far it reaches. */
export function interval(scale: Scale, of: (result: CaseResult) => Interval | null | undefined): ShownColumn {
  const told = (tell: (figure: Interval) => string) => (result: CaseResult) => {
    const figure = of(result) ?? null;
    return figure === null ? '–' : tell(figure);
  };
  const half = figures('± 95 %', null, told(halfWidth));
  return figures(
    '95 % interval',
    null,
    told((figure) => bounds(figure, scale)),
    { yields: TURN.bounds, instead: [half] },
  );
}

function halfWidth(figure: Interval): string {
  const ratio = halfWidthRatio(figure);
  if (ratio === null) return '–';
  return ratio < 0.0005 ? '<0.1 %' : `${(100 * ratio).toFixed(1)} %`;
}
