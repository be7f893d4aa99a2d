// SPDX-License-Identifier: Apache-2.0
// The lab's database: short transactions over a few connections, each of which ends by itself where nothing is heard of the server.
import pg from 'pg';
import { shownLocation } from '../store/location.ts';
import { FleetError } from './errors.ts';
import { migrate } from './schema.ts';

/** A row as it comes; a schema of zod reads it. */
export type Row = Record<string, unknown>;
/** One statement, or several without values. Throws FleetError. */
export type Sql = (text: string, values?: readonly unknown[]) => Promise<Row[]>;

/** Nobody waits longer for a server that does not answer. */
const CONNECT_MS = 5_000;
const STATEMENT_MS = 15_000;

/** A lab that is open. */
export class Database {
  private readonly pool: pg.Pool;
  private readonly where: string;

  private constructor(location: string) {
    this.where = shownLocation(location);
    this.pool = new pg.Pool({
      connectionString: location,
      application_name: 'vswbench',
      max: 2,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: STATEMENT_MS,
      statement_timeout: STATEMENT_MS,
      idle_in_transaction_session_timeout: STATEMENT_MS,
      keepAlive: true,
      // A command ends without waiting for idle connections.
      allowExitOnIdle: true,
    });
    // Of an idle connection that breaks the next statement tells.
    this.pool.on('error', () => undefined);
  }

  /** Opens the lab of a store, and makes its tables where there are none. Throws FleetError. */
  static async open(location: string): Promise<Database> {
    const database = new Database(location);
    try {
      await database.transaction(migrate);
      return database;
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /** The lab of a store, if it has one; null where nobody has made one. Throws FleetError. */
  static async find(location: string): Promise<Database | null> {
    const database = new Database(location);
    try {
      const [row] = await database.sql("SELECT to_regclass('fleet.testbeds') IS NOT NULL AS exists");
      if (row?.exists === true) {
        await database.transaction(migrate);
        return database;
      }
    } catch (error) {
      await database.close();
      throw error;
    }
    await database.close();
    return null;
  }

  readonly sql: Sql = async (text, values) => {
    try {
      const { rows } = await this.pool.query(text, values === undefined ? undefined : [...values]);
      return rows;
    } catch (error) {
      throw this.explained(error);
    }
  };

  /** All of `use`, or nothing of it. */
  async transaction<T>(use: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await this.connected();
    let broken = false;
    // Told once more by the statement that is under way, if any.
    client.on('error', ignore);
    const sql: Sql = async (text, values) => {
      try {
        const { rows } = await client.query(text, values === undefined ? undefined : [...values]);
        return rows;
      } catch (error) {
        broken ||= !(error instanceof pg.DatabaseError);
        throw this.explained(error);
      }
    };
    try {
      await sql('BEGIN');
      const result = await use(sql);
      await sql('COMMIT');
      return result;
    } catch (error) {
      // Of a connection that is broken the server itself rolls back.
      if (!broken) await sql('ROLLBACK').catch(ignore);
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async connected(): Promise<pg.PoolClient> {
    try {
      return await this.pool.connect();
    } catch (error) {
      throw this.explained(error);
    }
  }

  private explained(error: unknown): unknown {
    if (error instanceof FleetError || !(error instanceof Error)) return error;
    if (error instanceof pg.DatabaseError && !isPassing(error.code)) {
      return new FleetError('failed', `${this.where}: ${error.message}`, error);
    }
    const reason = error.message || ('code' in error ? String(error.code) : 'no answer');
    return new FleetError(
      'unreachable',
      `${this.where} is not reached (${reason}): check that PostgreSQL runs there`,
      error,
    );
  }
}

/**
 * The server ends, begins or has ended the connection, or was too busy for the statement (PostgreSQL, appendix A): the same may go well a
 * moment later.
 */
function isPassing(code: string | undefined): boolean {
  return code !== undefined && /^(08|53|57P|57014|55P03|40|25P03)/.test(code);
}

function ignore(): void {}
