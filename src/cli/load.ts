// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import type { CampaignResult, StoredCampaign } from '../model/result.ts';
import { toCampaignResult } from '../stats/campaign.ts';
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
  return toCampaignResult(loadStored(id));
}
