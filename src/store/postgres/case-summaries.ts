// SPDX-License-Identifier: Apache-2.0
// What was kept of cases, so that the next look need not go through their trials. It is only saved work.
import { StoreError } from '../errors.ts';
import { type KeptSummary, type NewSummary, summaryIn, summaryText } from '../summaries.ts';
import type { Transactions } from './transactions.ts';

const KEEP = `INSERT INTO vswbench.case_summaries (campaign, case_index, revision, rules, summary_json)
  SELECT number, $2::integer, $3::bigint, $4::text, $5::text FROM vswbench.campaigns WHERE id = $1
  ON CONFLICT (campaign, case_index) DO UPDATE SET revision = excluded.revision, rules = excluded.rules, summary_json = excluded.summary_json`;

export function readSummaries(db: Transactions, id: string, rules: string): Map<number, KeptSummary> {
  const rows = db.ask(
    `SELECT cases.case_index, cases.revision, summary_json FROM vswbench.cases
     LEFT JOIN vswbench.case_summaries AS kept ON kept.campaign = cases.campaign AND kept.case_index = cases.case_index
       AND kept.revision = cases.revision AND kept.rules = $2
     WHERE cases.campaign = (SELECT number FROM vswbench.campaigns WHERE id = $1)`,
    [id, rules],
  );
  return new Map(
    rows.map((row) => [
      Number(row.case_index),
      { revision: Number(row.revision), summary: summaryIn(row.summary_json) },
    ]),
  );
}

/** Writes to no other campaign than the one that is named, where one is. What cannot be written is lost. */
export function writeSummaries(db: Transactions, campaignId: string | null, summaries: readonly NewSummary[]): void {
  if (summaries.length === 0) return;
  try {
    db.write(campaignId, () => {
      for (const { id, caseIndex, revision, rules, summary } of summaries) {
        db.change({ sql: KEEP, values: [id, caseIndex, revision, rules, summaryText(summary)] });
      }
    });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}
