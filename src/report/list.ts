// SPDX-License-Identifier: Apache-2.0
import type { CampaignRow } from '../model/campaign-row.ts';
import { clean, plainTable } from './text.ts';

/** The campaigns of a store as a table, in the order given. */
export function renderCampaignList(rows: readonly CampaignRow[]): string {
  if (rows.length === 0) return "No campaigns yet: 'vswbench run' makes one.";
  const body = rows.map((row) => [
    clean(row.id),
    row.startedAt.replace('T', ' ').slice(0, 16),
    clean(row.title),
    String(row.cases),
    // Beyond the plan, where a precision was asked for.
    `${row.trialsDone}/${Math.max(row.trialsDone, row.trialsPlanned)}`,
    stateOf(row),
  ]);
  const head = ['Campaign', 'Started (UTC)', 'Title', 'Cases', 'Trials', 'State'];
  return plainTable([head, ...body], ['left', 'left', 'left', 'right', 'right', 'left'], 2, new Set([1])).join('\n');
}

function stateOf({ endedAt, trialsDone, trialsPlanned }: CampaignRow): string {
  if (endedAt === null) return 'unfinished: --resume';
  return trialsDone < trialsPlanned ? 'ended early: --resume' : 'complete';
}
