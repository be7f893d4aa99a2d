// SPDX-License-Identifier: Apache-2.0
// Results in one file of SQLite. What the tables mean is in schema.ts.

import type { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type CampaignRow, CampaignRowSchema } from '../model/campaign-row.ts';
import { type Canary, CanarySchema } from '../model/canary.ts';
import { type Card, CardSchema } from '../model/card.ts';
import type { Histogram } from '../model/dataplane.ts';
import { PARAMETER_KEYS, type ParameterKey, writtenOf } from '../model/parameters.ts';
import { REPETITIONS_FROM } from '../model/repetition.ts';
import {
  type BegunCampaign,
  type StoredCampaign,
  StoredCampaignSchema,
  type Trial,
  TrialSchema,
} from '../model/result.ts';
import { type SearchLoad, SearchLoadSchema } from '../model/search.ts';
import { type HostRecord, type LeftBehind, LeftBehindSchema } from '../model/testbed.ts';
import { TestCaseSchema } from '../model/testcase.ts';
import { type KnobRecord, KnobRecordSchema, mergeRecords } from '../model/tuning.ts';
import { DoneRowSchema, firstIssue, REPORT_BUG, requireRecordable, TrialHistogramSchema } from './checked.ts';
import { CAMPAIGN, HOST, type Row, toColumns } from './columns.ts';
import { damaged, explain, justSaved, readOnly, StoreError } from './errors.ts';
import { type Neighbour, NeighbourSchema, readNeighbours } from './neighbours.ts';
import { type OpenFile, openFile } from './open.ts';
import {
  insertCampaign,
  insertLoad,
  insertTrial,
  Rows,
  readCampaign,
  readDone,
  readHistograms,
  readLoads,
  readSearches,
  readTrials,
  readValues,
} from './rows.ts';
import { rollBack } from './schema.ts';
import { type CutSearch, recordableLoad, SearchRowSchema, searchesOf } from './searches.ts';
import type { Spare } from './spare.ts';
import { type NewCampaign, type Store, type TrialParts, WHOLE } from './store.ts';
import { type KeptSummary, type NewSummary, readSummaries, writeSummary } from './summaries.ts';

/** Opens a results file as `openFile` does, and with the same errors. */
export function openFileStore(path: string, busyTimeoutMs?: number): SqliteStore {
  return new SqliteStore(openFile(path, busyTimeoutMs));
}

/** A results file that is open. All methods throw StoreError. */
export class SqliteStore implements Store {
  private readonly path: string;
  private readonly db: DatabaseSync;
  private readonly writable: boolean;
  private readonly rows: Rows;
  /** Readers within each other: all of them see what the outermost does. */
  private readers = 0;
  private readonly unsaved: NewSummary[] = [];
  private spare: Spare | null = null;

  /** Use openFileStore. */
  constructor({ path, db, writable }: OpenFile) {
    this.path = path;
    this.db = db;
    this.writable = writable;
    this.rows = new Rows(db);
  }

  useSpare(spare: Spare): void {
    this.spare = spare;
  }

  requireSpace(campaignId: string): void {
    if (this.spare?.isReleased === true) throw justSaved(this.path, campaignId);
  }

  requireWritable(): void {
    this.write(() => undefined);
  }

  createCampaign(campaign: NewCampaign, anotherId?: () => string): string {
    const { cases, ...head } = campaign;
    const whole = { ...head, cases: cases.map((planned) => ({ ...planned, trials: [] })) };
    const { cases: checkedCases, ...checked } = requireRecordable(
      StoredCampaignSchema,
      whole,
      `campaign ${campaign.id}`,
    );
    let { id } = checked;
    this.write(() => {
      while (anotherId !== undefined && this.has(id)) id = anotherId();
      insertCampaign(this.rows, { ...checked, id }, checkedCases);
    });
    return id;
  }

  importCampaign(
    { cases, ...head }: StoredCampaign,
    trialsOf: (caseIndex: number) => Iterable<Trial>,
    searches: readonly CutSearch[] = [],
  ): void {
    const whole = { ...head, cases: cases.map((planned) => ({ ...planned, trials: [] })) };
    const { cases: checkedCases, ...checked } = requireRecordable(StoredCampaignSchema, whole, `campaign ${head.id}`);
    this.write(() => {
      insertCampaign(this.rows, checked, checkedCases);
      for (const index of checkedCases.keys()) {
        for (const trial of trialsOf(index)) {
          const what = `trial ${trial.ordinal} of campaign ${head.id}`;
          insertTrial(this.rows, head.id, index, requireRecordable(TrialSchema, trial, what));
        }
      }
      this.insertSearches(head.id, searches);
    });
  }

  importTrials(
    campaignId: string,
    trialsOf: (caseIndex: number) => Iterable<Trial>,
    changes: Pick<StoredCampaign, 'startedAt' | 'endedAt' | 'shards'>,
    searches: readonly CutSearch[] = [],
  ): void {
    const head = this.head(campaignId);
    if (head === null) throw this.unknown(campaignId);
    requireRecordable(StoredCampaignSchema, { ...head, ...changes }, `campaign ${campaignId}`);
    // All is known before the file is locked: where trials are told apart, it is read.
    const found = [...head.cases.keys()].map((index) => [...trialsOf(index)]);
    this.write(() => {
      const { startedAt, endedAt, shards } = CAMPAIGN;
      const row = toColumns({ startedAt, endedAt, shards }, changes);
      this.rows.run(
        'UPDATE campaigns SET started_at = :started_at, ended_at = :ended_at, shards_json = :shards_json WHERE id = :id',
        { ...row, id: campaignId },
      );
      for (const [index, trials] of found.entries()) {
        for (const trial of trials) {
          const what = `trial ${trial.ordinal} of campaign ${campaignId}`;
          insertTrial(this.rows, campaignId, index, requireRecordable(TrialSchema, trial, what));
        }
      }
      this.insertSearches(campaignId, searches);
    });
  }

  saveTrial(campaignId: string, caseIndex: number, trial: Trial): void {
    const checked = requireRecordable(TrialSchema, trial, `trial ${trial.ordinal} of campaign ${campaignId}`);
    this.write(() => {
      this.requireCase(campaignId, caseIndex);
      insertTrial(this.rows, campaignId, caseIndex, checked);
    });
  }

  saveLoad(campaignId: string, caseIndex: number, ordinal: number, load: SearchLoad): void {
    this.write(() => this.insertSearches(campaignId, [{ caseIndex, ordinal, loads: [load] }]));
  }

  loads(campaignId: string, caseIndex: number, ordinal: number): SearchLoad[] {
    return this.read(() => {
      const found = readLoads(this.rows, campaignId, caseIndex, ordinal);
      return this.checkRead(z.array(SearchLoadSchema), found, ['cases', caseIndex, 'search_loads', ordinal]);
    });
  }

  searches(campaignId: string): CutSearch[] {
    return this.read(() => {
      const found = readSearches(this.rows, campaignId);
      return searchesOf(this.checkRead(z.array(SearchRowSchema), found, ['search_loads']));
    });
  }

  saveCard(card: Card): void {
    const checked = requireRecordable(CardSchema, card, `card ${card.id}`);
    this.write(() => {
      this.rows.run(
        'INSERT INTO cards (id, card_json) VALUES (:id, :card) ON CONFLICT (id) DO UPDATE SET card_json = :card',
        { id: checked.id, card: JSON.stringify(checked) },
      );
    });
  }

  card(id: string | 'latest' = 'latest'): Card | null {
    return this.read(() => {
      const [row] =
        id === 'latest'
          ? this.rows.all('SELECT card_json FROM cards ORDER BY rowid DESC LIMIT 1')
          : this.rows.all('SELECT card_json FROM cards WHERE id = :id', { id });
      return row === undefined ? null : this.checkRead(CardSchema, JSON.parse(String(row.card_json)), ['cards', id]);
    });
  }

  cardIds(): string[] {
    return this.read(() => this.rows.all('SELECT id FROM cards ORDER BY rowid').map(({ id }) => String(id)));
  }

  saveCanary(canary: Canary): void {
    const checked = requireRecordable(CanarySchema, canary, `canary ${canary.campaign}`);
    this.write(() => {
      this.rows.run(
        'INSERT INTO canaries (campaign_id, canary_json) VALUES (:id, :canary) ON CONFLICT (campaign_id) DO UPDATE SET canary_json = :canary',
        { id: checked.campaign, canary: JSON.stringify(checked) },
      );
    });
  }

  canaries(testbed?: string): Canary[] {
    return this.read(() =>
      this.rows
        .all(
          `SELECT canary_json FROM canaries WHERE :testbed IS NULL OR canary_json ->> 'testbed' = :testbed
          ORDER BY canary_json ->> 'measuredAt'`,
          { testbed: testbed ?? null },
        )
        .map((row, index) => this.checkRead(CanarySchema, JSON.parse(String(row.canary_json)), ['canaries', index])),
    );
  }

  recordTuning(id: string, testbed: string, role: HostRecord['role'], records: readonly KnobRecord[]): void {
    this.write(() => {
      const [row] = this.rows.all(
        'SELECT tuning_json FROM hosts WHERE campaign_id = :id AND testbed = :testbed AND role = :role',
        { id, testbed, role },
      );
      if (row === undefined) throw this.unknown(id);
      const earlier = this.checkRead(z.array(KnobRecordSchema), HOST.tuning.read(row.tuning_json), ['hosts', 'tuning']);
      const tuning = JSON.stringify(mergeRecords(earlier, records));
      this.rows.run(
        'UPDATE hosts SET tuning_json = :tuning WHERE campaign_id = :id AND testbed = :testbed AND role = :role',
        { id, testbed, role, tuning },
      );
    });
  }

  recordLeftBehind(id: string, testbed: string, role: HostRecord['role'], thing: LeftBehind): void {
    this.write(() => {
      const [row] = this.rows.all(
        'SELECT left_behind_json FROM hosts WHERE campaign_id = :id AND testbed = :testbed AND role = :role',
        { id, testbed, role },
      );
      if (row === undefined) throw this.unknown(id);
      const given = HOST.leftBehind.read(row.left_behind_json);
      const earlier = this.checkRead(z.array(LeftBehindSchema), given, ['hosts', 'leftBehind']);
      if (earlier.some((one) => isDeepStrictEqual(one, thing))) return;
      const leftBehind = JSON.stringify([...earlier, thing]);
      this.rows.run(
        'UPDATE hosts SET left_behind_json = :leftBehind WHERE campaign_id = :id AND testbed = :testbed AND role = :role',
        { id, testbed, role, leftBehind },
      );
    });
  }

  endCampaign(id: string, endedAt: string): void {
    this.write(() => {
      const changed = this.rows.run('UPDATE campaigns SET ended_at = :endedAt WHERE id = :id', { id, endedAt });
      if (changed === 0) throw this.unknown(id);
    });
  }

  head(id: string | 'latest' = 'latest'): StoredCampaign | null {
    return this.read(() => {
      const [row] =
        id === 'latest'
          ? this.rows.all('SELECT * FROM campaigns ORDER BY rowid DESC LIMIT 1')
          : this.rows.all('SELECT * FROM campaigns WHERE id = :id', { id });
      return row === undefined ? null : this.checkRead(StoredCampaignSchema, readCampaign(this.rows, row), []);
    });
  }

  *trials(id: string, caseIndex: number, parts: TrialParts = WHOLE): Generator<Trial, void> {
    let index = 0;
    for (const trial of this.stream(() => readTrials(this.rows, id, caseIndex, parts))) {
      yield this.checkRead(TrialSchema, trial, ['cases', caseIndex, 'trials', index]);
      index += 1;
    }
  }

  begun(id: string | 'latest' = 'latest'): BegunCampaign | null {
    return this.read(() => {
      const head = this.head(id);
      if (head === null) return null;
      const cases = head.cases.map((planned): BegunCampaign['cases'][number] => ({ ...planned, trials: [] }));
      for (const row of readDone(this.rows, head.id)) {
        const { caseIndex, trial } = this.checkRead(DoneRowSchema, row, ['trials']);
        cases[caseIndex]?.trials.push(trial);
      }
      return { ...head, cases };
    });
  }

  *histograms(id: string, caseIndex: number, name: string): Generator<{ ordinal: number; histogram: Histogram }, void> {
    for (const row of this.stream(() => readHistograms(this.rows, id, caseIndex, name))) {
      yield this.checkRead(TrialHistogramSchema, row, ['cases', caseIndex, 'histograms', name]);
    }
  }

  *neighbours(
    own: Pick<StoredCampaign, 'id' | 'startedAt'>,
    switchId: string,
    withinMs: number,
  ): Generator<Neighbour, void> {
    for (const found of this.stream(() => readNeighbours(this.rows, own, switchId, withinMs))) {
      yield this.checkRead(NeighbourSchema, found, ['campaigns']);
    }
  }

  summaries(id: string, rules: string): Map<number, KeptSummary> {
    return this.read(() => readSummaries(this.rows, id, rules));
  }

  keepSummary(summary: NewSummary): void {
    this.unsaved.push(summary);
    if (this.readers === 0) this.saveSummaries();
  }

  load(id: string | 'latest' = 'latest'): StoredCampaign | null {
    return this.read(() => {
      const head = this.head(id);
      if (head === null) return null;
      return { ...head, cases: head.cases.map((one, index) => ({ ...one, trials: [...this.trials(head.id, index)] })) };
    });
  }

  list(): CampaignRow[] {
    return this.read(() => {
      const rows: Row[] = this.rows.all(
        `
        WITH
          planned AS (
            SELECT campaign_id, count(*) AS cases, count(*) FILTER (WHERE skipped_reason IS NULL) AS runnable
            FROM cases GROUP BY campaign_id
          ),
          done AS (
            SELECT campaign_id, count(*) AS trials
            FROM (SELECT DISTINCT campaign_id, case_index, round FROM trials) GROUP BY campaign_id
          ),
          owed AS (
            SELECT campaign_id, count(*) AS repetitions FROM trials AS disturbed
            WHERE ordinal < :from AND instr(flags_json, '"disturbed"') > 0 AND NOT EXISTS (
              SELECT 1 FROM trials WHERE campaign_id = disturbed.campaign_id AND case_index = disturbed.case_index
                AND ordinal = disturbed.ordinal + :from)
            GROUP BY campaign_id
          )
        SELECT id, title, started_at AS startedAt, ended_at AS endedAt, coalesce(cases, 0) AS cases,
          coalesce(done.trials, 0) AS trialsDone, coalesce(runnable, 0) * trials_planned AS trialsPlanned,
          iif(repeat = 'none', 0, coalesce(owed.repetitions, 0)) AS repetitionsOwed,
          shards_json AS shards
        FROM campaigns
        LEFT JOIN planned ON planned.campaign_id = campaigns.id
        LEFT JOIN done ON done.campaign_id = campaigns.id
        LEFT JOIN owed ON owed.campaign_id = campaigns.id
        ORDER BY campaigns.rowid`,
        { from: REPETITIONS_FROM },
      );
      const given = rows.map((row) => ({ ...row, shards: CAMPAIGN.shards.read(row.shards) }));
      return this.checkRead(z.array(CampaignRowSchema), given, []);
    });
  }

  parameterValues(id: string): Map<ParameterKey, string[]> {
    return this.read(() => new Map(PARAMETER_KEYS.map((key) => [key, this.valuesOf(id, key)])));
  }

  private valuesOf<Key extends ParameterKey>(id: string, key: Key): string[] {
    const schema = z.array(TestCaseSchema.shape[key]);
    const values = this.checkRead(schema, readValues(this.rows, id, key), ['cases', key]);
    return [...new Set(values.map((value) => writtenOf(key, value)))];
  }

  read<T>(query: () => T): T {
    this.enter();
    try {
      return query();
    } catch (error) {
      throw this.explained(error);
    } finally {
      this.leave();
    }
  }

  *stream<T>(query: () => Iterable<T>): Generator<T, void> {
    this.enter();
    try {
      yield* query();
    } catch (error) {
      throw this.explained(error);
    } finally {
      this.leave();
    }
  }

  /** Leaves the file without its log for good: it can then be read where nothing can be written. */
  seal(): void {
    this.db.exec('PRAGMA journal_mode = DELETE');
  }

  close(): void {
    if (this.db.isOpen) this.db.close();
  }

  private has(id: string): boolean {
    return this.rows.all('SELECT id FROM campaigns WHERE id = :id', { id }).length > 0;
  }

  private insertSearches(id: string, searches: readonly CutSearch[]): void {
    for (const { caseIndex, ordinal, loads } of searches) {
      this.requireCase(id, caseIndex);
      for (const load of loads) insertLoad(this.rows, id, caseIndex, ordinal, recordableLoad(id, ordinal, load));
    }
  }

  private requireCase(id: string, index: number): void {
    const sql = 'SELECT case_index FROM cases WHERE campaign_id = :id AND case_index = :index';
    if (this.rows.all(sql, { id, index }).length > 0) return;
    if (!this.has(id)) throw this.unknown(id);
    throw new StoreError('refused', `campaign ${id} has no test case ${index}`, REPORT_BUG);
  }

  private unknown(id: string): StoreError {
    return new StoreError(
      'unknown-campaign',
      `${this.path} has no campaign ${id}`,
      "'vswbench list' shows those it has",
    );
  }

  /** All or nothing, and on the disk when it returns. */
  private write(change: () => void): void {
    if (!this.writable) throw readOnly(this.path);
    try {
      this.attempt(change);
    } catch (error) {
      const isFull = error instanceof StoreError && error.code === 'full';
      if (!isFull || this.spare?.release() !== true) throw error;
      this.attempt(change);
    }
  }

  private attempt(change: () => void): void {
    try {
      this.db.exec('BEGIN IMMEDIATE');
      change();
      this.db.exec('COMMIT');
    } catch (error) {
      rollBack(this.db);
      throw explain(this.path, error);
    }
  }

  private enter(): void {
    if (this.readers === 0) {
      try {
        this.db.exec('BEGIN');
      } catch (error) {
        throw explain(this.path, error);
      }
    }
    this.readers += 1;
  }

  private leave(): void {
    this.readers -= 1;
    if (this.readers > 0) return;
    rollBack(this.db);
    this.saveSummaries();
  }

  private saveSummaries(): void {
    const summaries = this.unsaved.splice(0);
    if (summaries.length === 0 || !this.writable) return;
    try {
      this.write(() => {
        for (const summary of summaries) writeSummary(this.rows, summary);
      });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  private explained(error: unknown): unknown {
    const isText = error instanceof SyntaxError || error instanceof RangeError;
    return isText ? damaged(this.path, error.message, error) : explain(this.path, error);
  }

  private checkRead<T>(schema: z.ZodType<T>, value: unknown, place: readonly PropertyKey[]): T {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw damaged(this.path, firstIssue(parsed.error, place), parsed.error);
  }
}
