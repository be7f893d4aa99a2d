// SPDX-License-Identifier: Apache-2.0
// A lab as its tables have it: what is submitted, the testbeds, who has what in hand.
import { z } from 'zod';
import { sumOf } from '../stats/sum.ts';
import type { Database, Row, Sql } from './database.ts';
import { FleetError } from './errors.ts';
import {
  BlockSchema,
  type Lease,
  type Reservation,
  ReservationSchema,
  type Submission,
  SubmissionSchema,
  type Testbed,
  TestbedSchema,
} from './model.ts';
import { type Closed, isOpenFor, type Lab, type Open, type Reason, roundsOf, whyClosed, whyNot } from './policy.ts';
import { localTime } from './reserve.ts';
import { type Standing, standings, type Use } from './share.ts';
import { parseTestbedLike } from './testbed-like.ts';

/** A lab at one moment, all of it that is not over. */
export interface State extends Lab {
  now: Date;
  inHand: readonly Lease[];
  /** Of all who wait, have used the lab lately or were given shares; the first is served next. */
  standings: readonly Standing[];
}

/** What is asked of a new submission; see Submission. */
export type NewSubmission = Pick<
  Submission,
  'user' | 'title' | 'campaignText' | 'priority' | 'testbedLike' | 'notBefore'
>;

export const SUBMISSION = `jsonb_build_object('id', id, 'user', user_name, 'title', title, 'campaignText', campaign_text, 'priority', priority,
  'testbedLike', testbed_like, 'notBefore', not_before, 'submittedAt', submitted_at, 'state', state, 'reason', reason,
  'campaignId', campaign_id, 'hosts', hosts, 'canaryOf', canary_of, 'rounds', rounds, 'extends', extends) AS value`;

export const TESTBED = `jsonb_build_object('name', name, 'machines', machines, 'capabilities', capabilities, 'hosts', hosts, 'worker', worker,
  'seenAt', seen_at, 'health', health) AS value`;

export const BLOCK = `jsonb_build_object('token', token, 'submissionId', submission_id, 'round', round, 'rounds', rounds, 'testbed', testbed,
  'machines', machines, 'worker', worker, 'takenAt', taken_at, 'expiresAt', expires_at, 'endedAt', ended_at, 'end', "end",
  'reason', reason) AS value`;

export const RESERVATION = `jsonb_build_object('id', id, 'testbed', testbed, 'user', user_name, 'from', "from", 'until', until, 'why', why,
  'cancelledAt', cancelled_at) AS value`;

const OPEN = "state IN ('waiting', 'running')";

/** Of older use next to nothing counts. Canaries are nobody's. */
const USE = `SELECT user_name AS user, extract(epoch FROM max(coalesce(ended_at, now()))) * 1000 AS ended_at,
    sum(extract(epoch FROM coalesce(ended_at, now()) - taken_at)) * 1000 AS testbed_ms
  FROM fleet.blocks JOIN fleet.submissions ON submissions.id = submission_id
  WHERE coalesce(ended_at, now()) > now() - interval '60 days' AND canary_of IS NULL
  GROUP BY user_name, date_trunc('day', coalesce(ended_at, now()))`;

const EndedSchema = z.strictObject({
  submission_id: z.int(),
  round: z.int(),
  rounds: z.int(),
  end: z.enum(['done', 'failed', 'refused']),
  testbed: z.string(),
  reason: z.string().nullable(),
  times: z.coerce.number(),
  sum_ms: z.coerce.number(),
});

const LeaseSchema = BlockSchema.extend({ endedAt: z.null(), end: z.null() });

/** Reads what of a lab is not over. */
export async function readState(sql: Sql): Promise<State> {
  const [clock] = await sql('SELECT now() AS now');
  const now = z.date().parse(clock?.now);
  const submissions = values(
    SubmissionSchema,
    await sql(`SELECT ${SUBMISSION} FROM fleet.submissions WHERE ${OPEN} ORDER BY id`),
  );
  const testbeds = values(TestbedSchema, await sql(`SELECT ${TESTBED} FROM fleet.testbeds ORDER BY name`));
  const inHand = values(LeaseSchema, await sql(`SELECT ${BLOCK} FROM fleet.blocks WHERE ended_at IS NULL`));
  const reservations = await readReservations(sql);
  const ended = z.array(EndedSchema).parse(
    await sql(
      `SELECT submission_id, round, blocks.rounds, "end", testbed, max(blocks.reason) AS reason, count(*) AS times,
        sum(extract(epoch FROM ended_at - taken_at)) * 1000 AS sum_ms
      FROM fleet.blocks JOIN fleet.submissions ON submissions.id = submission_id
      WHERE ${OPEN} AND "end" IN ('done', 'failed', 'refused') GROUP BY submission_id, round, blocks.rounds, "end", testbed`,
    ),
  );
  const endedOf = Map.groupBy(ended, ({ submission_id }) => submission_id);
  const open = submissions.map((submission): Open => {
    const those = endedOf.get(submission.id) ?? [];
    const failures = Map.groupBy(
      those.filter(({ end }) => end === 'failed'),
      ({ round }) => round,
    );
    const done = those.filter(({ end }) => end === 'done');
    return {
      submission,
      wish: wishOf(submission),
      roundMs:
        done.length === 0
          ? null
          : sumOf(done, ({ sum_ms }) => sum_ms) / sumOf(done, ({ times, rounds }) => times * rounds),
      done: new Set(done.flatMap(roundsOf)),
      inHand: inHand.filter(({ submissionId }) => submissionId === submission.id),
      failures: new Map([...failures].map(([round, same]) => [round, sumOf(same, ({ times }) => times)])),
      refusals: new Map(
        those.flatMap(({ end, testbed, reason }) => (end === 'refused' ? [[testbed, reason ?? '']] : [])),
      ),
    };
  });
  const uses = (await sql(USE)).map(
    (row): Use => ({ user: String(row.user), endedAtMs: Number(row.ended_at), testbedMs: Number(row.testbed_ms) }),
  );
  const given = z
    .array(z.strictObject({ user: z.string(), shares: z.number() }))
    .parse(await sql('SELECT user_name AS user, shares FROM fleet.shares'));
  const people = submissions.filter(({ canaryOf }) => canaryOf === null);
  const users = [...people, ...uses, ...given].map(({ user }) => user);
  const shares = Object.fromEntries(given.map((one) => [one.user, one.shares]));
  const standing = standings(users, uses, now.getTime(), { shares });
  const served = new Map(standing.map(({ user, usedPerShareMs }) => [user, usedPerShareMs]));
  const shareOf = (user: string) => served.get(user) ?? 0;
  return { now, open, testbeds, inHand, reservations, standings: standing, shareOf };
}

/**
 * Is another as soon as something is asked of the lab, begins, ends or falls ill: to be read often, where the state takes a second. Of time
 * that passes, and of workers that were heard of, it tells nothing.
 */
export async function readStamp(sql: Sql): Promise<string> {
  const [row] = await sql(`SELECT concat_ws('/',
    (SELECT string_agg(concat_ws(' ', id, state, rounds), ',' ORDER BY id) FROM fleet.submissions WHERE ${OPEN}),
    (SELECT max(id) FROM fleet.submissions),
    (SELECT string_agg(concat_ws(' ', name, health), ',' ORDER BY name) FROM fleet.testbeds),
    (SELECT string_agg(token::text, ',' ORDER BY token) FROM fleet.blocks WHERE ended_at IS NULL),
    (SELECT max(ended_at) FROM fleet.blocks),
    (SELECT string_agg(id::text, ',' ORDER BY id) FROM fleet.reservations WHERE until > now() AND cancelled_at IS NULL),
    (SELECT string_agg(concat_ws(' ', user_name, shares), ',' ORDER BY user_name) FROM fleet.shares)) AS stamp`);
  return String(row?.stamp);
}

/** Campaigns that are under way. */
export async function readRunning(sql: Sql): Promise<string[]> {
  const rows = await sql(
    "SELECT campaign_id FROM fleet.submissions WHERE state = 'running' AND campaign_id IS NOT NULL",
  );
  return rows.map(({ campaign_id }) => String(campaign_id));
}

/** Reservations that are not over, and not cancelled. */
export async function readReservations(sql: Sql): Promise<Reservation[]> {
  return values(
    ReservationSchema,
    await sql(
      `SELECT ${RESERVATION} FROM fleet.reservations WHERE until > now() AND cancelled_at IS NULL ORDER BY "from"`,
    ),
  );
}

/** Submissions that are over, the latest first. */
export async function readOver(sql: Sql, most: number): Promise<Submission[]> {
  return values(
    SubmissionSchema,
    await sql(`SELECT ${SUBMISSION} FROM fleet.submissions WHERE NOT (${OPEN}) ORDER BY id DESC LIMIT $1`, [most]),
  );
}

/** Adds a submission; returns its id. */
export async function submit(sql: Sql, asked: NewSubmission): Promise<number> {
  const [row] = await sql(
    `INSERT INTO fleet.submissions (user_name, title, campaign_text, priority, testbed_like, not_before)
    VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
    [asked.user, asked.title, asked.campaignText, asked.priority, asked.testbedLike, asked.notBefore],
  );
  return z.int().parse(row?.id);
}

/**
 * Takes a submission back; who measures it stops. Throws FleetError where it is over, or there is none, or with `ownOnly` where it is another's.
 */
export async function cancel(
  database: Database,
  id: number,
  user: string,
  { ownOnly = false }: { ownOnly?: boolean } = {},
): Promise<Submission> {
  return database.transaction(async (sql) => {
    const [submission] = values(
      SubmissionSchema,
      await sql(`SELECT ${SUBMISSION} FROM fleet.submissions WHERE id = $1 FOR UPDATE`, [id]),
    );
    if (submission === undefined) {
      throw new FleetError('refused', `there is no submission ${id}: 'vswbench queue' shows those that wait`);
    }
    if (ownOnly && submission.user !== user) throw anothers(`submission ${id}`, submission.user);
    if (submission.state !== 'waiting' && submission.state !== 'running') {
      throw new FleetError('refused', `submission ${id} is ${submission.state} already: nothing is left to cancel`);
    }
    if (submission.canaryOf !== null) {
      throw new FleetError(
        'refused',
        `submission ${id} is a canary of ${submission.canaryOf}, which tells whether it may have other work: 'vswbench reserve ${submission.canaryOf} 2h' keeps its worker off`,
      );
    }
    await sql("UPDATE fleet.submissions SET state = 'cancelled', reason = $2 WHERE id = $1", [id, `by ${user}`]);
    return submission;
  });
}

/** What is said to whoever would take back what another has asked for. */
export function anothers(what: string, user: string): FleetError {
  return new FleetError('refused', `${what} is ${user}'s: only they take it back, or an admin of the lab`);
}

/** The submission that a campaign was measured for; null for any other. */
export async function submissionOf(sql: Sql, campaignId: string): Promise<Submission | null> {
  const [submission] = values(
    SubmissionSchema,
    await sql(`SELECT ${SUBMISSION} FROM fleet.submissions WHERE campaign_id = $1`, [campaignId]),
  );
  return submission ?? null;
}

/**
 * Records a testbed as its worker sees it now. Its health stays, unless it was broken. Throws FleetError where another worker serves one of
 * this name.
 */
export async function register(sql: Sql, testbed: Omit<Testbed, 'seenAt' | 'health'>): Promise<void> {
  const { name, machines, capabilities, hosts, worker } = testbed;
  const registered = await sql(
    `INSERT INTO fleet.testbeds (name, machines, capabilities, hosts, worker) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (name) DO UPDATE SET machines = excluded.machines, capabilities = excluded.capabilities, hosts = excluded.hosts,
      worker = excluded.worker, seen_at = now(),
      health = CASE WHEN testbeds.health->>'state' = 'broken' THEN '{"state": "good"}' ELSE testbeds.health END
    WHERE testbeds.worker = excluded.worker OR testbeds.seen_at < now() - interval '5 minutes' RETURNING name`,
    [name, machines, JSON.stringify(capabilities), JSON.stringify(hosts), worker],
  );
  if (registered.length > 0) return;
  throw new FleetError(
    'refused',
    `another worker of this lab serves a testbed '${name}': give this one another name (docs/testbeds.md), or stop that worker and wait five minutes`,
  );
}

/** Records that a testbed cannot be measured on, if it was good. */
export async function declareBroken(sql: Sql, testbed: string, reason: string): Promise<void> {
  await sql(
    `UPDATE fleet.testbeds SET health = jsonb_build_object('state', 'broken', 'since', now(), 'reason', $2::text)
    WHERE name = $1 AND health->>'state' = 'good'`,
    [testbed, reason],
  );
}

/** For whom a submission waits. */
export interface Wait {
  testbed: string;
  why: Reason['why'] | Closed['why'];
  text: string;
}

/** Why each testbed does not measure a submission now: one line a testbed; empty where one is about to. */
export function waitsOf(open: Open, state: State): Wait[] {
  const waits = state.testbeds.map((testbed): Wait | null => {
    const reason = whyNot(open, testbed, state.now);
    const closed = whyClosed(testbed, state, state.now);
    if (reason !== null) return { testbed: testbed.name, why: reason.why, text: reasonText(reason) };
    return closed === null || isOpenFor(closed, open)
      ? null
      : { testbed: testbed.name, why: closed.why, text: closedText(closed) };
  });
  const told = waits.flatMap((wait) => (wait === null ? [] : [wait]));
  return told.length < state.testbeds.length ? [] : told;
}

function reasonText(reason: Reason): string {
  switch (reason.why) {
    case 'not-before':
      return `not before ${localTime(new Date(reason.at))}`;
    case 'lacks':
      return `is not ${reason.terms.join(', ')}`;
    case 'refused':
      return reason.reason;
    case 'unlike': {
      const [first, ...others] = reason.differences;
      const more = others.length === 0 ? '' : ` and ${others.length} more`;
      return `is unlike the testbed that began it: ${first?.what} is '${first?.b}', not '${first?.a}'${more}`;
    }
    case 'canary':
      return `is not ${reason.of}, of which it is the canary`;
    case 'in-hand':
      return 'all of its rounds are in hand';
    default:
      return reason satisfies never;
  }
}

/** Why a testbed measures nothing, in a few words. */
export function closedText(closed: Closed): string {
  switch (closed.why) {
    case 'reserved':
      return `is reserved by ${closed.reservation.user} until ${localTime(new Date(closed.reservation.until))}`;
    case 'suspect':
    case 'drifted':
    case 'broken':
      return `is ${closed.why}: ${closed.reason}`;
    case 'at-work':
      return 'is measuring';
    case 'gives-way':
      return `waits for the canary of ${closed.testbed} on its machine`;
    default:
      return closed satisfies never;
  }
}

/** Which rounds of a campaign, counted from 1: `round 2`, `rounds 2 to 5`. */
export function roundsText({ round, rounds }: Pick<Lease, 'round' | 'rounds'>): string {
  return rounds === 1 ? `round ${round + 1}` : `rounds ${round + 1} to ${round + rounds}`;
}

/** Read by any version that may read the tables: what a wish asks for is not looked up. */
function wishOf({ testbedLike }: Submission): Open['wish'] {
  if (testbedLike === null) return null;
  const parsed = parseTestbedLike(testbedLike, null);
  return parsed.ok ? parsed.value : null;
}

export function values<T>(schema: z.ZodType<T>, rows: readonly Row[]): T[] {
  return rows.map(({ value }) => schema.parse(value));
}
