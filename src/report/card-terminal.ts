// SPDX-License-Identifier: Apache-2.0
// A card on the terminal: a line a figure, a column a switch.
import type { Card } from '../model/card.ts';
import type { CardPage } from './card.ts';
import { askedWords, cardRows, flagsOf, noteLines } from './card-lines.ts';
import { flagText } from './flags.ts';
import { fitTable } from './table.ts';
import { clean, painter, type TerminalOptions, wrap } from './text.ts';

export function renderCard(card: Card, pages: readonly CardPage[], options: TerminalOptions): string {
  const paint = painter(options.color);
  const { columns } = options;
  const rows = cardRows(pages);
  const named = pages.map(({ facts }) => `${clean(facts.switch)}\n${clean(facts.io)}`);
  const shown = rows.map((row, index) => ({ ...row, first: rows[index - 1]?.section !== row.section }));
  const table = fitTable(
    shown,
    [
      { title: '', align: 'left', cell: ({ section, first }) => (first ? section : ''), names: true },
      { title: '', align: 'left', cell: ({ label }) => label, names: true },
      ...named.map((title, index) => ({
        ...{ title, align: 'right' as const },
        cell: ({ cells }: (typeof shown)[number]) => cells[index] ?? '–',
      })),
    ],
    columns,
    paint,
    new Set(shown.flatMap(({ first }, index) => (first && index > 0 ? [index] : []))),
  );
  return [
    '',
    paint(`Capacity card ${card.id}`, 'bold'),
    ...wrap(clean(askedWords(card)), columns, 0),
    '',
    ...table.lines,
    '',
    ...pages.flatMap((page) => noteLines(page).flatMap((line) => wrap(clean(line), columns, 2))),
    ...flagsOf(pages).flatMap(({ flag, whose }) => wrap(clean(`${flag}${whose}: ${flagText(flag)}`), columns, 2)),
  ].join('\n');
}
