// SPDX-License-Identifier: Apache-2.0
import { type CampaignRow, isUnfinished } from '../model/campaign-row.ts';
import { trialsHere } from '../model/shards.ts';
import { shardName } from './shard-words.ts';
import { type Column, fitTable } from './table.ts';
import { clean, painter, type TerminalOptions, wrap, writtenColumns, writtenTableColumns } from './text.ts';

/** The campaigns of a store as a table, in the order given. */
export function renderCampaignList(rows: readonly CampaignRow[], options: TerminalOptions): string {
  if (rows.length === 0) return "No campaigns yet: 'vswbench run' makes one.";
  const width = writtenColumns(options);
  const paint = painter(options.color);
  const unfinished = rows.findLast(isUnfinished);
  const mend = unfinished === undefined ? '' : `Go on with one: vswbench run --resume ${clean(unfinished.id)}`;
  return [
    ...fitTable(rows, COLUMNS, writtenTableColumns(options), paint).lines,
    ...(mend === '' ? [] : ['', ...wrap(mend, width, 2).map((line) => paint(line, 'dim'))]),
  ].join('\n');
}

const COLUMNS: readonly Column<CampaignRow>[] = [
  { title: 'Campaign', align: 'left', cell: ({ id }) => clean(id), names: true },
  // Its id begins with the time as well.
  {
    title: 'Started (UTC)',
    align: 'left',
    cell: ({ startedAt }) => startedAt.replace('T', ' ').slice(0, 16),
    yields: 1,
  },
  { title: 'Title', align: 'left', cell: ({ title }) => clean(title), wrapsTo: 24, names: true },
  { title: 'Cases', align: 'right', cell: ({ cases }) => String(cases) },
  { title: 'Trials', align: 'right', cell: trialsCell },
  { title: 'State', align: 'left', cell: stateOf, style: (row) => (isUnfinished(row) ? 'yellow' : null) },
];

/** More are done than were planned where a precision was asked for. */
function trialsCell({ trialsDone, trialsPlanned }: CampaignRow): string {
  return `${trialsDone}/${Math.max(trialsDone, trialsPlanned)}`;
}

function stateOf(row: CampaignRow): string {
  const shard = shardName(row.shards);
  if (!isUnfinished(row)) return shard ?? 'complete';
  const state = unfinishedState(row);
  return shard === null ? state : `${shard}, ${state}`;
}

function unfinishedState({ endedAt, trialsDone, trialsPlanned, repetitionsOwed, shards }: CampaignRow): string {
  if (endedAt === null) return 'unfinished';
  return trialsDone < (trialsHere(shards) ?? trialsPlanned) ? 'ended early' : `${repetitionsOwed} to repeat`;
}
