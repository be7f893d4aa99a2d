// SPDX-License-Identifier: Apache-2.0
// What PostgreSQL's errors mean for the user, as one line that names the mend: https://www.postgresql.org/docs/current/errcodes-appendix.html.
import { REPORT_BUG } from '../checked.ts';
import { StoreError } from '../errors.ts';
import { shownLocation } from '../location.ts';
import type { Failure } from './protocol.ts';
import { SessionError } from './session.ts';

/** The server runs and says so, before it ends the connection: no such database, no connection left. */
const SAID_AT_THE_DOOR: ReadonlySet<string> = new Set(['3D000', '53300']);

const SAFE = 'what was saved is safe';

/** What an error of a session means for the user of the results at `location`; an error of anything else stays as it is. */
export function explainServer(location: string, error: unknown): unknown {
  if (!(error instanceof SessionError)) return error;
  const { failure } = error;
  const shown = shownLocation(location);
  const of = (code: StoreError['code'], problem: string, mend: string) =>
    new StoreError(code, `${shown} ${problem}`, mend, error);
  if (/^28/.test(failure.code) || /password|SASL/i.test(failure.message)) {
    return of(
      'unreachable',
      `lets nobody in (${failure.message})`,
      'check the user, and the password in VSWBENCH_STORE, PGPASSWORD or ~/.pgpass',
    );
  }
  if (failure.lost && !SAID_AT_THE_DOOR.has(failure.code)) {
    return of(
      'unreachable',
      `cannot be reached (${reasonOf(failure)})`,
      `check that PostgreSQL runs there, then try again; ${SAFE}`,
    );
  }
  return explainState(failure, of);
}

function explainState(
  { code, message }: Failure,
  of: (code: StoreError['code'], problem: string, mend: string) => StoreError,
): StoreError {
  switch (code) {
    case '3D000':
      return of('unreachable', 'is a database that does not exist', 'make it with createdb(1), or name another');
    case '42501':
      return of(
        'read-only',
        `cannot be written (${message})`,
        'let its owner grant you the right, or become that user',
      );
    case '25006':
      return of('read-only', 'cannot be written: it is a read-only copy', 'name the primary server');
    case '55P03':
    case '57014':
    case '40001':
    case '40P01':
      return of('busy', `is locked by another program (${message})`, 'let it finish, and try again');
    case '53300':
      return of('unreachable', `has no connection left (${message})`, 'try again later, or raise its max_connections');
  }
  switch (code.slice(0, 2)) {
    case '22':
    case '23':
      return of('refused', `does not take this (${message})`, REPORT_BUG);
    case '53':
      return of(
        'full',
        `has no space left (${message})`,
        `free some space, then go on with 'vswbench run --resume'; ${SAFE}`,
      );
    default:
      return of('damaged', `is damaged (${code} ${message})`, 'restore it from a backup, or name another database');
  }
}

function reasonOf({ code, message }: Failure): string {
  return message === '' ? code : message;
}

/** A record that is not what it ought to be. */
export function damagedOnServer(location: string, what: string, cause?: unknown): StoreError {
  return new StoreError(
    'damaged',
    `${shownLocation(location)} is damaged (${what})`,
    'restore it from a backup, or name another database',
    cause,
  );
}
