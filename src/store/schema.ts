// SPDX-License-Identifier: Apache-2.0
// The tables. SQLite keeps the comments within the statements: `.schema` in any SQLite tool shows them to a researcher.
import type { DatabaseSync } from 'node:sqlite';
import { PARAMETER_KEYS, PARAMETERS, type ParameterKey } from '../model/parameters.ts';

/** Marks a file as ours in its header ("vswb" in ASCII); see file(1) and https://sqlite.org/fileformat.html#application_id. */
export const APPLICATION_ID = 0x76737762;

const VERSION_1 = `
CREATE TABLE campaigns (
  -- One row a campaign: a set of test cases, and how they were run. Times are ISO 8601, UTC.
  id TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  started_at TEXT NOT NULL,
  -- NULL while it runs, or where it was cut short.
  ended_at TEXT,
  -- Of the order of trials.
  seed INTEGER NOT NULL,
  -- Traffic that is not measured, and traffic that is, of each trial.
  warmup_ms INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  -- Trials of each test case.
  trials_planned INTEGER NOT NULL,
  -- {"id": "title for people"}, as at that time.
  io_titles_json TEXT NOT NULL,
  switch_titles_json TEXT NOT NULL
) STRICT;

CREATE TABLE inventory (
  -- One row a campaign: the machine on which it ran, as found at its start.
  campaign_id TEXT PRIMARY KEY REFERENCES campaigns (id) ON DELETE CASCADE,
  hostname TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  vswbench_version TEXT NOT NULL,
  vswbench_commit TEXT,
  os TEXT NOT NULL,
  kernel TEXT NOT NULL,
  kernel_command_line TEXT NOT NULL,
  architecture TEXT NOT NULL,
  virtualization TEXT,
  cpu_model TEXT NOT NULL,
  microcode TEXT,
  -- [{"id", "node", "socket", "core"}]: equal socket and core are hyperthreads of one core.
  cpus_json TEXT NOT NULL,
  memory_bytes INTEGER NOT NULL,
  clocksource TEXT NOT NULL,
  -- 0 or 1.
  invariant_tsc INTEGER NOT NULL,
  mitigations_json TEXT NOT NULL,
  knobs_json TEXT NOT NULL,
  versions_json TEXT NOT NULL,
  load_average REAL NOT NULL
) STRICT;

CREATE TABLE cases (
  -- One row a test case of a campaign: one point of the parameter space.
  campaign_id TEXT NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
  -- Position in the campaign's list, from 0.
  case_index INTEGER NOT NULL,
  -- All parameters as one text; equal for equal test cases of different campaigns.
  case_key TEXT NOT NULL,
  dimension TEXT NOT NULL,
  location TEXT NOT NULL,
  -- Container pairs at once.
  pairs INTEGER NOT NULL,
  switch TEXT NOT NULL,
  -- I/O framework of the traffic applications.
  io TEXT NOT NULL,
  -- Kind of port between application and switch: 'netdev', 'vhost-user', …
  port TEXT NOT NULL,
  -- The whole Ethernet frame without FCS.
  packet_size_bytes INTEGER NOT NULL,
  -- Of each sender; NULL is unpaced, as fast as it goes.
  rate_pps INTEGER,
  burst_packets INTEGER NOT NULL,
  touch TEXT NOT NULL,
  wait TEXT NOT NULL,
  -- Why it was not run; NULL where it was to be run.
  skipped_reason TEXT,
  PRIMARY KEY (campaign_id, case_index),
  UNIQUE (campaign_id, case_key)
) STRICT;

CREATE TABLE trials (
  -- One row an execution of a test case. Packets are exact totals of the whole run, summed over pairs; rates refer to the
  -- steady state (duration_s). What was measured is NULL where no traffic ran to its end. Figures of any outcome other
  -- than 'measured' must not be used.
  trial_id INTEGER PRIMARY KEY,
  campaign_id TEXT NOT NULL,
  case_index INTEGER NOT NULL,
  -- Each round runs every test case once; from 0.
  round INTEGER NOT NULL,
  -- Position in the campaign's order, from 0.
  ordinal INTEGER NOT NULL,
  -- Of the order of its round.
  seed INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  -- The whole trial, and what of it was neither warm-up nor measured.
  wall_s REAL NOT NULL,
  overhead_s REAL NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('measured', 'invalid', 'failed', 'skipped')),
  failed_step TEXT,
  reason TEXT,
  -- ["shared-cpu", …]: what a reader has to know of this trial.
  flags_json TEXT NOT NULL,
  -- Which CPU ran what.
  placement_json TEXT NOT NULL,
  duration_s REAL,
  intended_packets INTEGER,
  offered_packets INTEGER,
  received_packets INTEGER,
  lost_packets INTEGER,
  duplicated_packets INTEGER,
  reordered_packets INTEGER,
  corrupted_packets INTEGER,
  -- Sent within the steady state, and how many of those arrived: the two numbers of the loss ratio.
  steady_offered_packets INTEGER,
  steady_received_packets INTEGER,
  throughput_pps REAL,
  throughput_bps REAL,
  offered_pps REAL,
  -- Which of several unlike ways packets came in (docs/decisions/0004); NULL where the framework has but one.
  receive_path TEXT,
  -- CPU seconds a second of the steady state: 1.0 is one CPU fully used.
  sender_cpus REAL,
  receiver_cpus REAL,
  switch_cpus REAL,
  total_cpus REAL,
  -- What else the machine did: {"stealRatio", "involuntarySwitchesPerS", "softirqCpus", …, "reasons"};
  -- the reasons are why the trial counts as disturbed (docs/method.md).
  noise_json TEXT,
  -- The way of each pair's packets, hop by hop: [{"pair", "hops", "drops", "lostPackets", "unplacedPackets", "closes"}].
  ledgers_json TEXT,
  -- What the switch tells of itself, by name with unit: {"busyRatio": 0.99, …}.
  switch_figures_json TEXT,
  FOREIGN KEY (campaign_id, case_index) REFERENCES cases (campaign_id, case_index) ON DELETE CASCADE,
  UNIQUE (campaign_id, case_index, ordinal, started_at)
) STRICT;

CREATE TABLE pair_results (
  -- One row a container pair of a trial.
  trial_id INTEGER NOT NULL REFERENCES trials (trial_id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  pair INTEGER NOT NULL,
  throughput_pps REAL NOT NULL,
  offered_packets INTEGER NOT NULL,
  received_packets INTEGER NOT NULL,
  lost_packets INTEGER NOT NULL,
  PRIMARY KEY (trial_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE latencies (
  -- One row a kind of latency of a trial: 'rtt' and 'oneWay' from the intended send time (free of coordinated omission),
  -- 'rttActual' and 'oneWayActual' from the actual one. Mean, minimum and maximum are exact, percentiles within 1 %.
  trial_id INTEGER NOT NULL REFERENCES trials (trial_id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  packets INTEGER NOT NULL,
  mean_ns REAL NOT NULL,
  min_ns REAL NOT NULL,
  p50_ns REAL NOT NULL,
  p90_ns REAL NOT NULL,
  p99_ns REAL NOT NULL,
  p999_ns REAL NOT NULL,
  p9999_ns REAL NOT NULL,
  max_ns REAL NOT NULL,
  PRIMARY KEY (trial_id, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE histograms (
  -- One row a histogram of a trial, all pairs together; the names are the kinds of the table latencies.
  trial_id INTEGER NOT NULL REFERENCES trials (trial_id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  packets INTEGER NOT NULL,
  min_ns REAL NOT NULL,
  max_ns REAL NOT NULL,
  mean_ns REAL NOT NULL,
  sum_squares_ns2 REAL NOT NULL,
  p50_ns REAL NOT NULL,
  p90_ns REAL NOT NULL,
  p99_ns REAL NOT NULL,
  p999_ns REAL NOT NULL,
  p9999_ns REAL NOT NULL,
  -- [[lower, upper, packets], …]: from lower to below upper, in ns, ascending, none empty.
  buckets_json TEXT NOT NULL,
  PRIMARY KEY (trial_id, name)
) STRICT;

CREATE TABLE samples (
  -- Progress of a trial over time: packets since its start, summed over pairs.
  trial_id INTEGER NOT NULL REFERENCES trials (trial_id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  -- Since the traffic started.
  time_s REAL NOT NULL,
  offered_packets INTEGER NOT NULL,
  received_packets INTEGER NOT NULL,
  -- 1 within the steady state, else 0.
  steady INTEGER NOT NULL,
  PRIMARY KEY (trial_id, position)
) STRICT, WITHOUT ROWID;

CREATE VIEW trial_results AS
  -- One row a trial with its test case and its latencies: the place to begin. Example:
  --   SELECT switch, io, packet_size_bytes, avg(throughput_pps) FROM trial_results
  --   WHERE outcome = 'measured' GROUP BY switch, io, packet_size_bytes;
  SELECT
    trials.campaign_id, trials.case_index, dimension, location, pairs, switch, io, port, packet_size_bytes, rate_pps,
    burst_packets, touch, wait, trials.trial_id, round, ordinal, started_at, outcome, failed_step, reason, flags_json, duration_s,
    intended_packets, offered_packets, received_packets, lost_packets, duplicated_packets, reordered_packets,
    corrupted_packets, steady_offered_packets, steady_received_packets,
    1.0 - 1.0 * steady_received_packets / nullif(steady_offered_packets, 0) AS loss_ratio,
    throughput_pps, throughput_bps, offered_pps, sender_cpus, receiver_cpus, switch_cpus, total_cpus,
    rtt.mean_ns AS rtt_mean_ns, rtt.p50_ns AS rtt_p50_ns, rtt.p99_ns AS rtt_p99_ns, rtt.p999_ns AS rtt_p999_ns,
    one_way.mean_ns AS one_way_mean_ns, one_way.p50_ns AS one_way_p50_ns, one_way.p99_ns AS one_way_p99_ns,
    one_way.p999_ns AS one_way_p999_ns
  FROM trials
  JOIN cases USING (campaign_id, case_index)
  LEFT JOIN latencies AS rtt ON rtt.trial_id = trials.trial_id AND rtt.kind = 'rtt'
  LEFT JOIN latencies AS one_way ON one_way.trial_id = trials.trial_id AND one_way.kind = 'oneWay';
`;

const VERSION_2 = `
-- The time-stamp counters of two CPUs are at most so far apart; NULL where nobody knows.
ALTER TABLE inventory ADD COLUMN clock_error_ns INTEGER;
-- What a packet costs at either end, over the whole run: {"sender", "receiver"}, or JSON's null where nothing counts it.
ALTER TABLE trials ADD COLUMN cycles_per_packet_json TEXT;
ALTER TABLE trials ADD COLUMN instructions_per_packet_json TEXT;
-- Until what precision a campaign went on after its planned trials, as {"ratio", "trialsMax"}: half of the 95 % interval's
-- width as a ratio of the median, and trials of a case at most. null where it did not; trials_planned are then all.
ALTER TABLE campaigns ADD COLUMN precision_json TEXT NOT NULL DEFAULT 'null';
`;

const VERSION_3 = `
CREATE TABLE hosts (
  -- One row a host of a campaign, as found at its start. A testbed is one host, or two that are joined by a cable.
  campaign_id TEXT NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
  -- From 0; the near host of the first testbed is the first.
  position INTEGER NOT NULL,
  testbed TEXT NOT NULL,
  -- 'near' has the sources, and for location 'local' the sinks as well; 'far' has the sinks for 'remote'.
  role TEXT NOT NULL CHECK (role IN ('near', 'far')),
  -- 'local', 'netns:NAME' or a destination of ssh(1).
  name TEXT NOT NULL,
  -- What leads to the other host: {"interface", "driver", "lineRateBps"}, or JSON's null on one host.
  uplink_json TEXT NOT NULL,
  hostname TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  vswbench_version TEXT NOT NULL,
  vswbench_commit TEXT,
  os TEXT NOT NULL,
  kernel TEXT NOT NULL,
  kernel_command_line TEXT NOT NULL,
  architecture TEXT NOT NULL,
  virtualization TEXT,
  cpu_model TEXT NOT NULL,
  microcode TEXT,
  -- [{"id", "node", "socket", "core"}]: equal socket and core are hyperthreads of one core.
  cpus_json TEXT NOT NULL,
  memory_bytes INTEGER NOT NULL,
  clocksource TEXT NOT NULL,
  -- 0 or 1.
  invariant_tsc INTEGER NOT NULL,
  -- The time-stamp counters of two CPUs are at most so far apart; NULL where nobody knows.
  clock_error_ns INTEGER,
  mitigations_json TEXT NOT NULL,
  knobs_json TEXT NOT NULL,
  versions_json TEXT NOT NULL,
  load_average REAL NOT NULL,
  PRIMARY KEY (campaign_id, position),
  UNIQUE (campaign_id, testbed, role)
) STRICT;

INSERT INTO hosts (
  campaign_id, position, testbed, role, name, uplink_json,
  hostname, recorded_at, vswbench_version, vswbench_commit, os, kernel, kernel_command_line, architecture,
  virtualization, cpu_model, microcode, cpus_json, memory_bytes, clocksource, invariant_tsc, clock_error_ns,
  mitigations_json, knobs_json, versions_json, load_average
)
SELECT
  campaign_id, 0, 'local', 'near', 'local', 'null',
  hostname, recorded_at, vswbench_version, vswbench_commit, os, kernel, kernel_command_line, architecture,
  virtualization, cpu_model, microcode, cpus_json, memory_bytes, clocksource, invariant_tsc, clock_error_ns,
  mitigations_json, knobs_json, versions_json, load_average
FROM inventory;

DROP TABLE inventory;

-- On which of the campaign's testbeds, see the table hosts.
ALTER TABLE cases ADD COLUMN testbed TEXT NOT NULL DEFAULT 'local';
-- The cable between two hosts, all pairs together: {"hops", "drops", "lostPackets", "unplacedPackets", "foreignPackets"}; JSON's null, or NULL, on one host.
ALTER TABLE trials ADD COLUMN uplink_json TEXT;

DROP VIEW trial_results;

CREATE VIEW trial_results AS
  -- One row a trial with its test case and its latencies: the place to begin. Figures of two testbeds are figures of two
  -- machines: never take a mean over them. Example:
  --   SELECT switch, io, packet_size_bytes, avg(throughput_pps) FROM trial_results
  --   WHERE outcome = 'measured' GROUP BY testbed, switch, io, packet_size_bytes;
  SELECT
    trials.campaign_id, trials.case_index, testbed, dimension, location, pairs, switch, io, port, packet_size_bytes, rate_pps,
    burst_packets, touch, wait, trials.trial_id, round, ordinal, started_at, outcome, failed_step, reason, flags_json, duration_s,
    intended_packets, offered_packets, received_packets, lost_packets, duplicated_packets, reordered_packets,
    corrupted_packets, steady_offered_packets, steady_received_packets,
    1.0 - 1.0 * steady_received_packets / nullif(steady_offered_packets, 0) AS loss_ratio,
    throughput_pps, throughput_bps, offered_pps, sender_cpus, receiver_cpus, switch_cpus, total_cpus,
    rtt.mean_ns AS rtt_mean_ns, rtt.p50_ns AS rtt_p50_ns, rtt.p99_ns AS rtt_p99_ns, rtt.p999_ns AS rtt_p999_ns,
    one_way.mean_ns AS one_way_mean_ns, one_way.p50_ns AS one_way_p50_ns, one_way.p99_ns AS one_way_p99_ns,
    one_way.p999_ns AS one_way_p999_ns
  FROM trials
  JOIN cases USING (campaign_id, case_index)
  LEFT JOIN latencies AS rtt ON rtt.trial_id = trials.trial_id AND rtt.kind = 'rtt'
  LEFT JOIN latencies AS one_way ON one_way.trial_id = trials.trial_id AND one_way.kind = 'oneWay';
`;

const VERSION_4 = `
-- Whether receivers on sockets left their queue alone for some microseconds at high rates: 'on' or 'off'.
ALTER TABLE cases ADD COLUMN rx_moderation TEXT NOT NULL DEFAULT 'on';
-- Part of corrupted_packets: not even their number could be trusted. NULL, here and below, in records that are older.
ALTER TABLE trials ADD COLUMN unidentified_packets INTEGER;
-- So far behind that a duplicate cannot be told from a reordered packet.
ALTER TABLE trials ADD COLUMN late_packets INTEGER;
-- Delivered by the ports, and none of the trial's.
ALTER TABLE trials ADD COLUMN foreign_packets INTEGER;
-- Of those due within the steady state and sent: arrived damaged only. The loss ratio leaves them out.
ALTER TABLE trials ADD COLUMN steady_corrupted_packets INTEGER;
-- Due within the steady state and never sent: the port took none for longer than the sender's debt limit.
ALTER TABLE trials ADD COLUMN steady_given_up_packets INTEGER;
-- All that arrived; throughput_pps counts unique, intact packets alone.
ALTER TABLE trials ADD COLUMN raw_pps REAL;
-- {"id": true where applications with that framework see whole frames, false where only the UDP payload}; {} in older records.
ALTER TABLE campaigns ADD COLUMN io_whole_frames_json TEXT NOT NULL DEFAULT '{}';
-- 1 where warm-ups went on until the figures had no trend, warmup_ms at most; else 0.
ALTER TABLE campaigns ADD COLUMN warmup_auto INTEGER NOT NULL DEFAULT 0;
-- From the first packet to the steady state, seconds.
ALTER TABLE trials ADD COLUMN warmup_s REAL;
-- 1 where a sink left its queue alone for some microseconds at high rates; 0 where none did.
ALTER TABLE trials ADD COLUMN rx_moderated INTEGER;
-- Minor page faults of an application's polling thread within the steady state, of that with most.
ALTER TABLE trials ADD COLUMN minor_faults INTEGER;
-- How far the time-stamp counter ran off from the kernel's raw clock, millionths.
ALTER TABLE trials ADD COLUMN clock_drift_ppm REAL;

DROP VIEW trial_results;

ALTER TABLE latencies RENAME TO latencies_3;
CREATE TABLE latencies (
  -- One row a kind of latency of a trial: 'rtt' and 'oneWay' from the intended send time (free of coordinated omission),
  -- 'rttActual' and 'oneWayActual' from the actual one. Mean, minimum and maximum are exact, percentiles within 1 %. NULL is what the
  -- packets do not tell: a percentile beyond which fewer than ten lie, or that falls among those which were due and never sent.
  trial_id INTEGER NOT NULL REFERENCES trials (trial_id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  packets INTEGER NOT NULL,
  mean_ns REAL,
  min_ns REAL NOT NULL,
  p50_ns REAL,
  p90_ns REAL,
  p99_ns REAL,
  p999_ns REAL,
  p9999_ns REAL,
  max_ns REAL,
  -- Due and never sent: the delay of each is at least censored_at_least_ns. Not in packets.
  censored_packets INTEGER NOT NULL DEFAULT 0,
  censored_at_least_ns REAL,
  PRIMARY KEY (trial_id, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO latencies (trial_id, kind, packets, mean_ns, min_ns, p50_ns, p90_ns, p99_ns, p999_ns, p9999_ns, max_ns)
SELECT trial_id, kind, packets, mean_ns, min_ns, p50_ns, p90_ns, p99_ns, p999_ns, p9999_ns, max_ns FROM latencies_3;
DROP TABLE latencies_3;

ALTER TABLE histograms RENAME TO histograms_3;
CREATE TABLE histograms (
  -- One row a histogram of a trial, all pairs together; the names are the kinds of the table latencies. Percentiles are of all packets,
  -- however few; NULL where they fall among those that were due and never sent.
  trial_id INTEGER NOT NULL REFERENCES trials (trial_id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  packets INTEGER NOT NULL,
  min_ns REAL NOT NULL,
  max_ns REAL NOT NULL,
  mean_ns REAL NOT NULL,
  sum_squares_ns2 REAL NOT NULL,
  p50_ns REAL,
  p90_ns REAL,
  p99_ns REAL,
  p999_ns REAL,
  p9999_ns REAL,
  censored_packets INTEGER NOT NULL DEFAULT 0,
  censored_at_least_ns REAL,
  -- [[lower, upper, packets], …]: from lower to below upper, in ns, ascending, none empty.
  buckets_json TEXT NOT NULL,
  PRIMARY KEY (trial_id, name)
) STRICT;
INSERT INTO histograms (
  trial_id, name, packets, min_ns, max_ns, mean_ns, sum_squares_ns2, p50_ns, p90_ns, p99_ns, p999_ns, p9999_ns, buckets_json
)
SELECT
  trial_id, name, packets, min_ns, max_ns, mean_ns, sum_squares_ns2, p50_ns, p90_ns, p99_ns, p999_ns, p9999_ns, buckets_json
FROM histograms_3;
DROP TABLE histograms_3;

CREATE VIEW trial_results AS
  -- One row a trial with its test case and its latencies: the place to begin. Figures of two testbeds are figures of two
  -- machines: never take a mean over them. Example:
  --   SELECT switch, io, packet_size_bytes, avg(throughput_pps) FROM trial_results
  --   WHERE outcome = 'measured' GROUP BY testbed, switch, io, packet_size_bytes;
  SELECT
    trials.campaign_id, trials.case_index, testbed, dimension, location, pairs, switch, io, port, packet_size_bytes, rate_pps,
    burst_packets, touch, wait, rx_moderation, trials.trial_id, round, ordinal, started_at, outcome, failed_step, reason, flags_json,
    duration_s, intended_packets, offered_packets, received_packets, lost_packets, duplicated_packets, reordered_packets,
    corrupted_packets, late_packets, foreign_packets, steady_offered_packets, steady_received_packets, steady_corrupted_packets,
    1.0 - 1.0 * (steady_received_packets + coalesce(steady_corrupted_packets, 0)) / nullif(steady_offered_packets, 0) AS loss_ratio,
    throughput_pps, raw_pps, throughput_bps, offered_pps, sender_cpus, receiver_cpus, switch_cpus, total_cpus,
    rtt.mean_ns AS rtt_mean_ns, rtt.p50_ns AS rtt_p50_ns, rtt.p99_ns AS rtt_p99_ns, rtt.p999_ns AS rtt_p999_ns,
    one_way.mean_ns AS one_way_mean_ns, one_way.p50_ns AS one_way_p50_ns, one_way.p99_ns AS one_way_p99_ns,
    one_way.p999_ns AS one_way_p999_ns
  FROM trials
  JOIN cases USING (campaign_id, case_index)
  LEFT JOIN latencies AS rtt ON rtt.trial_id = trials.trial_id AND rtt.kind = 'rtt'
  LEFT JOIN latencies AS one_way ON one_way.trial_id = trials.trial_id AND one_way.kind = 'oneWay';
`;

/** A statement that counts a change of the case to which a row of a table belongs. */
function counting(table: string, event: 'INSERT' | 'UPDATE' | 'DELETE', row: 'NEW' | 'OLD'): string {
  const ofCase =
    table === 'trials'
      ? `campaign_id = ${row}.campaign_id AND case_index = ${row}.case_index`
      : `(campaign_id, case_index) = (SELECT campaign_id, case_index FROM trials WHERE trial_id = ${row}.trial_id)`;
  return `CREATE TRIGGER ${table}_${event.toLowerCase()}_${row.toLowerCase()} AFTER ${event} ON ${table} BEGIN
  UPDATE cases SET revision = revision + 1 WHERE ${ofCase};
END;`;
}

const OBSERVED = ['trials', 'pair_results', 'latencies', 'histograms', 'samples'];

const VERSION_5 = `
-- Grows with each change of the case or of anything that belongs to it, whoever makes it.
ALTER TABLE cases ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

CREATE TABLE case_summaries (
  -- What the trials of a case tell together, kept so that the next look need not go through them all. It can always be made
  -- anew, and is, unless both its revision and its rules are those of today. Never a source: look at the table trials.
  campaign_id TEXT NOT NULL,
  case_index INTEGER NOT NULL,
  -- Of the case, when it was made.
  revision INTEGER NOT NULL,
  -- Stands for the sources of vswbench that made it.
  rules TEXT NOT NULL,
  summary_json TEXT NOT NULL,
  PRIMARY KEY (campaign_id, case_index),
  FOREIGN KEY (campaign_id, case_index) REFERENCES cases (campaign_id, case_index) ON DELETE CASCADE
) STRICT;

CREATE INDEX trials_by_round ON trials (campaign_id, case_index, round);
CREATE INDEX cases_by_switch ON cases (campaign_id, switch);

CREATE TRIGGER cases_update AFTER UPDATE ON cases WHEN NEW.revision = OLD.revision BEGIN
  UPDATE cases SET revision = revision + 1 WHERE campaign_id = NEW.campaign_id AND case_index = NEW.case_index;
END;
${OBSERVED.flatMap((table) => [
  counting(table, 'INSERT', 'NEW'),
  counting(table, 'UPDATE', 'OLD'),
  counting(table, 'UPDATE', 'NEW'),
  counting(table, 'DELETE', 'OLD'),
]).join('\n')}
`;

/** Percentiles of a table's row that rest on fewer than ten packets beyond them become NULL, as those of later records are. */
const VERSION_6 = `
UPDATE latencies SET
  p50_ns = iif(packets + censored_packets < 20, NULL, p50_ns),
  p90_ns = iif(packets + censored_packets < 100, NULL, p90_ns),
  p99_ns = iif(packets + censored_packets < 1000, NULL, p99_ns),
  p999_ns = iif(packets + censored_packets < 10000, NULL, p999_ns),
  p9999_ns = iif(packets + censored_packets < 100000, NULL, p9999_ns)
WHERE packets + censored_packets < 100000;
`;

const VERSION_7 = `
-- Few trials are disturbed: whoever looks for them need not go through all.
CREATE INDEX IF NOT EXISTS trials_disturbed ON trials (campaign_id, case_index, ordinal) WHERE instr(flags_json, '"disturbed"') > 0;
`;

const VERSION_8 = `
-- What the CPUs share: caches, and the distances of their nodes. NULL in records from before it was read.
ALTER TABLE hosts ADD COLUMN topology_json TEXT;
`;

const VERSION_9 = `
-- Where sender, receiver and switch were to sit: 'spread', 'same-core', 'same-cache' or 'cross-socket'.
ALTER TABLE cases ADD COLUMN placement TEXT NOT NULL DEFAULT 'spread';

DROP VIEW trial_results;
CREATE VIEW trial_results AS
  -- One row a trial with its test case and its latencies: the place to begin. Figures of two testbeds are figures of two
  -- machines: never take a mean over them. Example:
  --   SELECT switch, io, packet_size_bytes, avg(throughput_pps) FROM trial_results
  --   WHERE outcome = 'measured' GROUP BY testbed, switch, io, packet_size_bytes;
  SELECT
    trials.campaign_id, trials.case_index, testbed, dimension, location, pairs, switch, io, port, packet_size_bytes, rate_pps,
    burst_packets, touch, wait, rx_moderation, placement, trials.trial_id, round, ordinal, started_at, outcome, failed_step, reason, flags_json,
    duration_s, intended_packets, offered_packets, received_packets, lost_packets, duplicated_packets, reordered_packets,
    corrupted_packets, late_packets, foreign_packets, steady_offered_packets, steady_received_packets, steady_corrupted_packets,
    1.0 - 1.0 * (steady_received_packets + coalesce(steady_corrupted_packets, 0)) / nullif(steady_offered_packets, 0) AS loss_ratio,
    throughput_pps, raw_pps, throughput_bps, offered_pps, sender_cpus, receiver_cpus, switch_cpus, total_cpus,
    rtt.mean_ns AS rtt_mean_ns, rtt.p50_ns AS rtt_p50_ns, rtt.p99_ns AS rtt_p99_ns, rtt.p999_ns AS rtt_p999_ns,
    one_way.mean_ns AS one_way_mean_ns, one_way.p50_ns AS one_way_p50_ns, one_way.p99_ns AS one_way_p99_ns,
    one_way.p999_ns AS one_way_p999_ns
  FROM trials
  JOIN cases USING (campaign_id, case_index)
  LEFT JOIN latencies AS rtt ON rtt.trial_id = trials.trial_id AND rtt.kind = 'rtt'
  LEFT JOIN latencies AS one_way ON one_way.trial_id = trials.trial_id AND one_way.kind = 'oneWay';
`;

const VERSION_10 = `
-- Names of the knobs that were to be turned, as ["governor", …].
ALTER TABLE campaigns ADD COLUMN tune_json TEXT NOT NULL DEFAULT '[]';
-- What became of each knob: [{"knob", "state", "before", "after", "note"}]; [] in records from before there were any.
ALTER TABLE hosts ADD COLUMN tuning_json TEXT NOT NULL DEFAULT '[]';
`;

const VERSION_11 = `
-- 1 where sizes are shown with the FCS; packet_size_bytes is without it in any case.
ALTER TABLE campaigns ADD COLUMN fcs INTEGER NOT NULL DEFAULT 0;
`;

const VERSION_12 = `
-- Whether kernel switches were in the host's own network, as was asked for (0 or 1). In records of before there was a choice they were, and it is 0.
ALTER TABLE campaigns ADD COLUMN host_network INTEGER NOT NULL DEFAULT 0;
`;

const VERSION_13 = `
-- What else of a host can be in the way of packets or containers; [] in records from before it was looked for.
ALTER TABLE hosts ADD COLUMN foreign_json TEXT NOT NULL DEFAULT '[]';
`;

const VERSION_14 = `
-- What drivers of switches left without an undo: [{"switch", "what", "kept"}], kept being null where it was put right; [] in records from before it
-- was kept.
ALTER TABLE hosts ADD COLUMN left_behind_json TEXT NOT NULL DEFAULT '[]';
`;

const FLOWS_COLUMN = `
-- What became of flows that are counted one by one: {"count", "withLoss", "withReordering", "mostLostPackets"}; JSON's null, or NULL, where there was one flow.
ALTER TABLE trials ADD COLUMN flows_json TEXT;
`;

const CACHES_COLUMN = `
-- Tables of the switch that flows or addresses fill, as a list of {"name", "entries", "of", "note", "hitRatio", "held"}; NULL in older records.
ALTER TABLE trials ADD COLUMN caches_json TEXT;
`;

const SERVED_COLUMN = `
-- Which thread of the switch served which port: [{"pair", "end", "queue", "thread"}]; JSON's null, or NULL, where the switch does not tell.
ALTER TABLE trials ADD COLUMN served_json TEXT;
`;

const BACKGROUND_COLUMN = `
-- What went beside through the same switch: {"ratePps", "capacityPps", "intendedPackets" and so on}; JSON's null, or NULL, where nothing did.
ALTER TABLE trials ADD COLUMN background_json TEXT;
`;

const SEARCHES = `
-- What capacities have to meet: {"objectives", "widthRatio" and so on}; JSON's null, or NULL, where none was searched for.
ALTER TABLE campaigns ADD COLUMN search_json TEXT;
-- Of a capacity, what was found for each objective, and the trials of the search: {"found", "loads"}; JSON's null, or NULL, for others.
ALTER TABLE trials ADD COLUMN search_json TEXT;
CREATE TABLE search_loads (
  -- One row a trial of a search that is not over, in their order; a search that is over has them in trials.search_json.
  campaign_id TEXT NOT NULL,
  case_index INTEGER NOT NULL,
  -- Of the trial that the search is.
  ordinal INTEGER NOT NULL,
  position INTEGER NOT NULL,
  load_json TEXT NOT NULL,
  PRIMARY KEY (campaign_id, case_index, ordinal, position),
  FOREIGN KEY (campaign_id, case_index) REFERENCES cases (campaign_id, case_index) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
`;

const BURSTS = `
-- Trains of on-off arrivals: {"begun", "whole", "wholeP50Ns", "passed"}; JSON's null, or NULL, for other arrivals.
ALTER TABLE trials ADD COLUMN trains_json TEXT;
-- The longest burst without a loss, and the trains that say so: {"longestPackets", "depthPackets", "loads" and so on}; JSON's null, or NULL, for others.
ALTER TABLE trials ADD COLUMN burst_json TEXT;
`;

const CHURN_COLUMN = `
-- What others met while a container came and went: {"blockedMs", "events", "quiet" and so on}; JSON's null, or NULL, for others.
ALTER TABLE trials ADD COLUMN churn_json TEXT;
`;

const CARDS = `
CREATE TABLE cards (
  -- One row a capacity card: {"asked", "subjects": [{"switch", "io", "port", "parts": {"capacity": {"campaign": id}, ...}}]}.
  id TEXT PRIMARY KEY,
  card_json TEXT NOT NULL
) STRICT;
`;

const CANARIES = `
CREATE TABLE canaries (
  -- One row a canary of a testbed: {"campaign", "testbed", "measuredAt", "hosts", "figures": {"case key": [of each trial]}, "accepted"}.
  campaign_id TEXT PRIMARY KEY,
  canary_json TEXT NOT NULL
) STRICT;
`;

const WAYS_COLUMNS = `
-- Where both ends of each pair send, what became of the packets of each way: {"there", "back"}; JSON's null, or NULL, where one end sends.
ALTER TABLE trials ADD COLUMN ways_json TEXT;
ALTER TABLE pair_results ADD COLUMN ways_json TEXT;
`;

/**
 * The version that adds a parameter of a test case (docs/adding-a-parameter.md): its column, with what all was measured with before, and
 * the view that has it. The view names parameters of later versions as well, and is made anew by each.
 */
export function parameterVersion(key: ParameterKey): string {
  return `
DROP VIEW trial_results;
${columnSql(key)}
${viewSql()}`;
}

function columnSql<Key extends ParameterKey>(key: Key): string {
  const { before, column } = PARAMETERS[key];
  if (before === undefined) throw new TypeError(`parameter ${key} does not say what was measured before there was it`);
  const value = column.of(before);
  const [type, sql] = typeof value === 'number' ? ['INTEGER', `${value}`] : ['TEXT', `'${value}'`];
  return `-- ${column.meaning}\nALTER TABLE cases ADD COLUMN ${column.name} ${type} NOT NULL DEFAULT ${sql};`;
}

/** Its columns in the store. */
function storedNames(key: ParameterKey): string[] {
  const { column, beside } = PARAMETERS[key];
  return beside?.stored === true ? [beside.name, column.name] : [column.name];
}

/** The version that adds the mixes of sizes, and what became of each size. */
function mixesVersion(): string {
  return `
DROP VIEW trial_results;
-- \`one\` where all packets have packet_size_bytes, else the mix, of which that is the mean.
ALTER TABLE cases ADD COLUMN packet_sizes TEXT NOT NULL DEFAULT 'one';
-- What became of each size of a mix: [{"from", "to", "sentPackets", "lostPackets"}]; JSON's null, or NULL, where packets had one size.
ALTER TABLE trials ADD COLUMN sizes_json TEXT;
${viewSql()}`;
}

/** The view with every parameter that there is. */
function viewSql(): string {
  const columns = PARAMETER_KEYS.flatMap(storedNames).join(', ');
  return `
CREATE VIEW trial_results AS
  -- One row a trial with its test case and its latencies: the place to begin. Figures of two testbeds are figures of two
  -- machines: never take a mean over them. Example:
  --   SELECT switch, io, packet_size_bytes, avg(throughput_pps) FROM trial_results
  --   WHERE outcome = 'measured' GROUP BY testbed, switch, io, packet_size_bytes;
  SELECT
    trials.campaign_id, trials.case_index, ${columns},
    trials.trial_id, round, ordinal, started_at, outcome, failed_step, reason, flags_json,
    duration_s, intended_packets, offered_packets, received_packets, lost_packets, duplicated_packets, reordered_packets,
    corrupted_packets, late_packets, foreign_packets, steady_offered_packets, steady_received_packets, steady_corrupted_packets,
    1.0 - 1.0 * (steady_received_packets + coalesce(steady_corrupted_packets, 0)) / nullif(steady_offered_packets, 0) AS loss_ratio,
    throughput_pps, raw_pps, throughput_bps, offered_pps, sender_cpus, receiver_cpus, switch_cpus, total_cpus,
    rtt.mean_ns AS rtt_mean_ns, rtt.p50_ns AS rtt_p50_ns, rtt.p99_ns AS rtt_p99_ns, rtt.p999_ns AS rtt_p999_ns,
    one_way.mean_ns AS one_way_mean_ns, one_way.p50_ns AS one_way_p50_ns, one_way.p99_ns AS one_way_p99_ns,
    one_way.p999_ns AS one_way_p999_ns
  FROM trials
  JOIN cases USING (campaign_id, case_index)
  LEFT JOIN latencies AS rtt ON rtt.trial_id = trials.trial_id AND rtt.kind = 'rtt'
  LEFT JOIN latencies AS one_way ON one_way.trial_id = trials.trial_id AND one_way.kind = 'oneWay';
`;
}

/** Statements that lead from each schema version to the next; a released one is never changed, only followed by another. */
export const MIGRATIONS: readonly string[] = [
  VERSION_1,
  VERSION_2,
  VERSION_3,
  VERSION_4,
  VERSION_5,
  VERSION_6,
  VERSION_7,
  VERSION_8,
  VERSION_9,
  VERSION_10,
  VERSION_11,
  VERSION_12,
  VERSION_13,
  VERSION_14,
  parameterVersion('flows'),
  parameterVersion('flowFields'),
  `${parameterVersion('flowOrder')}${FLOWS_COLUMN}`,
  parameterVersion('vlan'),
  parameterVersion('qinq'),
  parameterVersion('ip'),
  CACHES_COLUMN,
  parameterVersion('switchThreads'),
  `${parameterVersion('pin')}${SERVED_COLUMN}`,
  parameterVersion('queues'),
  `${parameterVersion('direction')}${WAYS_COLUMNS}`,
  parameterVersion('arrivals'),
  mixesVersion(),
  `ALTER TABLE campaigns ADD COLUMN repeat TEXT NOT NULL DEFAULT 'disturbed';`,
  `${parameterVersion('background')}${BACKGROUND_COLUMN}`,
  parameterVersion('macs'),
  parameterVersion('announceRatePps'),
  parameterVersion('idleMs'),
  SEARCHES,
  BURSTS,
  CARDS,
  `ALTER TABLE campaigns ADD COLUMN reuse INTEGER NOT NULL DEFAULT 0;`,
  CHURN_COLUMN,
  `${parameterVersion('vlanFiltering')}${parameterVersion('nftRules')}${parameterVersion('overlay')}`,
  CANARIES,
  `-- {"count", "of", "parts": [{"index", "trials"}], "unlike": []}: the shards of it that are here; JSON's null where it was not cut.
ALTER TABLE campaigns ADD COLUMN shards_json TEXT NOT NULL DEFAULT 'null';`,
  `-- ["NEAR", "FAR"]: the hosts that measured it; JSON's [] in older records.
ALTER TABLE trials ADD COLUMN hostnames_json TEXT NOT NULL DEFAULT '[]';`,
  // The next one; that of a parameter is parameterVersion('key').
];

/** What the header of a database says. */
export interface Header {
  applicationId: number;
  version: number;
  /** It has no table at all. */
  empty: boolean;
}

export function readHeader(db: DatabaseSync): Header {
  return {
    applicationId: numberOf(db, 'PRAGMA application_id'),
    version: numberOf(db, 'PRAGMA user_version'),
    empty: numberOf(db, 'SELECT count(*) FROM sqlite_schema') === 0,
  };
}

function numberOf(db: DatabaseSync, sql: string): number {
  const [value] = Object.values(db.prepare(sql).get() ?? {});
  return typeof value === 'number' ? value : Number.NaN;
}

/**
 * Brings a new or older database of ours to the latest version, all or nothing. Another process may do the same at the
 * same time: one does it, the other finds it done.
 */
export function migrate(db: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    const { version } = readHeader(db);
    for (const statements of migrations.slice(version)) db.exec(statements);
    if (version < migrations.length) {
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`);
    }
    db.exec('COMMIT');
  } catch (error) {
    rollBack(db);
    throw error;
  }
}

/** Gives up a transaction, where there is one: after some errors SQLite has done so already. */
export function rollBack(db: DatabaseSync): void {
  try {
    if (db.isTransaction) db.exec('ROLLBACK');
  } catch {
    // The error that led here tells more; and what is not committed is undone by the next who opens the file.
  }
}
