// SPDX-License-Identifier: Apache-2.0
// A figure, before anybody draws it: of this the page, the files and LaTeX are made.
import type { Look } from '../../model/looks.ts';

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
}

export const FIGURE_KINDS = ['line', 'bars', 'cdf', 'box', 'dots', 'timeline', 'heatmap', 'cost'] as const;
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
}
