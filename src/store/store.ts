// SPDX-License-Identifier: Apache-2.0
// The results database: one SQLite file, written after every trial, so that a campaign that is killed at any point loses
// none that was saved. What the tables mean is in schema.ts.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { type CampaignRow, CampaignRowSchema } from '../model/campaign-row.ts';
import {
  type PlannedCase,
  type StoredCampaign,
  StoredCampaignSchema,
  type Trial,
  TrialSchema,
} from '../model/result.ts';
import { caseKey } from '../model/testcase.ts';
import {
  CAMPAIGN,
  CASE,
  CPU_USE,
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
import { damaged, explain, foreign, isBusy, isUnwritable, newer, readOnly, StoreError, unreachable } from './errors.ts';
import { APPLICATION_ID, MIGRATIONS, migrate, readHeader, rollBack } from './schema.ts';

export { StoreError };

/** A campaign before its first trial. */
export type NewCampaign = Omit<StoredCampaign, 'cases'> & { cases: readonly PlannedCase[] };

const RemainingSchema = z.array(z.strictObject({ round: z.int().nonnegative(), caseIndex: z.int().nonnegative() }));

const REPORT_BUG = 'this is a bug of vswbench; please report it';

/** Another process that writes is done in milliseconds, but a slow disk or a backup may hold it up. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * An id that sorts by time and can be said aloud, such as `20261122-2359-a3f` (UTC). `random` is a whole number from 0
 * to 4095; it tells campaigns of the same minute apart.
 */
export function newCampaignId(startedAt: Date, random: number): string {
  const [date = '', time = ''] = startedAt.toISOString().split('T');
  const clock = time.slice(0, 5).replace(':', '');
  return `${date.replaceAll('-', '')}-${clock}-${random.toString(16).padStart(3, '0')}`;
}

/**
 * Opens a results file; makes it where there is none. A file that cannot be written is opened for reading. Throws
 * StoreError where it cannot be opened, or is not one that this version understands. `busyTimeoutMs` is how long to wait
 * for another process that is just writing.
 */
export function openStore(path: string, busyTimeoutMs: number = BUSY_TIMEOUT_MS): Store {
  try {
    const { db, writable } = openDatabase(path, busyTimeoutMs);
    try {
      prepare(path, db, writable);
    } catch (error) {
      db.close();
      throw error;
    }
    return new Store(path, db, writable);
  } catch (error) {
    throw explain(path, error);
  }
}

/** A results file that is open. All methods throw StoreError. */
export class Store {
  private readonly path: string;
  private readonly db: DatabaseSync;
  private readonly writable: boolean;

  /** Use openStore. */
  constructor(path: string, db: DatabaseSync, writable: boolean) {
    this.path = path;
    this.db = db;
    this.writable = writable;
  }

  /** Records a campaign that begins. */
  createCampaign(campaign: NewCampaign): void {
    const { cases, ...head } = campaign;
    const whole = { ...head, cases: cases.map((planned) => ({ ...planned, trials: [] })) };
    const { hosts, ...checked } = this.check(StoredCampaignSchema, whole, `campaign ${campaign.id}`);
    this.write(() => {
      this.insert('campaigns', toColumns(CAMPAIGN, checked));
      for (const [position, host] of hosts.entries()) {
        this.insert('hosts', {
          campaign_id: checked.id,
          position,
          ...toColumns(HOST, host),
          ...toColumns(INVENTORY, host.inventory),
        });
      }
      for (const [index, planned] of checked.cases.entries()) {
        this.insert('cases', {
          campaign_id: checked.id,
          case_index: index,
          case_key: caseKey(planned.case),
          skipped_reason: planned.skipped,
          ...toColumns(CASE, planned.case),
        });
      }
    });
  }

  /** Records a trial; once this returns, it survives whatever happens to the process or the machine. */
  saveTrial(campaignId: string, caseIndex: number, trial: Trial): void {
    const checked = this.check(TrialSchema, trial, `trial ${trial.ordinal} of campaign ${campaignId}`);
    this.write(() => {
      this.requireCase(campaignId, caseIndex);
      this.insertTrial(campaignId, caseIndex, checked);
    });
  }

  /** Records when a campaign ended. */
  endCampaign(campaignId: string, endedAt: string): void {
    this.write(() => {
      const set = this.db.prepare('UPDATE campaigns SET ended_at = ? WHERE id = ?').run(endedAt, campaignId);
      if (Number(set.changes) === 0) throw this.unknown(campaignId);
    });
  }

  /** A campaign with all its trials in the order in which they were saved; null where there is none. */
  load(id: string | 'latest' = 'latest'): StoredCampaign | null {
    return this.read(() => {
      const [head] =
        id === 'latest'
          ? this.all('SELECT * FROM campaigns ORDER BY rowid DESC LIMIT 1')
          : this.all('SELECT * FROM campaigns WHERE id = :id', { id });
      return head === undefined ? null : this.checkRead(StoredCampaignSchema, this.assemble(head));
    });
  }

  /** Every campaign, the latest last. */
  list(): CampaignRow[] {
    return this.read(() =>
      this.checkRead(
        z.array(CampaignRowSchema),
        this.all(`
          SELECT id, title, started_at AS startedAt, ended_at AS endedAt,
            (SELECT count(*) FROM cases WHERE campaign_id = id) AS cases,
            (SELECT count(*) FROM (SELECT DISTINCT case_index, round FROM trials WHERE campaign_id = id)) AS trialsDone,
            (SELECT count(*) FROM cases WHERE campaign_id = id AND skipped_reason IS NULL) * trials_planned AS trialsPlanned
          FROM campaigns ORDER BY rowid`),
      ),
    );
  }

  /** The planned trials that a campaign still lacks, by round and test case. */
  remainingOf(id: string): { round: number; caseIndex: number }[] {
    return this.read(() => {
      if (this.all('SELECT id FROM campaigns WHERE id = :id', { id }).length === 0) throw this.unknown(id);
      return this.checkRead(
        RemainingSchema,
        this.all(
          `WITH RECURSIVE rounds (round) AS (
             SELECT 0 UNION ALL
             SELECT round + 1 FROM rounds WHERE round + 1 < (SELECT trials_planned FROM campaigns WHERE id = :id)
           )
           SELECT round, case_index AS caseIndex FROM rounds CROSS JOIN cases
           WHERE campaign_id = :id AND skipped_reason IS NULL
             AND round < (SELECT trials_planned FROM campaigns WHERE id = :id)
             AND NOT EXISTS (
               SELECT 1 FROM trials
               WHERE trials.campaign_id = :id AND trials.case_index = cases.case_index AND trials.round = rounds.round)
           ORDER BY round, case_index`,
          { id },
        ),
      );
    });
  }

  /** Ends the use of the file; the last to close it leaves one file that can be copied. */
  close(): void {
    if (this.db.isOpen) this.db.close();
  }

  private insertTrial(campaignId: string, caseIndex: number, trial: Trial): void {
    const { outcome, measurement } = trial;
    const trialId = this.insert('trials', {
      campaign_id: campaignId,
      case_index: caseIndex,
      outcome: outcome.outcome,
      failed_step: 'step' in outcome ? outcome.step : null,
      reason: 'reason' in outcome ? outcome.reason : null,
      ...toColumns(TRIAL, trial),
      ...(measurement === null
        ? {}
        : { ...toColumns(MEASUREMENT, measurement), ...toColumns(CPU_USE, measurement.cpu) }),
    });
    for (const [name, histogram] of Object.entries(trial.histograms)) {
      this.insert('histograms', { trial_id: trialId, name, ...toColumns(HISTOGRAM, histogram) });
    }
    if (measurement === null) return;
    for (const [kind, latency] of Object.entries(measurement.latencyNs ?? {})) {
      if (latency !== undefined) this.insert('latencies', { trial_id: trialId, kind, ...toColumns(LATENCY, latency) });
    }
    for (const [position, pair] of measurement.pairs.entries()) {
      this.insert('pair_results', { trial_id: trialId, position, ...toColumns(PAIR_RESULT, pair) });
    }
    for (const [position, sample] of measurement.samples.entries()) {
      this.insert('samples', { trial_id: trialId, position, ...toColumns(SAMPLE, sample) });
    }
  }

  /** Inserts a row, and returns its number. */
  private insert(table: string, row: Record<string, SQLInputValue>): number | bigint {
    const columns = Object.keys(row);
    const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
    return this.db.prepare(sql).run(...Object.values(row)).lastInsertRowid;
  }

  private all(sql: string, parameters: Record<string, SQLInputValue> = {}): Row[] {
    return this.db.prepare(sql).all(parameters);
  }

  private requireCase(id: string, index: number): void {
    const parameters = { id, index };
    const sql = 'SELECT case_index FROM cases WHERE campaign_id = :id AND case_index = :index';
    if (this.all(sql, parameters).length > 0) return;
    if (this.all('SELECT id FROM campaigns WHERE id = :id', { id }).length === 0) throw this.unknown(id);
    throw new StoreError('refused', `campaign ${id} has no test case ${index}`, REPORT_BUG);
  }

  private unknown(id: string): StoreError {
    return new StoreError(
      'unknown-campaign',
      `${this.path} has no campaign ${id}`,
      "'vswbench list' shows those it has",
    );
  }

  /** The campaign of a row, unchecked. */
  private assemble(head: Row): unknown {
    const id = head.id ?? null;
    const trials = this.all('SELECT * FROM trials WHERE campaign_id = :id ORDER BY trial_id', { id });
    const parts = this.partsOf(id);
    const byCase = Map.groupBy(trials, (trial) => trial.case_index);
    return {
      ...fromColumns(CAMPAIGN, head),
      hosts: this.all('SELECT * FROM hosts WHERE campaign_id = :id ORDER BY position', { id }).map((row) => ({
        ...fromColumns(HOST, row),
        inventory: fromColumns(INVENTORY, row),
      })),
      cases: this.all('SELECT * FROM cases WHERE campaign_id = :id ORDER BY case_index', { id }).map((row) => ({
        case: fromColumns(CASE, row),
        skipped: row.skipped_reason,
        trials: (byCase.get(row.case_index) ?? []).map((trial) => toTrial(trial, parts)),
      })),
    };
  }

  private partsOf(id: SQLOutputValue): Parts {
    const group = (table: string, order: string) =>
      Map.groupBy(
        this.all(
          `SELECT part.* FROM ${table} AS part JOIN trials USING (trial_id) WHERE campaign_id = :id ORDER BY ${order}`,
          { id },
        ),
        (row) => row.trial_id,
      );
    return {
      pairs: group('pair_results', 'trial_id, position'),
      samples: group('samples', 'trial_id, position'),
      latencies: group('latencies', 'trial_id, kind'),
      histograms: group('histograms', 'trial_id, name'),
    };
  }

  /** All or nothing, and on the disk when it returns. */
  private write(change: () => void): void {
    if (!this.writable) throw readOnly(this.path);
    try {
      this.db.exec('BEGIN IMMEDIATE');
      change();
      this.db.exec('COMMIT');
    } catch (error) {
      rollBack(this.db);
      throw explain(this.path, error);
    }
  }

  /** Sees one state of the file, whatever another process writes meanwhile. */
  private read<T>(query: () => T): T {
    try {
      this.db.exec('BEGIN');
      return query();
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof RangeError) throw damaged(this.path, error.message, error);
      throw explain(this.path, error);
    } finally {
      rollBack(this.db);
    }
  }

  /** Nothing is written that could not be read back. */
  private check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new StoreError('refused', `${what} cannot be recorded (${firstIssue(parsed.error)})`, REPORT_BUG);
  }

  private checkRead<T>(schema: z.ZodType<T>, value: unknown): T {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw damaged(this.path, firstIssue(parsed.error), parsed.error);
  }
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? error.message : `${issue.path.map(String).join('.')}: ${issue.message}`;
}

/** Rows of the tables that hang on trials, by trial. */
interface Parts {
  pairs: Map<SQLOutputValue | undefined, Row[]>;
  samples: Map<SQLOutputValue | undefined, Row[]>;
  latencies: Map<SQLOutputValue | undefined, Row[]>;
  histograms: Map<SQLOutputValue | undefined, Row[]>;
}

/** The trial of a row, unchecked. */
function toTrial(row: Row, parts: Parts): unknown {
  const histograms = parts.histograms.get(row.trial_id) ?? [];
  return {
    ...fromColumns(TRIAL, row),
    outcome: {
      outcome: row.outcome,
      ...(row.failed_step === null ? {} : { step: row.failed_step }),
      ...(row.reason === null ? {} : { reason: row.reason }),
    },
    measurement: row.duration_s === null ? null : toMeasurement(row, parts),
    histograms: Object.fromEntries(
      histograms.map((histogram) => [histogram.name, { unit: 'ns', ...fromColumns(HISTOGRAM, histogram) }]),
    ),
  };
}

function toMeasurement(row: Row, parts: Parts): unknown {
  const latencies = parts.latencies.get(row.trial_id) ?? [];
  const latencyNs = Object.fromEntries(latencies.map((latency) => [latency.kind, fromColumns(LATENCY, latency)]));
  return {
    ...fromColumns(MEASUREMENT, row),
    // No latency at all and none of any kind are the same.
    ...(latencies.length === 0 ? {} : { latencyNs }),
    cpu: fromColumns(CPU_USE, row),
    pairs: (parts.pairs.get(row.trial_id) ?? []).map((pair) => fromColumns(PAIR_RESULT, pair)),
    samples: (parts.samples.get(row.trial_id) ?? []).map((sample) => fromColumns(SAMPLE, sample)),
  };
}

/** Opens the file for writing; where that is not allowed, for reading. Nothing is written yet. */
function openDatabase(path: string, busyTimeoutMs: number): { db: DatabaseSync; writable: boolean } {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw unreachable(path);
  const url = pathToFileURL(path);
  const options = { timeout: busyTimeoutMs, enableForeignKeyConstraints: true };
  const attempts = [() => ({ db: new DatabaseSync(url, { ...options, readOnly: true }), writable: false })];
  if (!existsSync(path) || mayWrite(path))
    attempts.unshift(() => ({ db: new DatabaseSync(url, options), writable: true }));
  // Without write permission to the folder, SQLite cannot make the index of its log, and refuses to read even where there
  // is no log. `immutable` lets it do without; that is right as long as nobody writes, and a writer would have a log.
  if (!hasLog(path)) {
    const immutable = new URL(url);
    immutable.searchParams.set('immutable', '1');
    attempts.push(() => ({ db: new DatabaseSync(immutable, { ...options, readOnly: true }), writable: false }));
  }
  let refusal: unknown;
  for (const attempt of attempts) {
    let db: DatabaseSync | undefined;
    try {
      const opened = attempt();
      db = opened.db;
      readHeader(db);
      return opened;
    } catch (error) {
      db?.close();
      if (!isUnwritable(error)) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function hasLog(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** Makes sure that the file is ours, of a version that this program knows, and set up to survive a crash. */
function prepare(path: string, db: DatabaseSync, writable: boolean): void {
  const { applicationId, version, empty } = readHeader(db);
  const fresh = empty && version === 0 && applicationId === 0;
  if (!fresh && applicationId !== APPLICATION_ID) throw foreign(path);
  if (version > MIGRATIONS.length) throw newer(path, version, MIGRATIONS.length);
  if (version < MIGRATIONS.length) {
    if (!writable) throw readOnly(path);
    migrate(db);
  }
  if (writable) {
    useLog(db);
    // Committed is on the disk, also where the machine loses its power.
    db.exec('PRAGMA synchronous = FULL');
  }
}

/** With a write-ahead log readers and the writer never wait for each other; until it can be had, they do. */
function useLog(db: DatabaseSync): void {
  try {
    db.exec('PRAGMA journal_mode = WAL');
  } catch (error) {
    if (!isBusy(error)) throw error;
  }
}
