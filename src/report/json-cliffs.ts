// SPDX-License-Identifier: Apache-2.0
// Where throughput falls as flows are swept, as programs read it: what the sentences say, with the same figures.
import { z } from 'zod';
import { CacheSchema } from '../model/cache.ts';
import type { CampaignResult } from '../model/result.ts';
import { caseKey } from '../model/testcase.ts';
import { cliffLines } from './cliff-words.ts';

const index = z.int().nonnegative();
const flows = z.number().positive();

const StepSchema = z.strictObject({
  /** Flows of a pair that a table would hold that does this, with the 95 % interval. */
  at: flows,
  low: flows,
  high: flows,
  /** A tenth of the step is done at `from`, three quarters at `to`. */
  from: flows,
  to: flows,
  /** By how much throughput is lower behind it, as a ratio. */
  dropRatio: z.number(),
  /** The switch's table that is as large; null where none is. */
  cache: CacheSchema.nullable(),
});

/** A path along its numbers of flows. */
export const JsonCliffsSchema = z.strictObject({
  /** Its cases by their place in `results`, the fewest flows first. */
  cases: z.array(index),
  course: z.enum(['steps', 'level', 'slope', 'too-few']),
  /** In words. */
  sentence: z.string(),
  steps: z.array(StepSchema),
  /** Tables with what they seem to hold by the packets that they did not answer, flows of all pairs; null where hardly any, or nothing tells. */
  fills: z.array(
    z.strictObject({ cache: CacheSchema, seems: z.strictObject({ at: flows, low: flows, high: flows }).nullable() }),
  ),
});
export type JsonCliffs = z.infer<typeof JsonCliffsSchema>;

export function jsonCliffs(result: CampaignResult): JsonCliffs[] {
  const places = new Map(result.results.map((one, place) => [caseKey(one.case), place]));
  return cliffLines(result).map(({ curve: { cases, course, causes, fills }, sentence }) => ({
    cases: cases.flatMap((one) => places.get(caseKey(one.case)) ?? []),
    course: course.course,
    sentence,
    steps:
      course.course === 'steps'
        ? course.steps.map((step, place) => ({ ...step, cache: causes[place]?.cache ?? null }))
        : [],
    fills: fills.map(({ cache, seems }) => ({ cache, seems })),
  }));
}
