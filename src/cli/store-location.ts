// SPDX-License-Identifier: Apache-2.0
// Where the results are: what --store says, else VSWBENCH_STORE, else the database of the results folder.
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { hasPassword, isServer, shownLocation } from '../store/location.ts';
import { STORE_NAME, storePath } from './context.ts';
import { CliError, EXIT } from './errors.ts';

/** The location that this command, and what it starts, uses. An empty variable says nothing. */
export function storeLocation(): string {
  const named = process.env.VSWBENCH_STORE;
  return named === undefined || named === '' ? storePath : whole(named);
}

/** As `storeLocation`, to be shown: without a password. */
export function shownStore(): string {
  return shownLocation(storeLocation());
}

/** Takes what --store says. Throws CliError for a password in it. Commands that this one starts find it in their environment, and not in their arguments. */
export function useStore(given: string): void {
  process.env.VSWBENCH_STORE = locationIn(given, '--store');
}

/** A location that an argument names. Throws CliError for a password in it, which everybody on the machine could read. */
export function locationIn(given: string, argument: string): string {
  if (given === '') throw new CliError(EXIT.usage, `${argument} '': give a path, or postgres://USER@HOST/DATABASE`);
  if (hasPassword(given)) {
    throw new CliError(
      EXIT.usage,
      `${argument}: everybody on this machine can read a password in a command: leave it out, and give it in VSWBENCH_STORE, PGPASSWORD or ~/.pgpass`,
    );
  }
  return whole(given);
}

/** Whether there may be results: a file is not made by looking for one. */
export function hasStore(location: string = storeLocation()): boolean {
  return isServer(location) || existsSync(location);
}

/** Of a folder its database, and a path from whatever folder it is used. */
function whole(location: string): string {
  if (isServer(location)) return location;
  const path = resolve(location);
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? resolve(path, STORE_NAME) : path;
}
