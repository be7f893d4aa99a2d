// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** A table of a switch that flows or addresses fill: where it is full, throughput may fall. */
export const CacheSchema = z.strictObject({
  /** As a reader of a report is to see it: `exact-match cache`. */
  name: z.string().min(1),
  /** How many it holds; null where it has no bound, or nobody knows it. */
  entries: z.int().positive().nullable(),
  /** What each entry is of. */
  of: z.enum(['flows', 'macs']),
  /** A setting that matters, as `emc-insert-inv-prob 100`; empty for none. */
  note: z.string(),
  /** Names of the figures that `observe()` tells of it: the share of packets that it answered, and how many entries it had in the end. */
  hitRatio: z.string().nullable(),
  held: z.string().nullable(),
});
export type Cache = z.infer<typeof CacheSchema>;
