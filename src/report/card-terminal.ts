// SPDX-License-Identifier: Apache-2.0
// A card on the terminal: a line a figure, a column a switch.
import type { Card } from '../model/card.ts';
import type { CardPage } from './card.ts';
import { askedWords, cardRows, flagsOf, noteLines } from './card-lines.ts';
import { flagText } from './flags.ts';
import { fitTable } from './table.ts';
import { clean, painter, type TerminalOptions, wrap } from './text.ts';

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
  const table = fitTable(
    lines,
    [
      { title: '', align: 'left', cell: ({ label }) => label, names: true },
      ...pages.map(({ facts }, index) => ({
        ...{ title: `${clean(facts.switch)}\n${clean(facts.io)}`, align: 'right' as const },
        cell: ({ cells }: Line) => cells[index] ?? '–',
      })),
    ],
    columns,
    paint,
    new Set(lines.flatMap(({ begins }, index) => (begins ? [index] : []))),
  );
  return [
    '',
    paint(`Capacity card ${card.id}`, 'bold'),
    ...wrap(clean(askedWords(card, pages)), columns, 0),
    '',
    ...table.lines,
    '',
    ...pages.flatMap((page) => noteLines(page).flatMap((line) => wrap(clean(line), columns, 2))),
    ...flagsOf(pages).flatMap(({ flag, whose }) => wrap(clean(`${flag}${whose}: ${flagText(flag)}`), columns, 2)),
  ].join('\n');
}
