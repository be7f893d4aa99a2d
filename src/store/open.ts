// SPDX-License-Identifier: Apache-2.0
// How a results file is opened: what may be written, what may only be read, and what is not ours at all.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { explain, foreign, isBusy, isUnwritable, newer, readOnly, unreachable } from './errors.ts';
import { APPLICATION_ID, MIGRATIONS, migrate, readHeader } from './schema.ts';

/** A results file of this version's schema. */
export interface OpenFile {
  path: string;
  db: DatabaseSync;
  writable: boolean;
}

/** Another process that writes is done in milliseconds, but a slow disk or a backup may hold it up. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Opens a results file; makes it where there is none. A file that cannot be written is opened for reading. Throws
 * StoreError where it cannot be opened, or is not one that this version understands. `busyTimeoutMs` is how long to wait
 * for another process that is just writing.
 */
export function openFile(path: string, busyTimeoutMs: number = BUSY_TIMEOUT_MS): OpenFile {
  try {
    const { db, writable } = openDatabase(path, busyTimeoutMs);
    try {
      prepare(path, db, writable);
    } catch (error) {
      db.close();
      throw error;
    }
    return { path, db, writable };
  } catch (error) {
    throw explain(path, error);
  }
}

/** Opens the file for writing; where that is not allowed, for reading. Nothing is written yet. */
function openDatabase(path: string, busyTimeoutMs: number): { db: DatabaseSync; writable: boolean } {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw unreachable(path);
  const url = pathToFileURL(path);
  const options = { timeout: busyTimeoutMs, enableForeignKeyConstraints: true };
  const attempts = [() => ({ db: new DatabaseSync(url, { ...options, readOnly: true }), writable: false })];
  if (!existsSync(path) || mayWrite(path))
    attempts.unshift(() => ({ db: new DatabaseSync(url, options), writable: true }));
  // Without write permission to the folder, SQLite cannot make the index of its log, and refuses to read even where there
  // is no log. `immutable` lets it do without; that is right as long as nobody writes, and a writer would have a log.
  if (!hasLog(path)) {
    const immutable = new URL(url);
    immutable.searchParams.set('immutable', '1');
    attempts.push(() => ({ db: new DatabaseSync(immutable, { ...options, readOnly: true }), writable: false }));
  }
  let refusal: unknown;
  for (const attempt of attempts) {
    let db: DatabaseSync | undefined;
    try {
      const opened = attempt();
      db = opened.db;
      readHeader(db);
      return opened;
    } catch (error) {
      db?.close();
      if (!isUnwritable(error)) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function hasLog(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** Makes sure that the file is ours, of a version that this program knows, and set up to survive a crash. */
function prepare(path: string, db: DatabaseSync, writable: boolean): void {
  const { applicationId, version, empty } = readHeader(db);
  const fresh = empty && version === 0 && applicationId === 0;
  if (!fresh && applicationId !== APPLICATION_ID) throw foreign(path);
  if (version > MIGRATIONS.length) throw newer(path, version, MIGRATIONS.length);
  if (version < MIGRATIONS.length) {
    if (!writable) throw readOnly(path);
    migrate(db);
  }
  if (writable) {
    useLog(db);
    // Committed is on the disk, also where the machine loses its power.
    db.exec('PRAGMA synchronous = FULL');
  }
}

/** With a write-ahead log readers and the writer never wait for each other; until it can be had, they do. */
function useLog(db: DatabaseSync): void {
  try {
    db.exec('PRAGMA journal_mode = WAL');
  } catch (error) {
    if (!isBusy(error)) throw error;
  }
}
