// SPDX-License-Identifier: Apache-2.0
// Which field of the model is which column: one list for writing, for reading and for the export, so that a figure has
// one name in SQL and CSV.
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { Histogram } from '../model/dataplane.ts';
import type { Inventory } from '../model/inventory.ts';
import { PARAMETER_KEYS, PARAMETERS, type ParameterKey } from '../model/parameters.ts';
import type { CpuUse, LatencySummary, Measurement, Sample, StoredCampaign, Trial } from '../model/result.ts';
import type { HostRecord } from '../model/testbed.ts';
import type { TestCase } from '../model/testcase.ts';

/** A column, and how a field gets into it and out again. What is read is not believed: the model's schemas check it. */
interface Column {
  column: string;
  write(value: unknown): SQLInputValue;
  read(value: SQLOutputValue | undefined): unknown;
}

/** A column for each of some fields of T. */
type Columns<T, Fields extends keyof T = keyof T> = Readonly<Record<Fields, Column>>;

export type Row = Record<string, SQLOutputValue>;

function plain(column: string): Column {
  return {
    column,
    write(value) {
      if (value === null || typeof value === 'number' || typeof value === 'string') return value;
      throw new TypeError(`column ${column} cannot hold a ${typeof value}`);
    },
    read: (value) => value,
  };
}

/** Of records from before there was such a field there were none. */
function orNone(column: string): Column {
  return { ...plain(column), read: (value) => value ?? 0 };
}

function json(column: string): Column {
  return {
    column,
    write: (value) => JSON.stringify(value),
    read(value): unknown {
      return typeof value === 'string' ? JSON.parse(value) : undefined;
    },
  };
}

function truth(column: string): Column {
  return {
    column,
    write: (value) => (value === true ? 1 : 0),
    read: (value) => (value === 1 ? true : value === 0 ? false : undefined),
  };
}

export const CAMPAIGN: Columns<StoredCampaign, Exclude<keyof StoredCampaign, 'hosts' | 'cases'>> = {
  id: plain('id'),
  title: plain('title'),
  startedAt: plain('started_at'),
  endedAt: plain('ended_at'),
  seed: plain('seed'),
  warmupMs: plain('warmup_ms'),
  warmupAuto: truth('warmup_auto'),
  durationMs: plain('duration_ms'),
  trialsPlanned: plain('trials_planned'),
  precision: json('precision_json'),
  search: json('search_json'),
  repeat: plain('repeat'),
  reuse: truth('reuse'),
  shards: json('shards_json'),
  fcs: truth('fcs'),
  tune: json('tune_json'),
  hostNetwork: truth('host_network'),
  ioTitles: json('io_titles_json'),
  ioWholeFrames: json('io_whole_frames_json'),
  switchTitles: json('switch_titles_json'),
};

export const HOST: Columns<HostRecord, Exclude<keyof HostRecord, 'inventory'>> = {
  testbed: plain('testbed'),
  role: plain('role'),
  name: plain('name'),
  uplink: json('uplink_json'),
  tuning: json('tuning_json'),
  leftBehind: json('left_behind_json'),
};

export const INVENTORY: Columns<Inventory> = {
  hostname: plain('hostname'),
  recordedAt: plain('recorded_at'),
  vswbenchVersion: plain('vswbench_version'),
  vswbenchCommit: plain('vswbench_commit'),
  os: plain('os'),
  kernel: plain('kernel'),
  kernelCommandLine: plain('kernel_command_line'),
  architecture: plain('architecture'),
  virtualization: plain('virtualization'),
  cpuModel: plain('cpu_model'),
  microcode: plain('microcode'),
  cpus: json('cpus_json'),
  topology: json('topology_json'),
  memoryBytes: plain('memory_bytes'),
  clocksource: plain('clocksource'),
  invariantTsc: truth('invariant_tsc'),
  clockErrorNs: plain('clock_error_ns'),
  mitigations: json('mitigations_json'),
  knobs: json('knobs_json'),
  versions: json('versions_json'),
  loadAverage: plain('load_average'),
  foreign: json('foreign_json'),
};

/** The columns that hold a test case. */
export function caseToColumns(testCase: TestCase): Record<string, SQLInputValue> {
  return Object.fromEntries(PARAMETER_KEYS.flatMap((key) => parameterToColumns(key, testCase)));
}

function parameterToColumns<Key extends ParameterKey>(key: Key, testCase: TestCase): [string, SQLInputValue][] {
  const { column, beside } = PARAMETERS[key];
  const value = testCase[key];
  return [
    [column.name, column.of(value)],
    ...(beside?.stored === true ? [[beside.name, beside.of(value)] satisfies [string, SQLInputValue]] : []),
  ];
}

/** The test case of a row, unchecked. */
export function caseFromColumns(row: Row): Record<string, unknown> {
  return Object.fromEntries(
    PARAMETER_KEYS.map((key) => {
      const { column, beside } = PARAMETERS[key];
      return [key, column.back(row[column.name], beside === undefined ? undefined : row[beside.name])];
    }),
  );
}

export const TRIAL: Columns<Trial, Exclude<keyof Trial, 'outcome' | 'measurement' | 'histograms'>> = {
  round: plain('round'),
  ordinal: plain('ordinal'),
  seed: plain('seed'),
  startedAt: plain('started_at'),
  wallS: plain('wall_s'),
  overheadS: plain('overhead_s'),
  hostnames: json('hostnames_json'),
  flags: json('flags_json'),
  placement: json('placement_json'),
};

type MeasurementRest = 'latencyNs' | 'cpu' | 'pairs' | 'samples';
export const MEASUREMENT: Columns<Measurement, Exclude<keyof Measurement, MeasurementRest>> = {
  durationS: plain('duration_s'),
  warmupS: plain('warmup_s'),
  intendedPackets: plain('intended_packets'),
  offeredPackets: plain('offered_packets'),
  receivedPackets: plain('received_packets'),
  lostPackets: plain('lost_packets'),
  duplicatedPackets: plain('duplicated_packets'),
  reorderedPackets: plain('reordered_packets'),
  corruptedPackets: plain('corrupted_packets'),
  unidentifiedPackets: orNone('unidentified_packets'),
  latePackets: orNone('late_packets'),
  foreignPackets: orNone('foreign_packets'),
  steadyOfferedPackets: plain('steady_offered_packets'),
  steadyReceivedPackets: plain('steady_received_packets'),
  steadyCorruptedPackets: orNone('steady_corrupted_packets'),
  steadyGivenUpPackets: orNone('steady_given_up_packets'),
  throughputPps: plain('throughput_pps'),
  rawPps: plain('raw_pps'),
  throughputBps: plain('throughput_bps'),
  offeredPps: plain('offered_pps'),
  receivePath: plain('receive_path'),
  rxModerated: { ...truth('rx_moderated'), write: (value) => (value === null ? null : Number(value)) },
  minorFaults: plain('minor_faults'),
  clockDriftPpm: plain('clock_drift_ppm'),
  cyclesPerPacket: json('cycles_per_packet_json'),
  instructionsPerPacket: json('instructions_per_packet_json'),
  noise: json('noise_json'),
  flows: json('flows_json'),
  ways: json('ways_json'),
  sizes: json('sizes_json'),
  ledgers: json('ledgers_json'),
  background: json('background_json'),
  uplink: json('uplink_json'),
  served: json('served_json'),
  switchFigures: json('switch_figures_json'),
  caches: json('caches_json'),
  search: json('search_json'),
  trains: json('trains_json'),
  burst: json('burst_json'),
  churn: json('churn_json'),
};

export const CPU_USE: Columns<CpuUse> = {
  sender: plain('sender_cpus'),
  receiver: plain('receiver_cpus'),
  switch: plain('switch_cpus'),
  total: plain('total_cpus'),
};

export const PAIR_RESULT: Columns<Measurement['pairs'][number]> = {
  pair: plain('pair'),
  throughputPps: plain('throughput_pps'),
  offeredPackets: plain('offered_packets'),
  receivedPackets: plain('received_packets'),
  lostPackets: plain('lost_packets'),
  ways: json('ways_json'),
};

export const LATENCY: Columns<LatencySummary> = {
  count: plain('packets'),
  mean: plain('mean_ns'),
  min: plain('min_ns'),
  p50: plain('p50_ns'),
  p90: plain('p90_ns'),
  p99: plain('p99_ns'),
  p999: plain('p999_ns'),
  p9999: plain('p9999_ns'),
  max: plain('max_ns'),
  censoredCount: plain('censored_packets'),
  censoredAtLeastNs: plain('censored_at_least_ns'),
};

export const HISTOGRAM: Columns<Histogram, Exclude<keyof Histogram, 'unit'>> = {
  count: plain('packets'),
  min: plain('min_ns'),
  max: plain('max_ns'),
  mean: plain('mean_ns'),
  sum_squares: plain('sum_squares_ns2'),
  p50: plain('p50_ns'),
  p90: plain('p90_ns'),
  p99: plain('p99_ns'),
  p999: plain('p999_ns'),
  p9999: plain('p9999_ns'),
  censored: plain('censored_packets'),
  censored_at_least: plain('censored_at_least_ns'),
  buckets: json('buckets_json'),
};

export const SAMPLE: Columns<Sample> = {
  tS: plain('time_s'),
  offeredPackets: plain('offered_packets'),
  receivedPackets: plain('received_packets'),
  steady: truth('steady'),
};

/** The columns that hold these fields of an object. */
export function toColumns<Fields extends PropertyKey>(
  columns: Readonly<Record<Fields, Column>>,
  object: Readonly<Record<NoInfer<Fields>, unknown>>,
): Record<string, SQLInputValue> {
  const values = new Map<string, unknown>(Object.entries(object));
  return Object.fromEntries(
    Object.entries<Column>(columns).map(([field, { column, write }]) => [column, write(values.get(field))]),
  );
}

/** The object whose fields these columns hold, unchecked. Throws SyntaxError where a text is not JSON. */
export function fromColumns(columns: Readonly<Record<string, Column>>, row: Row): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const { field, column, read } of listOf(columns)) object[field] = read(row[column]);
  return object;
}

const lists = new WeakMap<object, { field: string; column: string; read: Column['read'] }[]>();

/** A list of columns as it is gone through for each of very many rows. */
function listOf(columns: Readonly<Record<string, Column>>): { field: string; column: string; read: Column['read'] }[] {
  const known = lists.get(columns);
  if (known !== undefined) return known;
  const list = Object.entries(columns).map(([field, { column, read }]) => ({ field, column, read }));
  lists.set(columns, list);
  return list;
}
