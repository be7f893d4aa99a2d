// SPDX-License-Identifier: Apache-2.0
// A canary: the small campaign that a testbed measures again and again, by which it is known whether the machine is still what it was.
import { z } from 'zod';
import { HostRecordSchema, TestbedNameSchema } from './testbed.ts';

/** What its title begins with; the name of its testbed follows. */
export const CANARY_TITLE = 'Canary of testbed ';

export const CanarySchema = z.strictObject({
  /** The campaign that it is, in the same store. */
  campaign: z.string(),
  testbed: TestbedNameSchema,
  measuredAt: z.iso.datetime({ offset: true }),
  /** The testbed's, as the campaign found them. */
  hosts: z.array(HostRecordSchema).min(1),
  /** By test case (its key): what decides it, of each measured trial. */
  figures: z.record(z.string(), z.array(z.number())),
  /** Somebody takes the level from this canary on for the right one; null of most. */
  accepted: z.strictObject({ by: z.string(), at: z.iso.datetime({ offset: true }), why: z.string().min(1) }).nullable(),
});
export type Canary = z.infer<typeof CanarySchema>;
