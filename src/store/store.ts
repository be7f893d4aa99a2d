// SPDX-License-Identifier: Apache-2.0
// The results database: one SQLite file, written after every trial, so that a campaign that is killed at any point loses
// none that was saved. What the tables mean is in schema.ts.

import type { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type CampaignRow, CampaignRowSchema } from '../model/campaign-row.ts';
import { type Card, CardSchema } from '../model/card.ts';
import { type Histogram, HistogramSchema } from '../model/dataplane.ts';
import { PARAMETER_KEYS, type ParameterKey, writtenOf } from '../model/parameters.ts';
import { REPETITIONS_FROM } from '../model/repetition.ts';
import {
  type BegunCampaign,
  DoneTrialSchema,
  type PlannedCase,
  type StoredCampaign,
  StoredCampaignSchema,
  type Trial,
  TrialSchema,
} from '../model/result.ts';
import { type SearchLoad, SearchLoadSchema } from '../model/search.ts';
import { type HostRecord, type LeftBehind, LeftBehindSchema } from '../model/testbed.ts';
import { TestCaseSchema } from '../model/testcase.ts';
import { type KnobRecord, KnobRecordSchema, mergeRecords } from '../model/tuning.ts';
import { HOST, type Row } from './columns.ts';
import { damaged, explain, justSaved, readOnly, StoreError } from './errors.ts';
import { type Neighbour, NeighbourSchema, readNeighbours } from './neighbours.ts';
import { type OpenFile, openFile } from './open.ts';
import {
  deleteLoads,
  insertCampaign,
  insertLoad,
  insertTrial,
  Rows,
  readCampaign,
  readDone,
  readHistograms,
  readLoads,
  readTrials,
  readValues,
  type TrialParts,
} from './rows.ts';
import { rollBack } from './schema.ts';
import type { Spare } from './spare.ts';
import { type KeptSummary, type NewSummary, readSummaries, writeSummary } from './summaries.ts';

export { StoreError };

/** A campaign before its first trial. */
export type NewCampaign = Omit<StoredCampaign, 'cases'> & { cases: readonly PlannedCase[] };

const TrialHistogramSchema = z.strictObject({ ordinal: z.int().nonnegative(), histogram: HistogramSchema });

const DoneRowSchema = z.strictObject({ caseIndex: z.int().nonnegative(), trial: DoneTrialSchema });

const REPORT_BUG = 'this is a bug of vswbench; please report it';

const WHOLE: TrialParts = { samples: true, histograms: true };
export const WITHOUT_HISTOGRAMS: TrialParts = { samples: true, histograms: false };

/**
 * An id that sorts by time and can be said aloud, such as `20261122-2359-a3f` (UTC). `random` is a whole number from 0; up to
 * 4095 it has three digits. It tells campaigns of the same minute apart.
 */
export function newCampaignId(startedAt: Date, random: number): string {
  const [date = '', time = ''] = startedAt.toISOString().split('T');
  const clock = time.slice(0, 5).replace(':', '');
  return `${date.replaceAll('-', '')}-${clock}-${random.toString(16).padStart(3, '0')}`;
}

/** Opens a results file as `openFile` does, and with the same errors. */
export function openStore(path: string, busyTimeoutMs?: number): Store {
  return new Store(openFile(path, busyTimeoutMs));
}

/** A results file that is open. All methods throw StoreError. */
export class Store {
  private readonly path: string;
  private readonly db: DatabaseSync;
  private readonly writable: boolean;
  private readonly rows: Rows;
  /** Readers within each other: all of them see what the outermost does. */
  private readers = 0;
  private readonly unsaved: NewSummary[] = [];
  private spare: Spare | null = null;

  /** Use openStore. */
  constructor({ path, db, writable }: OpenFile) {
    this.path = path;
    this.db = db;
    this.writable = writable;
    this.rows = new Rows(db);
  }

  /** What is written finds this space where there is no other. */
  useSpare(spare: Spare): void {
    this.spare = spare;
  }

  /** Throws where the last of the space was used: what is measured from here on could not be saved. */
  requireSpace(campaignId: string): void {
    if (this.spare?.isReleased === true) throw justSaved(this.path, campaignId);
  }

  /** Throws where nothing can be written: the file may only be read, or another program has locked it. */
  requireWritable(): void {
    this.write(() => undefined);
  }

  /**
   * Records a campaign that begins, and returns its id. Where a campaign of this or another process has the one that it came with,
   * `anotherId` is asked until it gives one that nobody has; without it that is refused.
   */
  createCampaign(campaign: NewCampaign, anotherId?: () => string): string {
    const { cases, ...head } = campaign;
    const whole = { ...head, cases: cases.map((planned) => ({ ...planned, trials: [] })) };
    const { cases: checkedCases, ...checked } = this.check(StoredCampaignSchema, whole, `campaign ${campaign.id}`);
    let { id } = checked;
    this.write(() => {
      while (anotherId !== undefined && this.has(id)) id = anotherId();
      insertCampaign(this.rows, { ...checked, id }, checkedCases);
    });
    return id;
  }

  /** Records a whole campaign with its trials, case by case: all of it or nothing. Of a search that was cut short only the head is taken. */
  importCampaign({ cases, ...head }: StoredCampaign, trialsOf: (caseIndex: number) => Iterable<Trial>): void {
    const whole = { ...head, cases: cases.map((planned) => ({ ...planned, trials: [] })) };
    const { cases: checkedCases, ...checked } = this.check(StoredCampaignSchema, whole, `campaign ${head.id}`);
    this.write(() => {
      insertCampaign(this.rows, checked, checkedCases);
      for (const index of checkedCases.keys()) {
        for (const trial of trialsOf(index)) {
          const what = `trial ${trial.ordinal} of campaign ${head.id}`;
          insertTrial(this.rows, head.id, index, this.check(TrialSchema, trial, what));
        }
      }
    });
  }

  /** Records a trial; once this returns, it survives whatever happens to the process or the machine. */
  saveTrial(campaignId: string, caseIndex: number, trial: Trial): void {
    const checked = this.check(TrialSchema, trial, `trial ${trial.ordinal} of campaign ${campaignId}`);
    this.write(() => {
      this.requireCase(campaignId, caseIndex);
      insertTrial(this.rows, campaignId, caseIndex, checked);
      // Of a search that was not measured, its trials stay where they are.
      if (checked.measurement?.search) deleteLoads(this.rows, campaignId, caseIndex, checked.ordinal);
    });
  }

  /** Records a trial of a search that is not over; once this returns, it survives as a whole trial does. */
  saveLoad(campaignId: string, caseIndex: number, ordinal: number, load: SearchLoad): void {
    const checked = this.check(SearchLoadSchema, load, `a trial of search ${ordinal} of campaign ${campaignId}`);
    this.write(() => {
      this.requireCase(campaignId, caseIndex);
      insertLoad(this.rows, campaignId, caseIndex, ordinal, checked);
    });
  }

  /** The trials of a search that was cut short, in their order; none where it was not begun, or is over. */
  loads(campaignId: string, caseIndex: number, ordinal: number): SearchLoad[] {
    return this.read(() => {
      const found = readLoads(this.rows, campaignId, caseIndex, ordinal);
      return this.checkRead(z.array(SearchLoadSchema), found, ['cases', caseIndex, 'search_loads', ordinal]);
    });
  }

  /** Records a card, or how far it is. */
  saveCard(card: Card): void {
    const checked = this.check(CardSchema, card, `card ${card.id}`);
    this.write(() => {
      this.rows.run(
        'INSERT INTO cards (id, card_json) VALUES (:id, :card) ON CONFLICT (id) DO UPDATE SET card_json = :card',
        { id: checked.id, card: JSON.stringify(checked) },
      );
    });
  }

  /** A card, or the latest; null where there is none. */
  card(id: string | 'latest' = 'latest'): Card | null {
    return this.read(() => {
      const [row] =
        id === 'latest'
          ? this.rows.all('SELECT card_json FROM cards ORDER BY rowid DESC LIMIT 1')
          : this.rows.all('SELECT card_json FROM cards WHERE id = :id', { id });
      return row === undefined ? null : this.checkRead(CardSchema, JSON.parse(String(row.card_json)), ['cards', id]);
    });
  }

  /** Records what became of the knobs of a campaign's host; of one that goes on, the worst of its parts. */
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

  /** Records what a driver left on a campaign's host; the same is kept once. */
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

  /** Records when a campaign ended. */
  endCampaign(id: string, endedAt: string): void {
    this.write(() => {
      const changed = this.rows.run('UPDATE campaigns SET ended_at = :endedAt WHERE id = :id', { id, endedAt });
      if (changed === 0) throw this.unknown(id);
    });
  }

  /** A campaign without its trials: their lists are empty. Null where there is none. */
  head(id: string | 'latest' = 'latest'): StoredCampaign | null {
    return this.read(() => {
      const [row] =
        id === 'latest'
          ? this.rows.all('SELECT * FROM campaigns ORDER BY rowid DESC LIMIT 1')
          : this.rows.all('SELECT * FROM campaigns WHERE id = :id', { id });
      return row === undefined ? null : this.checkRead(StoredCampaignSchema, readCampaign(this.rows, row), []);
    });
  }

  /** The trials of a case one by one, in the order of the rounds. What is not among `parts` is empty. */
  *trials(id: string, caseIndex: number, parts: TrialParts = WHOLE): Generator<Trial, void> {
    let index = 0;
    for (const trial of this.stream(() => readTrials(this.rows, id, caseIndex, parts))) {
      yield this.checkRead(TrialSchema, trial, ['cases', caseIndex, 'trials', index]);
      index += 1;
    }
  }

  /** A campaign with what its trials decide of those that are still to be run; null where there is none. */
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

  /** The histograms of a name that the trials of a case recorded, one by one. */
  *histograms(id: string, caseIndex: number, name: string): Generator<{ ordinal: number; histogram: Histogram }, void> {
    for (const row of this.stream(() => readHistograms(this.rows, id, caseIndex, name))) {
      yield this.checkRead(TrialHistogramSchema, row, ['cases', caseIndex, 'histograms', name]);
    }
  }

  /**
   * Campaigns other than this one that began at most so many ms before or after it and have cases of a switch: with these cases, the
   * nearest in time first.
   */
  *neighbours(
    own: Pick<StoredCampaign, 'id' | 'startedAt'>,
    switchId: string,
    withinMs: number,
  ): Generator<Neighbour, void> {
    for (const found of this.stream(() => readNeighbours(this.rows, own, switchId, withinMs))) {
      yield this.checkRead(NeighbourSchema, found, ['campaigns']);
    }
  }

  /** What was kept of each case of a campaign by these rules, by case index; without a summary where it has changed since. */
  summaries(id: string, rules: string): Map<number, KeptSummary> {
    return this.read(() => readSummaries(this.rows, id, rules));
  }

  /**
   * Keeps what a case told, once nobody is reading any more. It is only saved work: where the file cannot be written, the next look
   * does it again. One of a case that has changed meanwhile is kept as well, and never taken for the present one.
   */
  keepSummary(summary: NewSummary): void {
    this.unsaved.push(summary);
    if (this.readers === 0) this.saveSummaries();
  }

  /** A campaign with all that was measured, in memory: for few trials only. Null where there is none. */
  load(id: string | 'latest' = 'latest'): StoredCampaign | null {
    return this.read(() => {
      const head = this.head(id);
      if (head === null) return null;
      return { ...head, cases: head.cases.map((one, index) => ({ ...one, trials: [...this.trials(head.id, index)] })) };
    });
  }

  /** Every campaign, the latest last. */
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
          iif(repeat = 'none', 0, coalesce(owed.repetitions, 0)) AS repetitionsOwed
        FROM campaigns
        LEFT JOIN planned ON planned.campaign_id = campaigns.id
        LEFT JOIN done ON done.campaign_id = campaigns.id
        LEFT JOIN owed ON owed.campaign_id = campaigns.id
        ORDER BY campaigns.rowid`,
        { from: REPETITIONS_FROM },
      );
      return this.checkRead(z.array(CampaignRowSchema), rows, []);
    });
  }

  /** Of the cases of a campaign the values of each parameter, as its option takes them. */
  parameterValues(id: string): Map<ParameterKey, string[]> {
    return this.read(() => new Map(PARAMETER_KEYS.map((key) => [key, this.valuesOf(id, key)])));
  }

  private valuesOf<Key extends ParameterKey>(id: string, key: Key): string[] {
    const schema = z.array(TestCaseSchema.shape[key]);
    const values = this.checkRead(schema, readValues(this.rows, id, key), ['cases', key]);
    return [...new Set(values.map((value) => writtenOf(key, value)))];
  }

  /** What `query` reads is one state of the file, whatever another process writes meanwhile. */
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

  /** As `read`, for what is read as it is asked for. The state is held until the last is taken, or no more is wanted. */
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

  /** Ends the use of the file; the last to close it leaves one file that can be copied. */
  close(): void {
    if (this.db.isOpen) this.db.close();
  }

  private has(id: string): boolean {
    return this.rows.all('SELECT id FROM campaigns WHERE id = :id', { id }).length > 0;
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

  /** Nothing is written that could not be read back. */
  private check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new StoreError('refused', `${what} cannot be recorded (${firstIssue(parsed.error, [])})`, REPORT_BUG);
  }

  private checkRead<T>(schema: z.ZodType<T>, value: unknown, place: readonly PropertyKey[]): T {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw damaged(this.path, firstIssue(parsed.error, place), parsed.error);
  }
}

function firstIssue(error: z.ZodError, place: readonly PropertyKey[]): string {
  const [issue] = error.issues;
  return issue === undefined ? error.message : `${[...place, ...issue.path].map(String).join('.')}: ${issue.message}`;
}
