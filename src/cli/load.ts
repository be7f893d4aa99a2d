// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import type { Inventory } from '../model/inventory.ts';
import type { CampaignResult, StoredCampaign } from '../model/result.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { lacksCeiling } from '../stats/ceiling.ts';
import { openStore, type Store } from '../store/store.ts';
import { storePath } from './context.ts';
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

/** A campaign's result, with the ceilings that it lacks from recent campaigns of the same machine. */
export function toResult(store: Store, stored: StoredCampaign): CampaignResult {
  const alone = toCampaignResult(stored);
  if (!alone.results.some(lacksCeiling)) return alone;
  const distanceMs = (startedAt: string) => Math.abs(Date.parse(startedAt) - Date.parse(stored.startedAt));
  const recent = store
    .list()
    .filter(({ id, startedAt }) => id !== stored.id && distanceMs(startedAt) <= RECENT_MS)
    .sort((a, b) => distanceMs(a.startedAt) - distanceMs(b.startedAt))
    .slice(0, LOOKED_THROUGH_MAX)
    .flatMap(({ id }) => store.load(id) ?? [])
    .filter((other) => differingField(stored.inventory, other.inventory) === null);
  return toCampaignResult(
    stored,
    recent.map((other) => toCampaignResult(other)),
  );
}

/** In what two machines differ so that their figures must not be mixed; null where they are one and the same. */
export function differingField(a: Inventory, b: Inventory): (typeof MACHINE_FIELDS)[number] | null {
  return MACHINE_FIELDS.find((field) => a[field] !== b[field]) ?? null;
}

const MACHINE_FIELDS = ['hostname', 'kernel', 'cpuModel', 'microcode'] as const;
