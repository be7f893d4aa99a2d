// SPDX-License-Identifier: Apache-2.0
// A campaign may be cut into shards, each measured for itself under the campaign's id: how it was cut, and which of them are here.
import { z } from 'zod';
import type { Parsed } from './units.ts';

export const ShardsSchema = z.strictObject({
  /** Into how many it was cut. */
  count: z.int().positive(),
  /** Trials of the whole campaign. */
  of: z.int().nonnegative(),
  /** Those that are here, by their number from 1, each with the trials that it was to carry out; repetitions come on top. */
  parts: z.array(z.strictObject({ index: z.int().positive(), trials: z.int().nonnegative() })).min(1),
  /** In what the machines of its shards differ, where they were brought together all the same. */
  unlike: z.array(z.string()).default([]),
});
export type Shards = z.infer<typeof ShardsSchema>;

/** Which shard of how many: `index` is from 1. */
export interface Shard {
  index: number;
  count: number;
}

/** Reads `3/20`. The error is one line. */
export function parseShard(text: string): Parsed<Shard> {
  const [, index = 0, count = 0] = (/^([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(text) ?? []).map(Number);
  return index > 0 && index <= count
    ? { ok: true, value: { index, count } }
    : {
        ok: false,
        error: `'${text}' is no shard: give its number and how many there are, as 3/20 for the third of 20`,
      };
}

/** Trials that the shards which are here were to carry out; null where all of the campaign's are here. */
export function trialsHere(shards: Shards | null): number | null {
  return isWhole(shards) ? null : (shards?.parts.reduce((sum, { trials }) => sum + trials, 0) ?? null);
}

export function isWhole(shards: Shards | null): boolean {
  return shards === null || shards.parts.length === shards.count;
}

/** Shards of two records of one campaign together; a record of the whole has them all. The error names what does not fit. */
export function mergeShards(a: Shards | null, b: Shards | null): Parsed<Shards | null> {
  if (a === null || b === null) return { ok: true, value: null };
  if (a.count !== b.count || a.of !== b.of) {
    return { ok: false, error: `one has ${a.of} trials in ${a.count} shards and the other ${b.of} in ${b.count}` };
  }
  const parts = new Map([...a.parts, ...b.parts].map((part) => [part.index, part]));
  return {
    ok: true,
    value: {
      count: a.count,
      of: a.of,
      parts: [...parts.values()].sort((left, right) => left.index - right.index),
      unlike: [...new Set([...a.unlike, ...b.unlike])],
    },
  };
}
