// SPDX-License-Identifier: Apache-2.0
// How the commands get at what was measured: a store, and a campaign's result in it.
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CampaignResult, StoredCampaign } from '../model/result.ts';
import { jsonText } from '../report/json.ts';
import { isServer, shownLocation } from '../store/location.ts';
import { openStore, type Store, WITHOUT_HISTOGRAMS } from '../store/store.ts';
import { STORE_NAME } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { saveMemory } from './memory.ts';
import { resultOf } from './results.ts';
import { hasStore, locationIn, shownStore, storeLocation } from './store-location.ts';

/** Throws CliError where nothing has been measured yet; a store is not made by looking for one. */
export function requireStore(): void {
  if (!hasStore()) {
    throw new CliError(EXIT.usage, `nothing has been measured yet (no ${shownStore()}): run 'sudo vswbench run'`);
  }
}

/** Opens the store for the time of `use`; throws CliError where nothing has been measured yet. */
export async function withStore<T>(use: (store: Store) => T | Promise<T>): Promise<T> {
  requireStore();
  return withResults(storeLocation(), use);
}

async function withResults<T>(location: string, use: (store: Store) => T | Promise<T>): Promise<T> {
  saveMemory();
  const store = openStore(location);
  try {
    return await use(store);
  } finally {
    store.close();
  }
}

/**
 * A campaign that may lie elsewhere, for the time of `use`: an id, a results folder or its database (its latest campaign), either with
 * `:` and an id, a database of PostgreSQL, with `#` and an id, or a bundle. A file is not made by looking for one.
 */
export async function withCampaign<T>(
  place: string | undefined,
  use: (store: Store, id: string | undefined) => T | Promise<T>,
): Promise<T> {
  const { path, id } = place === undefined ? { path: null, id: undefined } : placeOf(place);
  if (path === null) return withStore((store) => use(store, id));
  if (isServer(path)) return withStored(locationIn(path, 'results'), id, use);
  const found = statSync(path, { throwIfNoEntry: false });
  const file = found?.isDirectory() === true ? resolve(path, STORE_NAME) : path;
  if (!existsSync(file)) throw new CliError(EXIT.usage, `${place}: there are no results (no ${file})`);
  if (file.endsWith('.zip')) {
    saveMemory();
    return (await import('./bundle-open.ts')).withBundle(file, (store) => use(store, id));
  }
  return withStored(file, id, use);
}

async function withStored<T>(
  location: string,
  id: string | undefined,
  use: (store: Store, id: string | undefined) => T | Promise<T>,
): Promise<T> {
  return withResults(location, (store) => {
    if (store.head(id ?? 'latest') === null) {
      throw new CliError(EXIT.usage, `${shownLocation(location)} has no campaign${id === undefined ? '' : ` '${id}'`}`);
    }
    return use(store, id);
  });
}

/** The result of a campaign that may lie elsewhere, as `withCampaign` finds it. */
export async function loadFrom(place: string): Promise<CampaignResult> {
  return withCampaign(place, requireResult);
}

/** What has a slash or ends in `.db` or `.zip` is a path. */
function isPath(text: string): boolean {
  return text.includes('/') || text.endsWith('.db') || text.endsWith('.zip');
}

/** Whether this is a campaign of other results than our own, as `withCampaign` takes it. */
export function isElsewhere(place: string): boolean {
  return placeOf(place).path !== null;
}

function placeOf(place: string): { path: string | null; id: string | undefined } {
  if (isServer(place)) {
    const [path = '', id] = place.split('#');
    return { path, id };
  }
  if (!isPath(place)) return { path: null, id: place };
  const colon = place.lastIndexOf(':');
  const tail = place.slice(colon + 1);
  return colon > 0 && !isPath(tail) && !existsSync(place)
    ? { path: place.slice(0, colon), id: tail }
    : { path: place, id: undefined };
}

/** A campaign by id, or the latest, without its trials. */
export function requireHead(store: Store, id: string | undefined): StoredCampaign {
  return store.head(id ?? 'latest') ?? refuse(id);
}

/** The result of a campaign by id, or of the latest. */
export function requireResult(store: Store, id: string | undefined): CampaignResult {
  return resultOf(store, id) ?? refuse(id);
}

function refuse(id: string | undefined): never {
  throw new CliError(
    EXIT.usage,
    id === undefined
      ? "there is no campaign yet: 'vswbench run' measures one"
      : `there is no campaign '${id}': 'vswbench list' shows all campaigns`,
  );
}

/** The document of a campaign, piece by piece; all of it is of one state of the store. */
export function documentOf(store: Store, id: string | undefined): Iterable<string> {
  return store.stream(() => {
    const result = requireResult(store, id);
    return jsonText(result, (index) => store.trials(result.id, index, WITHOUT_HISTOGRAMS));
  });
}
