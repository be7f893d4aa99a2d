// SPDX-License-Identifier: Apache-2.0
// What the session and the thread that owns its connection say to each other. Both are ours: nothing of it is checked.

/** What a statement takes. A list becomes an array of PostgreSQL. */
export type Value =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly (string | number | boolean | null | Uint8Array)[];

export type ServerRow = Record<string, unknown>;

export interface Request {
  sql: string;
  values: readonly Value[];
  /** A connection is made where there is none; else the statement belongs to a transaction, which is lost with its connection. */
  mayConnect: boolean;
  /** Whether somebody waits for the answer. */
  answered: boolean;
}

/** Why a statement failed: PostgreSQL's SQLSTATE or the system's code, `lost` where there is no connection any more. */
export interface Failure {
  code: string;
  message: string;
  lost: boolean;
}

export type Answer = { rows: ServerRow[]; changed: number } | { failure: Failure };

/** What the thread is started with. */
export interface Start {
  location: string;
  port: import('node:worker_threads').MessagePort;
  /** Counts answers, for who waits for one. */
  signal: Int32Array;
  lockTimeoutMs: number;
}

export const CONNECT_TIMEOUT_MS = 5_000;
/** Of one statement: by the server itself, by the thread where the server says nothing, and by who waits for the thread. */
export const STATEMENT_TIMEOUT_MS = 60_000;
export const SILENCE_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000;
export const THREAD_TIMEOUT_MS = CONNECT_TIMEOUT_MS + SILENCE_TIMEOUT_MS + 5_000;
/** After this long in a transaction without a statement, the server takes its client for dead and gives its locks free. */
export const IDLE_IN_WRITE = '30s';
