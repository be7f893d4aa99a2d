// SPDX-License-Identifier: Apache-2.0
// Colours, marks and dashes of a figure, as PGF has them.
import { isFilled } from '../../model/looks.ts';
import type { Look, Panel, Series } from './figure.ts';

/** Vega's marks: that of PGF, and by how many degrees it is turned. */
const MARKS: Readonly<Record<string, readonly [mark: string, degrees: number]>> = {
  circle: ['*', 0],
  square: ['square*', 0],
  'triangle-up': ['triangle*', 0],
  'triangle-left': ['triangle*', 90],
  'triangle-down': ['triangle*', 180],
  'triangle-right': ['triangle*', 270],
  diamond: ['diamond*', 0],
  cross: ['+', 0],
};
const UNKNOWN_MARK = ['*', 0] as const;

/** A pixel of a dash in points: figures in a column are half as wide as on a screen. */
const DASH_PT = 0.5;

/** Defines each colour that the panels have. */
export function colorDefinitions(panels: readonly Panel[]): string[] {
  const colors = new Set(panels.flatMap(({ series }) => series.map(({ look }) => look.color)));
  return [...colors].map((color) => `\\definecolor{${colorName(color)}}{HTML}{${hexOf(color)}}`);
}

export function colorName(color: string): string {
  return `vsw${hexOf(color)}`;
}

function hexOf(color: string): string {
  return color.replace('#', '').toUpperCase();
}

export function markOptions(look: Look): string {
  const [mark, degrees] = Object.hasOwn(MARKS, look.shape) ? (MARKS[look.shape] ?? UNKNOWN_MARK) : UNKNOWN_MARK;
  const fill = isFilled(look) ? colorName(look.color) : 'white';
  return `mark=${mark}, mark size=1.6pt, mark options={solid, fill=${fill}, rotate=${degrees}}`;
}

export function lineOptions({ color, dash }: Look): string {
  const pattern = dash.map((length, index) => `${index % 2 === 0 ? 'on' : 'off'} ${DASH_PT * length}pt`).join(' ');
  return `${colorName(color)}, line width=0.7pt, ${pattern === '' ? 'solid' : `dash pattern=${pattern}`}`;
}

/** The series of all panels, each once: a figure has one legend. */
export function seriesOf(panels: readonly Panel[]): Series[] {
  return [...new Map(panels.flatMap(({ series }) => series.map((one) => [one.label, one] as const))).values()];
}
