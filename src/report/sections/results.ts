// SPDX-License-Identifier: Apache-2.0
import { type ComponentChild, h } from 'preact';
import type { CampaignResult, CaseResult } from '../../model/result.ts';
import { nameCell } from '../case-cells.ts';
import { dataTable } from '../data-table.ts';
import { definitions } from '../definitions.ts';
import { flagMarks, flagText } from '../flags.ts';
import { describeGroup, varying } from '../format.ts';
import { resultTables } from '../html-tables.ts';
import { answers } from '../sentences.ts';
import { foldedFrom, type Section } from './section.ts';

export const resultsSection: Section = {
  id: 'results',
  title: () => 'All results',
  folded: ({ result }) => foldedFrom(result, 'All cases'),
  instead: ({ result }) => [
    h('p', null, `The first ${ROWS_INSTEAD_MAX} cases of each table:`),
    ...resultTables(result, winnersOf(result), undefined, ROWS_INSTEAD_MAX),
    flagList(result),
  ],
  content: ({ result }) => [
    ...resultTables(result, winnersOf(result)),
    unmeasuredTable(result),
    flagList(result),
    h('h3', null, 'Names'),
    definitions(titleList(result)),
  ],
};

/** What is read of very many cases where no scripts run. */
const ROWS_INSTEAD_MAX = 100;

function winnersOf(result: CampaignResult): Set<CaseResult> {
  return new Set(answers(result).flatMap(({ winner }) => winner ?? []));
}

/** Cases, or some trials of one, that have no figure; null where there are none. */
function unmeasuredTable(result: CampaignResult): ComponentChild {
  const rows = result.results.filter((one) => one.reason !== undefined);
  if (rows.length === 0) return null;
  const names = varying(result.results.map((one) => one.case));
  return dataTable({
    caption: 'Cases and trials without a figure',
    bodies: [rows],
    columns: [
      { title: 'Switch · framework', cell: (one) => nameCell(result, one) },
      ...(names.length === 0
        ? []
        : [{ title: 'Parameters', cell: (one: CaseResult) => describeGroup(one.case, names) }]),
      {
        title: 'Outcome',
        cell: (one) => h('span', { class: 'bad' }, one.outcome === 'measured' ? 'measured in part' : one.outcome),
      },
      { title: 'Reason', cell: (one) => one.reason },
    ],
  });
}

function flagList(result: CampaignResult): ComponentChild {
  const { everywhere, numbered } = flagMarks(result.results);
  if (everywhere.length + numbered.size === 0) return null;
  return h(
    'div',
    null,
    h('h3', null, 'Notes'),
    h(
      'dl',
      null,
      ...everywhere.flatMap((flag) => [h('dt', null, `all: ${flag}`), h('dd', null, flagText(flag))]),
      ...[...numbered].flatMap(([flag, mark]) => [h('dt', null, `${mark}: ${flag}`), h('dd', null, flagText(flag))]),
    ),
  );
}

/** What the names of frameworks and switches stand for, in tables too long to say it row by row. */
function titleList({ results, ioTitles, switchTitles }: CampaignResult): [string, string][] {
  const names = (titles: Record<string, string>, ids: string[]) =>
    [...new Set(ids)].flatMap((id): [string, string][] =>
      titles[id] === undefined || titles[id] === id ? [] : [[id, titles[id]]],
    );
  return [
    ...names(
      switchTitles,
      results.map((one) => one.case.switch),
    ),
    ...names(
      ioTitles,
      results.map((one) => one.case.io),
    ),
  ];
}
