// SPDX-License-Identifier: Apache-2.0
// What a worker and the process that measures for it say to each other.
import { z } from 'zod';
import { CapabilitiesSchema } from '../fleet/model.ts';
import { StoredCampaignSchema } from '../model/result.ts';
import { HostRecordSchema } from '../model/testbed.ts';

export const AskedSchema = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('look'), testbed: z.string() }),
  z.strictObject({ ask: z.literal('prepare'), testbed: z.string(), campaignText: z.string() }),
  z.strictObject({
    ask: z.literal('carry-out'),
    testbed: z.string(),
    campaignId: z.string(),
    fromRound: z.int().nonnegative(),
    /** Null for all further rounds. */
    toRound: z.int().positive().nullable(),
    spool: z.string(),
  }),
]);
/** The one thing that a process is asked for. */
export type Asked = z.infer<typeof AskedSchema>;

export const AnswerSchema = z.discriminatedUnion('answer', [
  z.strictObject({
    answer: z.literal('seen'),
    look: z.strictObject({
      machines: z.array(z.string()),
      capabilities: CapabilitiesSchema,
      hosts: z.array(HostRecordSchema),
    }),
  }),
  z.strictObject({ answer: z.literal('planned'), campaign: StoredCampaignSchema }),
  /** Nothing of the campaign can be measured on the testbed. */
  z.strictObject({ answer: z.literal('refused'), reason: z.string() }),
  z.strictObject({ answer: z.literal('saved'), caseIndex: z.int().nonnegative(), ordinal: z.int().nonnegative() }),
  /** All trials are carried out, or it was told to stop; the machine is clean. */
  z.strictObject({ answer: z.literal('ended') }),
  z.strictObject({ answer: z.literal('failed'), code: z.enum(['busy', 'changed', 'failed']), message: z.string() }),
]);
/** What it says; `saved` for each trial, and then one other. */
export type Answer = z.infer<typeof AnswerSchema>;
