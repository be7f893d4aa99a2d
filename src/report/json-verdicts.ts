// SPDX-License-Identifier: Apache-2.0
// The verdicts on a campaign as programs read them: what the sentences and tables say, with the same figures.
import { z } from 'zod';
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { caseKey, GroupSchema } from '../model/testcase.ts';
import { type Verdict, verdicts } from '../stats/verdict.ts';
import { answers } from './sentences.ts';

const index = z.int().nonnegative();
const percent = z.number();

/** B beside A: both are indices of `results`. */
const ComparedSchema = z.strictObject({
  a: index,
  b: index,
  /** How B relates to A. */
  verdict: z.enum(['faster', 'slower', 'no difference', 'too few rounds']),
  method: z.enum(['mann-whitney', 'mann-whitney-aligned', 'signed-rank']),
  /** Figures of A and of B that took part. */
  rounds: z.tuple([index, index]),
  /** B/A − 1 with its 95 % interval, corrected as p is. Null where a figure is 0. */
  effect: z.strictObject({ percent, ciLow: percent.nullable(), ciHigh: percent.nullable() }).nullable(),
  pValue: z.number(),
  pCorrected: z.number(),
  /** Rounds more at which a difference like this is found four times of five; null where there is a verdict, or it would take a thousand. */
  roundsMore: index.nullable(),
});

/** The verdict on the cases of one set of parameters. */
export const JsonVerdictSchema = z.strictObject({
  group: GroupSchema,
  verdict: z.enum(['order', 'rate-met', 'too-few-rounds', 'alone', 'nothing']),
  /** In words. */
  sentence: z.string(),
  /** Told apart from each of the others; null where none is. */
  winner: index.nullable(),
  /** Best first; any two of different tiers are told apart. */
  tiers: z.array(z.array(index)),
  /** In super-packets, and not compared. */
  apart: z.array(index),
  /** Rounds that it takes to tell anything, where there are fewer. */
  roundsMin: index.nullable(),
  /** Each beside the best, and beside the one before it. */
  compared: z.array(ComparedSchema),
});
export type JsonVerdict = z.infer<typeof JsonVerdictSchema>;

/** One verdict a group, in the campaign's order. */
export function jsonVerdicts(result: CampaignResult): JsonVerdict[] {
  const places = new Map(result.results.map((one, place) => [caseKey(one.case), place]));
  const placesOf = (cases: readonly CaseResult[]) => cases.flatMap((one) => places.get(caseKey(one.case)) ?? []);
  const sentences = answers(result);
  return verdicts(result.results).map((verdict, place) => ({
    group: verdict.group,
    verdict: verdict.verdict,
    sentence: sentences[place]?.sentence ?? '',
    winner: verdict.verdict === 'order' && verdict.winner !== null ? (placesOf([verdict.winner])[0] ?? null) : null,
    tiers: verdict.verdict === 'order' ? verdict.tiers.map(placesOf) : [],
    apart: placesOf(verdict.apart),
    roundsMin: verdict.standing.roundsMin,
    compared: verdict.verdict === 'order' ? comparedIn(verdict, placesOf) : [],
  }));
}

function comparedIn(
  { contenders, standing }: Verdict,
  placesOf: (cases: readonly CaseResult[]) => number[],
): JsonVerdict['compared'] {
  const [best] = contenders;
  return contenders.slice(1).flatMap((other, before) => {
    const beside = [...new Set([best, contenders[before]])].flatMap((one) => one ?? []);
    return beside.flatMap((one) => {
      const [a, b] = placesOf([one, other]);
      if (a === undefined || b === undefined) return [];
      const { verdict, method, rounds, effect, pValue, pCorrected, roundsMore } = standing.compare(
        caseKey(one.case),
        caseKey(other.case),
      );
      return [{ a, b, verdict, method, rounds: [rounds[0], rounds[1]], effect, pValue, pCorrected, roundsMore }];
    });
  });
}
