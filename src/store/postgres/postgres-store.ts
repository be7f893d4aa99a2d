// SPDX-License-Identifier: Apache-2.0
// Results in a database of PostgreSQL, which several machines and people share. What the tables mean is in server-schema.ts.
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type CampaignRow, CampaignRowSchema } from '../../model/campaign-row.ts';
import { type Canary, CanarySchema } from '../../model/canary.ts';
import { type Card, CardSchema } from '../../model/card.ts';
import type { Histogram } from '../../model/dataplane.ts';
import { PARAMETER_KEYS, type ParameterKey, writtenOf } from '../../model/parameters.ts';
import {
  type BegunCampaign,
  type StoredCampaign,
  StoredCampaignSchema,
  type Trial,
  TrialSchema,
} from '../../model/result.ts';
import { type SearchLoad, SearchLoadSchema } from '../../model/search.ts';
import { type HostRecord, HostRecordSchema, type LeftBehind } from '../../model/testbed.ts';
import { TestCaseSchema } from '../../model/testcase.ts';
import { type KnobRecord, mergeRecords } from '../../model/tuning.ts';
import { DoneRowSchema, firstIssue, REPORT_BUG, requireRecordable, TrialHistogramSchema } from '../checked.ts';
import { StoreError } from '../errors.ts';
import { shownLocation } from '../location.ts';
import { type Neighbour, NeighbourSchema } from '../neighbours.ts';
import { type CutSearch, SearchRowSchema, searchesOf } from '../searches.ts';
import { type Fence, type NewCampaign, type Store, type StoreOptions, type TrialParts, WHOLE } from '../store.ts';
import { type KeptSummary, type NewSummary, summaryIn, summaryText } from '../summaries.ts';
import {
  HEAD,
  insertCampaign,
  insertCases,
  insertTrials,
  type OfCase,
  readDoneRow,
  readHead,
  readTrial,
  type Statement,
  selectDone,
  selectTrials,
  updateCampaign,
} from './campaign-rows.ts';
import { IDLE_IN_WRITE, type ServerRow, type Value } from './protocol.ts';
import { deleteSearches, insertLoad, selectLoads, selectSearches } from './search-rows.ts';
import { damagedOnServer, explainServer } from './server-errors.ts';
import { migrateServer } from './server-schema.ts';
import { type Result, Session, SessionError } from './session.ts';
import { unpackHistograms } from './trial-record.ts';

const LOCK_TIMEOUT_MS = 10_000;
/** Rows of one answer: few enough for the memory of a runner, many enough for a net with long ways. */
const PAGE_TRIALS = 100;
const PAGE_NEIGHBOURS = 20;
const PART_TRIALS = 200;
const PART_CASES = 2_000;

const KEEP_SUMMARY = `INSERT INTO vswbench.case_summaries (campaign, case_index, revision, rules, summary_json)
  SELECT number, $2::integer, $3::bigint, $4::text, $5::text FROM vswbench.campaigns WHERE id = $1
  ON CONFLICT (campaign, case_index) DO UPDATE SET revision = excluded.revision, rules = excluded.rules, summary_json = excluded.summary_json`;

/** Opens the results at `postgres://…`; makes the tables where there are none. Throws StoreError. */
export function openPostgresStore(location: string, { busyTimeoutMs = LOCK_TIMEOUT_MS, fence }: StoreOptions): Store {
  // PostgreSQL takes 0 for no limit.
  const session = new Session(location, Math.max(1, busyTimeoutMs));
  try {
    migrateServer(session, location);
  } catch (error) {
    session.close();
    throw explainServer(location, error);
  }
  return new PostgresStore(location, session, fence ?? null);
}

/** Which trial a lost connection may or may not have saved. */
type Uncertain = readonly [campaignId: string, caseIndex: number, trial: Trial] | null;

class PostgresStore implements Store {
  private readonly location: string;
  private readonly session: Session;
  private readonly fence: Fence | null;
  /** Readers within each other: all of them see what the outermost does. */
  private readers = 0;
  /** Of these readers: whether they have a transaction, or had one that is lost. */
  private state: 'none' | 'open' | 'lost' = 'none';
  private readonly unsaved: NewSummary[] = [];
  private uncertain: Uncertain = null;

  constructor(location: string, session: Session, fence: Fence | null) {
    this.location = location;
    this.session = session;
    this.fence = fence;
  }

  /** What is saved lies on another machine. */
  useSpare(): void {}

  requireSpace(): void {}

  requireWritable(): void {
    this.write(null, () => {
      // A row that nobody sees: what may not be written is refused here.
      this.change({ sql: 'INSERT INTO vswbench.cards (id, card_json) VALUES ($1, $2)', values: ['', ''] });
      this.change({ sql: 'DELETE FROM vswbench.cards WHERE id = $1', values: [''] });
    });
  }

  createCampaign(campaign: NewCampaign, anotherId?: () => string): string {
    const { cases, ...head } = this.requirePlan(campaign);
    let { id } = head;
    for (;;) {
      try {
        this.write(id, () => this.insertPlan({ ...head, id }, cases));
        return id;
      } catch (error) {
        if (anotherId === undefined || !(error instanceof StoreError) || !isDuplicate(error) || !this.has(id))
          throw error;
        id = anotherId();
      }
    }
  }

  importCampaign(
    campaign: StoredCampaign,
    trialsOf: (caseIndex: number) => Iterable<Trial>,
    searches: readonly CutSearch[] = [],
  ): void {
    const { cases, ...head } = this.requirePlan(campaign);
    this.write(head.id, () => {
      this.insertPlan(head, cases);
      this.insertAll(head.id, cases.length, trialsOf);
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
    const { cases, ...changed } = this.requirePlan({ ...head, ...changes });
    // All is known before the transaction begins: where trials are told apart, this store is read.
    const found = cases.map((_, index) => [...trialsOf(index)]);
    this.write(campaignId, () => {
      this.change(updateCampaign(changed));
      this.insertAll(campaignId, cases.length, (index) => found[index] ?? []);
      this.insertSearches(campaignId, searches);
    });
  }

  saveTrial(campaignId: string, caseIndex: number, trial: Trial): void {
    const checked = requireRecordable(TrialSchema, trial, `trial ${trial.ordinal} of campaign ${campaignId}`);
    const before = this.uncertain;
    this.uncertain = null;
    try {
      this.write(campaignId, () => this.insertTrial(campaignId, caseIndex, checked));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.code === 'unreachable') this.uncertain = [campaignId, caseIndex, checked];
      if (
        isDuplicate(error) &&
        isDeepStrictEqual(before, [campaignId, caseIndex, checked]) &&
        this.hasTrial(campaignId, caseIndex, checked)
      )
        return;
      throw error;
    }
  }

  saveLoad(campaignId: string, caseIndex: number, ordinal: number, load: SearchLoad): void {
    this.write(campaignId, () => this.insertSearches(campaignId, [{ caseIndex, ordinal, loads: [load] }]));
  }

  loads(campaignId: string, caseIndex: number, ordinal: number): SearchLoad[] {
    const { sql, values } = selectLoads(campaignId, caseIndex, ordinal);
    const found = this.ask(sql, values).map(({ load_json }) => this.parsed(load_json));
    return this.checkRead(z.array(SearchLoadSchema), found, ['cases', caseIndex, 'search_loads', ordinal]);
  }

  searches(campaignId: string): CutSearch[] {
    const { sql, values } = selectSearches(campaignId);
    const found = this.ask(sql, values).map(({ case_index, ordinal, load_json }) => ({
      ...{ caseIndex: case_index, ordinal, load: this.parsed(load_json) },
    }));
    return searchesOf(this.checkRead(z.array(SearchRowSchema), found, ['search_loads']));
  }

  saveCard(card: Card): void {
    const checked = requireRecordable(CardSchema, card, `card ${card.id}`);
    this.write(null, () => {
      this.change({
        sql: 'INSERT INTO vswbench.cards (id, card_json) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET card_json = excluded.card_json',
        values: [checked.id, JSON.stringify(checked)],
      });
    });
  }

  card(id: string | 'latest' = 'latest'): Card | null {
    const [row] =
      id === 'latest'
        ? this.ask('SELECT card_json FROM vswbench.cards ORDER BY number DESC LIMIT 1', [])
        : this.ask('SELECT card_json FROM vswbench.cards WHERE id = $1', [id]);
    return row === undefined ? null : this.checkRead(CardSchema, this.parsed(row.card_json), ['cards', id]);
  }

  cardIds(): string[] {
    return this.ask('SELECT id FROM vswbench.cards ORDER BY number', []).map(({ id }) => String(id));
  }

  saveCanary(canary: Canary): void {
    const checked = requireRecordable(CanarySchema, canary, `canary ${canary.campaign}`);
    this.write(null, () => {
      this.change({
        sql: `INSERT INTO vswbench.canaries (campaign_id, measured, canary_json) VALUES ($1, $2, $3)
          ON CONFLICT (campaign_id) DO UPDATE SET measured = excluded.measured, canary_json = excluded.canary_json`,
        values: [checked.campaign, checked.measuredAt, JSON.stringify(checked)],
      });
    });
  }

  canaries(testbed?: string): Canary[] {
    const rows = this.ask(
      `SELECT canary_json FROM vswbench.canaries WHERE $1::text IS NULL OR canary_json::jsonb ->> 'testbed' = $1
      ORDER BY measured, campaign_id`,
      [testbed ?? null],
    );
    return this.checkRead(
      z.array(CanarySchema),
      rows.map(({ canary_json }) => this.parsed(canary_json)),
      ['canaries'],
    );
  }

  recordTuning(id: string, testbed: string, role: HostRecord['role'], records: readonly KnobRecord[]): void {
    this.changeHost(id, testbed, role, (host) => ({ ...host, tuning: mergeRecords(host.tuning, records) }));
  }

  recordLeftBehind(id: string, testbed: string, role: HostRecord['role'], thing: LeftBehind): void {
    this.changeHost(id, testbed, role, (host) =>
      host.leftBehind.some((one) => isDeepStrictEqual(one, thing))
        ? host
        : { ...host, leftBehind: [...host.leftBehind, thing] },
    );
  }

  endCampaign(id: string, endedAt: string): void {
    this.write(id, () => {
      const changed = this.change({
        sql: 'UPDATE vswbench.campaigns SET ended_at = $2 WHERE id = $1',
        values: [id, endedAt],
      });
      if (changed === 0) throw this.unknown(id);
    });
  }

  head(id: string | 'latest' = 'latest'): StoredCampaign | null {
    const [row] =
      id === 'latest' ? this.ask(`${HEAD} ORDER BY number DESC LIMIT 1`, []) : this.ask(`${HEAD} WHERE id = $1`, [id]);
    return row === undefined
      ? null
      : this.checkRead(
          StoredCampaignSchema,
          this.unpacked(() => readHead(row)),
          [],
        );
  }

  *trials(id: string, caseIndex: number, parts: TrialParts = WHOLE): Generator<Trial, void> {
    let index = 0;
    for (const row of this.stream(() => this.trialRows(id, caseIndex, parts))) {
      yield this.checkRead(
        TrialSchema,
        this.unpacked(() => readTrial(row)),
        ['cases', caseIndex, 'trials', index],
      );
      index += 1;
    }
  }

  begun(id: string | 'latest' = 'latest'): BegunCampaign | null {
    return this.read(() => {
      const head = this.head(id);
      if (head === null) return null;
      const cases = head.cases.map((planned): BegunCampaign['cases'][number] => ({ ...planned, trials: [] }));
      const { sql, values } = selectDone(head.id);
      for (const row of this.ask(sql, values)) {
        const { caseIndex, trial } = this.checkRead(
          DoneRowSchema,
          this.unpacked(() => readDoneRow(row)),
          ['trials'],
        );
        cases[caseIndex]?.trials.push(trial);
      }
      return { ...head, cases };
    });
  }

  *histograms(id: string, caseIndex: number, name: string): Generator<{ ordinal: number; histogram: Histogram }, void> {
    for (const row of this.stream(() => this.trialRows(id, caseIndex, { samples: false, histograms: true }))) {
      if (row.histograms === null) continue;
      const histogram = this.unpacked(() => unpackHistograms(row.histograms))[name];
      if (histogram === undefined) continue;
      yield this.checkRead(TrialHistogramSchema, { ordinal: row.ordinal, histogram }, [
        'cases',
        caseIndex,
        'histograms',
        name,
      ]);
    }
  }

  *neighbours(
    own: Pick<StoredCampaign, 'id' | 'startedAt'>,
    switchId: string,
    withinMs: number,
  ): Generator<Neighbour, void> {
    for (const { id, hosts_json, cases } of this.stream(() => this.neighbourRows(own, switchId, withinMs))) {
      yield this.checkRead(NeighbourSchema, { id, hosts: this.parsed(hosts_json), cases }, ['campaigns']);
    }
  }

  summaries(id: string, rules: string): Map<number, KeptSummary> {
    const rows = this.ask(
      `SELECT cases.case_index, cases.revision, summary_json FROM vswbench.cases
       LEFT JOIN vswbench.case_summaries AS kept ON kept.campaign = cases.campaign AND kept.case_index = cases.case_index
         AND kept.revision = cases.revision AND kept.rules = $2
       WHERE cases.campaign = (SELECT number FROM vswbench.campaigns WHERE id = $1)`,
      [id, rules],
    );
    return new Map(
      rows.map((row) => [
        Number(row.case_index),
        { revision: Number(row.revision), summary: summaryIn(row.summary_json) },
      ]),
    );
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
    const rows = this.ask(
      `SELECT id, title_json, started_at, ended_at, repeat, trials_planned, coalesce(cases, 0) AS cases, coalesce(runnable, 0) AS runnable,
         coalesce(done, 0) AS done, coalesce(owed, 0) AS owed, (head_json::json -> 'shards')::text AS shards
       FROM vswbench.campaigns LEFT JOIN (
         SELECT campaign, count(*) AS cases, count(*) FILTER (WHERE skipped_json = 'null') AS runnable, sum(rounds_done) AS done,
           sum(repetitions_owed) AS owed
         FROM vswbench.cases GROUP BY campaign) AS planned ON campaign = number
       ORDER BY number`,
      [],
    );
    const found = rows.map((row) => ({
      ...{
        id: row.id,
        title: this.parsed(row.title_json),
        startedAt: row.started_at,
        endedAt: row.ended_at,
        cases: row.cases,
      },
      trialsDone: row.done,
      trialsPlanned: Number(row.runnable) * Number(row.trials_planned),
      repetitionsOwed: row.repeat === 'none' ? 0 : row.owed,
      shards: row.shards === null ? null : this.parsed(row.shards),
    }));
    return this.checkRead(z.array(CampaignRowSchema), found, []);
  }

  parameterValues(id: string): Map<ParameterKey, string[]> {
    const rows = this.ask(
      'SELECT parameters FROM vswbench.cases WHERE campaign = (SELECT number FROM vswbench.campaigns WHERE id = $1) ORDER BY case_index',
      [id],
    );
    const cases = this.checkRead(
      z.array(TestCaseSchema),
      rows.map(({ parameters }) => parameters),
      ['cases'],
    );
    return new Map(PARAMETER_KEYS.map((key) => [key, [...new Set(cases.map((one) => writtenOf(key, one[key])))]]));
  }

  read<T>(query: () => T): T {
    this.readers += 1;
    try {
      return query();
    } finally {
      this.leave();
    }
  }

  *stream<T>(query: () => Iterable<T>): Generator<T, void> {
    this.readers += 1;
    try {
      yield* query();
    } finally {
      this.leave();
    }
  }

  close(): void {
    this.session.close();
  }

  private *trialRows(id: string, caseIndex: number, parts: TrialParts): Generator<ServerRow, void> {
    let behind: [number, number] = [-1, -1];
    for (;;) {
      const { sql, values } = selectTrials(id, caseIndex, parts, behind, PAGE_TRIALS);
      const rows = this.ask(sql, values);
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE_TRIALS) return;
      behind = [Number(last.round), Number(last.ordinal)];
    }
  }

  private *neighbourRows(
    own: Pick<StoredCampaign, 'id' | 'startedAt'>,
    switchId: string,
    withinMs: number,
  ): Generator<ServerRow, void> {
    const at = Date.parse(own.startedAt);
    for (let offset = 0; ; offset += PAGE_NEIGHBOURS) {
      const rows = this.ask(
        `SELECT id, hosts_json, cases FROM vswbench.campaigns, LATERAL (
           SELECT json_agg(json_build_object('caseIndex', case_index, 'case', parameters) ORDER BY case_index) AS cases
           FROM vswbench.cases WHERE campaign = number AND parameters @> $4::jsonb) AS found
         WHERE id <> $1 AND started BETWEEN $2::timestamptz AND $3::timestamptz AND cases IS NOT NULL
         ORDER BY abs(extract(epoch FROM started - $5::timestamptz)), number LIMIT ${PAGE_NEIGHBOURS} OFFSET $6`,
        [
          ...[own.id, new Date(at - withinMs).toISOString(), new Date(at + withinMs).toISOString()],
          ...[JSON.stringify({ switch: switchId }), new Date(at).toISOString(), offset],
        ],
      );
      yield* rows;
      if (rows.length < PAGE_NEIGHBOURS) return;
    }
  }

  private requirePlan(campaign: NewCampaign): StoredCampaign {
    const whole = {
      ...campaign,
      cases: campaign.cases.map(({ case: one, skipped }) => ({ case: one, skipped, trials: [] })),
    };
    return requireRecordable(StoredCampaignSchema, whole, `campaign ${campaign.id}`);
  }

  private insertPlan(head: Omit<StoredCampaign, 'cases'>, cases: StoredCampaign['cases']): void {
    this.change(insertCampaign(head));
    for (let first = 0; first < cases.length; first += PART_CASES) {
      this.change(insertCases(head.id, first, cases.slice(first, first + PART_CASES)));
    }
  }

  private insertAll(id: string, cases: number, trialsOf: (caseIndex: number) => Iterable<Trial>): void {
    let waiting: OfCase[] = [];
    const flush = () => {
      if (waiting.length > 0) this.insertTrials(id, waiting);
      waiting = [];
    };
    for (let caseIndex = 0; caseIndex < cases; caseIndex += 1) {
      for (const trial of trialsOf(caseIndex)) {
        const what = `trial ${trial.ordinal} of campaign ${id}`;
        waiting.push({ caseIndex, trial: requireRecordable(TrialSchema, trial, what) });
        if (waiting.length === PART_TRIALS) flush();
      }
    }
    flush();
  }

  private insertTrial(id: string, caseIndex: number, trial: Trial): void {
    const { rows } = this.asked(
      'SELECT 1 FROM vswbench.campaigns JOIN vswbench.cases ON campaign = number WHERE id = $1 AND case_index = $2',
      [id, caseIndex],
    );
    if (rows.length === 0) throw this.noCase(id, caseIndex);
    this.insertTrials(id, [{ caseIndex, trial }]);
  }

  private insertTrials(id: string, trials: readonly OfCase[]): void {
    this.change(insertTrials(id, trials));
    // Of a search that was measured the trial has all of it; of one that was not, it stays where it is.
    const over = trials.filter(({ trial }) => trial.measurement?.search);
    if (over.length > 0) this.change(deleteSearches(id, over));
  }

  private insertSearches(id: string, searches: readonly CutSearch[]): void {
    for (const { caseIndex, ordinal, loads } of searches) {
      for (const load of loads) {
        const what = `a trial of search ${ordinal} of campaign ${id}`;
        const checked = requireRecordable(SearchLoadSchema, load, what);
        if (this.change(insertLoad(id, caseIndex, ordinal, checked)) === 0) throw this.noCase(id, caseIndex);
      }
    }
  }

  private hasTrial(id: string, caseIndex: number, trial: Trial): boolean {
    return [...this.trials(id, caseIndex)].some((one) => isDeepStrictEqual(one, trial));
  }

  private changeHost(
    id: string,
    testbed: string,
    role: HostRecord['role'],
    change: (host: HostRecord) => HostRecord,
  ): void {
    this.write(id, () => {
      const { rows } = this.asked('SELECT hosts_json FROM vswbench.campaigns WHERE id = $1 FOR UPDATE', [id]);
      const hosts =
        rows[0] === undefined
          ? []
          : this.checkRead(z.array(HostRecordSchema), this.parsed(rows[0].hosts_json), ['hosts']);
      const isThis = (host: HostRecord) => host.testbed === testbed && host.role === role;
      if (!hosts.some(isThis)) throw this.unknown(id);
      const changed = JSON.stringify(hosts.map((host) => (isThis(host) ? change(host) : host)));
      this.change({ sql: 'UPDATE vswbench.campaigns SET hosts_json = $2 WHERE id = $1', values: [id, changed] });
    });
  }

  private has(id: string): boolean {
    return this.ask('SELECT 1 FROM vswbench.campaigns WHERE id = $1', [id]).length > 0;
  }

  private noCase(id: string, index: number): StoreError {
    const isKnown = this.asked('SELECT 1 FROM vswbench.campaigns WHERE id = $1', [id]).rows.length > 0;
    return isKnown
      ? new StoreError('refused', `campaign ${id} has no test case ${index}`, REPORT_BUG)
      : this.unknown(id);
  }

  private unknown(id: string): StoreError {
    return new StoreError(
      'unknown-campaign',
      `${shownLocation(this.location)} has no campaign ${id}`,
      "'vswbench list' shows those it has",
    );
  }

  /** All or nothing, and on the server's disk when it returns. */
  private write(campaignId: string | null, change: () => void): void {
    if (this.readers > 0) throw new TypeError('results are written while they are read');
    try {
      this.session.tell(`BEGIN; SET LOCAL idle_in_transaction_session_timeout = '${IDLE_IN_WRITE}'`, true);
      this.requireLease(campaignId);
      change();
      this.session.ask('COMMIT', [], false);
    } catch (error) {
      this.session.tell('ROLLBACK', false);
      throw explainServer(this.location, error);
    }
  }

  /** Held until the transaction ends: whoever takes the lease away waits for it. */
  private requireLease(campaignId: string | null): void {
    if (this.fence === null) return;
    const { token } = this.fence;
    const held =
      campaignId === this.fence.campaignId &&
      this.asked('SELECT 1 FROM vswbench.leases WHERE token = $1 AND campaign_id = $2 FOR KEY SHARE', [
        token,
        campaignId,
      ]).rows.length > 0;
    if (held) return;
    throw new StoreError(
      'fenced',
      `campaign ${campaignId ?? 'none'} is no longer this worker's to write`,
      'take another block of it',
    );
  }

  /** A statement of a transaction that writes; returns how many rows it changed. */
  private change({ sql, values }: Statement): number {
    return this.asked(sql, values).changed;
  }

  private asked(sql: string, values: readonly Value[]): Result {
    return this.session.ask(sql, values, false);
  }

  /** A statement that reads: within readers in their transaction, else for itself. */
  private ask(sql: string, values: readonly Value[]): ServerRow[] {
    try {
      if (this.readers === 0) return this.session.ask(sql, values, true).rows;
      if (this.state === 'none') {
        this.session.tell('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', true);
        this.state = 'open';
      }
      return this.asked(sql, values).rows;
    } catch (error) {
      if (error instanceof SessionError && error.failure.lost && this.readers > 0) this.state = 'lost';
      throw explainServer(this.location, error);
    }
  }

  private leave(): void {
    this.readers -= 1;
    if (this.readers > 0) return;
    if (this.state === 'open') this.session.tell('ROLLBACK', false);
    this.state = 'none';
    this.saveSummaries();
  }

  private saveSummaries(): void {
    const summaries = this.unsaved.splice(0);
    if (summaries.length === 0) return;
    try {
      this.write(this.fence?.campaignId ?? null, () => {
        for (const { id, caseIndex, revision, rules, summary } of summaries) {
          this.change({ sql: KEEP_SUMMARY, values: [id, caseIndex, revision, rules, summaryText(summary)] });
        }
      });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  private parsed(text: unknown): unknown {
    return this.unpacked(() => JSON.parse(String(text)));
  }

  private unpacked<T>(unpack: () => T): T {
    try {
      return unpack();
    } catch (error) {
      throw damagedOnServer(this.location, error instanceof Error ? error.message : String(error), error);
    }
  }

  private checkRead<T>(schema: z.ZodType<T>, value: unknown, place: readonly PropertyKey[]): T {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw damagedOnServer(this.location, firstIssue(parsed.error, place), parsed.error);
  }
}

function isDuplicate(error: StoreError): boolean {
  return error.cause instanceof SessionError && error.cause.failure.code === '23505';
}
