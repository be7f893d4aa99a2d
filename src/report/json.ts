// SPDX-License-Identifier: Apache-2.0
import type { Inventory } from '../model/inventory.ts';
import type {
  CampaignResult,
  CaseResult,
  Ceiling,
  Flag,
  Measurement,
  Outcome,
  RoundFigure,
  Summary,
  Trial,
} from '../model/result.ts';
import { type HostRecord, nearOf, testbedsOf } from '../model/testbed.ts';
import type { TestCase } from '../model/testcase.ts';

/** Version of the document: it grows with a field renamed or removed, not with one added. */
const SCHEMA = 1;

type Head = Omit<CampaignResult, 'id' | 'hosts' | 'results'>;

/** A testbed with its one or two hosts. */
export interface JsonTestbed {
  name: string;
  hosts: Omit<HostRecord, 'testbed'>[];
}

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
  /** The most that the cable between the hosts carries; null on one host, or where nobody knows. */
  lineRatePps: number | null;
  /** The figure that decides, by round: packets/s, or for `latency` the median round trip in ns. */
  figures: RoundFigure[];
  trials: JsonTrial[];
  summary: Summary | null;
}

/** The document that `--json` prints. */
export interface JsonDocument extends Head {
  schema: typeof SCHEMA;
  /** Id of the campaign. */
  campaign: string;
  /** Of the near host of the first testbed. */
  inventory: Inventory;
  testbeds: JsonTestbed[];
  results: JsonCase[];
}

/** A campaign's result as the one document that programs read. Full histograms are left to `export`: they are large. */
export function toJsonDocument(result: CampaignResult): JsonDocument {
  const { id, hosts, results, ...head } = result;
  return {
    schema: SCHEMA,
    campaign: id,
    ...head,
    inventory: nearOf(result),
    testbeds: testbedsOf(result).map((name) => ({
      name,
      hosts: hosts.flatMap(({ testbed, ...host }) => (testbed === name ? [host] : [])),
    })),
    results: results.map(
      ({ case: testCase, outcome, reason, flags, ceiling, lineRatePps, figures, trials, summary }) => ({
        case: testCase,
        outcome,
        ...(reason === undefined ? {} : { reason }),
        flags,
        ...(ceiling === undefined ? {} : { ceiling }),
        lineRatePps,
        figures,
        trials: trials.map(toJsonTrial),
        summary,
      }),
    ),
  };
}

function toJsonTrial({ outcome, measurement, histograms: _, ...head }: Trial): JsonTrial {
  return { ...outcome, ...head, ...measurement };
}
