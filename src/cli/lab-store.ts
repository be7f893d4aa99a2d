// SPDX-License-Identifier: Apache-2.0
// Where a lab is: in PostgreSQL, beside its results.
import type { Database } from '../fleet/database.ts';
import { isServer } from '../store/location.ts';
import { openStore } from '../store/store.ts';
import { CliError, EXIT } from './errors.ts';
import { storeLocation } from './store-location.ts';

/** The lab's store. Throws CliError where results are kept in a file. */
export function labLocation(): string {
  const location = storeLocation();
  if (isServer(location)) return location;
  throw new CliError(
    EXIT.usage,
    'a lab is kept in PostgreSQL: name it with --store postgres://USER@HOST/DATABASE or VSWBENCH_STORE (docs/fleet.md)',
  );
}

/** Opens the lab, whose tables are made where there are none. Throws CliError, StoreError or FleetError. */
export async function openLab(): Promise<Database> {
  const location = labLocation();
  // Leases are among the results' tables.
  openStore(location).close();
  return (await import('../fleet/database.ts')).Database.open(location);
}

/** Uses the lab. Throws CliError, StoreError or FleetError. */
export async function withLab<T>(use: (database: Database) => Promise<T>): Promise<T> {
  const database = await openLab();
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}
