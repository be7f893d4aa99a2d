// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { ShardsSchema, trialsHere } from './shards.ts';

const count = z.int().nonnegative();

/** What an id of a campaign looks like, whoever chose it: never an option of a command, nor a path. A pattern of a regular expression. */
export const CAMPAIGN_ID = '[0-9A-Za-z][0-9A-Za-z._-]{0,63}';

/** A campaign at a glance, as `vswbench list` shows it. */
export const CampaignRowSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  startedAt: z.string(),
  /** Null while it runs, or where it was cut short. */
  endedAt: z.string().nullable(),
  /** Test cases, the skipped ones included. */
  cases: count,
  trialsDone: count,
  /** Of the test cases that are not skipped, in all shards; more may be done where a precision was asked for. */
  trialsPlanned: count,
  /** Disturbed trials that are to be repeated and have not been. */
  repetitionsOwed: count,
  /** Which shards of it are here; null where it was not cut. */
  shards: ShardsSchema.nullable().default(null),
});
export type CampaignRow = z.infer<typeof CampaignRowSchema>;

/** Whether something of a campaign, or of its shards that are here, is left to be run, as far as its numbers tell: one that goes on for a precision has to be asked itself. */
export function isUnfinished({ endedAt, trialsDone, trialsPlanned, repetitionsOwed, shards }: CampaignRow): boolean {
  return endedAt === null || trialsDone < (trialsHere(shards) ?? trialsPlanned) || repetitionsOwed > 0;
}
