// SPDX-License-Identifier: Apache-2.0
// A campaign as one table, for spreadsheets and data frames. Columns have the names that they have in the database.
import type { SQLInputValue } from 'node:sqlite';
import type { Measurement, StoredCampaign, Trial } from '../model/result.ts';
import { farHostOf, nearOf } from '../model/testbed.ts';
import type { TestCase } from '../model/testcase.ts';
import { CASE, CPU_USE, LATENCY, MEASUREMENT, TRIAL, toColumns } from './columns.ts';

type Cells = Record<string, SQLInputValue>;

/** Kinds of latency, and what their columns begin with. */
const LATENCY_PREFIXES = {
  rtt: 'rtt',
  rttActual: 'rtt_actual',
  oneWay: 'one_way',
  oneWayActual: 'one_way_actual',
} as const;

/**
 * One line a trial, in RFC 4180's CSV, with a header line; cells are empty where nothing was measured or nothing applies,
 * and flags are separated by spaces. Test cases without a trial have no line.
 */
export function* csvText(
  stored: StoredCampaign,
  trialsOf: (caseIndex: number) => Iterable<Trial>,
): Generator<string, void> {
  yield lineOf(COLUMNS);
  for (const [index, { case: testCase }] of stored.cases.entries()) {
    for (const trial of trialsOf(index)) {
      const row = cellsOf(stored, index, testCase, trial);
      yield lineOf(COLUMNS.map((column) => cell(row[column] ?? null)));
    }
  }
}

const CASE_COLUMNS = columnsOf(CASE);
/** What is nested has its place in the database and in JSON. */
const MEASUREMENT_COLUMNS = columnsOf(MEASUREMENT).filter((column) => !column.endsWith('_json'));
const NOISE_COLUMNS = ['steal_ratio', 'involuntary_switches_per_s', 'softirq_cpus'] as const;

const COLUMNS: readonly string[] = [
  ...['campaign_id', 'hostname', 'kernel', 'far_hostname', 'far_kernel', 'vswbench_version', 'case_index'],
  ...CASE_COLUMNS,
  ...columnsOf(TRIAL).filter((column) => !column.endsWith('_json')),
  ...['outcome', 'failed_step', 'reason', 'flags'],
  ...MEASUREMENT_COLUMNS,
  'loss_ratio',
  'uplink_foreign_packets',
  ...columnsOf(CPU_USE),
  ...NOISE_COLUMNS,
  ...Object.values(LATENCY_PREFIXES).flatMap((prefix) => columnsOf(LATENCY).map((column) => `${prefix}_${column}`)),
];

function columnsOf(columns: Readonly<Record<string, { column: string }>>): string[] {
  return Object.values(columns).map(({ column }) => column);
}

function cellsOf(stored: StoredCampaign, index: number, testCase: TestCase, trial: Trial): Cells {
  const { outcome, measurement } = trial;
  const near = nearOf(stored, testCase.testbed);
  const far = testCase.location === 'remote' ? farHostOf(stored, testCase.testbed) : null;
  return {
    campaign_id: stored.id,
    hostname: near.hostname,
    kernel: near.kernel,
    // Of a testbed with one host, and where only one takes part, there is no other.
    far_hostname: far?.inventory.hostname ?? null,
    far_kernel: far?.inventory.kernel ?? null,
    vswbench_version: near.vswbenchVersion,
    case_index: index,
    ...toColumns(CASE, testCase),
    // An empty cell would look like a rate that nobody knows.
    rate_pps: testCase.rate,
    ...toColumns(TRIAL, trial),
    outcome: outcome.outcome,
    failed_step: 'step' in outcome ? outcome.step : null,
    reason: 'reason' in outcome ? outcome.reason : null,
    flags: trial.flags.join(' '),
    ...(measurement === null ? {} : measuredCells(measurement)),
  };
}

function measuredCells(measurement: Measurement): Cells {
  const { noise, steadyOfferedPackets, steadyReceivedPackets } = measurement;
  const cells: Cells = {
    ...toColumns(MEASUREMENT, measurement),
    ...toColumns(CPU_USE, measurement.cpu),
    uplink_foreign_packets: measurement.uplink?.foreignPackets ?? null,
    loss_ratio: steadyOfferedPackets === 0 ? null : 1 - steadyReceivedPackets / steadyOfferedPackets,
    sender_cycles_per_packet: measurement.cyclesPerPacket?.sender ?? null,
    receiver_cycles_per_packet: measurement.cyclesPerPacket?.receiver ?? null,
    sender_instructions_per_packet: measurement.instructionsPerPacket?.sender ?? null,
    receiver_instructions_per_packet: measurement.instructionsPerPacket?.receiver ?? null,
    steal_ratio: noise.stealRatio,
    involuntary_switches_per_s: noise.involuntarySwitchesPerS,
    softirq_cpus: noise.softirqCpus,
    interrupts_per_s: noise.interruptsPerS,
    frequency_mhz: noise.frequencyMhz,
    frequency_change_ratio: noise.frequencyChangeRatio,
    cpu_pressure_ratio: noise.cpuPressureRatio,
    strangers_ratio: noise.strangersRatio,
    quota_cpus: noise.quotaCpus,
    throttled_s: noise.throttledS,
    disturbances: noise.reasons.join('; '),
  };
  for (const [kind, prefix] of Object.entries(LATENCY_PREFIXES)) {
    const latency = new Map(Object.entries(measurement.latencyNs ?? {})).get(kind);
    if (latency === undefined) continue;
    for (const [column, value] of Object.entries(toColumns(LATENCY, latency))) cells[`${prefix}_${column}`] = value;
  }
  return cells;
}

function lineOf(cells: readonly string[]): string {
  return `${cells.join(',')}\r\n`;
}

function cell(value: SQLInputValue): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
