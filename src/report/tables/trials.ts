// SPDX-License-Identifier: Apache-2.0
// The table `trials`: one row for each trial, every figure that is stored of it.
import type { LatencySummary, Measurement, Way } from '../../model/result.ts';
import { lossRatioOf } from '../../stats/integrity.ts';
import { sumOf } from '../../stats/sum.ts';
import { type Column, type Table, within } from './columns.ts';
import { CAMPAIGN_COLUMNS, CASE_COLUMNS, TRIAL_COLUMNS, type TrialRow } from './shared.ts';

const MEASUREMENT_COLUMNS: readonly Column<Measurement>[] = [
  {
    name: 'duration_s',
    type: 'number',
    unit: 's',
    meaning: 'length of the measured window; rates refer to it',
    of: (m) => m.durationS,
  },
  {
    name: 'warmup_s',
    type: 'number',
    unit: 's',
    meaning: 'from the first packet to the measured window',
    of: (m) => m.warmupS,
  },
  {
    name: 'intended_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'packets that were due over the whole run',
    of: (m) => m.intendedPackets,
  },
  {
    name: 'offered_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'packets sent over the whole run',
    of: (m) => m.offeredPackets,
  },
  {
    name: 'received_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'of those, arrived intact and once',
    of: (m) => m.receivedPackets,
  },
  {
    name: 'lost_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'of those, not arrived',
    of: (m) => m.lostPackets,
  },
  {
    name: 'duplicated_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'copies that arrived',
    of: (m) => m.duplicatedPackets,
  },
  {
    name: 'reordered_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'arrived after one that was sent later (RFC 4737)',
    of: (m) => m.reorderedPackets,
  },
  {
    name: 'background_rate_pps',
    type: 'number',
    unit: 'packets/s',
    meaning: 'asked of the sender of the background; empty, as the next ones, where there is none',
    of: (m) => m.background?.ratePps,
  },
  {
    name: 'background_capacity_pps',
    type: 'number',
    unit: 'packets/s',
    meaning: 'what the background got alone and without a rate, where its rate is a share of that',
    of: (m) => m.background?.capacityPps,
  },
  {
    name: 'background_offered_pps',
    type: 'number',
    unit: 'packets/s',
    meaning: 'what the background sent within the steady state',
    of: (m) => m.background?.offeredPps,
  },
  {
    name: 'background_throughput_pps',
    type: 'number',
    unit: 'packets/s',
    meaning: 'what arrived of the background within the steady state',
    of: (m) => m.background?.throughputPps,
  },
  {
    name: 'background_offered_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'packets of the background that its port accepted, in all',
    of: (m) => m.background?.offeredPackets,
  },
  {
    name: 'background_lost_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'packets of the background of which nothing arrived',
    of: (m) => m.background?.lostPackets,
  },
  {
    name: 'trains',
    type: 'integer',
    unit: null,
    meaning: 'trains of on-off arrivals over the whole run, of all senders together; empty for other arrivals',
    of: (m) => m.trains?.begun,
  },
  {
    name: 'trains_passed',
    type: 'integer',
    unit: null,
    meaning: 'of those, taken by the port without a refusal and arrived without a loss',
    of: (m) => m.trains?.passed,
  },
  {
    name: 'flows_with_loss',
    type: 'integer',
    unit: 'flows',
    meaning: 'flows that lost a packet, of all pairs; empty where a pair has one flow, or each packet its own',
    of: (m) => m.flows?.withLoss,
  },
  {
    name: 'flows_with_reordering',
    type: 'integer',
    unit: 'flows',
    meaning: 'flows that had a packet out of order among their own (RFC 4737)',
    of: (m) => m.flows?.withReordering,
  },
  {
    name: 'most_lost_packets_of_flow',
    type: 'integer',
    unit: 'packets',
    meaning: 'lost packets of the flow that lost most',
    of: (m) => m.flows?.mostLostPackets,
  },
  {
    name: 'corrupted_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'arrived damaged',
    of: (m) => m.corruptedPackets,
  },
  {
    name: 'unidentified_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'of the damaged ones those whose number could not be trusted either',
    of: (m) => m.unidentifiedPackets,
  },
  {
    name: 'late_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'so far behind that a copy cannot be told from a late arrival',
    of: (m) => m.latePackets,
  },
  {
    name: 'foreign_packets',
    type: 'integer',
    unit: 'packets',
    meaning: "delivered by the ports and none of the trial's",
    of: (m) => m.foreignPackets,
  },
  {
    name: 'steady_offered_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'due within the measured window and sent',
    of: (m) => m.steadyOfferedPackets,
  },
  {
    name: 'steady_received_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'of those, arrived intact',
    of: (m) => m.steadyReceivedPackets,
  },
  {
    name: 'steady_corrupted_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'of those, arrived damaged only',
    of: (m) => m.steadyCorruptedPackets,
  },
  {
    name: 'steady_given_up_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'due within the measured window and never sent',
    of: (m) => m.steadyGivenUpPackets,
  },
  {
    name: 'loss_ratio',
    type: 'number',
    unit: 'ratio',
    meaning: 'lost of the packets sent within the measured window; empty where none was sent',
    of: (measurement) => lossRatioOf([measurement]),
  },
  {
    name: 'throughput_pps',
    type: 'number',
    unit: 'packets/s',
    meaning:
      'goodput: unique, intact packets received within the measured window, all pairs together; for a capacity what its search found',
    of: (m) => m.throughputPps,
  },
  {
    name: 'raw_pps',
    type: 'number',
    unit: 'packets/s',
    meaning: 'everything that arrived, copies and damaged packets among it',
    of: (m) => m.rawPps,
  },
  {
    name: 'throughput_bps',
    type: 'number',
    unit: 'bit/s',
    meaning: 'goodput in bits of whole frames without FCS',
    of: (m) => m.throughputBps,
  },
  { name: 'offered_pps', type: 'number', unit: 'packets/s', meaning: 'packets sent', of: (m) => m.offeredPps },
  {
    name: 'receive_path',
    type: 'text',
    unit: null,
    meaning: "which of several unlike ways the sinks' packets came in",
    of: (m) => m.receivePath,
  },
  {
    name: 'rx_moderated',
    type: 'boolean',
    unit: null,
    meaning: 'whether a sink left its queue alone for some microseconds',
    of: (m) => m.rxModerated,
  },
  {
    name: 'minor_faults',
    type: 'integer',
    unit: 'faults',
    meaning: 'minor page faults of the polling thread with most within the measured window',
    of: (m) => m.minorFaults,
  },
  {
    name: 'clock_drift_ppm',
    type: 'number',
    unit: 'ppm',
    meaning: "how far the time-stamp counter ran off from the kernel's clock",
    of: (m) => m.clockDriftPpm,
  },
  {
    name: 'sender_cpus',
    type: 'number',
    unit: 'CPUs',
    meaning: 'CPU time of the senders or clients, seconds per second of the measured window',
    of: (m) => m.cpu.sender,
  },
  {
    name: 'receiver_cpus',
    type: 'number',
    unit: 'CPUs',
    meaning: 'of the receivers or servers',
    of: (m) => m.cpu.receiver,
  },
  {
    name: 'switch_cpus',
    type: 'number',
    unit: 'CPUs',
    meaning: "of the switch's own threads",
    of: (m) => m.cpu.switch,
  },
  { name: 'total_cpus', type: 'number', unit: 'CPUs', meaning: 'of all of them', of: (m) => m.cpu.total },
  {
    name: 'sender_cycles_per_packet',
    type: 'number',
    unit: 'cycles',
    meaning: 'CPU cycles of the sending end for each packet',
    of: (m) => m.cyclesPerPacket?.sender,
  },
  {
    name: 'receiver_cycles_per_packet',
    type: 'number',
    unit: 'cycles',
    meaning: 'of the receiving end',
    of: (m) => m.cyclesPerPacket?.receiver,
  },
  {
    name: 'sender_instructions_per_packet',
    type: 'number',
    unit: 'instructions',
    meaning: 'instructions of the sending end for each packet',
    of: (m) => m.instructionsPerPacket?.sender,
  },
  {
    name: 'receiver_instructions_per_packet',
    type: 'number',
    unit: 'instructions',
    meaning: 'of the receiving end',
    of: (m) => m.instructionsPerPacket?.receiver,
  },
  {
    name: 'steal_ratio',
    type: 'number',
    unit: 'ratio',
    meaning: 'CPU time that the hypervisor took, of the placed CPUs',
    of: (m) => m.noise.stealRatio,
  },
  {
    name: 'involuntary_switches_per_s',
    type: 'number',
    unit: '1/s',
    meaning: 'how often applications lost their CPU',
    of: (m) => m.noise.involuntarySwitchesPerS,
  },
  {
    name: 'softirq_cpus',
    type: 'number',
    unit: 'CPUs',
    meaning: 'softirq time on the placed CPUs',
    of: (m) => m.noise.softirqCpus,
  },
  {
    name: 'interrupts_per_s',
    type: 'number',
    unit: '1/s',
    meaning: 'hardware interrupts on the placed CPUs',
    of: (m) => m.noise.interruptsPerS,
  },
  {
    name: 'frequency_mhz',
    type: 'number',
    unit: 'MHz',
    meaning: 'clock of the placed CPUs, mean of begin and end',
    of: (m) => m.noise.frequencyMhz,
  },
  {
    name: 'frequency_change_ratio',
    type: 'number',
    unit: 'ratio',
    meaning: 'most that the clock of one of them changed',
    of: (m) => m.noise.frequencyChangeRatio,
  },
  {
    name: 'cpu_pressure_ratio',
    type: 'number',
    unit: 'ratio',
    meaning: 'share of the time in which a task was ready and had no CPU',
    of: (m) => m.noise.cpuPressureRatio,
  },
  {
    name: 'strangers_ratio',
    type: 'number',
    unit: 'ratio',
    meaning: 'share of a measured CPU that went to nobody of the trial, of the CPU with most',
    of: (m) => m.noise.strangersRatio,
  },
  {
    name: 'quota_cpus',
    type: 'number',
    unit: 'CPUs',
    meaning: 'narrowest quota of CPU time; empty for none',
    of: (m) => m.noise.quotaCpus,
  },
  {
    name: 'throttled_s',
    type: 'number',
    unit: 's',
    meaning: 'time for which quotas held something back',
    of: (m) => m.noise.throttledS,
  },
  {
    name: 'disturbances',
    type: 'text',
    unit: null,
    meaning: 'why the trial counts as disturbed; empty for a quiet one',
    of: (m) => m.noise.reasons.join('; '),
  },
  {
    name: 'ledgers_close',
    type: 'boolean',
    unit: null,
    meaning: 'whether no hop of any pair has more packets than the one before',
    of: (m) => m.ledgers.every(({ closes }) => closes),
  },
  {
    name: 'unplaced_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'lost packets that have no place among the drops',
    of: (m) => sumOf(m.ledgers, ({ unplacedPackets }) => unplacedPackets),
  },
  {
    name: 'uplink_lost_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'lost on the cable between two hosts',
    of: (m) => m.uplink?.lostPackets,
  },
  {
    name: 'uplink_foreign_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'packets on the cable that no application of the trial sent',
    of: (m) => m.uplink?.foreignPackets,
  },
];

const WAY_COLUMNS: readonly Column<Way>[] = [
  { name: 'throughput_pps', type: 'number', unit: 'packets/s', meaning: 'goodput', of: (w) => w.throughputPps },
  { name: 'offered_pps', type: 'number', unit: 'packets/s', meaning: 'sent', of: (w) => w.offeredPps },
  {
    name: 'loss_ratio',
    type: 'number',
    unit: 'ratio',
    meaning: 'lost of the packets sent within the measured window',
    of: (w) => lossRatioOf([w]),
  },
  {
    name: 'intended_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'packets that were due over the whole run',
    of: (w) => w.intendedPackets,
  },
  {
    name: 'offered_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'packets sent over the whole run',
    of: (w) => w.offeredPackets,
  },
  {
    name: 'refused_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'given up as the port did not take them',
    of: (w) => w.refusedPackets,
  },
  {
    name: 'missed_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'given up without having been tried',
    of: (w) => w.missedPackets,
  },
  {
    name: 'received_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'packets that arrived',
    of: (w) => w.receivedPackets,
  },
  {
    name: 'lost_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'of those that were sent, not arrived',
    of: (w) => w.lostPackets,
  },
  {
    name: 'duplicated_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'copies that arrived',
    of: (w) => w.duplicatedPackets,
  },
  {
    name: 'reordered_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'arrived after one with a higher number',
    of: (w) => w.reorderedPackets,
  },
  {
    name: 'corrupted_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'arrived damaged',
    of: (w) => w.corruptedPackets,
  },
];

/** Where both ends send; the figures without a prefix are of both ways together. */
const WAYS = [
  { way: 'there', title: 'where both ends send, from source to sink' },
  { way: 'back', title: 'where both ends send, from sink to source' },
] as const;

/** The mean and the percentiles are empty where the packets do not tell them. */
const LATENCY_COLUMNS: readonly Column<LatencySummary>[] = [
  { name: 'packets', type: 'integer', unit: 'packets', meaning: 'packets that were timed', of: (l) => l.count },
  { name: 'mean_ns', type: 'number', unit: 'ns', meaning: 'mean', of: (l) => l.mean },
  { name: 'min_ns', type: 'number', unit: 'ns', meaning: 'minimum', of: (l) => l.min },
  { name: 'p50_ns', type: 'number', unit: 'ns', meaning: 'median', of: (l) => l.p50 },
  { name: 'p90_ns', type: 'number', unit: 'ns', meaning: '90th percentile', of: (l) => l.p90 },
  { name: 'p99_ns', type: 'number', unit: 'ns', meaning: '99th percentile', of: (l) => l.p99 },
  { name: 'p999_ns', type: 'number', unit: 'ns', meaning: '99.9th percentile', of: (l) => l.p999 },
  { name: 'p9999_ns', type: 'number', unit: 'ns', meaning: '99.99th percentile', of: (l) => l.p9999 },
  { name: 'max_ns', type: 'number', unit: 'ns', meaning: 'maximum', of: (l) => l.max },
  {
    name: 'censored_packets',
    type: 'integer',
    unit: 'packets',
    meaning: 'packets that were due and never sent',
    of: (l) => l.censoredCount,
  },
  {
    name: 'censored_at_least_ns',
    type: 'number',
    unit: 'ns',
    meaning: 'least delay of each of those',
    of: (l) => l.censoredAtLeastNs,
  },
];

/** Kinds of latency, what their columns begin with, and what they are. */
const LATENCIES = [
  { kind: 'rtt', prefix: 'rtt', title: 'round trip from the intended send time' },
  { kind: 'rttActual', prefix: 'rtt_actual', title: 'round trip from the actual send time' },
  { kind: 'oneWay', prefix: 'one_way', title: 'one-way delay from the intended send time' },
  { kind: 'oneWayActual', prefix: 'one_way_actual', title: 'one-way delay from the actual send time' },
] as const;

/** What is nested, as the JSON document has it. */
const NESTED_COLUMNS: readonly Column<Measurement>[] = [
  {
    name: 'served_json',
    type: 'json',
    unit: null,
    meaning: 'which thread of the switch served which port, by pair, end and queue; empty where it does not tell',
    of: (m) => (m.served === null ? null : JSON.stringify(m.served)),
  },
  {
    name: 'background_ledgers_json',
    type: 'json',
    unit: null,
    meaning: 'where the packets of the background went; empty where there is none',
    of: (m) => (m.background === null ? null : JSON.stringify(m.background.ledgers)),
  },
  {
    name: 'switch_figures_json',
    type: 'json',
    unit: null,
    meaning: 'what the switch tells of itself, by name with unit',
    of: (m) => JSON.stringify(m.switchFigures),
  },
  {
    name: 'caches_json',
    type: 'json',
    unit: null,
    meaning: "the switch's tables that flows or addresses fill, and which of its figures tell of each",
    of: (m) => JSON.stringify(m.caches),
  },
  {
    name: 'pairs_json',
    type: 'json',
    unit: null,
    meaning: 'throughput and packets of each pair',
    of: (m) => JSON.stringify(m.pairs),
  },
  {
    name: 'ledgers_json',
    type: 'json',
    unit: null,
    meaning: 'hops and drops of each pair',
    of: (m) => JSON.stringify(m.ledgers),
  },
  {
    name: 'uplink_json',
    type: 'json',
    unit: null,
    meaning: 'hops and drops of the cable between two hosts',
    of: (m) => (m.uplink === null ? null : JSON.stringify(m.uplink)),
  },
];

/** Every figure of a trial. */
export const FIGURE_COLUMNS: readonly Column<TrialRow>[] = [
  ...within(MEASUREMENT_COLUMNS, measurementOf),
  ...WAYS.flatMap(({ way, title }) =>
    within(WAY_COLUMNS, (row: TrialRow) => row.trial.measurement?.ways?.[way] ?? null).map((column) => ({
      ...column,
      name: `${way}_${column.name}`,
      meaning: `${title}: ${column.meaning}`,
    })),
  ),
  ...LATENCIES.flatMap(({ kind, prefix, title }) =>
    within(LATENCY_COLUMNS, (row: TrialRow) => row.trial.measurement?.latencyNs?.[kind] ?? null).map((column) => ({
      ...column,
      name: `${prefix}_${column.name}`,
      meaning: `${title}: ${column.meaning}`,
    })),
  ),
];

export const TRIALS: Table<TrialRow> = {
  name: 'trials',
  about:
    'One row for each trial, in the order of the test cases. Cases without a trial have none. Of a trial whose traffic did not run to its end, all figures are empty.',
  columns: [
    ...CAMPAIGN_COLUMNS,
    ...CASE_COLUMNS,
    ...TRIAL_COLUMNS,
    ...FIGURE_COLUMNS,
    ...within(NESTED_COLUMNS, measurementOf),
  ],
};

function measurementOf({ trial }: TrialRow): Measurement | null {
  return trial.measurement;
}
