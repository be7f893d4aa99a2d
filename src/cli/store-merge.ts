// SPDX-License-Identifier: Apache-2.0
// `vswbench store copy` and `store merge`: campaigns from one store into another, each of them whole or not at all.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Card } from '../model/card.ts';
import type { StoredCampaign, Trial } from '../model/result.ts';
import { mergeShards } from '../model/shards.ts';
import { caseKey } from '../model/testcase.ts';
import { counted } from '../report/format.ts';
import { clean } from '../report/text.ts';
import { differences } from '../stats/alike.ts';
import { sumOf } from '../stats/sum.ts';
import { isServer, shownLocation } from '../store/location.ts';
import type { CutSearch } from '../store/searches.ts';
import { openStore, type Store } from '../store/store.ts';
import type { MergeOptions } from './commands/store.ts';
import { tell } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { hasStore, locationIn, storeLocation } from './store-location.ts';

/** Copies campaigns, all of them or those that are named. Throws CliError. */
export async function copyStore(
  from: string,
  to: string,
  ids: readonly string[],
  options: MergeOptions,
): Promise<void> {
  bring([locationIn(from, 'FROM')], locationIn(to, 'TO'), ids, options);
}

/** Brings the campaigns of files into one store. Throws CliError. */
export async function mergeFiles(files: readonly string[], options: MergeOptions): Promise<void> {
  const into = options.into === undefined ? storeLocation() : locationIn(options.into, '--into');
  bring(
    files.map((file) => locationIn(file, 'FILE')),
    into,
    [],
    options,
  );
}

function bring(from: readonly string[], to: string, ids: readonly string[], options: MergeOptions): void {
  for (const location of from) {
    if (!hasStore(location)) throw new CliError(EXIT.usage, `${location}: there are no results`);
    if (location === to) throw new CliError(EXIT.usage, `${shownLocation(to)} is source and target: name two`);
  }
  if (!isServer(to)) mkdirSync(dirname(to), { recursive: true });
  const into = openStore(to);
  try {
    for (const location of from) {
      const source = openStore(location);
      try {
        bringAll(source, into, shownLocation(location), ids, options);
      } finally {
        source.close();
      }
    }
  } finally {
    into.close();
  }
}

function bringAll(source: Store, into: Store, name: string, ids: readonly string[], options: MergeOptions): void {
  const rows = source.list();
  const unknown = ids.find((id) => !rows.some((row) => row.id === id));
  if (unknown !== undefined)
    throw new CliError(EXIT.usage, `${name} has no campaign ${unknown}: 'vswbench list' shows those it has`);
  const asked = rows.filter(({ id }) => ids.length === 0 || ids.includes(id));
  for (const [index, { id }] of asked.entries()) {
    const done = bringCampaign(source, into, id, options);
    tell(`${name}: campaign ${index + 1} of ${asked.length}: ${clean(id)}: ${done}`);
  }
  if (ids.length > 0) return;
  bringCards(source, into);
  bringCanaries(source, into);
}

/** Of a card that both have, the one that is further. */
function bringCards(source: Store, into: Store): void {
  const partsOf = (card: Card | null) => sumOf(card?.subjects ?? [], ({ parts }) => 1 + Object.keys(parts).length);
  for (const id of source.cardIds()) {
    const card = source.card(id);
    if (card !== null && partsOf(card) > partsOf(into.card(id))) into.saveCard(card);
  }
}

/** A level that was accepted in one of both is accepted. */
function bringCanaries(source: Store, into: Store): void {
  const known = new Map(into.canaries().map((canary) => [canary.campaign, canary]));
  for (const canary of source.canaries()) {
    const there = known.get(canary.campaign);
    if (there === undefined || (there.accepted === null && canary.accepted !== null)) into.saveCanary(canary);
  }
}

/** Brings a campaign with what the other one lacks of it, and returns what was done in words. Throws CliError where they do not fit. */
export function bringCampaign(
  source: Store,
  into: Store,
  id: string,
  { unlikeMachines = false }: MergeOptions,
): string {
  return source.read(() => {
    const given = source.head(id);
    if (given === null)
      throw new CliError(EXIT.usage, `there is no campaign '${id}': 'vswbench list' shows all campaigns`);
    const there = into.head(id);
    if (there === null) {
      const trials = counting((index) => source.trials(id, index));
      const searches = source.searches(id);
      into.importCampaign(given, trials.trialsOf, searches);
      return `copied, ${counted(trials.count(), 'trial')}${alsoSearches(searches)}`;
    }
    const changes = mergedHead(there, given, unlikeMachines);
    const trials = counting((index) => absent(source, into, id, index));
    const searches = lackingSearches(source, into, id);
    into.importTrials(id, trials.trialsOf, changes, searches);
    return trials.count() + searches.length === 0
      ? 'nothing new'
      : `${counted(trials.count(), 'trial')}${alsoSearches(searches)} added to those that were there`;
  });
}

/** What of a campaign differs between its parts, and is none of its plan. */
const OF_PARTS = ['startedAt', 'endedAt', 'hosts', 'cases', 'shards'] as const;

/** The head of a campaign of two parts. Throws CliError where they are not of one campaign. */
function mergedHead(
  a: StoredCampaign,
  b: StoredCampaign,
  unlikeMachines: boolean,
): Pick<StoredCampaign, 'startedAt' | 'endedAt' | 'shards'> {
  const refuse = (what: string, mend: string) =>
    new CliError(EXIT.usage, `campaign ${a.id} is there already, ${what}: ${mend}`);
  const keys = Object.keys(a).filter(
    (key): key is keyof StoredCampaign => key in b && !OF_PARTS.some((part) => part === key),
  );
  const differs = keys.find((key) => !isDeepStrictEqual(a[key], b[key]));
  if (differs !== undefined || !isDeepStrictEqual(planned(a), planned(b))) {
    throw refuse(`with another plan (${differs ?? 'cases'})`, 'merge it into a store of its own, with --into');
  }
  const shards = mergeShards(a.shards, b.shards);
  if (!shards.ok) throw refuse(`cut otherwise (${shards.error})`, 'measure the missing shards anew');
  const testbeds = [...new Set(a.hosts.map(({ testbed }) => testbed))];
  const unlike = testbeds
    .flatMap((testbed) => {
      const [mine, theirs] = [a, b].map(({ hosts }) => hosts.filter((host) => host.testbed === testbed));
      return differences(mine ?? [], theirs ?? []);
    })
    .map(({ what, a: left, b: right }) => `${what}: '${left}' and '${right}'`);
  const [first] = unlike;
  if (first !== undefined && !unlikeMachines) {
    throw refuse(
      `of an unlike machine (${first})`,
      'measure it on like machines, or add --unlike-machines, which marks the result',
    );
  }
  return {
    startedAt: [a.startedAt, b.startedAt].sort()[0] ?? a.startedAt,
    endedAt: a.endedAt === null || b.endedAt === null ? null : ([a.endedAt, b.endedAt].sort()[1] ?? null),
    shards:
      shards.value === null ? null : { ...shards.value, unlike: [...new Set([...shards.value.unlike, ...unlike])] },
  };
}

function planned({ cases }: StoredCampaign): unknown {
  return cases.map((one) => [caseKey(one.case), one.skipped]);
}

/** Trials of a case that the other store lacks. Throws CliError where it has another in the place of one. */
function* absent(source: Store, into: Store, id: string, index: number): Generator<Trial, void> {
  const bare = { samples: false, histograms: false };
  const there = new Map([...into.trials(id, index, bare)].map((trial) => [trial.ordinal, trial]));
  const lacking = new Set<number>();
  for (const trial of source.trials(id, index, bare)) {
    const known = there.get(trial.ordinal);
    if (known === undefined) lacking.add(trial.ordinal);
    else if (!isDeepStrictEqual(known, trial)) {
      throw new CliError(
        EXIT.usage,
        `campaign ${id} is there already, with another trial ${trial.ordinal} of case ${index}: merge it into a store of its own, with --into`,
      );
    }
  }
  if (lacking.size === 0) return;
  for (const trial of source.trials(id, index)) if (lacking.has(trial.ordinal)) yield trial;
}

function alsoSearches({ length }: readonly CutSearch[]): string {
  if (length === 0) return '';
  return length === 1 ? ' and a search that was cut short' : ` and ${length} searches that were cut short`;
}

/** What the other store lacks of searches that were cut short. Throws CliError where one went on otherwise there. */
function lackingSearches(source: Store, into: Store, id: string): CutSearch[] {
  return source.searches(id).flatMap(({ caseIndex, ordinal, loads }) => {
    const there = into.loads(id, caseIndex, ordinal);
    const shorter = Math.min(there.length, loads.length);
    if (!isDeepStrictEqual(there.slice(0, shorter), loads.slice(0, shorter))) {
      throw new CliError(
        EXIT.usage,
        `campaign ${id} is there already, with another search ${ordinal} of case ${caseIndex}: merge it into a store of its own, with --into`,
      );
    }
    const lacking = loads.slice(shorter);
    return lacking.length === 0 || isMeasured(into, id, caseIndex, ordinal)
      ? []
      : [{ caseIndex, ordinal, loads: lacking }];
  });
}

/** Whether the search came to its end there. */
function isMeasured(into: Store, id: string, caseIndex: number, ordinal: number): boolean {
  const trials = into.trials(id, caseIndex, { samples: false, histograms: false });
  return trials.some((trial) => trial.ordinal === ordinal && trial.measurement?.search != null);
}

/** Counts what goes through. */
function counting(trialsOf: (index: number) => Iterable<Trial>): {
  trialsOf: (index: number) => Iterable<Trial>;
  count: () => number;
} {
  let trials = 0;
  return {
    *trialsOf(index) {
      for (const trial of trialsOf(index)) {
        trials += 1;
        yield trial;
      }
    },
    count: () => trials,
  };
}
