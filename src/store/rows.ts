// SPDX-License-Identifier: Apache-2.0
// Campaigns and trials as rows of the tables. What is read here is unchecked: the model's schemas are the door.
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { PARAMETERS, type ParameterKey } from '../model/parameters.ts';
import type { PlannedCase, StoredCampaign, Trial } from '../model/result.ts';
import type { SearchLoad } from '../model/search.ts';
import { caseKey } from '../model/testcase.ts';
import {
  CAMPAIGN,
  CPU_USE,
  caseFromColumns,
  caseToColumns,
  fromColumns,
  HISTOGRAM,
  HOST,
  INVENTORY,
  LATENCY,
  MEASUREMENT,
  PAIR_RESULT,
  type Row,
  SAMPLE,
  TRIAL,
  toColumns,
} from './columns.ts';
import type { TrialParts } from './store.ts';

type Parameters = Record<string, SQLInputValue>;

/** The statements of an open file; each is compiled once. */
export class Rows {
  private readonly db: DatabaseSync;
  private readonly statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.db = db;
  }

  all(sql: string, parameters: Parameters = {}): Row[] {
    return this.statement(sql).all(parameters);
  }

  /** One row after the other, for as long as they are asked for. */
  each(sql: string, parameters: Parameters = {}): ReturnType<StatementSync['iterate']> {
    // Not one of the kept statements: two may be under way at once. And no generator around it, which takes longer than the row.
    return this.db.prepare(sql).iterate(parameters);
  }

  /** Runs a statement that changes something; returns of how many rows. */
  run(sql: string, parameters: Parameters): number {
    return Number(this.statement(sql).run(parameters).changes);
  }

  /** Inserts a row, and returns its number. */
  insert(table: string, row: Record<string, SQLInputValue>): number | bigint {
    const columns = Object.keys(row);
    const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
    return this.statement(sql).run(...Object.values(row)).lastInsertRowid;
  }

  private statement(sql: string): StatementSync {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.db.prepare(sql);
    this.statements.set(sql, statement);
    return statement;
  }
}

export function insertCampaign(
  rows: Rows,
  { hosts, ...head }: Omit<StoredCampaign, 'cases'>,
  cases: readonly PlannedCase[],
): void {
  rows.insert('campaigns', toColumns(CAMPAIGN, head));
  for (const [position, host] of hosts.entries()) {
    rows.insert('hosts', {
      campaign_id: head.id,
      position,
      ...toColumns(HOST, host),
      ...toColumns(INVENTORY, host.inventory),
    });
  }
  for (const [index, planned] of cases.entries()) {
    rows.insert('cases', {
      campaign_id: head.id,
      case_index: index,
      case_key: caseKey(planned.case),
      skipped_reason: planned.skipped,
      ...caseToColumns(planned.case),
    });
  }
}

/** Inserts a trial. Of a search that was measured it has all that was kept beside; of one that was not, that stays where it is. */
export function insertTrial(rows: Rows, campaignId: string, caseIndex: number, trial: Trial): void {
  const { outcome, measurement } = trial;
  if (measurement?.search) deleteLoads(rows, campaignId, caseIndex, trial.ordinal);
  const trialId = rows.insert('trials', {
    campaign_id: campaignId,
    case_index: caseIndex,
    outcome: outcome.outcome,
    failed_step: 'step' in outcome ? outcome.step : null,
    reason: 'reason' in outcome ? outcome.reason : null,
    ...toColumns(TRIAL, trial),
    ...(measurement === null ? {} : { ...toColumns(MEASUREMENT, measurement), ...toColumns(CPU_USE, measurement.cpu) }),
  });
  for (const [name, histogram] of Object.entries(trial.histograms)) {
    rows.insert('histograms', { trial_id: trialId, name, ...toColumns(HISTOGRAM, histogram) });
  }
  if (measurement === null) return;
  for (const [kind, latency] of Object.entries(measurement.latencyNs ?? {})) {
    if (latency !== undefined) rows.insert('latencies', { trial_id: trialId, kind, ...toColumns(LATENCY, latency) });
  }
  for (const [position, pair] of measurement.pairs.entries()) {
    rows.insert('pair_results', { trial_id: trialId, position, ...toColumns(PAIR_RESULT, pair) });
  }
  for (const [position, sample] of measurement.samples.entries()) {
    rows.insert('samples', { trial_id: trialId, position, ...toColumns(SAMPLE, sample) });
  }
}

/** The campaign of a row, without its trials. */
export function readCampaign(rows: Rows, head: Row): unknown {
  const id = head.id ?? null;
  return {
    ...fromColumns(CAMPAIGN, head),
    hosts: readHosts(rows, id),
    cases: rows.all('SELECT * FROM cases WHERE campaign_id = :id ORDER BY case_index', { id }).map((row) => ({
      case: caseFromColumns(row),
      skipped: row.skipped_reason,
      trials: [],
    })),
  };
}

/** The values that the cases of a campaign have of a parameter. */
export function readValues(rows: Rows, id: string, key: ParameterKey): unknown[] {
  const { column, beside } = PARAMETERS[key];
  const stored = beside?.stored === true ? beside.name : null;
  const sql = `SELECT DISTINCT ${column.name}${stored === null ? '' : `, ${stored}`} FROM cases WHERE campaign_id = :id`;
  return rows.all(sql, { id }).map((row) => column.back(row[column.name], stored === null ? undefined : row[stored]));
}

export function readHosts(rows: Rows, id: SQLOutputValue): unknown[] {
  return rows.all('SELECT * FROM hosts WHERE campaign_id = :id ORDER BY position', { id }).map((row) => ({
    ...fromColumns(HOST, row),
    inventory: fromColumns(INVENTORY, row),
  }));
}

/** The trials of a case in the order of the rounds, a repetition after what it repeats. What is not among `parts` is empty. */
export function* readTrials(rows: Rows, id: string, caseIndex: number, parts: TrialParts): Generator<unknown, void> {
  const ofCase = { id, caseIndex };
  const walk = (table: string, order: string) => new Parts(rows, table, order, ofCase);
  const all = {
    pairs: walk('pair_results', 'position'),
    latencies: walk('latencies', 'kind'),
    samples: parts.samples ? walk('samples', 'position') : null,
    histograms: parts.histograms ? walk('histograms', 'name') : null,
  };
  try {
    const sql = `SELECT * FROM trials WHERE campaign_id = :id AND case_index = :caseIndex ORDER BY ${TRIAL_ORDER}`;
    for (const row of rows.each(sql, ofCase)) yield toTrial(row, all);
  } finally {
    for (const part of Object.values(all)) part?.close();
  }
}

const TRIAL_ORDER = 'round, trial_id';

/** The rows of a table that hang on the trials of a case: gone through once, alongside the trials themselves. */
class Parts {
  private readonly rows: ReturnType<StatementSync['iterate']>;
  private next: Row | null;

  constructor(rows: Rows, table: string, order: string, ofCase: Parameters) {
    this.rows = rows.each(
      `SELECT part.* FROM trials JOIN ${table} AS part ON part.trial_id = trials.trial_id
       WHERE campaign_id = :id AND case_index = :caseIndex ORDER BY round, trials.trial_id, ${order}`,
      ofCase,
    );
    this.next = this.rows.next().value ?? null;
  }

  /** Those of the next trial in order. */
  of(trialId: SQLOutputValue | undefined): Row[] {
    const found: Row[] = [];
    while (this.next !== null && this.next.trial_id === trialId) {
      found.push(this.next);
      this.next = this.rows.next().value ?? null;
    }
    return found;
  }

  close(): void {
    this.rows.return?.();
  }
}

interface AllParts {
  pairs: Parts;
  latencies: Parts;
  samples: Parts | null;
  histograms: Parts | null;
}

function toTrial(row: Row, parts: AllParts): unknown {
  const histograms = parts.histograms?.of(row.trial_id) ?? [];
  const measurement = toMeasurement(row, parts);
  return {
    ...fromColumns(TRIAL, row),
    outcome: {
      outcome: row.outcome,
      ...(row.failed_step === null ? {} : { step: row.failed_step }),
      ...(row.reason === null ? {} : { reason: row.reason }),
    },
    measurement: row.duration_s === null ? null : measurement,
    histograms: Object.fromEntries(
      histograms.map((histogram) => [histogram.name, { unit: 'ns', ...fromColumns(HISTOGRAM, histogram) }]),
    ),
  };
}

function toMeasurement(row: Row, parts: AllParts): unknown {
  const latencies = parts.latencies.of(row.trial_id);
  const latencyNs = Object.fromEntries(latencies.map((latency) => [latency.kind, fromColumns(LATENCY, latency)]));
  const samples = parts.samples?.of(row.trial_id) ?? [];
  return {
    ...fromColumns(MEASUREMENT, row),
    // No latency at all and none of any kind are the same.
    ...(latencies.length === 0 ? {} : { latencyNs }),
    cpu: fromColumns(CPU_USE, row),
    pairs: parts.pairs.of(row.trial_id).map((pair) => fromColumns(PAIR_RESULT, pair)),
    samples: samples.map((sample) => fromColumns(SAMPLE, sample)),
  };
}

/** Of each trial of a campaign what decides which are still to be run, with the index of its case. */
export function* readDone(rows: Rows, id: string): Generator<{ caseIndex: unknown; trial: unknown }, void> {
  const sql = `SELECT case_index, round, ordinal, seed, flags_json, outcome, duration_s, throughput_pps, kind, p50_ns,
      json_extract(background_json, '$.capacityPps') AS capacity_pps, json_extract(burst_json, '$.longestPackets') AS longest_packets,
      json_extract(churn_json, '$.blockedMs') AS blocked_ms, json_extract(churn_json, '$.ratePps') AS churn_pps, json_extract(churn_json, '$.ndrPps') AS ndr_pps
    FROM trials LEFT JOIN latencies ON latencies.trial_id = trials.trial_id AND kind = 'rtt'
    WHERE campaign_id = :id ORDER BY trials.trial_id`;
  for (const row of rows.each(sql, { id })) {
    const { round, ordinal, seed, outcome } = row;
    const latency = row.kind === null ? {} : { latencyNs: { rtt: { p50: row.p50_ns } } };
    const background = row.capacity_pps === null ? null : { capacityPps: row.capacity_pps };
    const burst = row.longest_packets === null ? null : { longestPackets: row.longest_packets };
    const churn =
      row.blocked_ms === null ? null : { blockedMs: row.blocked_ms, ratePps: row.churn_pps, ndrPps: row.ndr_pps };
    const measurement =
      row.duration_s === null ? null : { throughputPps: row.throughput_pps, ...latency, background, burst, churn };
    const trial = { round, ordinal, seed, flags: TRIAL.flags.read(row.flags_json), outcome: { outcome }, measurement };
    yield { caseIndex: row.case_index, trial };
  }
}

/** The histograms of a name that the trials of a case recorded. */
export function* readHistograms(
  rows: Rows,
  id: string,
  caseIndex: number,
  name: string,
): Generator<{ ordinal: unknown; histogram: unknown }, void> {
  const sql = `SELECT ordinal, histograms.* FROM trials JOIN histograms USING (trial_id)
    WHERE campaign_id = :id AND case_index = :caseIndex AND name = :name ORDER BY ${TRIAL_ORDER}`;
  for (const row of rows.each(sql, { id, caseIndex, name })) {
    yield { ordinal: row.ordinal, histogram: { unit: 'ns', ...fromColumns(HISTOGRAM, row) } };
  }
}

/** A trial of a search that is not over, behind those that there are. */
export function insertLoad(rows: Rows, id: string, caseIndex: number, ordinal: number, load: SearchLoad): void {
  rows.run(
    `INSERT INTO search_loads (campaign_id, case_index, ordinal, position, load_json)
     SELECT :id, :caseIndex, :ordinal, count(*), :load FROM search_loads
     WHERE campaign_id = :id AND case_index = :caseIndex AND ordinal = :ordinal`,
    { id, caseIndex, ordinal, load: JSON.stringify(load) },
  );
}

export function readLoads(rows: Rows, id: string, caseIndex: number, ordinal: number): unknown[] {
  const sql = `SELECT load_json FROM search_loads
    WHERE campaign_id = :id AND case_index = :caseIndex AND ordinal = :ordinal ORDER BY position`;
  return rows.all(sql, { id, caseIndex, ordinal }).map(({ load_json }) => JSON.parse(String(load_json)));
}

/** Every trial of the searches of a campaign that were cut short, in their order. */
export function readSearches(rows: Rows, id: string): { caseIndex: unknown; ordinal: unknown; load: unknown }[] {
  const sql = 'SELECT * FROM search_loads WHERE campaign_id = :id ORDER BY case_index, ordinal, position';
  return rows.all(sql, { id }).map(({ case_index, ordinal, load_json }) => ({
    ...{ caseIndex: case_index, ordinal, load: JSON.parse(String(load_json)) },
  }));
}

function deleteLoads(rows: Rows, id: string, caseIndex: number, ordinal: number): void {
  rows.run('DELETE FROM search_loads WHERE campaign_id = :id AND case_index = :caseIndex AND ordinal = :ordinal', {
    ...{ id, caseIndex, ordinal },
  });
}
