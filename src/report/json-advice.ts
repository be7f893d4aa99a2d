// SPDX-License-Identifier: Apache-2.0
// Advice as programs read it: what the sentences say, with the same figures.
import { z } from 'zod';
import { FRAMEWORK_CLASSES } from '../model/framework-class.ts';
import { type CampaignResult, IntervalSchema } from '../model/result.ts';
import { caseKey, GroupSchema } from '../model/testcase.ts';
import type { Branch, Candidate, Finding } from '../stats/advice.ts';
import { GOAL_IDS } from '../stats/goals.ts';
import { pathRows } from '../stats/paths.ts';
import { adviceLines, conditionOf } from './advice-words.ts';
import { JsonCrossoverSchema, jsonCrossovers } from './json-crossovers.ts';

const frameworkClass = z.enum(FRAMEWORK_CLASSES);
/** A case by its place in the campaign's `results`. */
const index = z.int().nonnegative();

const CandidateSchema = z.strictObject({ case: index, class: frameworkClass, figure: IntervalSchema });

const LeafSchema = z.strictObject({
  goal: z.enum(GOAL_IDS),
  group: GroupSchema.nullable(),
  finding: z.enum(['best', 'alone', 'undecided', 'too-few-rounds', 'nothing']),
  /** Null unless it is told apart from all others, or alone. */
  best: CandidateSchema.nullable(),
  /** Where it is undecided: the best median and those that cannot be told from it. */
  leaders: z.array(CandidateSchema),
  sentence: z.string(),
});

const PathSchema = z.strictObject({
  case: index,
  class: frameworkClass,
  throughputPps: IntervalSchema.nullable(),
  cpus: z.number().nullable(),
  lossRatio: z.number().nullable(),
  lostAt: z.string().nullable(),
  rttP50Ns: IntervalSchema.nullable(),
  rttP999Ns: IntervalSchema.nullable(),
  reasons: z.array(z.string()),
});

export const AdviceDocumentSchema = z.strictObject({
  schema: z.literal(1),
  campaign: z.string(),
  paths: z.array(PathSchema),
  branches: z.array(z.strictObject({ class: frameworkClass, condition: z.string(), leaves: z.array(LeafSchema) })),
  crossovers: z.array(JsonCrossoverSchema),
});
export type AdviceDocument = z.infer<typeof AdviceDocumentSchema>;

export function adviceDocument(result: CampaignResult, branches: readonly Branch[]): AdviceDocument {
  const places = new Map(result.results.map((one, place) => [caseKey(one.case), place]));
  const candidate = ({ result: { case: testCase }, class: id, figure }: Candidate) => ({
    ...{ case: places.get(caseKey(testCase)) ?? 0, class: id, figure },
  });
  return {
    schema: 1,
    campaign: result.id,
    paths: pathRows(result).map(({ group: _, result: { case: testCase }, ...row }) => ({
      ...{ case: places.get(caseKey(testCase)) ?? 0 },
      ...row,
    })),
    branches: branches.map((branch) => ({
      class: branch.class,
      condition: conditionOf(branch),
      leaves: adviceLines(result, branches, branch).map(({ leaf: { goal, group, finding }, sentence }) => ({
        ...{ goal, group, finding: finding.finding, sentence },
        best: bestOf(finding).map(candidate)[0] ?? null,
        leaders: 'leaders' in finding ? finding.leaders.map(candidate) : [],
      })),
    })),
    crossovers: jsonCrossovers(result),
  };
}

function bestOf(finding: Finding): Candidate[] {
  return finding.finding === 'best' || finding.finding === 'alone' ? [finding.best] : [];
}
