// SPDX-License-Identifier: Apache-2.0
// The document that programs read. Its JSON Schema, docs/document.schema.json, is made of what stands here.
import { z } from 'zod';
import { InventorySchema } from '../model/inventory.ts';
import {
  CampaignHeadSchema,
  type CampaignResult,
  type CaseResult,
  CaseResultSchema,
  MeasurementSchema,
  type Trial,
  TrialSchema,
} from '../model/result.ts';
import { HostRecordSchema, nearOf, testbedsOf } from '../model/testbed.ts';
import { JsonCliffsSchema, jsonCliffs } from './json-cliffs.ts';
import { JsonCrossoverSchema, jsonCrossovers } from './json-crossovers.ts';
import { JsonVariationSchema, jsonVariations } from './json-variations.ts';
import { JsonVerdictSchema, jsonVerdicts } from './json-verdicts.ts';

/** Version of the document: it grows with a field renamed or removed, not with one added. */
const SCHEMA = 1;

/** What identifies a trial, measured or not. */
const TrialHeadSchema = TrialSchema.omit({ outcome: true, measurement: true, histograms: true });
const figures = MeasurementSchema.shape;
const evidence = MeasurementSchema.partial().shape;

/** A trial in one level; the figures are there only if its traffic ran to its end, for `invalid` as evidence. */
export const JsonTrialSchema = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('measured'), ...TrialHeadSchema.shape, ...figures }),
  z.strictObject({ outcome: z.literal('invalid'), reason: z.string(), ...TrialHeadSchema.shape, ...evidence }),
  z.strictObject({
    outcome: z.literal('failed'),
    ...{ step: z.string(), reason: z.string() },
    ...TrialHeadSchema.shape,
    ...evidence,
  }),
  z.strictObject({ outcome: z.literal('skipped'), reason: z.string(), ...TrialHeadSchema.shape, ...evidence }),
]);

/** A test case with its trials. */
export const JsonCaseSchema = CaseResultSchema.omit({ evidence: true }).extend({ trials: z.array(JsonTrialSchema) });

export const JsonDocumentSchema = z.strictObject({
  schema: z.literal(SCHEMA),
  /** Id of the campaign. */
  campaign: z.string(),
  ...CampaignHeadSchema.omit({ id: true, hosts: true }).shape,
  /** Of the near host of the first testbed. */
  inventory: InventorySchema,
  /** Each testbed with its one or two hosts. */
  testbeds: z.array(z.strictObject({ name: z.string(), hosts: z.array(HostRecordSchema.omit({ testbed: true })) })),
  /** Which of the cases that share their parameters are faster; cases by their place in `results`. */
  verdicts: z.array(JsonVerdictSchema),
  /** Where throughput falls as flows are swept, path by path; of three numbers of flows or more. */
  cliffs: z.array(JsonCliffsSchema),
  /** Where one path overtakes another as packet size or burst are swept, of every two comparable ones. */
  crossovers: z.array(JsonCrossoverSchema),
  /** Which share of the variance of the deciding figure is whose. */
  variations: z.array(JsonVariationSchema),
  results: z.array(JsonCaseSchema),
});
/** The document that `--json` prints. */
export type JsonDocument = z.infer<typeof JsonDocumentSchema>;

/** The trials of a case, by its index. */
export type TrialsOf = (caseIndex: number) => Iterable<Trial>;

/**
 * A campaign's result as the one document that programs read, piece by piece: it may be larger than the memory. Full histograms are
 * left to `export --what histograms`: they are larger still.
 */
export function* jsonText(result: CampaignResult, trialsOf: TrialsOf): Generator<string, void> {
  const { id, hosts, results, ...head } = result;
  const testbeds = testbedsOf(result).map((name) => ({
    name,
    hosts: hosts.flatMap(({ testbed, ...host }) => (testbed === name ? [host] : [])),
  }));
  yield `${opened({ schema: SCHEMA, campaign: id, ...head, inventory: nearOf(result), testbeds, verdicts: jsonVerdicts(result), cliffs: jsonCliffs(result), crossovers: jsonCrossovers(result), variations: jsonVariations(result) })}"results":[`;
  for (const [index, one] of results.entries()) {
    if (index > 0) yield ',';
    yield* withTrials(withoutEvidence(one), trialsOf(index));
  }
  yield ']}\n';
}

/** Which case of which campaign a document of one is of. */
interface CasePlace {
  campaign: string;
  caseIndex: number;
}

/** One case as it stands in the document of its campaign, with where that is. */
export function* jsonCaseText(place: CasePlace, one: CaseResult, trials: Iterable<Trial>): Generator<string, void> {
  yield* withTrials({ schema: SCHEMA, ...place, ...withoutEvidence(one) }, trials);
  yield '\n';
}

function* withTrials(one: object, trials: Iterable<Trial>): Generator<string, void> {
  yield `${opened(one)}"trials":[`;
  let isFirst = true;
  for (const trial of trials) {
    yield `${isFirst ? '' : ','}${JSON.stringify(flat(trial))}`;
    isFirst = false;
  }
  yield ']}';
}

/** An object as text, to which more members are going to be added. */
function opened(object: object): string {
  return `${JSON.stringify(object).slice(0, -1)},`;
}

function withoutEvidence({ evidence: _, ...rest }: CaseResult): Omit<CaseResult, 'evidence'> {
  return rest;
}

function flat({ outcome, measurement, histograms: _, ...head }: Trial): object {
  return { ...outcome, ...head, ...measurement };
}
