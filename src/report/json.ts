// SPDX-License-Identifier: Apache-2.0
import type {
  CampaignResult,
  CaseResult,
  Ceiling,
  Flag,
  Measurement,
  Outcome,
  Summary,
  Trial,
} from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';

/** Version of the document: it grows with a field renamed or removed, not with one added. */
const SCHEMA = 1;

type Head = Omit<CampaignResult, 'id' | 'results'>;

/** What identifies a trial, measured or not. */
type TrialHead = Pick<
  Trial,
  'round' | 'ordinal' | 'seed' | 'startedAt' | 'wallS' | 'overheadS' | 'placement' | 'flags'
>;

/** A trial in one level; the figures are there only if its traffic ran to its end, for `invalid` as evidence. */
export type JsonTrial = Outcome & TrialHead & Partial<Measurement>;

/** A test case with its trials. */
export interface JsonCase {
  case: TestCase;
  outcome: CaseResult['outcome'];
  reason?: string;
  flags: Flag[];
  ceiling?: Ceiling;
  trials: JsonTrial[];
  summary: Summary | null;
}

/** The document that `--json` prints. */
export interface JsonDocument extends Head {
  schema: typeof SCHEMA;
  /** Id of the campaign. */
  campaign: string;
  results: JsonCase[];
}

/** A campaign's result as the one document that programs read. Full histograms are left to `export`: they are large. */
export function toJsonDocument(result: CampaignResult): JsonDocument {
  const { id, results, ...head } = result;
  return {
    schema: SCHEMA,
    campaign: id,
    ...head,
    results: results.map(({ case: testCase, outcome, reason, flags, ceiling, trials, summary }) => ({
      case: testCase,
      outcome,
      ...(reason === undefined ? {} : { reason }),
      flags,
      ...(ceiling === undefined ? {} : { ceiling }),
      trials: trials.map(toJsonTrial),
      summary,
    })),
  };
}

function toJsonTrial({ outcome, measurement, histograms: _, ...head }: Trial): JsonTrial {
  return { ...outcome, ...head, ...measurement };
}
