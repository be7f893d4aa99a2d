// SPDX-License-Identifier: Apache-2.0
// Small multiples on a page: how many stand side by side, and how large each is. Pixels throughout.
import type { Figure, Panel } from './figure.ts';

export interface Layout {
  columns: number;
  panelWidth: number;
  panelHeight: number;
  /** From the frame of one to the frame of the next: the axis of the next lies in it. */
  spacing: number;
}

/** A panel narrower than this has no room for its axis. */
const PANEL_MIN = 210;
const COLUMNS_MAX = 3;

/** What stands left of the first panel: the vertical axis. */
const AXIS_PX = 52;
const SPACING_PX = 26;
const RIGHT_PX = 14;

/** Panels of one figure; on a phone they stand below each other. */
export function layoutOf({ panels }: Pick<Figure, 'panels'>, width: number): Layout {
  const fits = Math.floor((width - RIGHT_PX + SPACING_PX) / (PANEL_MIN + AXIS_PX + SPACING_PX));
  const columns = Math.max(1, Math.min(panels.length, COLUMNS_MAX, fits));
  const inner = width - RIGHT_PX - columns * AXIS_PX - (columns - 1) * SPACING_PX;
  return {
    columns,
    panelWidth: Math.floor(inner / columns),
    panelHeight: panels.length === 1 ? (width > 500 ? 260 : 210) : 150,
    spacing: SPACING_PX + AXIS_PX,
  };
}

/** Width of a character at 11 px, in which gaps are written, as Vega takes it where it cannot measure: a longer line widens the drawing. */
const SMALL_CHARACTER_PX = 0.8 * 11;

/** What stands above a panel: its title, and below it in small lines what is missing. */
export function headingOf({ title, gaps }: Panel, width: number): { title: string | null; gaps: string[] } {
  const missing =
    gaps.length === 0 ? [] : wrapped(`Missing: ${gaps.join('; ')}`, Math.floor(width / SMALL_CHARACTER_PX));
  return { title, gaps: missing };
}

/** Lines of up to so many characters; a longer word is a line of its own. */
export function wrapped(text: string, characters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= characters) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
