// SPDX-License-Identifier: Apache-2.0
// Where one path overtakes another, as programs read it: what the sentences say, with the same figures.
import { z } from 'zod';
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { caseKey } from '../model/testcase.ts';
import { CROSSED } from '../stats/crossings.ts';
import { crossoverLines } from './crossover-words.ts';

const side = z.enum(['a', 'b']);
const value = z.number().positive();

const CrossingSchema = z.strictObject({
  /** The value at which neither is better, with its 95 % interval. */
  at: value,
  from: value,
  to: value,
  /** Who is better before it, and behind it. */
  below: side,
  above: side,
});

/** Two paths along what is swept. */
export const JsonCrossoverSchema = z.strictObject({
  parameter: z.enum(CROSSED),
  /** Cases of either by their place in `results`, the smallest value first. */
  a: z.array(z.int().nonnegative()),
  b: z.array(z.int().nonnegative()),
  outcome: z.enum(['crosses', 'several', 'never', 'undecided']),
  /** One of them carries super-packets: they are compared by the bits of payload that applications get. */
  payload: z.boolean(),
  /** In words. */
  sentence: z.string(),
  /** None unless they cross. */
  crossings: z.array(CrossingSchema),
  /** Who is better at each value, all values together at 95 %; null where that cannot be told. */
  orders: z.array(z.strictObject({ at: value, ahead: side.nullable() })),
});
export type JsonCrossover = z.infer<typeof JsonCrossoverSchema>;

export function jsonCrossovers(result: CampaignResult): JsonCrossover[] {
  const places = new Map(result.results.map((one, place) => [caseKey(one.case), place]));
  const placesOf = (path: readonly CaseResult[]) => path.flatMap((one) => places.get(caseKey(one.case)) ?? []);
  return crossoverLines(result).map(({ pair: { parameter, a, b, payload, crossover }, sentence }) => ({
    ...{ parameter, a: placesOf(a), b: placesOf(b), outcome: crossover.outcome, payload, sentence },
    crossings:
      crossover.outcome === 'crosses'
        ? [crossover.crossing]
        : crossover.outcome === 'several'
          ? crossover.crossings
          : [],
    orders: crossover.orders,
  }));
}
