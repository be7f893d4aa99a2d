// SPDX-License-Identifier: Apache-2.0
// A figure, before anybody draws it: of this the page, the files and LaTeX are made.
import type { Look } from '../../model/looks.ts';
import type { CaseResult, Interval } from '../../model/result.ts';

export type { Look };

/** What an axis shows. */
export interface Axis {
  title: string;
  unit: string | null;
  scale: 'linear' | 'log' | 'ordinal';
}

/** One value with its interval; `null` bounds where there is none. */
export interface Point {
  x: number | string;
  y: number;
  low: number | null;
  high: number | null;
  /** Of how many rounds. */
  n?: number;
  /** What stands beside it, as `4vs4`; of a bar, its figure. */
  text?: string;
  /** Single rounds, drawn over a bar. */
  rounds?: readonly number[];
  /** Whose it is: where a figure can be worked with, it leads there. */
  of?: CaseResult;
}

export interface Series {
  label: string;
  look: Look;
  points: readonly Point[];
}

/** One of the small multiples; `gaps` names what could not be measured, with its reason, as `snabb: not installed`. */
export interface Panel {
  title: string | null;
  series: readonly Series[];
  gaps: readonly string[];
  /** Lines upright in a plane, at what sets a limit along x. */
  limits?: readonly { x: number; look: Look }[];
}

export const FIGURE_KINDS = ['line', 'bars', 'stack', 'cdf', 'box', 'dots', 'timeline', 'heatmap', 'cost'] as const;
export type FigureKind = (typeof FIGURE_KINDS)[number];

export interface Figure {
  /** Short, usable as a file name, e.g. `figure-4b`. */
  id: string;
  title: string;
  /** One sentence: what is shown, n, interval, machine, method. */
  caption: string;
  kind: FigureKind;
  x: Axis;
  y: Axis;
  panels: readonly Panel[];
  /** What `low` and `high` of its points are, where they are no 95 % interval. */
  interval?: string;
}

/** Whether it has a row for each series or place, its values to the right; else its points lie in a plane, or in cells. */
export function isRows({ kind }: Pick<Figure, 'kind'>): boolean {
  return kind === 'bars' || kind === 'stack' || kind === 'box' || kind === 'dots';
}

/** Names of the rows of a panel: a row is a series; of bars that are laid end to end it is a place. */
export function rowsOf({ kind }: Pick<Figure, 'kind'>, { series }: Panel): string[] {
  if (kind !== 'stack') return series.map(({ label }) => label);
  return [...new Set(series.flatMap(({ points }) => points.map(({ x }) => String(x))))];
}

/** Where a point stands on an axis of values, with its interval. */
export type Height = Pick<Point, 'y' | 'low' | 'high'>;

/** An interval on an axis whose unit is so many of the store's. */
export function heightIn(
  { median, ciLow, ciHigh }: Pick<Interval, 'median' | 'ciLow' | 'ciHigh'>,
  divisor: number,
): Height {
  const scaled = (value: number | null) => (value === null ? null : value / divisor);
  return { y: median / divisor, low: scaled(ciLow), high: scaled(ciHigh) };
}

/** What stands at an axis: its title, and the unit. */
export function axisText({ title, unit }: Pick<Axis, 'title' | 'unit'>): string {
  return unit === null ? title : `${title}, ${unit}`;
}

/** A value as somebody reads it who points at it: `throughput 1.23 Mpps at 64 bytes, 1.2 to 1.26`. */
export function written(
  { x, y, interval: called = '95 % interval' }: Pick<Figure, 'x' | 'y' | 'interval'>,
  point: Point,
): string {
  const unit = y.unit === null ? '' : ` ${y.unit}`;
  const interval =
    point.low === null || point.high === null ? '' : `, ${called} ${digits(point.low)} to ${digits(point.high)}`;
  const n = point.n === undefined ? '' : `, n = ${point.n}`;
  const at = point.x === '' ? '' : ` at ${x.title} ${typeof point.x === 'number' ? digits(point.x) : point.x}`;
  return `${digits(point.y)}${unit}${at}${interval}${n}`;
}

/** Four digits that mean something. */
function digits(value: number): string {
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}
