// SPDX-License-Identifier: Apache-2.0
// The tables in PostgreSQL. As in a file, what the model's records hold is kept whole; beside it are columns for what is asked for.
import { REPETITIONS_FROM } from '../../model/repetition.ts';
import { StoreError } from '../errors.ts';
import { shownLocation } from '../location.ts';
import { IDLE_IN_WRITE } from './protocol.ts';
import { type Session, SessionError } from './session.ts';

/** Two first users at once: one makes the tables, the other finds them ("vswb" in ASCII). */
const LOCK = 0x76737762;

const VERSION_1 = `
CREATE TABLE vswbench.campaigns (
  -- In the order in which they were recorded.
  number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  started timestamptz,
  started_at text NOT NULL,
  ended_at text,
  trials_planned integer NOT NULL,
  repeat text NOT NULL,
  -- JSON texts: of a title, of the rest, and of the machines.
  title_json text NOT NULL,
  head_json text NOT NULL,
  hosts_json text NOT NULL
);
CREATE INDEX campaigns_by_start ON vswbench.campaigns (started);

CREATE TABLE vswbench.cases (
  campaign integer NOT NULL REFERENCES vswbench.campaigns ON DELETE CASCADE,
  case_index integer NOT NULL,
  case_key text NOT NULL,
  parameters jsonb NOT NULL,
  skipped_json text NOT NULL,
  -- Kept by a trigger: how often its trials changed, rounds that have one, disturbed trials that are yet to be repeated.
  revision bigint NOT NULL DEFAULT 0,
  rounds_done integer NOT NULL DEFAULT 0,
  repetitions_owed integer NOT NULL DEFAULT 0,
  PRIMARY KEY (campaign, case_index),
  UNIQUE (campaign, case_key)
);
CREATE INDEX cases_by_parameters ON vswbench.cases USING gin (parameters jsonb_path_ops);

CREATE TABLE vswbench.trials (
  -- A trial is there once, whoever saves it.
  campaign integer NOT NULL,
  case_index integer NOT NULL,
  round integer NOT NULL,
  ordinal integer NOT NULL,
  seed bigint NOT NULL,
  started timestamptz,
  outcome text NOT NULL,
  disturbed boolean NOT NULL,
  flags jsonb NOT NULL,
  -- NULL where nothing was measured, and where there is no such figure.
  duration_s double precision,
  throughput_pps double precision,
  rtt_packets bigint,
  rtt_p50_ns double precision,
  rtt_p99_ns double precision,
  background_capacity_pps double precision,
  burst_longest_packets bigint,
  churn_json text,
  -- The whole trial, and its large parts, as trial-record.ts packs them.
  record bytea NOT NULL,
  samples bytea,
  histograms bytea,
  PRIMARY KEY (campaign, case_index, ordinal),
  FOREIGN KEY (campaign, case_index) REFERENCES vswbench.cases ON DELETE CASCADE
);
-- They are compressed already.
ALTER TABLE vswbench.trials ALTER record SET STORAGE EXTERNAL, ALTER samples SET STORAGE EXTERNAL, ALTER histograms SET STORAGE EXTERNAL;

CREATE TABLE vswbench.search_loads (
  campaign integer NOT NULL,
  case_index integer NOT NULL,
  ordinal integer NOT NULL,
  position integer NOT NULL,
  load_json text NOT NULL,
  PRIMARY KEY (campaign, case_index, ordinal, position),
  FOREIGN KEY (campaign, case_index) REFERENCES vswbench.cases ON DELETE CASCADE
);

CREATE TABLE vswbench.case_summaries (
  campaign integer NOT NULL,
  case_index integer NOT NULL,
  revision bigint NOT NULL,
  rules text NOT NULL,
  summary_json text NOT NULL,
  PRIMARY KEY (campaign, case_index),
  FOREIGN KEY (campaign, case_index) REFERENCES vswbench.cases ON DELETE CASCADE
);

CREATE TABLE vswbench.cards (
  number integer GENERATED ALWAYS AS IDENTITY,
  id text PRIMARY KEY,
  card_json text NOT NULL
);

CREATE TABLE vswbench.canaries (
  campaign_id text PRIMARY KEY,
  measured timestamptz NOT NULL,
  canary_json text NOT NULL
);

CREATE TABLE vswbench.leases (
  -- Who may write to a campaign as a worker; without its row, none of its writes is taken any more.
  token uuid PRIMARY KEY,
  campaign_id text NOT NULL,
  block text NOT NULL,
  testbed text,
  worker text,
  granted_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION vswbench.count_trials() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- First the lock, then the count: a statement sees what was there when it began.
  PERFORM 1 FROM vswbench.cases WHERE (campaign, case_index) IN (SELECT DISTINCT campaign, case_index FROM changed)
    ORDER BY campaign, case_index FOR NO KEY UPDATE;
  UPDATE vswbench.cases AS one SET
    revision = revision + 1,
    rounds_done = (SELECT count(DISTINCT round) FROM vswbench.trials WHERE campaign = one.campaign AND case_index = one.case_index),
    repetitions_owed = (
      SELECT count(*) FROM vswbench.trials AS first
      WHERE campaign = one.campaign AND case_index = one.case_index AND disturbed AND ordinal < ${REPETITIONS_FROM} AND NOT EXISTS (
        SELECT FROM vswbench.trials WHERE campaign = first.campaign AND case_index = first.case_index AND ordinal = first.ordinal + ${REPETITIONS_FROM}))
  WHERE (campaign, case_index) IN (SELECT DISTINCT campaign, case_index FROM changed);
  RETURN NULL;
END $$;
CREATE TRIGGER trials_inserted AFTER INSERT ON vswbench.trials
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION vswbench.count_trials();
CREATE TRIGGER trials_updated AFTER UPDATE ON vswbench.trials
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION vswbench.count_trials();
CREATE TRIGGER trials_deleted AFTER DELETE ON vswbench.trials
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION vswbench.count_trials();

CREATE VIEW vswbench.trial_results AS
  -- One row a trial with its test case: the place to begin. Figures of two testbeds are figures of two machines: never take a mean over them.
  SELECT campaigns.id AS campaign_id, case_index, parameters, round, ordinal, trials.started, outcome, flags, duration_s, throughput_pps,
    rtt_packets, rtt_p50_ns, rtt_p99_ns
  FROM vswbench.trials JOIN vswbench.cases USING (campaign, case_index) JOIN vswbench.campaigns ON campaigns.number = campaign;
`;

/** Statements that lead from each version of the tables to the next; a released one is never changed, only followed by another. */
export const SERVER_MIGRATIONS: readonly string[] = [VERSION_1];

/** Brings a new or older database to the latest version, all or nothing. Throws StoreError where it is of a later one, SessionError. */
export function migrateServer(session: Session, location: string, migrations = SERVER_MIGRATIONS): void {
  const found = versionOf(session, true);
  if (found > migrations.length) {
    const problem = `${shownLocation(location)} was written by a later vswbench (schema ${found}; this one knows ${migrations.length})`;
    throw new StoreError('newer', problem, 'update vswbench');
  }
  if (found === migrations.length) return;
  session.ask(
    `BEGIN; SET LOCAL idle_in_transaction_session_timeout = '${IDLE_IN_WRITE}'; SELECT pg_advisory_xact_lock(${LOCK})`,
    [],
    true,
  );
  try {
    session.ask(
      'CREATE SCHEMA IF NOT EXISTS vswbench; CREATE TABLE IF NOT EXISTS vswbench.meta (version integer NOT NULL)',
      [],
      false,
    );
    const { rows } = session.ask('SELECT version FROM vswbench.meta', [], false);
    const version = Number(rows[0]?.version ?? 0);
    for (const statements of migrations.slice(version)) session.ask(statements, [], false);
    if (version < migrations.length) {
      session.ask(`DELETE FROM vswbench.meta; INSERT INTO vswbench.meta VALUES (${migrations.length})`, [], false);
    }
    session.ask('COMMIT', [], false);
  } catch (error) {
    session.tell('ROLLBACK', false);
    throw error;
  }
}

/** 0 where there is none. */
function versionOf(session: Session, mayConnect: boolean): number {
  try {
    return Number(session.ask('SELECT version FROM vswbench.meta', [], mayConnect).rows[0]?.version ?? 0);
  } catch (error) {
    // No such schema, no such table.
    if (error instanceof SessionError && ['3F000', '42P01'].includes(error.failure.code)) return 0;
    throw error;
  }
}
