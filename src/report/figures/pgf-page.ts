// SPDX-License-Identifier: Apache-2.0
// What panels in PGFPlots have in common: their axis of values, and how they stand in a column.
import { sumOf } from '../../stats/sum.ts';
import { escapeLatex } from '../latex.ts';
import { type Axis, axisText, type Figure } from './figure.ts';
import { logTicks } from './scale.ts';
import { texNumber } from './tex.ts';
import { valueDomain } from './value-domain.ts';

/** A column of a paper with two, points: that of ACM and IEEE is 241 to 252. Figures are as wide as theirs is; labels are fitted for this. */
export const COLUMN_PT = 241;

/** A panel. */
export interface Plot {
  options: readonly string[];
  content: readonly string[];
  legend: readonly string[];
}

/** Panels, and what is said once for all. */
export interface Group {
  /** As `2 by 3`. */
  size: string;
  style: string;
  options: readonly string[];
  plots: readonly Plot[];
}

export function axisTitle(axis: Axis): string {
  return escapeLatex(axisText(axis));
}

/** The axis of values, which is the horizontal one where series are rows. */
export function valueAxis(name: 'x' | 'y', figure: Figure): string[] {
  const domain = valueDomain(figure);
  const range = [`${name}min=${texNumber(domain[0])}`, `${name}max=${texNumber(domain[1])}`];
  const title = name === 'y' ? [`ylabel={${axisTitle(figure.y)}}`] : [];
  if (figure.y.scale !== 'log') return [...range, ...title, `scaled ${name} ticks=false`];
  const ticks = logTicks(domain).map(texNumber).join(',');
  return [
    ...range,
    ...title,
    `${name}mode=log`,
    `${name}tick={${ticks}}`,
    `${name}minorticks=false`,
    `log ticks with fixed point`,
  ];
}

/** A character in small, points. */
const SMALL_PT = 3.8;

/** From one row of panels, so wide, to the next: ticks, a title, and what is missing. */
export function betweenRows({ panels }: Figure, widthPt: number): number {
  const lines = panels.map(({ gaps }) => sumOf(gaps, (gap) => Math.ceil((SMALL_PT * missing(gap).length) / widthPt)));
  return 31 + 9 * Math.max(0, ...lines);
}

/** What is said of something that a panel lacks. */
export function missing(gap: string): string {
  return `missing: ${gap}`;
}
