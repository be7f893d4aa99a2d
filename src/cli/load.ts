// SPDX-License-Identifier: Apache-2.0
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CampaignResult, StoredCampaign } from '../model/result.ts';
import { testbedsOf } from '../model/testbed.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { lacksCeiling } from '../stats/ceiling.ts';
import { unlikeHosts } from '../stats/compare.ts';
import { openStore, type Store } from '../store/store.ts';
import { STORE_NAME, storePath } from './context.ts';
import { CliError, EXIT } from './errors.ts';

/** Throws CliError where nothing has been measured yet; a store is not made by looking for one. */
export function requireStore(): void {
  if (!existsSync(storePath)) {
    throw new CliError(EXIT.usage, `nothing has been measured yet (no ${storePath}): run 'sudo vswbench run'`);
  }
}

/** Opens the store for reading; throws CliError where nothing has been measured yet. */
export function withStore<T>(use: (store: Store) => T): T {
  requireStore();
  const store = openStore(storePath);
  try {
    return use(store);
  } finally {
    store.close();
  }
}

/**
 * A campaign that may lie in another results folder: an id, a folder or its database (its latest campaign), or either with
 * `:` and an id. A file is not made by looking for one.
 */
export function loadFrom(place: string): CampaignResult {
  const { path, id } = placeOf(place);
  if (path === null) return loadResult(id);
  const file = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? resolve(path, STORE_NAME) : path;
  if (!existsSync(file)) throw new CliError(EXIT.usage, `${place}: there are no results (no ${file})`);
  const store = openStore(file);
  try {
    const stored = store.load(id ?? 'latest');
    if (stored === null) throw new CliError(EXIT.usage, `${file} has no campaign ${id ?? ''}`);
    return toResult(store, stored);
  } finally {
    store.close();
  }
}

/** What has a slash or ends in `.db` is a path. */
function placeOf(place: string): { path: string | null; id: string | undefined } {
  const isPath = (text: string) => text.includes('/') || text.endsWith('.db');
  if (!isPath(place)) return { path: null, id: place };
  const colon = place.lastIndexOf(':');
  const tail = place.slice(colon + 1);
  return colon > 0 && !isPath(tail) && !existsSync(place)
    ? { path: place.slice(0, colon), id: tail }
    : { path: place, id: undefined };
}

/** A campaign by id, or the latest. */
export function loadStored(id: string | undefined): StoredCampaign {
  const stored = withStore((store) => store.load(id ?? 'latest'));
  if (stored === null) {
    throw new CliError(EXIT.usage, `there is no campaign ${id ?? ''}: 'vswbench list' shows those that there are`);
  }
  return stored;
}

export function loadResult(id: string | undefined): CampaignResult {
  const stored = loadStored(id);
  return withStore((store) => toResult(store, stored));
}

/** A ceiling this old still counts: a machine does not change by itself in a week. */
const RECENT_MS = 7 * 24 * 3600 * 1000;
/** So many campaigns are looked through for ceilings, the nearest in time first. */
const LOOKED_THROUGH_MAX = 20;

/** A campaign's result, with the ceilings that it lacks from recent campaigns of the same machines. */
export function toResult(store: Store, stored: StoredCampaign): CampaignResult {
  const alone = toCampaignResult(stored);
  if (!alone.results.some(lacksCeiling)) return alone;
  const distanceMs = (startedAt: string) => Math.abs(Date.parse(startedAt) - Date.parse(stored.startedAt));
  const recent = store
    .list()
    .filter(({ id, startedAt }) => id !== stored.id && distanceMs(startedAt) <= RECENT_MS)
    .sort((a, b) => distanceMs(a.startedAt) - distanceMs(b.startedAt))
    .slice(0, LOOKED_THROUGH_MAX)
    .flatMap(({ id }) => store.load(id) ?? []);
  return toCampaignResult(
    stored,
    recent.map((other) => ofAlikeMachines(toCampaignResult(other), stored)),
  );
}

/** What of another campaign was measured on the very machines of this one. */
function ofAlikeMachines(other: CampaignResult, { hosts }: StoredCampaign): CampaignResult {
  const alike = new Set(testbedsOf({ hosts }).filter((testbed) => unlikeHosts({ hosts }, other, testbed).length === 0));
  return { ...other, results: other.results.filter((result) => alike.has(result.case.testbed)) };
}
