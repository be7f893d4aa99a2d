// SPDX-License-Identifier: Apache-2.0
// Everything that may go wrong with a results file, as one line that names the mend.
import { existsSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { mendOfWriting } from './writing.ts';

export type StoreErrorCode =
  | 'busy'
  | 'damaged'
  | 'disk'
  | 'fenced'
  | 'foreign'
  | 'full'
  | 'newer'
  | 'read-only'
  | 'refused'
  | 'unknown-campaign'
  | 'unreachable';

/** A results file that cannot be used as asked. `message` is one line: what is wrong, a colon, the mend. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  /** What the user can do about it. */
  readonly mend: string;

  constructor(code: StoreErrorCode, problem: string, mend: string, cause?: unknown) {
    super(oneLine(`${problem}: ${mend}`), cause === undefined ? undefined : { cause });
    this.code = code;
    this.mend = mend;
  }
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}

/** SQLite's result codes: https://sqlite.org/rescode.html. The low byte is the primary one. */
const SQLITE = {
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  CONSTRAINT: 19,
  NOTADB: 26,
  IOERR_SHMSIZE: 4874,
} as const;

/** SQLite's extended result code of an error, or null where it is not SQLite's. */
function resultCodeOf(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : null;
}

/** The file cannot be opened this way, but perhaps in another one that writes nothing. */
export function isUnwritable(error: unknown): boolean {
  const code = resultCodeOf(error);
  return code !== null && [SQLITE.READONLY, SQLITE.CANTOPEN].some((primary) => primary === (code & 0xff));
}

export function isBusy(error: unknown): boolean {
  const code = resultCodeOf(error);
  return code !== null && (code & 0xff) === SQLITE.BUSY;
}

/** What an error of SQLite means for the user of the results file `path`; an error of anything else stays as it is. */
export function explain(path: string, error: unknown): unknown {
  const code = resultCodeOf(error);
  if (code === null || !(error instanceof Error)) return error;
  if (code === SQLITE.IOERR_SHMSIZE) return full(path, error);
  switch (code & 0xff) {
    case SQLITE.BUSY:
    case SQLITE.LOCKED:
      return new StoreError('busy', `${path} is locked by another program`, 'let it finish, and try again', error);
    case SQLITE.READONLY:
      return readOnly(path, error);
    case SQLITE.IOERR:
      return new StoreError('disk', `${path}: ${error.message}`, 'see dmesg(1) for what the disk says', error);
    case SQLITE.CORRUPT:
      return damaged(path, error.message, error);
    case SQLITE.FULL:
      return full(path, error);
    case SQLITE.CANTOPEN:
      if (leadsNowhere(path)) return danglingLink(path, error);
      return existsSync(dirname(path)) && !existsSync(path) ? readOnly(path, error) : unreachable(path, error);
    case SQLITE.CONSTRAINT:
      return new StoreError(
        'refused',
        `${path}: ${error.message}`,
        'this is a bug of vswbench; please report it',
        error,
      );
    case SQLITE.NOTADB:
      return foreign(path, error);
    default:
      // For the rest, such as a table that is not there, SQLite's primary code is the general one (1).
      return damaged(path, error.message, error);
  }
}

export function unreachable(path: string, cause?: unknown): StoreError {
  const mend = 'check that it is a file, that its folder exists, and that you may read it';
  return new StoreError('unreachable', `${path} cannot be opened`, mend, cause);
}

function leadsNowhere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true && !existsSync(path);
}

function danglingLink(path: string, cause: unknown): StoreError {
  return new StoreError('unreachable', `${path} is a symbolic link that leads nowhere`, 'mend or remove it', cause);
}

function full(path: string, cause: unknown): StoreError {
  const mend = "free some space, then go on with 'vswbench run --resume': every trial that was saved is safe";
  return new StoreError('full', `there is no space left for ${path}`, mend, cause);
}

/** The disk is full, and what has been measured is on it. */
export function justSaved(path: string, campaignId: string): StoreError {
  const mend = `free some space, then go on with 'vswbench run --resume ${campaignId}'; all that was measured is in it`;
  return new StoreError('full', `there is no space left for ${path}`, mend);
}

export function readOnly(path: string, cause?: unknown): StoreError {
  return new StoreError('read-only', `${path} cannot be written`, mendOfWriting(path), cause);
}

export function foreign(path: string, cause?: unknown): StoreError {
  return new StoreError(
    'foreign',
    `${path} is not a results file of vswbench`,
    'give another path, or move it away',
    cause,
  );
}

export function newer(path: string, version: number, known: number): StoreError {
  return new StoreError(
    'newer',
    `${path} was written by a later vswbench (schema ${version}; this one knows ${known})`,
    'update vswbench',
  );
}

export function damaged(path: string, what: string, cause?: unknown): StoreError {
  const mend = `recover what is readable with: sqlite3 '${path}' .recover | sqlite3 recovered.db`;
  return new StoreError('damaged', `${path} is damaged (${what})`, mend, cause);
}
