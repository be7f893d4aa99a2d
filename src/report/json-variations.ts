// SPDX-License-Identifier: Apache-2.0
// Shares of variance, as programs read them: what the sentences say, every interaction of two by itself.
import { z } from 'zod';
import { DIMENSIONS } from '../model/parameter.ts';
import type { CampaignResult } from '../model/result.ts';
import { variationLines } from './variation-words.ts';

const share = z.number().min(0).max(1);
const count = z.int().nonnegative();

/** Of a dimension on a testbed. All shares add up to 1. */
export const JsonVariationSchema = z.strictObject({
  dimension: z.enum(DIMENSIONS),
  testbed: z.string(),
  /** Of logarithms of the deciding figure, or of the figure as it is. */
  scale: z.enum(['logarithm', 'plain']),
  /** `path` is switch and framework as one. */
  factors: z.array(z.strictObject({ factor: z.string(), levels: z.array(z.string()) })),
  cases: count,
  casesMeasured: count,
  rounds: count,
  /** Levels that were not measured in every combination. */
  leftOut: z.array(z.strictObject({ factor: z.string(), level: z.string() })),
  /** Of one factor, or what two do together beyond what each does alone. */
  effects: z.array(z.strictObject({ factors: z.array(z.string()), share })),
  /** Of three factors or more together. */
  higher: share,
  round: share,
  unexplained: share,
  /** In words. */
  sentence: z.string(),
});
export type JsonVariation = z.infer<typeof JsonVariationSchema>;

export function jsonVariations(result: CampaignResult): JsonVariation[] {
  return variationLines(result).map(({ variation, sentence }) => {
    const { dimension, testbed, scale, factors, cases, casesMeasured, rounds, leftOut, allocation } = variation;
    return {
      ...{ dimension, testbed, scale, cases, casesMeasured, rounds, sentence },
      factors: factors.map(({ key, levels }) => ({ factor: key, levels: [...levels] })),
      leftOut: leftOut.map(({ key, level }) => ({ factor: key, level })),
      effects: allocation.effects.map((effect) => ({
        factors: effect.factors.flatMap((place) => factors[place]?.key ?? []),
        share: effect.share,
      })),
      higher: allocation.higher,
      round: allocation.round,
      unexplained: allocation.unexplained,
    };
  });
}
