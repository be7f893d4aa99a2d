// SPDX-License-Identifier: Apache-2.0
// Canaries in the queue: a submission of the testbed's own, of which there is never more than one, and the verdict on those that are measured.
import { z } from 'zod';
import { CANARY_TITLE, type Canary } from '../model/canary.ts';
import { differences } from '../stats/alike.ts';
import { changedText, changesBetween, placeOf } from '../stats/canaries.ts';
import type { Database, Sql } from './database.ts';
import { type Failures, type Verdict, verdictOf } from './health.ts';
import { SUBMISSION, TESTBED, values } from './lab.ts';
import { SubmissionSchema, type Testbed, TestbedSchema } from './model.ts';
import { LOCKS } from './schema.ts';

/** In the queue and in the store a canary is nobody's. */
const USER = 'vswbench';

/** Of a canary that was interrupted for longer, what is left would be another day's. */
const BEGUN_MAX_MS = 3600_000;

export interface Judged extends Verdict {
  /** A canary was due, and was not in the queue before. */
  isQueued: boolean;
}

/** What is known of a testbed's canaries; that of a store. */
export interface CanaryShelf {
  canaries(testbed?: string): Canary[];
}

/**
 * Judges a testbed by the canaries in the store, and records its health. With `campaignText`, a canary that is due goes into the queue before
 * all else; with null, what waits of one is withdrawn; undefined leaves the queue alone. Null where the lab has no such testbed. Of two that
 * judge at once, the second sees all that the first saw. Throws FleetError and StoreError.
 */
export async function judgeTestbed(
  database: Database,
  store: CanaryShelf,
  name: string,
  campaignText?: string | null,
): Promise<Judged | null> {
  return database.transaction(async (sql) => {
    await sql('SELECT pg_advisory_xact_lock($1)', [LOCKS.judge]);
    const [testbed] = values(
      TestbedSchema,
      await sql(`SELECT ${TESTBED} FROM fleet.testbeds WHERE name = $1 FOR UPDATE`, [name]),
    );
    if (testbed === undefined) return null;
    const place = placeOf({ testbed: name, hosts: testbed.hosts });
    const canaries = store.canaries(name).filter((one) => placeOf(one) === place);
    const failures = await failuresOf(sql, name, canaries.at(-1)?.measuredAt ?? null);
    const [clock] = await sql('SELECT clock_timestamp() AS now');
    const nowMs = z.date().parse(clock?.now).getTime();
    const verdict = verdictOf(canaries, testbed.hosts, failures, nowMs);
    await sql(`UPDATE fleet.testbeds SET health = $2 WHERE name = $1 AND health->>'state' <> 'broken'`, [
      name,
      JSON.stringify(verdict.health),
    ]);
    if (campaignText === undefined) return { ...verdict, isQueued: false };
    const over = campaignText === null ? 'its worker measures no canaries' : await whyStale(sql, testbed, nowMs);
    if (over !== null) await withdraw(sql, name, over);
    const isQueued = campaignText !== null && verdict.due.due && (await queueCanary(sql, name, campaignText));
    return { ...verdict, isQueued };
  });
}

/** A canary could not be measured. Of what is no canary nothing changes. */
export async function failCanary(sql: Sql, id: number, reason: string | null): Promise<void> {
  await sql(
    `UPDATE fleet.submissions SET state = 'failed', reason = $2
    WHERE id = $1 AND canary_of IS NOT NULL AND state IN ('waiting', 'running')`,
    [id, reason],
  );
}

/** Returns whether there was none yet. */
async function queueCanary(sql: Sql, testbed: string, campaignText: string): Promise<boolean> {
  const made = await sql(
    `INSERT INTO fleet.submissions (user_name, title, campaign_text, priority, canary_of) VALUES ($1, $2, $3, 0, $4)
    ON CONFLICT (canary_of) WHERE canary_of IS NOT NULL AND state IN ('waiting', 'running') DO NOTHING RETURNING id`,
    [USER, `${CANARY_TITLE}${testbed}`, campaignText, testbed],
  );
  return made.length > 0;
}

async function withdraw(sql: Sql, testbed: string, reason: string): Promise<void> {
  await sql(
    "UPDATE fleet.submissions SET state = 'cancelled', reason = $2 WHERE canary_of = $1 AND state IN ('waiting', 'running')",
    [testbed, reason],
  );
}

/** Why a canary that was begun is not gone on with; null where it is, or there is none. */
async function whyStale(sql: Sql, { name, hosts }: Testbed, nowMs: number): Promise<string | null> {
  const [open] = values(
    SubmissionSchema,
    await sql(`SELECT ${SUBMISSION} FROM fleet.submissions WHERE canary_of = $1 AND state = 'running'`, [name]),
  );
  if (open === undefined || open.hosts === null) return null;
  if (placeOf({ testbed: name, hosts: open.hosts }) !== placeOf({ testbed: name, hosts })) {
    return 'it was begun on another machine';
  }
  const [first] = [...changesBetween(open.hosts, hosts), ...differences(open.hosts, hosts)];
  if (first !== undefined) return `it was begun before its record changed: ${changedText([first])}`;
  const [row] = await sql('SELECT min(taken_at) AS begun FROM fleet.blocks WHERE submission_id = $1', [open.id]);
  const begunMs = z.date().parse(row?.begun).getTime();
  return nowMs - begunMs > BEGUN_MAX_MS ? 'it was interrupted for too long' : null;
}

async function failuresOf(sql: Sql, testbed: string, since: string | null): Promise<Failures> {
  const rows = await sql(
    `SELECT max(coalesce(ended_at, submitted_at)) AS at, coalesce(submissions.reason, '') AS reason
    FROM fleet.submissions LEFT JOIN fleet.blocks ON submission_id = submissions.id
    WHERE canary_of = $1 AND state = 'failed' AND ($2::timestamptz IS NULL OR submitted_at > $2)
    GROUP BY submissions.id ORDER BY submissions.id DESC`,
    [testbed, since],
  );
  const [last] = rows;
  const at = last === undefined ? null : z.date().parse(last.at).toISOString();
  return { times: rows.length, last: at === null ? null : { at, reason: String(last?.reason) } };
}
