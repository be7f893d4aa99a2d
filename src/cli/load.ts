// SPDX-License-Identifier: Apache-2.0
// How the commands get at what was measured: a store, and a campaign's result in it.
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CampaignResult, StoredCampaign } from '../model/result.ts';
import { jsonText } from '../report/json.ts';
import { openStore, type Store, WITHOUT_HISTOGRAMS } from '../store/store.ts';
import { STORE_NAME, storePath } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { saveMemory } from './memory.ts';
import { resultOf } from './results.ts';

/** Throws CliError where nothing has been measured yet; a store is not made by looking for one. */
export function requireStore(): void {
  if (!existsSync(storePath)) {
    throw new CliError(EXIT.usage, `nothing has been measured yet (no ${storePath}): run 'sudo vswbench run'`);
  }
}

/** Opens the store for the time of `use`; throws CliError where nothing has been measured yet. */
export async function withStore<T>(use: (store: Store) => T | Promise<T>): Promise<T> {
  requireStore();
  return withFile(storePath, use);
}

async function withFile<T>(path: string, use: (store: Store) => T | Promise<T>): Promise<T> {
  saveMemory();
  const store = openStore(path);
  try {
    return await use(store);
  } finally {
    store.close();
  }
}

/**
 * A campaign that may lie in another results folder: an id, a folder or its database (its latest campaign), or either with
 * `:` and an id. A file is not made by looking for one.
 */
export async function loadFrom(place: string): Promise<CampaignResult> {
  const { path, id } = placeOf(place);
  if (path === null) return withStore((store) => requireResult(store, id));
  const file = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? resolve(path, STORE_NAME) : path;
  if (!existsSync(file)) throw new CliError(EXIT.usage, `${place}: there are no results (no ${file})`);
  return withFile(file, (store) => {
    const result = resultOf(store, id);
    if (result === null) throw new CliError(EXIT.usage, `${file} has no campaign${id === undefined ? '' : ` '${id}'`}`);
    return result;
  });
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
