// SPDX-License-Identifier: Apache-2.0
// A card on the terminal: a line a figure, a column a switch.
import type { Card } from '../model/card.ts';
import type { CardPage } from './card.ts';
import { askedWords, cardRows, flagsOf, noteLines } from './card-lines.ts';
import { flagText } from './flags.ts';
import { fitTable } from './table.ts';
import { clean, type Paint, painter, type TerminalOptions, wrap } from './text.ts';

/** A figure, or the heading of some. */
interface Line {
  label: string;
  cells: readonly string[];
  /** A rule stands above it. */
  begins: boolean;
}

export function renderCard(card: Card, pages: readonly CardPage[], options: TerminalOptions): string {
  const paint = painter(options.color);
  const { columns } = options;
  const rows = cardRows(pages);
  const lines = rows.flatMap((row, index): Line[] => {
    const line = { label: `  ${row.label}`, cells: row.cells, begins: false };
    if (rows[index - 1]?.section === row.section) return [line];
    return [{ label: row.section, cells: pages.map(() => ''), begins: index > 0 }, line];
  });
  const tables = inChunks(lines, pages, columns).map((those) => tableOf(lines, pages, those, columns, paint));
  return [
    '',
    paint(`Capacity card ${card.id}`, 'bold'),
    ...wrap(clean(askedWords(card, pages)), columns, 0),
    '',
    ...tables.flatMap((table) => [...table, '']),
    ...pages.flatMap((page) => noteLines(page).flatMap((line) => wrap(clean(line), columns, 2))),
    ...flagsOf(pages).flatMap(({ flag, whose }) => wrap(clean(`${flag}${whose}: ${flagText(flag)}`), columns, 2)),
  ].join('\n');
}

/** Between two columns. */
const GAP = 2;

/** Indices of the pages that stand side by side, as many as there is room for. */
function inChunks(lines: readonly Line[], pages: readonly CardPage[], columns: number): number[][] {
  const label = Math.max(0, ...lines.map((line) => line.label.length));
  const widthOf = (index: number) =>
    Math.max(
      ...[pages[index]?.facts.switch, pages[index]?.facts.io].map((text) => (text ?? '').length),
      ...lines.map(({ cells }) => (cells[index] ?? '').length),
    );
  const chunks: number[][] = [];
  let room = 0;
  for (const index of pages.keys()) {
    const needed = GAP + widthOf(index);
    const last = chunks.at(-1);
    if (last === undefined || needed > room) {
      chunks.push([index]);
      room = columns - label - needed;
    } else {
      last.push(index);
      room -= needed;
    }
  }
  return chunks;
}

function tableOf(
  lines: readonly Line[],
  pages: readonly CardPage[],
  those: readonly number[],
  columns: number,
  paint: Paint,
): string[] {
  return fitTable(
    lines,
    [
      { title: '', align: 'left', cell: ({ label }) => label, names: true },
      ...those.map((index) => ({
        title: `${clean(pages[index]?.facts.switch ?? '')}\n${clean(pages[index]?.facts.io ?? '')}`,
        align: 'right' as const,
        cell: ({ cells }: Line) => cells[index] ?? '–',
      })),
    ],
    columns,
    paint,
    new Set(lines.flatMap(({ begins }, index) => (begins ? [index] : []))),
  ).lines;
}
