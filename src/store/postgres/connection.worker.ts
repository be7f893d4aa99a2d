// SPDX-License-Identifier: Apache-2.0
// The thread that owns a connection to PostgreSQL: it carries out one statement after the other, and connects again for a new
// transaction where the connection was lost.
import { workerData } from 'node:worker_threads';
import pg from 'pg';
import {
  type Answer,
  CONNECT_TIMEOUT_MS,
  type Failure,
  type Request,
  SILENCE_TIMEOUT_MS,
  STATEMENT_TIMEOUT_MS,
  type Start,
} from './protocol.ts';

const { location, port, signal, lockTimeoutMs }: Start = workerData;

/** 64-bit numbers of ours are counts, which a double holds. */
const INT8 = 20;
const types = new pg.TypeOverrides();
types.setTypeParser(INT8, Number);

let client: pg.Client | null = null;
const names = new Map<string, string>();

async function connect(): Promise<pg.Client> {
  const made = new pg.Client({
    connectionString: location,
    application_name: 'vswbench',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: SILENCE_TIMEOUT_MS,
    lock_timeout: lockTimeoutMs,
    keepAlive: true,
    pipeline: true,
    types,
  });
  const forget = () => {
    if (client === made) client = null;
  };
  made.on('error', forget);
  made.on('end', forget);
  await made.connect();
  return made;
}

/** Statements without values go as they are, also several at once; the others are parsed by the server once a connection. */
async function run(on: pg.Client, { sql, values }: Request): Promise<pg.QueryResult> {
  if (values.length === 0) {
    const result: pg.QueryResult | pg.QueryResult[] = await on.query(sql);
    return Array.isArray(result) ? (result.at(-1) ?? EMPTY) : result;
  }
  const name = names.get(sql) ?? `s${names.size}`;
  names.set(sql, name);
  return on.query({ name, text: sql, values: [...values] });
}

const EMPTY = { rows: [], rowCount: 0, command: '', oid: 0, fields: [] };

/** Why there is no connection. */
let loss: Failure = { code: 'LOST', message: 'the connection was lost', lost: true };

/** One after the other: statements are sent in their order, whether or not somebody waits for each. */
let sent: Promise<void> = Promise.resolve();

async function send(request: Request): Promise<void> {
  try {
    if (client === null) {
      if (!request.mayConnect) return reply(request, { failure: loss });
      client = await connect();
    }
  } catch (error) {
    loss = { ...failureOf(error), lost: true };
    return reply(request, { failure: loss });
  }
  const on = client;
  run(on, request).then(
    ({ rows, rowCount }) => reply(request, { rows, changed: rowCount ?? 0 }),
    (error) => {
      const failure = failureOf(error);
      // Of a server that says nothing any more, nothing is to be expected.
      if (failure.lost) {
        loss = failure;
        drop(on);
      }
      reply(request, { failure });
    },
  );
}

function drop(on: pg.Client): void {
  if (client === on) client = null;
  on.end().catch(() => undefined);
}

function reply({ answered }: Request, answer: Answer): void {
  if (!answered) return;
  port.postMessage(answer);
  Atomics.add(signal, 0, 1);
  Atomics.notify(signal, 0);
}

/** A server that refuses a statement gives its SQLSTATE; all else comes of the connection, as do the classes 08 and 57P. */
function failureOf(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const first = error instanceof AggregateError ? error.errors[0] : error;
  const message = first instanceof Error ? first.message : String(error);
  const isRefusal = error instanceof pg.DatabaseError && !/^(08|57P)/.test(code);
  return { code, message, lost: !isRefusal };
}

port.on('message', (request: Request | null) => {
  if (request !== null) {
    sent = sent.then(() => send(request));
    return;
  }
  sent = sent.then(async () => {
    await client?.end().catch(() => undefined);
    port.close();
  });
});
