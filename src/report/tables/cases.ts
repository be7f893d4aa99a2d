// SPDX-License-Identifier: Apache-2.0
// The table `cases`: one row for each test case, with what its trials told together.
import type { CampaignResult, CaseResult, Interval } from '../../model/result.ts';
import { PERCENTILES } from '../../stats/percentiles.ts';
import { type Column, type Table, within } from './columns.ts';
import { CAMPAIGN_COLUMNS, CASE_COLUMNS, type CaseRow, caseRow } from './shared.ts';

interface ResultRow extends CaseRow {
  result: CaseResult;
}

const RESULT_COLUMNS: readonly Column<CaseResult>[] = [
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
  { name: 'trials', type: 'integer', unit: 'trials', meaning: 'trials of any outcome', of: (r) => r.evidence.trials },
  {
    name: 'measured_trials',
    type: 'integer',
    unit: 'trials',
    meaning: 'trials that were measured',
    of: (r) => r.evidence.measured,
  },
  {
    name: 'disturbed_trials',
    type: 'integer',
    unit: 'trials',
    meaning: 'trials that count as disturbed',
    of: (r) => r.evidence.disturbed,
  },
  {
    name: 'repeated_trials',
    type: 'integer',
    unit: 'trials',
    meaning: 'trials that repeat a disturbed one',
    of: (r) => r.evidence.repeated,
  },
  {
    name: 'flooded_ratio',
    type: 'number',
    unit: 'ratio',
    meaning:
      'share of the packets sent that receivers of other pairs got as well, where an end has many Ethernet addresses; empty for one pair and for round trips',
    of: (r) => r.evidence.floodedRatio,
  },
  {
    name: 'loss_ratio',
    type: 'number',
    unit: 'ratio',
    meaning: 'lost of the packets sent within the measured windows of all trials',
    of: (r) => r.summary?.lossRatio,
  },
  ...(['there', 'back'] as const).map(
    (way): Column<CaseResult> => ({
      ...{ name: `${way}_loss_ratio`, type: 'number', unit: 'ratio' },
      meaning: `where both ends send, the same from ${way === 'there' ? 'source to sink' : 'sink to source'}`,
      of: (r) => r.summary?.ways?.[way].lossRatio,
    }),
  ),
  {
    name: 'fairness',
    type: 'number',
    unit: 'ratio',
    meaning: "Jain's index over the pairs: 1 is equal",
    of: (r) => r.summary?.fairness,
  },
  {
    name: 'sender_cpus',
    type: 'number',
    unit: 'CPUs',
    meaning: 'median CPU time of the senders or clients',
    of: (r) => r.summary?.cpu.sender,
  },
  {
    name: 'receiver_cpus',
    type: 'number',
    unit: 'CPUs',
    meaning: 'of the receivers or servers',
    of: (r) => r.summary?.cpu.receiver,
  },
  {
    name: 'switch_cpus',
    type: 'number',
    unit: 'CPUs',
    meaning: "of the switch's own threads",
    of: (r) => r.summary?.cpu.switch,
  },
  { name: 'total_cpus', type: 'number', unit: 'CPUs', meaning: 'of all of them', of: (r) => r.summary?.cpu.total },
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
    name: 'line_rate_pps',
    type: 'number',
    unit: 'packets/s',
    meaning: 'most that the cable carries in the directions that are used; empty on one host, or where nobody knows',
    of: (r) => r.lineRatePps,
  },
  {
    name: 'ceiling_pps',
    type: 'number',
    unit: 'packets/s',
    meaning: 'median throughput of the same case without any switch',
    of: (r) => r.ceiling?.throughputPps,
  },
  {
    name: 'ceiling_ratio',
    type: 'number',
    unit: 'ratio',
    meaning: "the case's throughput of it",
    of: (r) => r.ceiling?.ratio,
  },
  {
    name: 'ceiling_campaign_id',
    type: 'text',
    unit: null,
    meaning: 'campaign in which the ceiling was measured',
    of: (r) => r.ceiling?.campaign,
  },
  {
    name: 'limit',
    type: 'text',
    unit: null,
    meaning: 'what limits the figure: `tool`, `switch` or `unknown`',
    of: (r) => r.ceiling?.limit,
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

/** The figures that have an interval. */
const INTERVALS: readonly {
  prefix: string;
  unit: string;
  title: string;
  of(result: CaseResult): Interval | null | undefined;
}[] = [
  { prefix: 'throughput_pps', unit: 'packets/s', title: 'goodput', of: ({ summary }) => summary?.throughputPps },
  { prefix: 'throughput_bps', unit: 'bit/s', title: 'goodput', of: ({ summary }) => summary?.throughputBps },
  ...(['there', 'back'] as const).map((way) => ({
    ...{ prefix: `${way}_throughput_pps`, unit: 'packets/s' },
    title: `where both ends send, goodput from ${way === 'there' ? 'source to sink' : 'sink to source'}`,
    of: ({ summary }: CaseResult) => summary?.ways?.[way].throughputPps,
  })),
  ...(['rtt', 'oneWay'] as const).flatMap((kind) =>
    (['mean', 'p50', 'p99', 'p999'] as const).map((name) => ({
      prefix: `${kind === 'rtt' ? 'rtt' : 'one_way'}_${name}_ns`,
      unit: 'ns',
      title: `${name === 'mean' ? 'mean' : `p${PERCENTILES[name]}`} of the ${kind === 'rtt' ? 'round trips' : 'one-way delays'}`,
      of: ({ summary }: CaseResult) => summary?.latencyNs?.[kind]?.[name],
    })),
  ),
];

function intervalColumns({ prefix, unit, title, of }: (typeof INTERVALS)[number]): Column<CaseResult>[] {
  return [
    {
      name: prefix,
      type: 'number',
      unit,
      meaning: `${title}: median of the trials`,
      of: (result) => of(result)?.median,
    },
    {
      name: `${prefix}_ci_low`,
      type: 'number',
      unit,
      meaning: `${title}: lower bound of its 95 % interval`,
      of: (result) => of(result)?.ciLow,
    },
    {
      name: `${prefix}_ci_high`,
      type: 'number',
      unit,
      meaning: `${title}: upper bound`,
      of: (result) => of(result)?.ciHigh,
    },
    {
      ...{ name: `${prefix}_method`, type: 'text', unit: null },
      meaning: `${title}: how the interval was made: \`order-statistics\`, \`student-t\`, \`pooled\` or \`none\``,
      of: (result) => of(result)?.method,
    },
    {
      name: `${prefix}_trials`,
      type: 'integer',
      unit: 'trials',
      meaning: `${title}: trials in the median`,
      of: (result) => of(result)?.trials,
    },
  ];
}

export const CASES: Table<ResultRow> = {
  name: 'cases',
  about: 'One row for each test case, those that were skipped among them, with what its trials told together.',
  columns: [
    ...CAMPAIGN_COLUMNS,
    ...CASE_COLUMNS,
    ...within([...RESULT_COLUMNS, ...INTERVALS.flatMap(intervalColumns)], ({ result }: ResultRow) => result),
  ],
};

/** The rows of a campaign. */
export function* caseRows({ results, ...campaign }: CampaignResult): Generator<ResultRow, void> {
  for (const [index, result] of results.entries()) yield { ...caseRow(campaign, index, result.case), result };
}
