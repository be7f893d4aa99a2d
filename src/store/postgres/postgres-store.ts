// SPDX-License-Identifier: Apache-2.0
// Results in a database of PostgreSQL, which several machines and people share. What the tables mean is in server-schema.ts.
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { CampaignRow } from '../../model/campaign-row.ts';
import type { Canary } from '../../model/canary.ts';
import type { Card } from '../../model/card.ts';
import type { Histogram } from '../../model/dataplane.ts';
import type { ParameterKey } from '../../model/parameters.ts';
import {
  type BegunCampaign,
  type StoredCampaign,
  StoredCampaignSchema,
  type Trial,
  TrialSchema,
} from '../../model/result.ts';
import { type SearchLoad, SearchLoadSchema } from '../../model/search.ts';
import { type HostRecord, HostRecordSchema, type LeftBehind } from '../../model/testbed.ts';
import { type KnobRecord, mergeRecords } from '../../model/tuning.ts';
import { DoneRowSchema, REPORT_BUG, requireRecordable, TrialHistogramSchema } from '../checked.ts';
import { StoreError } from '../errors.ts';
import { shownLocation } from '../location.ts';
import type { Neighbour } from '../neighbours.ts';
import { type CutSearch, recordableLoad, SearchRowSchema, searchesOf } from '../searches.ts';
import { type Fence, type NewCampaign, type Store, type StoreOptions, type TrialParts, WHOLE } from '../store.ts';
import type { KeptSummary, NewSummary } from '../summaries.ts';
import {
  HEAD,
  insertCampaign,
  insertCases,
  insertTrials,
  type OfCase,
  readDoneRow,
  readHead,
  readTrial,
  selectDone,
  selectTrials,
  updateCampaign,
} from './campaign-rows.ts';
import { Cards } from './cards.ts';
import { readSummaries, writeSummaries } from './case-summaries.ts';
import { Overview } from './overview.ts';
import type { ServerRow } from './protocol.ts';
import { Reading } from './reading.ts';
import { deleteSearches, insertLoad, selectLoads, selectSearches } from './search-rows.ts';
import { explainServer } from './server-errors.ts';
import { migrateServer } from './server-schema.ts';
import { Session, SessionError } from './session.ts';
import { Transactions } from './transactions.ts';
import { unpackHistograms } from './trial-record.ts';

const LOCK_TIMEOUT_MS = 10_000;
/** Rows of one answer: few enough for the memory of a runner, many enough for a net with long ways. */
const PAGE_TRIALS = 100;
const PART_TRIALS = 200;
const PART_CASES = 2_000;

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
  private readonly fence: Fence | null;
  private readonly db: Transactions;
  private readonly reading: Reading;
  private readonly cards: Cards;
  private readonly overview: Overview;
  private readonly unsaved: NewSummary[] = [];
  private uncertain: Uncertain = null;

  constructor(location: string, session: Session, fence: Fence | null) {
    this.location = location;
    this.fence = fence;
    this.db = new Transactions(location, session, fence, () => this.saveSummaries());
    this.reading = new Reading(location);
    this.cards = new Cards(this.db, this.reading);
    this.overview = new Overview(this.db, this.reading);
  }

  /** What is saved lies on another machine. */
  useSpare(): void {}

  requireSpace(): void {}

  requireWritable(): void {
    this.db.write(null, () => {
      // A row that nobody sees: what may not be written is refused here.
      this.db.change({ sql: 'INSERT INTO vswbench.cards (id, card_json) VALUES ($1, $2)', values: ['', ''] });
      this.db.change({ sql: 'DELETE FROM vswbench.cards WHERE id = $1', values: [''] });
    });
  }

  createCampaign(campaign: NewCampaign, anotherId?: () => string): string {
    const { cases, ...head } = this.requirePlan(campaign);
    let { id } = head;
    for (;;) {
      try {
        this.db.write(id, () => this.insertPlan({ ...head, id }, cases));
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
    this.db.write(head.id, () => {
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
    this.db.write(campaignId, () => {
      this.db.change(updateCampaign(changed));
      this.insertAll(campaignId, cases.length, (index) => found[index] ?? []);
      this.insertSearches(campaignId, searches);
    });
  }

  saveTrial(campaignId: string, caseIndex: number, trial: Trial): void {
    const checked = requireRecordable(TrialSchema, trial, `trial ${trial.ordinal} of campaign ${campaignId}`);
    const before = this.uncertain;
    this.uncertain = null;
    try {
      this.db.write(campaignId, () => this.insertTrial(campaignId, caseIndex, checked));
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
    this.db.write(campaignId, () => this.insertSearches(campaignId, [{ caseIndex, ordinal, loads: [load] }]));
  }

  loads(campaignId: string, caseIndex: number, ordinal: number): SearchLoad[] {
    const { sql, values } = selectLoads(campaignId, caseIndex, ordinal);
    const found = this.db.ask(sql, values).map(({ load_json }) => this.reading.parsed(load_json));
    return this.reading.check(z.array(SearchLoadSchema), found, ['cases', caseIndex, 'search_loads', ordinal]);
  }

  searches(campaignId: string): CutSearch[] {
    const { sql, values } = selectSearches(campaignId);
    const found = this.db.ask(sql, values).map(({ case_index, ordinal, load_json }) => ({
      ...{ caseIndex: case_index, ordinal, load: this.reading.parsed(load_json) },
    }));
    return searchesOf(this.reading.check(z.array(SearchRowSchema), found, ['search_loads']));
  }

  saveCard(card: Card): void {
    this.cards.save(card);
  }

  card(id: string | 'latest' = 'latest'): Card | null {
    return this.cards.find(id);
  }

  cardIds(): string[] {
    return this.cards.ids();
  }

  saveCanary(canary: Canary): void {
    this.cards.saveCanary(canary);
  }

  canaries(testbed?: string): Canary[] {
    return this.cards.canaries(testbed);
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
    this.db.write(id, () => {
      const changed = this.db.change({
        sql: 'UPDATE vswbench.campaigns SET ended_at = $2 WHERE id = $1',
        values: [id, endedAt],
      });
      if (changed === 0) throw this.unknown(id);
    });
  }

  head(id: string | 'latest' = 'latest'): StoredCampaign | null {
    const [row] =
      id === 'latest'
        ? this.db.ask(`${HEAD} ORDER BY number DESC LIMIT 1`, [])
        : this.db.ask(`${HEAD} WHERE id = $1`, [id]);
    return row === undefined
      ? null
      : this.reading.check(
          StoredCampaignSchema,
          this.reading.unpacked(() => readHead(row)),
          [],
        );
  }

  *trials(id: string, caseIndex: number, parts: TrialParts = WHOLE): Generator<Trial, void> {
    let index = 0;
    for (const row of this.db.stream(() => this.trialRows(id, caseIndex, parts))) {
      yield this.reading.check(
        TrialSchema,
        this.reading.unpacked(() => readTrial(row)),
        ['cases', caseIndex, 'trials', index],
      );
      index += 1;
    }
  }

  begun(id: string | 'latest' = 'latest'): BegunCampaign | null {
    return this.db.read(() => {
      const head = this.head(id);
      if (head === null) return null;
      const cases = head.cases.map((planned): BegunCampaign['cases'][number] => ({ ...planned, trials: [] }));
      const { sql, values } = selectDone(head.id);
      for (const row of this.db.ask(sql, values)) {
        const { caseIndex, trial } = this.reading.check(
          DoneRowSchema,
          this.reading.unpacked(() => readDoneRow(row)),
          ['trials'],
        );
        cases[caseIndex]?.trials.push(trial);
      }
      return { ...head, cases };
    });
  }

  *histograms(id: string, caseIndex: number, name: string): Generator<{ ordinal: number; histogram: Histogram }, void> {
    for (const row of this.db.stream(() => this.trialRows(id, caseIndex, { samples: false, histograms: true }))) {
      if (row.histograms === null) continue;
      const histogram = this.reading.unpacked(() => unpackHistograms(row.histograms))[name];
      if (histogram === undefined) continue;
      yield this.reading.check(TrialHistogramSchema, { ordinal: row.ordinal, histogram }, [
        'cases',
        caseIndex,
        'histograms',
        name,
      ]);
    }
  }

  neighbours(
    own: Pick<StoredCampaign, 'id' | 'startedAt'>,
    switchId: string,
    withinMs: number,
  ): Generator<Neighbour, void> {
    return this.overview.neighbours(own, switchId, withinMs);
  }

  summaries(id: string, rules: string): Map<number, KeptSummary> {
    return readSummaries(this.db, id, rules);
  }

  keepSummary(summary: NewSummary): void {
    this.unsaved.push(summary);
    if (!this.db.isReading) this.saveSummaries();
  }

  load(id: string | 'latest' = 'latest'): StoredCampaign | null {
    return this.db.read(() => {
      const head = this.head(id);
      if (head === null) return null;
      return { ...head, cases: head.cases.map((one, index) => ({ ...one, trials: [...this.trials(head.id, index)] })) };
    });
  }

  list(): CampaignRow[] {
    return this.overview.list();
  }

  parameterValues(id: string): Map<ParameterKey, string[]> {
    return this.overview.parameterValues(id);
  }

  read<T>(query: () => T): T {
    return this.db.read(query);
  }

  stream<T>(query: () => Iterable<T>): Generator<T, void> {
    return this.db.stream(query);
  }

  close(): void {
    this.db.close();
  }

  private *trialRows(id: string, caseIndex: number, parts: TrialParts): Generator<ServerRow, void> {
    let behind: [number, number] = [-1, -1];
    for (;;) {
      const { sql, values } = selectTrials(id, caseIndex, parts, behind, PAGE_TRIALS);
      const rows = this.db.ask(sql, values);
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE_TRIALS) return;
      behind = [Number(last.round), Number(last.ordinal)];
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
    this.db.change(insertCampaign(head));
    for (let first = 0; first < cases.length; first += PART_CASES) {
      this.db.change(insertCases(head.id, first, cases.slice(first, first + PART_CASES)));
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
    const rows = this.db.look(
      'SELECT 1 FROM vswbench.campaigns JOIN vswbench.cases ON campaign = number WHERE id = $1 AND case_index = $2',
      [id, caseIndex],
    );
    if (rows.length === 0) throw this.noCase(id, caseIndex);
    this.insertTrials(id, [{ caseIndex, trial }]);
  }

  private insertTrials(id: string, trials: readonly OfCase[]): void {
    this.db.change(insertTrials(id, trials));
    // Of a search that was measured the trial has all of it; of one that was not, it stays where it is.
    const over = trials.filter(({ trial }) => trial.measurement?.search);
    if (over.length > 0) this.db.change(deleteSearches(id, over));
  }

  private insertSearches(id: string, searches: readonly CutSearch[]): void {
    for (const { caseIndex, ordinal, loads } of searches) {
      for (const load of loads) {
        const statement = insertLoad(id, caseIndex, ordinal, recordableLoad(id, ordinal, load));
        if (this.db.change(statement) === 0) throw this.noCase(id, caseIndex);
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
    this.db.write(id, () => {
      const rows = this.db.look('SELECT hosts_json FROM vswbench.campaigns WHERE id = $1 FOR UPDATE', [id]);
      const hosts =
        rows[0] === undefined
          ? []
          : this.reading.check(z.array(HostRecordSchema), this.reading.parsed(rows[0].hosts_json), ['hosts']);
      const isThis = (host: HostRecord) => host.testbed === testbed && host.role === role;
      if (!hosts.some(isThis)) throw this.unknown(id);
      const changed = JSON.stringify(hosts.map((host) => (isThis(host) ? change(host) : host)));
      this.db.change({ sql: 'UPDATE vswbench.campaigns SET hosts_json = $2 WHERE id = $1', values: [id, changed] });
    });
  }

  private has(id: string): boolean {
    return this.db.ask('SELECT 1 FROM vswbench.campaigns WHERE id = $1', [id]).length > 0;
  }

  private noCase(id: string, index: number): StoreError {
    const isKnown = this.db.look('SELECT 1 FROM vswbench.campaigns WHERE id = $1', [id]).length > 0;
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

  private saveSummaries(): void {
    writeSummaries(this.db, this.fence?.campaignId ?? null, this.unsaved.splice(0));
  }
}

function isDuplicate(error: StoreError): boolean {
  return error.cause instanceof SessionError && error.cause.failure.code === '23505';
}
