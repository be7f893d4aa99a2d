// SPDX-License-Identifier: Apache-2.0
// The door of every store: what the model's schemas do not take is neither written nor believed.
import { z } from 'zod';
import { HistogramSchema } from '../model/dataplane.ts';
import { DoneTrialSchema } from '../model/result.ts';
import { StoreError } from './errors.ts';

export const REPORT_BUG = 'this is a bug of vswbench; please report it';

/** A histogram of a trial, as it is read alone. */
export const TrialHistogramSchema = z.strictObject({ ordinal: z.int().nonnegative(), histogram: HistogramSchema });

/** What a trial decides, with the index of its case. */
export const DoneRowSchema = z.strictObject({ caseIndex: z.int().nonnegative(), trial: DoneTrialSchema });

/** Nothing is written that could not be read back. */
export function requireRecordable<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new StoreError('refused', `${what} cannot be recorded (${firstIssue(parsed.error, [])})`, REPORT_BUG);
}

/** What is wrong first, and where below `place`. */
export function firstIssue(error: z.ZodError, place: readonly PropertyKey[]): string {
  const [issue] = error.issues;
  return issue === undefined ? error.message : `${[...place, ...issue.path].map(String).join('.')}: ${issue.message}`;
}
