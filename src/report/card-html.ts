// SPDX-License-Identifier: Apache-2.0
// A card as one HTML file that needs nothing beside it.
import { type ComponentChild, h } from 'preact';
import type { Card } from '../model/card.ts';
import type { CardPage } from './card.ts';
import { delayChart, flowsChart } from './card-charts.ts';
import { askedWords, type CardRow, cardRows, flagsOf, noteLines } from './card-lines.ts';
import { dataTable } from './data-table.ts';
import { flagText } from './flags.ts';
import { drawFigure, htmlPage } from './html-page.ts';

/** Everything from the campaigns is escaped. */
export async function renderCardHtml(card: Card, pages: readonly CardPage[]): Promise<string> {
  const rows = cardRows(pages);
  const charts = [delayChart(pages), flowsChart(pages)].flatMap((chart) => chart ?? []);
  const figures = await Promise.all(charts.map((chart) => drawFigure(chart, true)));
  const bodies = [...Map.groupBy(rows, ({ section }) => section).values()];
  const names = pages.map(({ facts }) => facts.switch).join(', ');
  const notes = pages.flatMap((page) => noteLines(page));
  return htmlPage(
    `Capacity card: ${names}`,
    h(
      'header',
      null,
      h('p', { class: 'over' }, 'vswbench capacity card'),
      h('h1', null, names),
      h('p', { class: 'meta' }, askedWords(card, pages)),
    ),
    h(
      'main',
      null,
      dataTable({
        caption: `Card ${card.id}`,
        bodies,
        columns: [
          { title: '', cell: (row) => (isFirst(row, rows) ? row.section : '') },
          { title: '', cell: ({ label }) => label },
          ...pages.map(({ facts }, index) => ({
            ...{ title: `${facts.switch} · ${facts.io}`, number: true },
            cell: ({ cells }: (typeof rows)[number]) => cells[index] ?? '–',
          })),
        ],
      }),
      ...figures,
      ...(notes.length === 0
        ? []
        : [h('h2', null, 'Notes'), h('ul', null, ...notes.map((note) => h('li', null, note)))]),
      ...flagSection(pages),
      h('h2', null, 'Campaigns'),
      h('p', { class: 'soft' }, 'Each figure is of one of these: vswbench show, report and export have all of it.'),
      h('ul', null, ...card.subjects.map((subject) => h('li', null, campaignWords(subject)))),
    ),
  );
}

/** Of its section. */
function isFirst(row: CardRow, rows: readonly CardRow[]): boolean {
  return rows.find(({ section }) => section === row.section) === row;
}

function flagSection(pages: readonly CardPage[]): ComponentChild[] {
  const flags = flagsOf(pages);
  if (flags.length === 0) return [];
  return [
    h('h2', null, 'What would make these figures wrong'),
    h(
      'dl',
      null,
      ...flags.flatMap(({ flag, whose }) => [h('dt', null, `${flag}${whose}`), h('dd', null, flagText(flag))]),
    ),
  ];
}

function campaignWords({ switch: id, io, parts }: Card['subjects'][number]): string {
  const told = Object.entries(parts).map(([part, state]) =>
    'campaign' in state ? `${part} ${state.campaign}` : `no ${part}`,
  );
  return `${id} with ${io}: ${told.join(', ')}`;
}
