// SPDX-License-Identifier: Apache-2.0
// What the trials of cases told, as it is kept: saved work, and never a source (docs/decisions/0016-kept-summaries.md).
import { z } from 'zod';
import { type CaseSummary, CaseSummarySchema } from '../model/result.ts';
import type { Rows } from './rows.ts';

/** What was kept of a case, and at which of its revisions. */
export interface KeptSummary {
  revision: number;
  /** Null where none was kept of this revision. */
  summary: CaseSummary | null;
}

/** What is to be kept of a case. */
export interface NewSummary {
  id: string;
  caseIndex: number;
  revision: number;
  rules: string;
  summary: CaseSummary;
}

/** What was kept of each case of a campaign by these rules, by case index; without a summary where it has changed since. */
export function readSummaries(rows: Rows, id: string, rules: string): Map<number, KeptSummary> {
  const found = rows.all(
    `SELECT cases.case_index, cases.revision, summary_json FROM cases
     LEFT JOIN case_summaries AS kept ON kept.campaign_id = cases.campaign_id AND kept.case_index = cases.case_index
       AND kept.revision = cases.revision AND kept.rules = :rules
     WHERE cases.campaign_id = :id`,
    { id, rules },
  );
  return new Map(
    found.map((row) => [
      Number(row.case_index),
      { revision: Number(row.revision), summary: summaryIn(row.summary_json) },
    ]),
  );
}

export function writeSummary(rows: Rows, { summary, ...row }: NewSummary): void {
  rows.run(
    `INSERT OR REPLACE INTO case_summaries (campaign_id, case_index, revision, rules, summary_json)
     VALUES (:id, :caseIndex, :revision, :rules, :summary)`,
    { ...row, summary: summaryText(summary) },
  );
}

/** A case may have ten thousand figures: rounds and values are kept in turn, and read at once. */
const KeptSchema = CaseSummarySchema.omit({ figures: true }).extend({ figures: z.array(z.number()) });

/** A summary as it is kept. */
export function summaryText({ figures, ...summary }: CaseSummary): string {
  return JSON.stringify({ ...summary, figures: figures.flatMap(({ round, value }) => [round, value]) });
}

/** Null for what is not one, whoever wrote it: it can be made anew. */
export function summaryIn(text: unknown): CaseSummary | null {
  if (typeof text !== 'string') return null;
  try {
    const kept = KeptSchema.safeParse(JSON.parse(text)).data;
    if (kept === undefined) return null;
    const { figures: flat, ...summary } = kept;
    const figures = flat.flatMap((value, index) =>
      index % 2 === 0 ? [{ round: value, value: flat[index + 1] ?? Number.NaN }] : [],
    );
    return { ...summary, figures };
  } catch {
    return null;
  }
}
