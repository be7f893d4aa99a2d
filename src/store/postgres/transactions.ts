// SPDX-License-Identifier: Apache-2.0
// Statements to PostgreSQL: those that write are all or nothing, and taken while the lease is held; those that read within each other see
// one state.
import { StoreError } from '../errors.ts';
import type { Fence } from '../store.ts';
import type { Statement } from './campaign-rows.ts';
import { IDLE_IN_WRITE, type ServerRow, type Value } from './protocol.ts';
import { explainServer } from './server-errors.ts';
import { type Session, SessionError } from './session.ts';

export class Transactions {
  private readonly location: string;
  private readonly session: Session;
  private readonly fence: Fence | null;
  /** Called when nobody reads any more. */
  private readonly onRead: () => void;
  /** Readers within each other: all of them see what the outermost does. */
  private readers = 0;
  /** Of these readers: whether they have a transaction, or had one that is lost. */
  private state: 'none' | 'open' | 'lost' = 'none';

  constructor(location: string, session: Session, fence: Fence | null, onRead: () => void) {
    this.location = location;
    this.session = session;
    this.fence = fence;
    this.onRead = onRead;
  }

  get isReading(): boolean {
    return this.readers > 0;
  }

  read<T>(query: () => T): T {
    this.readers += 1;
    try {
      return query();
    } finally {
      this.leave();
    }
  }

  *stream<T>(query: () => Iterable<T>): Generator<T, void> {
    this.readers += 1;
    try {
      yield* query();
    } finally {
      this.leave();
    }
  }

  /** A statement that reads: within readers in their transaction, else for itself. */
  ask(sql: string, values: readonly Value[]): ServerRow[] {
    try {
      if (this.readers === 0) return this.session.ask(sql, values, true).rows;
      if (this.state === 'none') {
        this.session.tell('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', true);
        this.state = 'open';
      }
      return this.session.ask(sql, values, false).rows;
    } catch (error) {
      if (error instanceof SessionError && error.failure.lost && this.readers > 0) this.state = 'lost';
      throw explainServer(this.location, error);
    }
  }

  /** All or nothing, and on the server's disk when it returns. */
  write(campaignId: string | null, change: () => void): void {
    if (this.readers > 0) throw new TypeError('results are written while they are read');
    try {
      this.session.tell(`BEGIN; SET LOCAL idle_in_transaction_session_timeout = '${IDLE_IN_WRITE}'`, true);
      this.requireLease(campaignId);
      change();
      this.session.ask('COMMIT', [], false);
    } catch (error) {
      this.session.tell('ROLLBACK', false);
      throw explainServer(this.location, error);
    }
  }

  /** A statement of a transaction that writes; returns how many rows it changed. */
  change({ sql, values }: Statement): number {
    return this.session.ask(sql, values, false).changed;
  }

  /** The rows that a transaction that writes looks at. */
  look(sql: string, values: readonly Value[]): ServerRow[] {
    return this.session.ask(sql, values, false).rows;
  }

  close(): void {
    this.session.close();
  }

  /** Held until the transaction ends: whoever takes the lease away waits for it. */
  private requireLease(campaignId: string | null): void {
    if (this.fence === null) return;
    const { token } = this.fence;
    const lease = 'SELECT 1 FROM vswbench.leases WHERE token = $1 AND campaign_id = $2 FOR KEY SHARE';
    if (campaignId === this.fence.campaignId && this.look(lease, [token, campaignId]).length > 0) return;
    throw new StoreError(
      'fenced',
      `campaign ${campaignId ?? 'none'} is no longer this worker's to write`,
      'take another block of it',
    );
  }

  private leave(): void {
    this.readers -= 1;
    if (this.readers > 0) return;
    if (this.state === 'open') this.session.tell('ROLLBACK', false);
    this.state = 'none';
    this.onRead();
  }
}
