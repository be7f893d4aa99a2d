// SPDX-License-Identifier: Apache-2.0
// The tables of a lab, in a schema of their own beside the results; each migration is applied once, by whoever comes first.

import type { Sql } from './database.ts';
import { FleetError } from './errors.ts';

/** Migration n makes version n + 1 of version n. What is here has been applied somewhere: append, never change. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE fleet.submissions (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_name text NOT NULL,
    title text NOT NULL,
    campaign_text text NOT NULL,
    priority integer NOT NULL,
    testbed_like text,
    not_before timestamptz,
    submitted_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'waiting',
    reason text,
    campaign_id text UNIQUE,
    hosts jsonb,
    rounds integer,
    extends boolean NOT NULL DEFAULT false
  );
  CREATE INDEX submissions_open ON fleet.submissions (id) WHERE state IN ('waiting', 'running');
  CREATE TABLE fleet.testbeds (
    name text PRIMARY KEY,
    machines text[] NOT NULL,
    capabilities jsonb NOT NULL,
    hosts jsonb NOT NULL,
    worker text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    health jsonb NOT NULL DEFAULT '{"state": "good"}'
  );
  CREATE TABLE fleet.blocks (
    token uuid PRIMARY KEY,
    submission_id integer NOT NULL REFERENCES fleet.submissions (id),
    round integer NOT NULL,
    testbed text NOT NULL,
    machines text[] NOT NULL,
    worker text NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    "end" text,
    reason text
  );
  CREATE INDEX blocks_of_submission ON fleet.blocks (submission_id);
  CREATE INDEX blocks_in_hand ON fleet.blocks (token) WHERE ended_at IS NULL;
  CREATE INDEX blocks_ended ON fleet.blocks (ended_at);
  CREATE TABLE fleet.reservations (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    testbed text NOT NULL,
    user_name text NOT NULL,
    "from" timestamptz NOT NULL,
    until timestamptz NOT NULL,
    why text,
    cancelled_at timestamptz
  );
  CREATE INDEX reservations_until ON fleet.reservations (until);
  `,
  `
  CREATE TABLE fleet.shares (
    user_name text PRIMARY KEY,
    shares double precision NOT NULL CHECK (shares > 0)
  );
  `,
  `
  CREATE TABLE fleet.tokens (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_name text NOT NULL,
    is_admin boolean NOT NULL,
    hash bytea NOT NULL UNIQUE,
    made_at timestamptz NOT NULL DEFAULT now()
  );
  `,
  // Whoever asks for a canary at once with another gets the same one.
  `
  ALTER TABLE fleet.submissions ADD COLUMN canary_of text;
  CREATE UNIQUE INDEX submissions_canary ON fleet.submissions (canary_of)
    WHERE canary_of IS NOT NULL AND state IN ('waiting', 'running');
  CREATE INDEX submissions_canaries ON fleet.submissions (canary_of, submitted_at) WHERE canary_of IS NOT NULL;
  `,
  `
  ALTER TABLE fleet.blocks ADD COLUMN rounds integer NOT NULL DEFAULT 1 CHECK (rounds > 0);
  `,
];

/** Of all that take turns in a lab: migrations, the choice of what is next, and the verdict on a testbed. */
export const LOCKS = { migrate: 7_310_001, choose: 7_310_002, judge: 7_310_003 } as const;

/** Makes the tables, or brings them up to date; two at once wait for each other. Within a transaction. Throws FleetError for tables of a newer version. */
export async function migrate(sql: Sql): Promise<void> {
  await sql('SELECT pg_advisory_xact_lock($1)', [LOCKS.migrate]);
  await sql('CREATE SCHEMA IF NOT EXISTS fleet');
  await sql(
    'CREATE TABLE IF NOT EXISTS fleet.migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
  );
  const [row] = await sql('SELECT coalesce(max(version), 0) AS version FROM fleet.migrations');
  const version = Number(row?.version ?? 0);
  if (version > MIGRATIONS.length)
    throw new FleetError('newer', 'the lab is of a newer version of vswbench: update this one');
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < version) continue;
    await sql(migration);
    await sql('INSERT INTO fleet.migrations (version) VALUES ($1)', [index + 1]);
  }
}
