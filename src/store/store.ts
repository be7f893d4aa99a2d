// SPDX-License-Identifier: Apache-2.0
// The port to the results: what was measured, written after every trial, so that a campaign that is killed at any point loses none that
// was saved. A file of SQLite is behind it, or PostgreSQL (docs/decisions/0045-two-stores-one-port.md).
import { createRequire } from 'node:module';
import type { CampaignRow } from '../model/campaign-row.ts';
import type { Canary } from '../model/canary.ts';
import type { Card } from '../model/card.ts';
import type { Histogram } from '../model/dataplane.ts';
import type { ParameterKey } from '../model/parameters.ts';
import type { BegunCampaign, PlannedCase, StoredCampaign, Trial } from '../model/result.ts';
import type { SearchLoad } from '../model/search.ts';
import type { HostRecord, LeftBehind } from '../model/testbed.ts';
import type { KnobRecord } from '../model/tuning.ts';
import { StoreError } from './errors.ts';
import { isServer } from './location.ts';
import type { Neighbour } from './neighbours.ts';
import type * as Postgres from './postgres/postgres-store.ts';
import type { CutSearch } from './searches.ts';
import type { Spare } from './spare.ts';
import { openFileStore } from './sqlite-store.ts';
import type { KeptSummary, NewSummary } from './summaries.ts';

export { StoreError };

/** A campaign before its first trial. */
export type NewCampaign = Omit<StoredCampaign, 'cases'> & { cases: readonly PlannedCase[] };

/** What of a trial is large, and read only by those who show it. */
export interface TrialParts {
  samples: boolean;
  histograms: boolean;
}

export const WHOLE: TrialParts = { samples: true, histograms: true };
export const WITHOUT_HISTOGRAMS: TrialParts = { samples: true, histograms: false };

/** Where a worker's writes end: at a lease that it no longer holds. */
export interface Fence {
  campaignId: string;
  /** Of `vswbench.leases`. */
  token: string;
}

export interface StoreOptions {
  /** How long to wait for another program that is just writing. */
  busyTimeoutMs?: number;
  /** PostgreSQL only: writes to this campaign alone, and only while the lease is held; else StoreError `fenced`. */
  fence?: Fence;
}

/**
 * An id that sorts by time and can be said aloud, such as `20261122-2359-a3f` (UTC). `random` is a whole number from 0; up to
 * 4095 it has three digits. It tells campaigns of the same minute apart.
 */
export function newCampaignId(startedAt: Date, random: number): string {
  const [date = '', time = ''] = startedAt.toISOString().split('T');
  const clock = time.slice(0, 5).replace(':', '');
  return `${date.replaceAll('-', '')}-${clock}-${random.toString(16).padStart(3, '0')}`;
}

/**
 * Opens the results at a path or at `postgres://…`; makes them where there are none. Throws StoreError where they cannot be opened, or
 * are not such that this version understands.
 */
export function openStore(location: string, options: StoreOptions = {}): Store {
  if (isServer(location)) return postgres().openPostgresStore(location, options);
  if (options.fence !== undefined) throw new TypeError('a results file has no leases');
  return openFileStore(location, options.busyTimeoutMs);
}

const require = createRequire(import.meta.url);

/** Loaded only by who asks for it. */
function postgres(): typeof Postgres {
  return require('./postgres/postgres-store.ts');
}

/**
 * Results that are open. All methods throw StoreError. They return when they are done: a trial counts once it is saved, and whoever reads
 * asks for one trial after the other.
 */
export interface Store {
  /** What is written finds this space where there is no other. */
  useSpare(spare: Spare): void;

  /** Throws where the last of the space was used: what is measured from here on could not be saved. */
  requireSpace(campaignId: string): void;

  /** Throws where nothing can be written: it may only be read, or another program has locked it. */
  requireWritable(): void;

  /**
   * Records a campaign that begins, and returns its id. Where a campaign of this or another process has the one that it came with,
   * `anotherId` is asked until it gives one that nobody has; without it that is refused.
   */
  createCampaign(campaign: NewCampaign, anotherId?: () => string): string;

  /** Records a whole campaign with its trials, case by case, and with its searches that were cut short: all of it or nothing. */
  importCampaign(
    campaign: StoredCampaign,
    trialsOf: (caseIndex: number) => Iterable<Trial>,
    searches?: readonly CutSearch[],
  ): void;

  /**
   * Adds trials to a campaign that there is, case by case, and to searches that were cut short what comes behind; changes what is of its
   * parts: all of it or nothing.
   */
  importTrials(
    campaignId: string,
    trialsOf: (caseIndex: number) => Iterable<Trial>,
    changes: Pick<StoredCampaign, 'startedAt' | 'endedAt' | 'shards'>,
    searches?: readonly CutSearch[],
  ): void;

  /** Records a trial; once this returns, it survives whatever happens to the process or the machine. */
  saveTrial(campaignId: string, caseIndex: number, trial: Trial): void;

  /** Records a trial of a search that is not over; once this returns, it survives as a whole trial does. */
  saveLoad(campaignId: string, caseIndex: number, ordinal: number, load: SearchLoad): void;

  /** The trials of a search that was cut short, in their order; none where it was not begun, or is over. */
  loads(campaignId: string, caseIndex: number, ordinal: number): SearchLoad[];

  /** All searches of a campaign that were cut short. */
  searches(campaignId: string): CutSearch[];

  /** Records a card, or how far it is. */
  saveCard(card: Card): void;

  /** A card, or the latest; null where there is none. */
  card(id?: string | 'latest'): Card | null;

  /** The ids of all cards, the latest last. */
  cardIds(): string[];

  /** Records a canary, or that its level was accepted. */
  saveCanary(canary: Canary): void;

  /** The canaries of a testbed, or of all, the latest last. */
  canaries(testbed?: string): Canary[];

  /** Records what became of the knobs of a campaign's host; of one that goes on, the worst of its parts. */
  recordTuning(id: string, testbed: string, role: HostRecord['role'], records: readonly KnobRecord[]): void;

  /** Records what a driver left on a campaign's host; the same is kept once. */
  recordLeftBehind(id: string, testbed: string, role: HostRecord['role'], thing: LeftBehind): void;

  /** Records when a campaign ended. */
  endCampaign(id: string, endedAt: string): void;

  /** A campaign without its trials: their lists are empty. Null where there is none. */
  head(id?: string | 'latest'): StoredCampaign | null;

  /** The trials of a case one by one, in the order of the rounds. What is not among `parts` is empty. */
  trials(id: string, caseIndex: number, parts?: TrialParts): Generator<Trial, void>;

  /** A campaign with what its trials decide of those that are still to be run; null where there is none. */
  begun(id?: string | 'latest'): BegunCampaign | null;

  /** The histograms of a name that the trials of a case recorded, one by one. */
  histograms(id: string, caseIndex: number, name: string): Generator<{ ordinal: number; histogram: Histogram }, void>;

  /**
   * Campaigns other than this one that began at most so many ms before or after it and have cases of a switch: with these cases, the
   * nearest in time first.
   */
  neighbours(
    own: Pick<StoredCampaign, 'id' | 'startedAt'>,
    switchId: string,
    withinMs: number,
  ): Generator<Neighbour, void>;

  /** What was kept of each case of a campaign by these rules, by case index; without a summary where it has changed since. */
  summaries(id: string, rules: string): Map<number, KeptSummary>;

  /**
   * Keeps what a case told, once nobody is reading any more. It is only saved work: where it cannot be written, the next look does it
   * again. One of a case that has changed meanwhile is kept as well, and never taken for the present one.
   */
  keepSummary(summary: NewSummary): void;

  /** A campaign with all that was measured, in memory: for few trials only. Null where there is none. */
  load(id?: string | 'latest'): StoredCampaign | null;

  /** Every campaign, the latest last. */
  list(): CampaignRow[];

  /** Of the cases of a campaign the values of each parameter, as its option takes them. */
  parameterValues(id: string): Map<ParameterKey, string[]>;

  /** What `query` reads is one state of the results, whatever another process writes meanwhile. */
  read<T>(query: () => T): T;

  /** As `read`, for what is read as it is asked for. The state is held until the last is taken, or no more is wanted. */
  stream<T>(query: () => Iterable<T>): Generator<T, void>;

  /** Ends the use of the results; the last to close a file leaves one that can be copied. */
  close(): void;
}
