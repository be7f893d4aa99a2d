// SPDX-License-Identifier: Apache-2.0
// The table `cases`: one row for each test case, with what its trials told together.
import type { CampaignResult, CaseResult } from '../../model/result.ts';
import { PERCENTILES } from '../../stats/percentiles.ts';
import type { ResultColumn } from '../columns/column.ts';
import { resultColumns } from '../result-columns.ts';
import { type Column, type Table, within } from './columns.ts';
import { intervalColumns } from './interval-columns.ts';
import { CAMPAIGN_COLUMNS, CASE_COLUMNS, type CaseRow, caseRow } from './shared.ts';

interface ResultRow extends CaseRow {
  result: CaseResult;
}

const OUTCOME_COLUMNS: readonly Column<CaseResult>[] = [
  {
    name: 'outcome',
    type: 'text',
    unit: null,
    meaning: '`measured` where one trial was, else what became of the first',
    of: (r) => r.outcome,
  },
  {
    name: 'reason',
    type: 'text',
    unit: null,
    meaning: 'why the case, or some of its trials, have no figure',
    of: (r) => r.reason,
  },
  {
    name: 'flags',
    type: 'text',
    unit: null,
    meaning: 'marks of the case, separated by spaces',
    of: (r) => r.flags.join(' '),
  },
];

const EVIDENCE_COLUMNS: readonly Column<CaseResult>[] = [
  {
    name: 'cpu_ns_per_packet',
    type: 'number',
    unit: 'ns',
    meaning: 'median CPU time of a packet',
    of: (r) => r.evidence.cost.cpuNsPerPacket,
  },
  {
    name: 'sender_cycles_per_packet',
    type: 'number',
    unit: 'cycles',
    meaning: 'median CPU cycles of the sending end for each packet',
    of: (r) => r.evidence.cost.senderCyclesPerPacket,
  },
  {
    name: 'receiver_cycles_per_packet',
    type: 'number',
    unit: 'cycles',
    meaning: 'of the receiving end',
    of: (r) => r.evidence.cost.receiverCyclesPerPacket,
  },
  {
    name: 'sender_instructions_per_packet',
    type: 'number',
    unit: 'instructions',
    meaning: 'median instructions of the sending end for each packet',
    of: (r) => r.evidence.cost.senderInstructionsPerPacket,
  },
  {
    name: 'receiver_instructions_per_packet',
    type: 'number',
    unit: 'instructions',
    meaning: 'of the receiving end',
    of: (r) => r.evidence.cost.receiverInstructionsPerPacket,
  },
  {
    name: 'softirq_cpus',
    type: 'number',
    unit: 'CPUs',
    meaning: 'median softirq time on the placed CPUs',
    of: (r) => r.evidence.cost.softirqCpus,
  },
  {
    name: 'offered_ratio',
    type: 'number',
    unit: 'ratio',
    meaning: 'offered of the packets that a pace asked for, all measured trials together',
    of: (r) => (r.case.rate === 'max' ? null : r.evidence.offeredRatio),
  },
  {
    name: 'received_ratio',
    type: 'number',
    unit: 'ratio',
    meaning: 'received of the packets that a pace asked for',
    of: (r) => (r.case.rate === 'max' ? null : r.evidence.receivedRatio),
  },
  {
    name: 'steal_ratio_max',
    type: 'number',
    unit: 'ratio',
    meaning: 'CPU time that the hypervisor took in the worst trial',
    of: (r) => r.evidence.worst?.stealRatio,
  },
  {
    name: 'strangers_ratio_max',
    type: 'number',
    unit: 'ratio',
    meaning: 'share of a measured CPU that went to nobody of the trial, in the worst one',
    of: (r) => r.evidence.worst?.strangersRatio,
  },
  {
    name: 'switch_figures_json',
    type: 'json',
    unit: null,
    meaning: 'medians of what the switch tells of itself',
    of: (r) => JSON.stringify(r.evidence.switchFigures),
  },
  {
    name: 'figures_json',
    type: 'json',
    unit: null,
    meaning: 'the deciding figure of each round, from 0',
    of: (r) => JSON.stringify(r.figures),
  },
];

/** One-way delays stand in no table that people read. */
const ONE_WAY = (['mean', 'p50', 'p99', 'p999'] as const).flatMap((name) =>
  intervalColumns({
    ...{ prefix: `one_way_${name}_ns`, unit: 'ns' },
    title: `${name === 'mean' ? 'mean' : `p${PERCENTILES[name]}`} of the one-way delays`,
    of: ({ summary }) => summary?.latencyNs?.oneWay?.[name],
  }),
);

/** The table with the figures of a list. */
export function casesTable(figures: readonly ResultColumn[]): Table<ResultRow> {
  const own = [...OUTCOME_COLUMNS, ...figures.flatMap(({ exported }) => exported), ...ONE_WAY, ...EVIDENCE_COLUMNS];
  return {
    name: 'cases',
    about: 'One row for each test case, those that were skipped among them, with what its trials told together.',
    columns: [...CAMPAIGN_COLUMNS, ...CASE_COLUMNS, ...within(own, ({ result }: ResultRow) => result)],
  };
}

export const CASES = casesTable(resultColumns);

/** The rows of a campaign. */
export function* caseRows({ results, ...campaign }: CampaignResult): Generator<ResultRow, void> {
  for (const [index, result] of results.entries()) yield { ...caseRow(campaign, index, result.case), result };
}
