// SPDX-License-Identifier: Apache-2.0
// Searches that were cut short, as a store has them: row by row. A search that was measured to its end is a part of its trial.
import { z } from 'zod';
import { type SearchLoad, SearchLoadSchema } from '../model/search.ts';
import { requireRecordable } from './checked.ts';

/** What a search had measured when it was cut short. */
export interface CutSearch {
  caseIndex: number;
  /** Of the trial that the search is. */
  ordinal: number;
  loads: readonly SearchLoad[];
}

export const SearchRowSchema = z.strictObject({
  caseIndex: z.int().nonnegative(),
  ordinal: z.int().nonnegative(),
  load: SearchLoadSchema,
});

/** The searches of rows that come search by search, each in its order. */
export function searchesOf(rows: readonly z.infer<typeof SearchRowSchema>[]): CutSearch[] {
  const found: { caseIndex: number; ordinal: number; loads: SearchLoad[] }[] = [];
  for (const { caseIndex, ordinal, load } of rows) {
    const last = found.at(-1);
    if (last?.caseIndex === caseIndex && last.ordinal === ordinal) last.loads.push(load);
    else found.push({ caseIndex, ordinal, loads: [load] });
  }
  return found;
}

/** A trial of a search of a campaign as it is recorded. Throws StoreError where it cannot be. */
export function recordableLoad(campaignId: string, ordinal: number, load: SearchLoad): SearchLoad {
  return requireRecordable(SearchLoadSchema, load, `a trial of search ${ordinal} of campaign ${campaignId}`);
}
