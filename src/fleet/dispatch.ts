// SPDX-License-Identifier: Apache-2.0
// Blocks change hands here: a worker takes one, says that it is alive, and ends it. Each is one transaction over our tables, the lease by
// which the store knows whose writes to take, and the job of pg-boss.
import { randomInt, randomUUID } from 'node:crypto';
import { type Db, PgBoss } from 'pg-boss';
import { newCampaignId } from '../store/store.ts';
import { failCanary } from './canaries.ts';
import { Database, type Sql } from './database.ts';
import { FleetError } from './errors.ts';
import { BLOCK, readReservations, readState, roundsText, values } from './lab.ts';
import { type Block, BlockSchema, type Submission } from './model.ts';
import { BLOCK_MS, isComplete, type Lab, nextBlock, reservationNow } from './policy.ts';
import { LOCKS } from './schema.ts';

/** Of pg-boss: one job for each block in hand; of one machine there is never more than one. */
const QUEUE = 'blocks';
/** pg-boss takes no less. Whether a block is lost is decided by its lease, which may be shorter. */
const BOSS_HEARTBEAT_MIN_S = 10;
/** pg-boss takes no more; a block that is at work for longer has its job failed, and goes on. */
const BOSS_EXPIRE_S = 24 * 3600 - 1;
/** A round that fails so often is given up, and its campaign with it. */
const FAILURES_MAX = 3;

export interface Taken {
  block: Block;
  submission: Submission;
  /** Of this submission, in the store or to be made there. */
  campaignId: string;
}

/** A submission of which everything is in the store. */
export interface Complete {
  id: number;
  campaignId: string;
  /** The testbed of which it is a canary. */
  canaryOf: string | null;
}

/** Why there is no block: what has to be ended first, or else there is nothing for the testbed. */
export interface NoBlock {
  complete: Complete[];
  isReserved: boolean;
}

/** What a worker hears when it says that it is alive. */
export type Beat = 'held' | 'lost' | 'cancelled' | 'reserved';

export class Dispatch {
  readonly database: Database;
  private readonly boss: PgBoss;
  private readonly leaseMs: number;
  private readonly blockMs: number;

  private constructor(database: Database, boss: PgBoss, leaseMs: number, blockMs: number) {
    this.database = database;
    this.boss = boss;
    this.leaseMs = leaseMs;
    this.blockMs = blockMs;
  }

  /** Opens the lab of a store. A block of which nothing is heard for `leaseMs` is free again; rounds are taken together for `blockMs`. Throws FleetError. */
  static async open(location: string, leaseMs: number, blockMs = BLOCK_MS): Promise<Dispatch> {
    const database = await Database.open(location);
    try {
      const boss = new PgBoss({ db: through(database.sql), schedule: false, registerInstance: false });
      // What it could not do in the background it does the next time.
      boss.on('error', () => undefined);
      await database.transaction(async (sql) => {
        // Two first workers at once would both make its tables, which it does not expect.
        await sql('SELECT pg_advisory_xact_lock($1)', [LOCKS.migrate]);
        await boss.start();
        await boss.createQueue(QUEUE, { policy: 'exclusive', retryLimit: 0 });
      });
      return new Dispatch(database, boss, leaseMs, blockMs);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.boss.stop({ graceful: false }).catch(() => undefined);
    await this.database.close();
  }

  /**
   * Takes what a testbed is to measure next, unless a campaign is to be ended before: its canary, which decides of whether there is a next, and
   * the submission of which it has just measured a round. Where there is nothing for it, all that can be ended is.
   */
  async take(testbed: string, worker: string, measured: number | null = null): Promise<Taken | NoBlock> {
    return this.database.transaction(async (sql) => {
      await sql('SELECT pg_advisory_xact_lock($1)', [LOCKS.choose]);
      await sql('UPDATE fleet.testbeds SET seen_at = now() WHERE name = $1 AND worker = $2', [testbed, worker]);
      await this.reap(sql, 'blocks.expires_at < now()', []);
      const state = await readState(sql);
      const own = state.testbeds.find(({ name }) => name === testbed);
      if (own === undefined) throw new FleetError('refused', `testbed ${testbed} is not registered`);
      const complete = completeOf(state, testbed);
      const first = complete.filter(({ id, canaryOf }) => canaryOf !== null || id === measured);
      const next = first.length > 0 ? null : nextBlock(own, state, state.now, this.blockMs);
      if (next === null) {
        return {
          complete: first.length > 0 ? first : complete,
          isReserved: reservationNow(testbed, state.reservations, state.now) !== null,
        };
      }
      const { submission } = next.open;
      const campaignId = submission.campaignId ?? newCampaignId(state.now, randomInt(16 ** 6));
      await sql('UPDATE fleet.submissions SET campaign_id = $2 WHERE id = $1', [submission.id, campaignId]);
      const token = randomUUID();
      await sql(
        'INSERT INTO vswbench.leases (token, campaign_id, block, testbed, worker) VALUES ($1, $2, $3, $4, $5)',
        [...[token, campaignId, roundsText(next)], ...[testbed, worker]],
      );
      // Not now(): that is when the transaction began to wait for its turn, and another block may have ended since.
      const rows = await sql(
        `INSERT INTO fleet.blocks (token, submission_id, round, rounds, testbed, machines, worker, taken_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp(), clock_timestamp() + $8 * interval '1 millisecond') RETURNING ${BLOCK}`,
        [token, submission.id, next.round, next.rounds, testbed, own.machines, worker, this.leaseMs],
      );
      await this.enqueue(sql, token, own.machines[0] ?? testbed);
      const [block] = values(BlockSchema, rows);
      if (block === undefined) throw new RangeError('a row that was inserted is returned');
      return { block, submission, campaignId };
    });
  }

  /** Whether somebody has a testbed to themselves now. */
  async isReserved(testbed: string): Promise<boolean> {
    const reservations = await readReservations(this.database.sql);
    return reservationNow(testbed, reservations, new Date()) !== null;
  }

  /** Says that a worker is alive, and hears whether it is to go on. */
  async beat({ token, testbed, worker }: Pick<Block, 'token' | 'testbed' | 'worker'>): Promise<Beat> {
    const [row] = await this.database.sql(
      `WITH seen AS (UPDATE fleet.testbeds SET seen_at = now() WHERE name = $3 AND worker = $4)
      UPDATE fleet.blocks SET expires_at = now() + $2 * interval '1 millisecond' FROM fleet.submissions
      WHERE token = $1 AND ended_at IS NULL AND submissions.id = submission_id
      RETURNING state, EXISTS (SELECT 1 FROM fleet.reservations
        WHERE reservations.testbed = $3 AND cancelled_at IS NULL AND "from" <= now() AND now() < until) AS reserved`,
      [token, this.leaseMs, testbed, worker],
    );
    if (row === undefined) return 'lost';
    await this.boss.touch(QUEUE, token);
    if (row.state === 'cancelled') return 'cancelled';
    return row.reserved === true ? 'reserved' : 'held';
  }

  /** The campaign of a block is in the store: from now on others alike may take rounds of it. */
  async begun(
    { token, submissionId }: Pick<Block, 'token' | 'submissionId'>,
    campaign: { hosts: NonNullable<Submission['hosts']>; rounds: number; extends: boolean },
  ): Promise<void> {
    await this.database.sql(
      `UPDATE fleet.submissions SET state = 'running', hosts = $3, rounds = $4, extends = $5
      WHERE id = $2 AND state = 'waiting' AND EXISTS (SELECT 1 FROM fleet.blocks WHERE token = $1 AND ended_at IS NULL)`,
      [token, submissionId, JSON.stringify(campaign.hosts), campaign.rounds, campaign.extends],
    );
  }

  /** Ends a block that this worker has, if it still has it; returns whether it had. */
  async end(
    token: string,
    end: Exclude<NonNullable<Block['end']>, 'lost'>,
    reason: string | null = null,
  ): Promise<boolean> {
    return this.database.transaction(async (sql) => {
      const [row] = await sql(
        `UPDATE fleet.blocks SET ended_at = clock_timestamp(), "end" = $2, reason = $3 WHERE token = $1 AND ended_at IS NULL
        RETURNING submission_id, round`,
        [token, end, reason],
      );
      if (row === undefined) return false;
      await sql('DELETE FROM vswbench.leases WHERE token = $1', [token]);
      const db = through(sql);
      if (end === 'failed') await this.boss.fail(QUEUE, token, { reason }, { db });
      else await this.boss.complete(QUEUE, token, { end }, { db });
      // No other testbed is asked for a canary.
      if (end === 'refused') await failCanary(sql, Number(row.submission_id), reason);
      if (end !== 'failed') return true;
      const [failed] = await sql(
        `SELECT count(*) AS times FROM fleet.blocks WHERE submission_id = $1 AND round = $2 AND "end" = 'failed'`,
        [row.submission_id, row.round],
      );
      if (Number(failed?.times) < FAILURES_MAX) return true;
      await sql(
        `UPDATE fleet.submissions SET state = 'failed', reason = $2 WHERE id = $1 AND state IN ('waiting', 'running')`,
        [row.submission_id, `round ${Number(row.round) + 1} failed ${FAILURES_MAX} times: ${reason}`],
      );
      return true;
    });
  }

  /** Blocks that an earlier life of this worker had in hand, but for one: it is certain that nobody carries them out. */
  async giveBackEarlier(worker: string, testbed: string, but: string | null): Promise<void> {
    await this.database.transaction(async (sql) => {
      await this.reap(sql, 'blocks.worker = $1 AND blocks.testbed = $2 AND blocks.token IS DISTINCT FROM $3', [
        worker,
        testbed,
        but,
      ]);
    });
  }

  /** The campaign of a submission is ended. */
  async done(id: number): Promise<void> {
    await this.database.sql("UPDATE fleet.submissions SET state = 'done' WHERE id = $1 AND state = 'running'", [id]);
  }

  /** Free again is what nobody is just writing to the store for. */
  private async reap(sql: Sql, which: string, given: readonly unknown[]): Promise<void> {
    const rows = await sql(
      `WITH gone AS (
        DELETE FROM vswbench.leases WHERE token IN (
          SELECT token FROM vswbench.leases JOIN fleet.blocks USING (token) WHERE ended_at IS NULL AND (${which})
          FOR UPDATE OF leases SKIP LOCKED)
        RETURNING token)
      UPDATE fleet.blocks SET ended_at = clock_timestamp(), "end" = 'lost' FROM gone WHERE blocks.token = gone.token RETURNING blocks.token`,
      given,
    );
    const tokens = rows.map(({ token }) => String(token));
    if (tokens.length > 0) await this.boss.fail(QUEUE, tokens, { reason: 'lost' }, { db: through(sql) });
  }

  /** Where two take at once for one machine, the second is refused by PostgreSQL itself. */
  private async enqueue(sql: Sql, token: string, machine: string): Promise<void> {
    const db = through(sql);
    const heartbeatSeconds = Math.max(BOSS_HEARTBEAT_MIN_S, Math.ceil(this.leaseMs / 1000));
    const options = { id: token, singletonKey: machine, heartbeatSeconds, expireInSeconds: BOSS_EXPIRE_S };
    const id = await this.boss.send(QUEUE, {}, { ...options, db });
    const [job] = id === null ? [] : await this.boss.fetch(QUEUE, { db });
    if (job?.id !== token) throw new FleetError('failed', `machine ${machine} has a block in hand already`);
  }
}

/** A canary is ended by its testbed's own worker, which has one hand: nobody else judges meanwhile. */
function completeOf({ open }: Pick<Lab, 'open'>, testbed: string): Complete[] {
  return open.flatMap(({ submission, done, inHand }) => {
    const { id, campaignId, canaryOf } = submission;
    if (!isComplete({ submission, done }) || inHand.length > 0 || campaignId === null) return [];
    return canaryOf === null || canaryOf === testbed ? [{ id, campaignId, canaryOf }] : [];
  });
}

/** pg-boss takes part in our transactions, and has no connections of its own. */
function through(sql: Sql): Db {
  return { executeSql: async (text, values) => ({ rows: await sql(text, values) }) };
}
