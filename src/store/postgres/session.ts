// SPDX-License-Identifier: Apache-2.0
// A connection to PostgreSQL whose statements return when they are done: a thread owns the connection, and the caller waits for it
// (docs/decisions/0045-two-stores-one-port.md).
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import {
  type Answer,
  type Failure,
  type Request,
  type ServerRow,
  type Start,
  THREAD_TIMEOUT_MS,
  type Value,
} from './protocol.ts';

/** A statement that failed, as the server or the connection says it; server-errors.ts says what it means. */
export class SessionError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** What a statement gave. */
export interface Result {
  rows: ServerRow[];
  /** Rows that it found or changed. */
  changed: number;
}

/** The thread, and how to speak to it. */
interface Thread {
  worker: Worker;
  port: MessagePort;
  signal: Int32Array;
}

export class Session {
  private readonly location: string;
  private readonly lockTimeoutMs: number;
  private thread: Thread | null = null;

  /** Connects at the first statement, and after a loss at the first of the next transaction. */
  constructor(location: string, lockTimeoutMs: number) {
    this.location = location;
    this.lockTimeoutMs = lockTimeoutMs;
  }

  /** Carries out a statement. `mayConnect` is false within a transaction. Throws SessionError. */
  ask(sql: string, values: readonly Value[], mayConnect: boolean): Result {
    const thread = this.started();
    const before = Atomics.load(thread.signal, 0);
    send(thread, { sql, values, mayConnect, answered: true });
    const isAnswered = Atomics.wait(thread.signal, 0, before, THREAD_TIMEOUT_MS) !== 'timed-out';
    const answer: Answer | undefined = isAnswered ? receiveMessageOnPort(thread.port)?.message : undefined;
    if (answer === undefined) throw this.silent(thread);
    if ('failure' in answer) throw new SessionError(answer.failure);
    return answer;
  }

  /** As `ask`, for who needs no answer: what fails here fails at the next statement too. */
  tell(sql: string, mayConnect: boolean): void {
    send(this.started(), { sql, values: [], mayConnect, answered: false });
  }

  close(): void {
    this.thread?.port.postMessage(null);
    this.thread = null;
  }

  private started(): Thread {
    if (this.thread !== null) return this.thread;
    const { port1, port2 } = new MessageChannel();
    const signal = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const start: Start = { location: this.location, port: port2, signal, lockTimeoutMs: this.lockTimeoutMs };
    const script = new URL('./connection.worker.ts', import.meta.url);
    const worker = new Worker(script, { workerData: start, transferList: [port2] });
    worker.unref();
    port1.unref();
    this.thread = { worker, port: port1, signal };
    return this.thread;
  }

  /** What it may still say is of no use: the next statement has a thread of its own. */
  private silent({ worker }: Thread): SessionError {
    this.thread = null;
    worker.terminate().catch(() => undefined);
    return new SessionError({ code: 'ETIMEDOUT', message: 'no answer', lost: true });
  }
}

function send({ port }: Thread, request: Request): void {
  port.postMessage(request);
}
