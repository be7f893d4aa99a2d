// SPDX-License-Identifier: Apache-2.0
// Campaigns and trials as rows of PostgreSQL's tables. What is read here is unchecked: the model's schemas are the door.
import type { PlannedCase, StoredCampaign, Trial } from '../../model/result.ts';
import { caseKey } from '../../model/testcase.ts';
import type { TrialParts } from '../store.ts';
import type { ServerRow, Value } from './protocol.ts';
import { packTrial, unpackTrial } from './trial-record.ts';

/** A statement with what it takes. */
export interface Statement {
  sql: string;
  values: Value[];
}

export function insertCampaign({
  id,
  title,
  startedAt,
  endedAt,
  hosts,
  ...rest
}: Omit<StoredCampaign, 'cases'>): Statement {
  return {
    sql: `INSERT INTO vswbench.campaigns (id, started, started_at, ended_at, trials_planned, repeat, title_json, head_json, hosts_json)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [
      ...[id, instantOf(startedAt), startedAt, endedAt, rest.trialsPlanned, rest.repeat, JSON.stringify(title)],
      ...[JSON.stringify(rest), JSON.stringify(hosts)],
    ],
  };
}

/** Changes what a campaign's parts may change; its machines stay. */
export function updateCampaign({
  id,
  title: _,
  startedAt,
  endedAt,
  hosts: __,
  ...rest
}: Omit<StoredCampaign, 'cases'>): Statement {
  return {
    sql: 'UPDATE vswbench.campaigns SET started = $2, started_at = $3, ended_at = $4, head_json = $5 WHERE id = $1',
    values: [id, instantOf(startedAt), startedAt, endedAt, JSON.stringify(rest)],
  };
}

/** Inserts cases of a campaign, whose indexes begin at `first`. */
export function insertCases(id: string, first: number, cases: readonly PlannedCase[]): Statement {
  return {
    sql: `INSERT INTO vswbench.cases (campaign, case_index, case_key, parameters, skipped_json)
      SELECT number, case_index, case_key, parameters, skipped FROM vswbench.campaigns,
        unnest($2::integer[], $3::text[], $4::jsonb[], $5::text[]) AS given (case_index, case_key, parameters, skipped) WHERE id = $1`,
    values: [
      id,
      cases.map((_, index) => first + index),
      cases.map((planned) => caseKey(planned.case)),
      cases.map((planned) => JSON.stringify(planned.case)),
      cases.map(({ skipped }) => JSON.stringify(skipped)),
    ],
  };
}

/** The campaign of a row of HEAD, without its trials. Throws SyntaxError where a text of it is not JSON. */
export function readHead(row: ServerRow): unknown {
  const { id, started_at, ended_at, cases } = row;
  const rest: unknown = JSON.parse(String(row.head_json));
  return {
    ...(typeof rest === 'object' ? rest : {}),
    ...{ id, startedAt: started_at, endedAt: ended_at, title: JSON.parse(String(row.title_json)) },
    hosts: JSON.parse(String(row.hosts_json)),
    cases: Array.isArray(cases)
      ? cases.map(([one, skipped]) => ({ case: one, skipped: JSON.parse(String(skipped)), trials: [] }))
      : [],
  };
}

/** A campaign with its cases in one row; behind it goes which. */
export const HEAD = `SELECT id, started_at, ended_at, title_json, head_json, hosts_json,
    (SELECT json_agg(json_build_array(parameters, skipped_json) ORDER BY case_index) FROM vswbench.cases WHERE campaign = number) AS cases
  FROM vswbench.campaigns`;

/** A trial with the index of its case. */
export interface OfCase {
  caseIndex: number;
  trial: Trial;
}

/** The columns of a trial, with their types. */
const COLUMNS: readonly [name: string, type: string, of: (one: OfCase) => Exclude<Value, readonly unknown[]>][] = [
  ['case_index', 'integer', ({ caseIndex }) => caseIndex],
  ['round', 'integer', ({ trial }) => trial.round],
  ['ordinal', 'integer', ({ trial }) => trial.ordinal],
  ['seed', 'bigint', ({ trial }) => trial.seed],
  ['started', 'timestamptz', ({ trial }) => instantOf(trial.startedAt)],
  ['outcome', 'text', ({ trial }) => trial.outcome.outcome],
  ['disturbed', 'boolean', ({ trial }) => trial.flags.includes('disturbed')],
  ['flags', 'jsonb', ({ trial }) => JSON.stringify(trial.flags)],
  ['duration_s', 'double precision', ({ trial }) => trial.measurement?.durationS ?? null],
  ['throughput_pps', 'double precision', ({ trial }) => trial.measurement?.throughputPps ?? null],
  ['rtt_packets', 'bigint', ({ trial }) => trial.measurement?.latencyNs?.rtt?.count ?? null],
  ['rtt_p50_ns', 'double precision', ({ trial }) => trial.measurement?.latencyNs?.rtt?.p50 ?? null],
  ['rtt_p99_ns', 'double precision', ({ trial }) => trial.measurement?.latencyNs?.rtt?.p99 ?? null],
  ['background_capacity_pps', 'double precision', ({ trial }) => trial.measurement?.background?.capacityPps ?? null],
  ['burst_longest_packets', 'bigint', ({ trial }) => trial.measurement?.burst?.longestPackets ?? null],
  ['churn_json', 'text', ({ trial }) => churnOf(trial)],
];

/** What later rounds of a churn need to know of this one. */
function churnOf({ measurement }: Trial): string | null {
  if (measurement === null || measurement.churn === null) return null;
  const { blockedMs, ratePps, ndrPps } = measurement.churn;
  return JSON.stringify({ blockedMs, ratePps, ndrPps });
}

const NAMES = [...COLUMNS.map(([name]) => name), 'record', 'samples', 'histograms'];
const TYPES = [...COLUMNS.map(([, type]) => type), 'bytea', 'bytea', 'bytea'];

/** Inserts trials of a campaign; what it changes are those. */
export function insertTrials(id: string, trials: readonly OfCase[]): Statement {
  const packed = trials.map(({ trial }) => packTrial(trial));
  const lists = TYPES.map((type, index) => `$${index + 2}::${type}[]`).join(', ');
  const names = NAMES.join(', ');
  return {
    sql: `INSERT INTO vswbench.trials (campaign, ${names})
      SELECT number, given.* FROM vswbench.campaigns, unnest(${lists}) AS given (${names}) WHERE id = $1`,
    values: [
      id,
      ...COLUMNS.map(([, , of]) => trials.map(of)),
      packed.map(({ record }) => record),
      packed.map(({ samples }) => samples),
      packed.map(({ histograms }) => histograms),
    ],
  };
}

/** A page of the trials of a case, behind a round and an ordinal. A repetition comes after what it repeats. */
export function selectTrials(
  id: string,
  caseIndex: number,
  { samples, histograms }: TrialParts,
  behind: readonly [number, number],
  limit: number,
): Statement {
  const parts = `${samples ? 'samples' : 'NULL AS samples'}, ${histograms ? 'histograms' : 'NULL AS histograms'}`;
  return {
    sql: `SELECT round, ordinal, record, ${parts} FROM vswbench.trials
      WHERE campaign = (SELECT number FROM vswbench.campaigns WHERE id = $1) AND case_index = $2 AND (round, ordinal) > ($3, $4)
      ORDER BY round, ordinal LIMIT $5`,
    values: [id, caseIndex, ...behind, limit],
  };
}

export function readTrial({ record, samples, histograms }: ServerRow): unknown {
  return unpackTrial({ record, samples, histograms });
}

export function selectDone(id: string): Statement {
  return {
    sql: `SELECT case_index, round, ordinal, seed, flags, outcome, duration_s, throughput_pps, rtt_packets, rtt_p50_ns, background_capacity_pps,
        burst_longest_packets, churn_json
      FROM vswbench.trials WHERE campaign = (SELECT number FROM vswbench.campaigns WHERE id = $1) ORDER BY case_index, round, ordinal`,
    values: [id],
  };
}

/** Of a trial what decides which are still to be run, with the index of its case. */
export function readDoneRow(row: ServerRow): { caseIndex: unknown; trial: unknown } {
  const { round, ordinal, seed, flags, outcome } = row;
  const capacityPps = row.background_capacity_pps;
  const longestPackets = row.burst_longest_packets;
  const measurement = {
    throughputPps: row.throughput_pps,
    ...(row.rtt_packets === null ? {} : { latencyNs: { rtt: { p50: row.rtt_p50_ns } } }),
    background: capacityPps === null ? null : { capacityPps },
    burst: longestPackets === null ? null : { longestPackets },
    churn: row.churn_json === null ? null : JSON.parse(String(row.churn_json)),
  };
  const trial = {
    round,
    ordinal,
    seed,
    flags,
    outcome: { outcome },
    measurement: row.duration_s === null ? null : measurement,
  };
  return { caseIndex: row.case_index, trial };
}

/** What PostgreSQL takes as an instant; null for another text. */
function instantOf(text: string): string | null {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}
