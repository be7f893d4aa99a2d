// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it, type TestContext } from 'node:test';
import {
  burstCampaign,
  capacityCampaign,
  churnCampaign,
  histogramOf,
  hostileCampaign,
  storedCampaign,
  storedCase,
  sweepCampaign,
  table2Campaign,
  testCase,
  trial,
  twoTestbedsCampaign,
} from '../../test/fixtures/campaign.ts';
import { canary } from '../../test/fixtures/canaries.ts';
import type { Card } from '../model/card.ts';
import type { LatencySummary, Measurement, StoredCampaign, Trial } from '../model/result.ts';
import type { SearchLoad } from '../model/search.ts';
import { APPLICATION_ID, MIGRATIONS, migrate, readHeader } from './schema.ts';
import { Spare } from './spare.ts';
import { type NewCampaign, newCampaignId, openStore, type Store, StoreError } from './store.ts';
import { writtenCampaign, writtenTrial } from './writer.child.ts';

let folder = '';
before(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'vswbench-store-'));
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

let files = 0;
/** A path at which there is nothing yet. */
function freshPath(): string {
  files += 1;
  return join(folder, `store ${files}.db`);
}

/** Opens a store for the time of a test. */
function opened(context: TestContext, path = freshPath()): Store {
  const store = openStore(path);
  context.after(() => store.close());
  return store;
}

function planOf(campaign: StoredCampaign): NewCampaign {
  return { ...campaign, cases: campaign.cases.map(({ case: one, skipped }) => ({ case: one, skipped })) };
}

function saveAll(store: Store, campaign: StoredCampaign): void {
  store.createCampaign(planOf(campaign));
  for (const [index, { trials }] of campaign.cases.entries()) {
    for (const one of trials) store.saveTrial(campaign.id, index, one);
  }
}

/** The StoreError that `act` throws: always one line, and always with a mend at its end. */
function failureOf(act: () => unknown): StoreError {
  try {
    act();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    assert.ok(!error.message.includes('\n'), error.message);
    assert.ok(error.mend.length > 0 && error.message.endsWith(`: ${error.mend}`), error.message);
    return error;
  }
  return assert.fail('nothing was thrown');
}

/** A measured trial with something in every field that a trial can have. */
function fullTrial(): Trial {
  const base = trial({ case: testCase({ pairs: 2 }), pps: 250_000.125, lossRatio: 0.1 });
  const measurement = base.measurement ?? assert.fail();
  const summary = (p50: number): LatencySummary => ({
    count: 12,
    mean: p50 * 1.1,
    min: 100.5,
    p50,
    p90: p50 * 2,
    p99: p50 * 3,
    p999: p50 * 4,
    p9999: p50 * 5,
    max: 1e10,
    censoredCount: 0,
    censoredAtLeastNs: null,
  });
  const full: Measurement = {
    ...measurement,
    intendedPackets: Number.MAX_SAFE_INTEGER,
    duplicatedPackets: 3,
    reorderedPackets: 4,
    corruptedPackets: 5,
    throughputBps: 1.7976931348623157e308,
    offeredPps: 5e-324,
    latencyNs: { rtt: summary(1), oneWay: summary(2), rttActual: summary(3), oneWayActual: summary(1 / 3) },
    pairs: measurement.pairs.toReversed(),
  };
  return {
    ...base,
    flags: ['disturbed', 'shared-cpu'],
    measurement: full,
    histograms: {
      rtt: histogramOf([100, 200, 200, 40_000]),
      rttActual: histogramOf([150]),
      oneWay: { ...histogramOf([99]), sum_squares: 1e30 },
    },
  };
}

describe('a campaign', () => {
  for (const [name, campaign] of [
    ['of every outcome', table2Campaign()],
    ['with sweeps and latency', sweepCampaign()],
    ['on two testbeds', twoTestbedsCampaign()],
    ['with hostile text', hostileCampaign()],
    ['without trials', storedCampaign({ endedAt: null })],
    ['that goes on for a precision', storedCampaign({ precision: { ratio: 0.02, trialsMax: 30 } })],
    [
      'with every field filled',
      storedCampaign({ cases: [{ case: testCase({ pairs: 2, rate: 'max' }), skipped: null, trials: [fullTrial()] }] }),
    ],
  ] as const) {
    it(`${name} is read as it was written, also after the file was closed`, (context) => {
      const path = freshPath();
      const store = opened(context, path);
      saveAll(store, campaign);
      assert.deepEqual(store.load(campaign.id), campaign);
      store.close();
      assert.deepEqual(opened(context, path).load('latest'), campaign);
    });
  }

  it('is the latest where it was created last, whatever its clock said', (context) => {
    const store = opened(context);
    assert.equal(store.load('latest'), null);
    for (const id of ['20261122-2359-a3f', '20261122-2358-000']) store.createCampaign(planOf(storedCampaign({ id })));
    assert.equal(store.load()?.id, '20261122-2358-000');
    assert.equal(store.load('20261122-2359-a3f')?.id, '20261122-2359-a3f');
    assert.equal(store.load('nosuch'), null);
  });

  it('is listed with its progress', (context) => {
    const store = opened(context);
    assert.deepEqual(store.list(), []);
    const done = table2Campaign();
    saveAll(store, done);
    const begun = { ...sweepCampaign(), id: 'begun', endedAt: null };
    store.createCampaign(planOf(begun));
    // A trial that was disturbed and repeated counts once.
    for (const startedAt of ['2026-03-01T10:00:00.000Z', '2026-03-01T10:01:00.000Z']) {
      store.saveTrial('begun', 3, { ...trial({ case: testCase(), pps: 1 }), startedAt });
    }
    const row = { title: done.title, startedAt: done.startedAt, endedAt: done.endedAt };
    assert.deepEqual(store.list(), [
      // Ten of its eleven cases can run; one of those stopped after two of six rounds.
      { ...row, id: done.id, cases: 11, trialsDone: 56, trialsPlanned: 60, repetitionsOwed: 1 },
      {
        ...row,
        id: 'begun',
        title: begun.title,
        endedAt: null,
        cases: 52,
        trialsDone: 1,
        trialsPlanned: 312,
        repetitionsOwed: 0,
      },
    ]);
  });

  it('can be gone through trial by trial, without its large parts, while others are', (context) => {
    const store = opened(context);
    const campaign = sweepCampaign();
    saveAll(store, campaign);
    const index = campaign.cases.findIndex(({ trials }) => trials.some(({ histograms }) => 'rtt' in histograms));
    const whole = campaign.cases[index]?.trials ?? [];
    const bare = whole.map((one) => ({
      ...one,
      histograms: {},
      measurement: one.measurement && { ...one.measurement, samples: [] },
    }));
    assert.deepEqual([...store.trials(campaign.id, index)], whole);
    assert.deepEqual([...store.trials(campaign.id, index, { samples: false, histograms: false })], bare);
    const [first, second] = [store.trials(campaign.id, index), store.trials(campaign.id, index)];
    assert.deepEqual([first.next().value, second.next().value, first.next().value], [whole[0], whole[0], whole[1]]);
    first.return();
    second.return();
    store.endCampaign(campaign.id, '2026-03-01T12:00:00.000Z');
    assert.equal(store.head(campaign.id)?.endedAt, '2026-03-01T12:00:00.000Z');
    assert.deepEqual([...store.trials('nosuch', 0)], []);
  });

  it('is resumed by what decides on further trials, and no more is read of them', (context) => {
    const store = opened(context);
    const campaign = sweepCampaign();
    saveAll(store, campaign);
    const expected = campaign.cases.map(({ trials, ...planned }) => ({
      ...planned,
      trials: trials.map(({ round, ordinal, seed, flags, outcome: { outcome }, measurement }) => {
        const rtt = measurement?.latencyNs?.rtt;
        const latency = rtt === undefined ? {} : { latencyNs: { rtt: { p50: rtt.p50 } } };
        return {
          ...{ round, ordinal, seed, flags, outcome: { outcome } },
          measurement: measurement && {
            throughputPps: measurement.throughputPps,
            ...latency,
            background: null,
            burst: null,
            churn: null,
          },
        };
      }),
    }));
    assert.deepEqual(store.begun()?.cases, expected);
    assert.equal(store.begun('nosuch'), null);
  });

  it('has cards, each as it was last', (context) => {
    const store = opened(context);
    assert.equal(store.card(), null);
    const card: Card = {
      ...{ id: 'card-1', startedAt: '2026-03-01T09:59:58.000Z', asked: { packetSize: '64' }, driverFiles: [] },
      subjects: [{ switch: 'ovs', io: 'dpdk', port: 'vhost-user', parts: {} }],
    };
    store.saveCard(card);
    store.saveCard({ ...card, id: 'card-2' });
    const [subject] = card.subjects;
    assert.ok(subject !== undefined);
    const further: Card = { ...card, subjects: [{ ...subject, parts: { capacity: { campaign: 'x' } } }] };
    store.saveCard(further);
    assert.deepEqual(store.card('card-1'), further);
    assert.equal(store.card()?.id, 'card-2');
    assert.equal(store.card('nosuch'), null);
    assert.throws(() => store.saveCard({ ...card, subjects: [] }), StoreError);
  });

  it('has canaries in the order of their time, each as it was last', (context) => {
    const store = opened(context);
    const first = canary({ campaign: 'a', measuredAt: '2026-03-02T00:00:00.000Z' });
    const second = canary({ campaign: 'b', measuredAt: '2026-03-01T00:00:00.000Z' });
    store.saveCanary(first);
    store.saveCanary(second);
    const accepted = { by: 'ann', at: '2026-03-03T00:00:00.000Z', why: 'a new kernel' };
    store.saveCanary({ ...first, accepted });
    assert.deepEqual(store.canaries(), [second, { ...first, accepted }]);
    assert.throws(() => store.saveCanary({ ...first, hosts: [] }), StoreError);
  });

  it('is resumed with the longest bursts that were found', (context) => {
    const store = opened(context);
    const campaign = burstCampaign();
    saveAll(store, campaign);
    const longest = store.begun()?.cases.map(({ trials }) => trials[0]?.measurement?.burst);
    assert.deepEqual(longest, [{ longestPackets: 1340 }, { longestPackets: 310_000 }]);
    assert.deepEqual(store.load(campaign.id)?.cases, campaign.cases);
  });

  it('is resumed with how long others were blocked, and at half of which rate', (context) => {
    const store = opened(context);
    const campaign = churnCampaign();
    saveAll(store, campaign);
    const churns = store.begun()?.cases.map(({ trials }) => trials[0]?.measurement?.churn);
    assert.deepEqual(churns, [
      { blockedMs: 15, ratePps: 200_000, ndrPps: 400_000 },
      { blockedMs: 0, ratePps: 200_000, ndrPps: null },
    ]);
    assert.deepEqual(store.load(campaign.id)?.cases, campaign.cases);
  });

  it('is resumed with the capacity of which its backgrounds are shares', (context) => {
    const store = opened(context);
    const one = testCase({ background: '50%' });
    const { measurement, ...rest } = trial({ case: one, pps: 1000 });
    const counts = { intendedPackets: 9, offeredPackets: 9, receivedPackets: 8, lostPackets: 1 };
    const background = { ratePps: 9, capacityPps: 18, ...counts, offeredPps: 9, throughputPps: 8, ledgers: [] };
    const campaign = storedCampaign({
      cases: [
        { case: one, skipped: null, trials: [{ ...rest, measurement: measurement && { ...measurement, background } }] },
      ],
    });
    saveAll(store, campaign);
    assert.deepEqual(store.load(campaign.id)?.cases[0]?.trials[0]?.measurement?.background, background);
    assert.deepEqual(store.begun(campaign.id)?.cases[0]?.trials[0]?.measurement?.background, { capacityPps: 18 });
  });

  it('ends when it is told to', (context) => {
    const store = opened(context);
    store.createCampaign(planOf(storedCampaign({ id: 'x', endedAt: null })));
    assert.equal(store.load('x')?.endedAt, null);
    store.endCampaign('x', '2026-03-01T11:00:00.000Z');
    assert.equal(store.load('x')?.endedAt, '2026-03-01T11:00:00.000Z');
  });
});

describe('a store refuses', () => {
  const one = trial({ case: testCase(), pps: 1 });
  const campaign = storedCampaign({ cases: [{ case: testCase(), skipped: null, trials: [] }] });

  it('a campaign or test case that it does not have', (context) => {
    const store = opened(context);
    store.createCampaign(planOf(campaign));
    for (const act of [
      () => store.saveTrial('nosuch', 0, one),
      () => store.endCampaign('nosuch', '2026-03-01T11:00:00.000Z'),
    ]) {
      const failure = failureOf(act);
      assert.equal(failure.code, 'unknown-campaign');
      assert.match(failure.message, /has no campaign nosuch: 'vswbench list'/);
    }
    assert.match(failureOf(() => store.saveTrial(campaign.id, 1, one)).message, /has no test case 1/);
  });

  it('the same thing twice, and keeps nothing of the second', (context) => {
    const path = freshPath();
    const store = opened(context, path);
    store.createCampaign(planOf(campaign));
    store.saveTrial(campaign.id, 0, one);
    const rows = () => {
      const db = new DatabaseSync(path, { readOnly: true });
      const counts = ['campaigns', 'cases', 'hosts', 'trials', 'samples', 'pair_results'].map(
        (table) => db.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.rows,
      );
      db.close();
      return counts;
    };
    const before = rows();
    assert.equal(failureOf(() => store.createCampaign(planOf(campaign))).code, 'refused');
    assert.equal(failureOf(() => store.saveTrial(campaign.id, 0, one)).code, 'refused');
    const twice = { case: testCase(), skipped: null };
    const doubled = { ...planOf(campaign), id: 'doubled', cases: [twice, twice] };
    assert.equal(failureOf(() => store.createCampaign(doubled)).code, 'refused');
    assert.deepEqual(rows(), before);
  });

  it('what it could not read back, and goes on', (context) => {
    const store = opened(context);
    store.createCampaign(planOf(campaign));
    const measurement = one.measurement ?? assert.fail();
    const failure = failureOf(() =>
      store.saveTrial(campaign.id, 0, { ...one, measurement: { ...measurement, throughputPps: Number.NaN } }),
    );
    assert.equal(failure.code, 'refused');
    assert.match(failure.message, /trial 0 of campaign .* cannot be recorded \(measurement\.throughputPps: /);
    assert.equal(failureOf(() => store.createCampaign({ ...planOf(campaign), id: 'y', seed: -1 })).code, 'refused');
    store.saveTrial(campaign.id, 0, one);
    assert.deepEqual(store.load(campaign.id)?.cases[0]?.trials, [one]);
  });
});

describe('openStore', () => {
  it('makes a file where there is none, and marks it as its own', (context) => {
    const path = freshPath();
    opened(context, path).close();
    const db = new DatabaseSync(path, { readOnly: true });
    assert.deepEqual(readHeader(db), { applicationId: APPLICATION_ID, version: MIGRATIONS.length, empty: false });
    db.close();
  });

  it('takes a path with any characters', (context) => {
    const path = join(folder, 'what?mode=memory&x#%41é.db');
    opened(context, path).createCampaign(planOf(storedCampaign()));
    assert.ok(fs.existsSync(path));
  });

  it('leaves one file that can be copied', (context) => {
    const path = freshPath();
    const store = opened(context, path);
    saveAll(store, table2Campaign());
    store.close();
    store.close();
    const copy = freshPath();
    fs.copyFileSync(path, copy);
    assert.equal(fs.existsSync(`${path}-wal`), false);
    assert.deepEqual(opened(context, copy).load(), table2Campaign());
  });

  it('refuses what is not a results file, and leaves it as it was', () => {
    const text = freshPath();
    fs.writeFileSync(text, 'these are my notes, not a database\n'.repeat(200));
    const database = freshPath();
    const other = new DatabaseSync(database);
    other.exec('CREATE TABLE notes (text TEXT)');
    other.close();
    for (const path of [text, database]) {
      const content = fs.readFileSync(path);
      const failure = failureOf(() => openStore(path));
      assert.equal(failure.code, 'foreign');
      assert.match(failure.message, /is not a results file of vswbench: give another path/);
      assert.deepEqual(fs.readFileSync(path), content);
    }
  });

  it('refuses a folder, and a path in no folder', () => {
    for (const path of [folder, join(folder, 'nosuch', 'store.db')]) {
      const failure = failureOf(() => openStore(path));
      assert.equal(failure.code, 'unreachable');
      assert.match(failure.message, /cannot be opened: check that/);
    }
  });

  it('refuses the file of a later version', (context) => {
    const path = freshPath();
    opened(context, path).close();
    const db = new DatabaseSync(path);
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    db.close();
    const failure = failureOf(() => openStore(path));
    assert.equal(failure.code, 'newer');
    const known = MIGRATIONS.length;
    const words = `was written by a later vswbench (schema ${known + 1}; this one knows ${known}): update vswbench`;
    assert.ok(failure.message.endsWith(words), failure.message);
  });

  it('says so where another program keeps the file locked', (context) => {
    const path = freshPath();
    const store = opened(context, path);
    store.createCampaign(planOf(storedCampaign()));
    const other = openStore(path, { busyTimeoutMs: 0 });
    context.after(() => other.close());
    const db = new DatabaseSync(path);
    db.exec('BEGIN IMMEDIATE');
    const failure = failureOf(() => other.endCampaign(storedCampaign().id, '2026-03-01T11:00:00.000Z'));
    assert.equal(failure.code, 'busy');
    assert.equal(other.list().length, 1, 'and yet it can be read');
    db.close();
    other.endCampaign(storedCampaign().id, '2026-03-01T11:00:00.000Z');
  });
});

describe('a damaged file', () => {
  function damagedBy(context: TestContext, damage: (path: string) => void): StoreError {
    const path = freshPath();
    const store = opened(context, path);
    saveAll(store, table2Campaign());
    store.close();
    damage(path);
    const failure = failureOf(() => opened(context, path).load());
    assert.equal(failure.code, 'damaged');
    assert.match(failure.message, /is damaged \(.+\): recover what is readable with: sqlite3 .* \.recover/);
    return failure;
  }
  function change(path: string, sql: string): void {
    const db = new DatabaseSync(path, { defensive: false });
    db.exec(sql);
    db.close();
  }

  it('with overwritten pages is recognized', (context) => {
    damagedBy(context, (path) => {
      const file = fs.openSync(path, 'r+');
      const size = fs.fstatSync(file).size;
      fs.writeSync(file, Buffer.alloc(size - 4096, 0xff), 0, size - 4096, 4096);
      fs.closeSync(file);
    });
  });

  it('that was cut is recognized', (context) => {
    damagedBy(context, (path) => fs.truncateSync(path, 20 * 4096));
  });

  const changes: [string, RegExp][] = [
    ["UPDATE trials SET flags_json = '[' WHERE trial_id = 3", /JSON/],
    [`UPDATE trials SET flags_json = '["nosuch"]' WHERE trial_id = 3`, /cases\.0\.trials\.2\.flags\.0: /],
    ['UPDATE trials SET throughput_pps = NULL WHERE trial_id = 3', /cases\.0\.trials\.2\.measurement\.throughputPps: /],
    ['UPDATE trials SET lost_packets = -1 WHERE trial_id = 3', /measurement\.lostPackets: /],
    ['UPDATE trials SET lost_packets = 9007199254740993 WHERE trial_id = 3', /9007199254740993/],
    ['UPDATE samples SET steady = 2', /samples\.0\.steady: /],
    ["UPDATE cases SET dimension = 'speed'", /cases\.0\.case\.dimension: /],
    ['DELETE FROM hosts', /hosts: /],
    ["DELETE FROM hosts WHERE role = 'near'", /hosts: /],
    ["UPDATE cases SET testbed = 'lab-9' WHERE case_index = 0", /hosts: a testbed lacks its near host/],
    ['DROP TABLE samples', /no such table/],
  ];
  for (const [sql, expected] of changes) {
    it(`by ${sql} is recognized`, (context) => {
      assert.match(damagedBy(context, (path) => change(path, sql)).message, expected);
    });
  }
});

/** A campaign as it is read from a database that had no place for all that is known of a trial now. */
function withoutWhatCameLater(campaign: StoredCampaign): StoredCampaign {
  const absent = {
    warmupS: null,
    minorFaults: null,
    clockDriftPpm: null,
    rawPps: null,
    rxModerated: null,
    steadyGivenUpPackets: 0,
  };
  const cases = campaign.cases.map((one) => ({
    ...one,
    trials: one.trials.map((ran) => ({
      ...ran,
      measurement: ran.measurement && { ...ran.measurement, ...absent },
    })),
  }));
  return { ...campaign, ioWholeFrames: {}, cases };
}

describe('migrate', () => {
  const later = [...MIGRATIONS, "ALTER TABLE campaigns ADD COLUMN note TEXT NOT NULL DEFAULT 'none'"];

  it('brings the file of an earlier version up to date, with all it holds', (context) => {
    const path = freshPath();
    const store = opened(context, path);
    saveAll(store, table2Campaign());
    store.close();
    const db = new DatabaseSync(path);
    migrate(db, later);
    assert.deepEqual(readHeader(db), { applicationId: APPLICATION_ID, version: later.length, empty: false });
    assert.deepEqual(
      { ...db.prepare('SELECT id, note FROM campaigns').get() },
      { id: table2Campaign().id, note: 'none' },
    );
    migrate(db, later);
    assert.equal(readHeader(db).version, later.length, 'a second time does nothing');
    db.close();
  });

  it('takes a campaign from before there was a precision for one without', (context) => {
    const path = freshPath();
    const old = new DatabaseSync(path);
    migrate(old, MIGRATIONS.slice(0, 1));
    const known = storedCampaign();
    old
      .prepare(
        `INSERT INTO campaigns (id, title, started_at, seed, warmup_ms, duration_ms, trials_planned, io_titles_json, switch_titles_json)
         VALUES (?, ?, ?, 1, 500, 3000, 6, '{}', '{}')`,
      )
      .run(known.id, known.title, known.startedAt);
    migrate(old);
    assert.equal(old.prepare('SELECT precision_json AS p FROM campaigns').get()?.p, 'null');
    old.close();
    assert.equal(opened(context, path).list()[0]?.trialsPlanned, 0);
  });

  it('takes a campaign from before there were testbeds for one on this machine', (context) => {
    const [path, present] = [freshPath(), freshPath()];
    const campaign = table2Campaign();
    const store = opened(context, present);
    saveAll(store, campaign);
    store.close();
    const old = new DatabaseSync(path);
    migrate(old, MIGRATIONS.slice(0, 2));
    old.prepare('ATTACH ? AS present').run(present);
    const tables = old
      .prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'")
      .all()
      .map(({ name }) => String(name));
    for (const table of tables) {
      const from = table === 'inventory' ? 'hosts' : table;
      const info = old.prepare('SELECT name FROM pragma_table_info(?)').all(table);
      const columns = info.map(({ name }) => String(name)).join(', ');
      old.exec(`INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM present.${from}`);
    }
    old.exec('DETACH present');
    assert.equal(tables.includes('inventory') && !tables.includes('hosts'), true);
    old.close();

    const migrated = opened(context, path);
    assert.deepEqual(migrated.load(), withoutWhatCameLater(campaign));
    assert.deepEqual(migrated.list()[0]?.trialsDone, opened(context, present).list()[0]?.trialsDone);
    migrated.close();
    const db = new DatabaseSync(path, { readOnly: true });
    context.after(() => db.close());
    assert.equal(readHeader(db).version, MIGRATIONS.length);
    assert.deepEqual({ ...db.prepare('SELECT DISTINCT testbed FROM trial_results').get() }, { testbed: 'local' });
    assert.equal(db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'inventory'").get()?.n, 0);
    assert.deepEqual(db.prepare('PRAGMA foreign_key_check').all(), []);
  });

  it('changes all or nothing', (context) => {
    const path = freshPath();
    opened(context, path).close();
    const db = new DatabaseSync(path);
    assert.throws(() => migrate(db, [...later, 'CREATE TABLE campaigns (id TEXT)']), /already exists/);
    assert.equal(readHeader(db).version, MIGRATIONS.length);
    assert.equal(db.isTransaction, false);
    assert.equal(
      db.prepare("SELECT count(*) AS n FROM pragma_table_info('campaigns') WHERE name = 'note'").get()?.n,
      0,
    );
    db.close();
  });
});

describe('a search that is cut short', () => {
  const load = (ratePps: number | null): SearchLoad => ({
    ...{ ratePps, durationMs: 1000, intendedPackets: 1000, offeredPackets: 1000, lostPackets: 3 },
    ...{
      duplicatedPackets: 0,
      reorderedPackets: 0,
      receivedPps: 997,
      offeredPps: 1000,
      cpus: 1.5,
      p99Ns: 9000,
      p999Ns: null,
      disturbances: [],
    },
  });

  it('has its trials for whoever goes on, until it is over', (context) => {
    const path = freshPath();
    const campaign = capacityCampaign();
    const store = opened(context, path);
    store.createCampaign(planOf(campaign));
    for (const ratePps of [null, 500, 400]) store.saveLoad(campaign.id, 0, 7, load(ratePps));
    store.saveLoad(campaign.id, 0, 8, load(1));
    store.saveLoad(campaign.id, 1, 7, load(2));
    const again = opened(context, path);
    assert.deepEqual(again.loads(campaign.id, 0, 7), [load(null), load(500), load(400)]);
    const [found] = campaign.cases[0]?.trials ?? [];
    assert.ok(found !== undefined);
    const failed = {
      ...found,
      measurement: null,
      outcome: { outcome: 'failed', step: 'switch', reason: 'gone' },
    } as const;
    again.saveTrial(campaign.id, 0, { ...failed, ordinal: 8 });
    assert.deepEqual(again.loads(campaign.id, 0, 8), [load(1)], 'of one that failed they stay');
    again.saveTrial(campaign.id, 0, { ...found, ordinal: 7 });
    assert.deepEqual(again.loads(campaign.id, 0, 7), []);
    assert.deepEqual(again.loads(campaign.id, 1, 7), [load(2)]);
    assert.deepEqual(again.load(campaign.id)?.cases[0]?.trials.at(-1)?.measurement?.search, found.measurement?.search);
  });
  it('refuses what is no trial of it, and a case that there is not', (context) => {
    const store = opened(context, freshPath());
    const campaign = capacityCampaign();
    store.createCampaign(planOf(campaign));
    assert.equal(failureOf(() => store.saveLoad(campaign.id, 0, 0, { ...load(1), lostPackets: -1 })).code, 'refused');
    assert.equal(failureOf(() => store.saveLoad(campaign.id, 9, 0, load(1))).code, 'refused');
    assert.equal(failureOf(() => store.saveLoad('none', 0, 0, load(1))).code, 'unknown-campaign');
  });
});

describe('a researcher with any SQLite tool', () => {
  it('finds every table explained, and every figure in a column with its unit', (context) => {
    const path = freshPath();
    saveAll(opened(context, path), table2Campaign());
    const db = new DatabaseSync(path, { readOnly: true });
    context.after(() => db.close());
    for (const { name, sql } of db
      .prepare("SELECT name, sql FROM sqlite_schema WHERE type IN ('table', 'view')")
      .all()) {
      assert.match(String(sql), /^CREATE (TABLE|VIEW) \w+ (\(|AS)\n\s+-- \w/, String(name));
    }
    const [best] = db
      .prepare(
        `SELECT switch, io, count(*) AS trials, avg(throughput_pps) AS pps, max(lost_packets) AS lost, max(loss_ratio) AS loss
         FROM trial_results WHERE outcome = 'measured' AND switch <> 'ovs' GROUP BY switch, io ORDER BY pps DESC`,
      )
      .all();
    assert.deepEqual([best?.switch, best?.io, best?.trials, best?.lost, best?.loss], ['direct', 'raw-mmsg', 6, 0, 0]);
    assert.deepEqual(db.prepare('PRAGMA foreign_key_check').all(), []);
  });
});

describe('newCampaignId', () => {
  it('is never that of another campaign, of whichever process', (context) => {
    const path = freshPath();
    const [ours, theirs] = [opened(context, path), opened(context, path)];
    const plan = planOf(storedCampaign({ id: 'a' }));
    const ids = ['a', 'b', 'c'];
    const anotherId = () => ids.shift() ?? assert.fail('asked once more');
    assert.equal(ours.createCampaign(plan, anotherId), 'a');
    assert.equal(theirs.createCampaign(plan, anotherId), 'b');
    theirs.createCampaign({ ...plan, id: 'c' });
    assert.equal(failureOf(() => ours.createCampaign(plan)).code, 'refused');
    ids.unshift('b');
    assert.throws(() => ours.createCampaign(plan, anotherId), /asked once more/);
    assert.equal(
      ours.createCampaign(plan, () => 'd'),
      'd',
    );
    assert.deepEqual(
      ours.list().map(({ id }) => id),
      ['a', 'b', 'c', 'd'],
    );
  });

  it('sorts by time and is short', () => {
    assert.equal(newCampaignId(new Date('2026-11-22T23:59:58.999Z'), 0xa3f), '20261122-2359-a3f');
    assert.equal(newCampaignId(new Date('2026-01-02T03:04:05Z'), 7), '20260102-0304-007');
  });
});

/** Starts writer.child.ts; `saved` gives the ordinals that it tells. */
function startWriter(path: string, id: string, count: number): { child: ChildProcess; saved: AsyncIterable<string> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writer.child.ts'), path, id, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, saved: createInterface({ input: child.stdout }) };
}

function assertSound(path: string): void {
  const db = new DatabaseSync(path, { readOnly: true });
  assert.deepEqual(
    db
      .prepare('PRAGMA integrity_check')
      .all()
      .map((row) => row.integrity_check),
    ['ok'],
  );
  assert.deepEqual(db.prepare('PRAGMA foreign_key_check').all(), []);
  db.close();
}

describe('several processes', () => {
  it('lose no saved trial to kill -9, at whatever point of the work', { timeout: 60_000 }, async (context) => {
    const count = 1_000_000;
    for (const [kill, killAfter] of [1, 13, 40, 77].entries()) {
      const path = freshPath();
      const { child, saved } = startWriter(path, 'killed', count);
      const closed = once(child, 'close');
      let told = -1;
      for await (const ordinal of saved) {
        told = Number(ordinal);
        if (told === killAfter) child.kill('SIGKILL');
      }
      assert.deepEqual(await closed, [null, 'SIGKILL'], `kill ${kill}: it was still at work`);
      const trials = opened(context, path).load('killed')?.cases[0]?.trials ?? [];
      // The last one may have been saved and not yet told.
      assert.ok(trials.length === told + 1 || trials.length === told + 2, `${trials.length} trials, ${told + 1} told`);
      assert.deepEqual(trials, writtenCampaign('killed', trials.length).cases[0]?.trials);
      assertSound(path);
    }
  });

  it('read while another writes, and see only whole trials', { timeout: 60_000 }, async (context) => {
    const path = freshPath();
    const { child, saved } = startWriter(path, 'running', 30);
    const closed = once(child, 'close');
    let reads = 0;
    for await (const ordinal of saved) {
      const store = openStore(path);
      const trials = store.load('running')?.cases[0]?.trials ?? [];
      assert.ok(trials.length > Number(ordinal), 'what was told is there');
      assert.deepEqual(trials.at(-1), writtenTrial(trials.length - 1));
      assert.ok((store.list()[0]?.trialsDone ?? 0) >= trials.length);
      store.close();
      reads += 1;
    }
    assert.deepEqual(await closed, [0, null]);
    assert.equal(reads, 30);
    assert.deepEqual(opened(context, path).load('running'), writtenCampaign('running', 30));
  });

  it('never wait for one another as reader and writer', (context) => {
    const path = freshPath();
    const store = openStore(path, { busyTimeoutMs: 0 });
    context.after(() => store.close());
    store.createCampaign({ ...writtenCampaign('x', 0), cases: [{ case: testCase(), skipped: null }] });
    const reader = new DatabaseSync(path, { readOnly: true, timeout: 0 });
    context.after(() => reader.close());
    const trials = () => reader.prepare('SELECT count(*) AS trials FROM trials').get()?.trials;
    reader.exec('BEGIN');
    assert.equal(trials(), 0);
    store.saveTrial('x', 0, writtenTrial(0));
    assert.equal(trials(), 0, 'a reader sees one state from its beginning to its end');
    reader.exec('COMMIT');
    assert.equal(trials(), 1);
  });

  it("read as a user without any rights what root's campaign writes", (context) => {
    if (process.getuid?.() !== 0) return context.skip('needs root to become another user');
    const nobody = { uid: 65534, gid: 65534, env: {}, encoding: 'utf8' } as const;
    const module = join(import.meta.dirname, 'store.ts');
    if (spawnSync('test', ['-r', module], nobody).status !== 0) {
      return context.skip('needs a checkout that others may read');
    }
    const path = freshPath();
    const script = `import { openStore } from '${module}';
      process.stdout.write(JSON.stringify(openStore(process.argv[1]).load()))`;
    const asNobody = () => {
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script, path], nobody);
      assert.equal(stderr, '');
      return JSON.parse(stdout);
    };
    fs.chmodSync(folder, 0o755);
    context.after(() => fs.chmodSync(folder, 0o700));
    const store = opened(context, path);
    saveAll(store, table2Campaign());
    assert.deepEqual(asNobody(), table2Campaign(), 'while it runs');
    store.close();
    assert.deepEqual(asNobody(), table2Campaign(), 'afterwards');
  });

  it('make one file together, and write campaigns at once', { timeout: 60_000 }, async (context) => {
    const path = freshPath();
    const ids = ['a', 'b', 'c', 'd'];
    const writers = ids.map((id) => startWriter(path, id, 10).child);
    const ends = await Promise.all(
      writers.map(async (child) => {
        child.stdout?.resume();
        return once(child, 'close');
      }),
    );
    assert.deepEqual(
      ends,
      ids.map(() => [0, null]),
    );
    const store = opened(context, path);
    for (const id of ids) assert.deepEqual(store.load(id), writtenCampaign(id, 10));
    assertSound(path);
  });
});

/** A tmpfs of our own for the time of a test; null where this process may not mount one. */
function mountTmpfs(context: TestContext, options: string): string | null {
  const mountPoint = fs.mkdtempSync(join(folder, 'mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'vswbench-test', mountPoint], { stdio: 'ignore' });
  } catch {
    return null;
  }
  // Lazily: a test that fails may leave files open.
  context.after(() => execFileSync('umount', ['--lazy', mountPoint]));
  return mountPoint;
}

function remount(mountPoint: string, options: string): void {
  execFileSync('mount', ['-o', `remount,${options}`, mountPoint]);
}

describe('a full disk', () => {
  it('stops the campaign with one line, and loses nothing that was saved', (context) => {
    const mountPoint = mountTmpfs(context, 'size=1m');
    if (mountPoint === null) return context.skip('needs the right to mount a tmpfs');
    const path = join(mountPoint, 'store.db');
    const store = openStore(path);
    const whole = writtenCampaign('full', 400);
    store.createCampaign(planOf(whole));
    const trials = whole.cases.flatMap((one) => one.trials);
    let saved = 0;
    const failure = failureOf(() => {
      for (const one of trials) {
        store.saveTrial('full', 0, one);
        saved += 1;
      }
    });
    assert.equal(failure.code, 'full');
    assert.match(failure.message, /^there is no space left for .*store\.db: free some space, then go on with/);
    assert.ok(saved > 0);
    assert.deepEqual(store.load('full')?.cases[0]?.trials, trials.slice(0, saved), 'with the disk still full');

    remount(mountPoint, 'size=32m');
    for (const one of trials.slice(saved)) store.saveTrial('full', 0, one);
    assert.deepEqual(store.load('full'), whole, 'and it goes on once there is space');
    store.close();
    assertSound(path);
  });

  it('finds the space that was held for what had just been measured, once', (context) => {
    const mountPoint = mountTmpfs(context, 'size=6m');
    if (mountPoint === null) return context.skip('needs the right to mount a tmpfs');
    const spare = Spare.hold(mountPoint);
    assert.deepEqual(fs.readdirSync(mountPoint), [], 'nothing is left of it whatever becomes of us');
    const store = opened(context, join(mountPoint, 'store.db'));
    store.useSpare(spare);
    const whole = writtenCampaign('full', 400);
    store.createCampaign(planOf(whole));
    store.requireSpace('full');
    const trials = whole.cases.flatMap((one) => one.trials);
    let saved = 0;
    while (!spare.isReleased) {
      const one = trials[saved] ?? assert.fail('the disk did not fill up');
      store.saveTrial('full', 0, one);
      saved += 1;
    }
    assert.deepEqual(store.load('full')?.cases[0]?.trials, trials.slice(0, saved), 'the last of them too');
    const failure = failureOf(() => store.requireSpace('full'));
    assert.equal(failure.code, 'full');
    assert.match(
      failure.message,
      /free some space, then go on with 'vswbench run --resume full'; all that was measured/,
    );
  });

  it('has no room to hold: the system says why, and nothing is left', (context) => {
    const mountPoint = mountTmpfs(context, 'size=1m');
    if (mountPoint === null) return context.skip('needs the right to mount a tmpfs');
    assert.throws(() => Spare.hold(mountPoint), { code: 'ENOSPC' });
    fs.writeFileSync(join(mountPoint, 'all'), Buffer.alloc(1024 * 1024));
  });

  it('refuses to begin with one line', (context) => {
    const mountPoint = mountTmpfs(context, 'size=64k');
    if (mountPoint === null) return context.skip('needs the right to mount a tmpfs');
    fs.writeFileSync(join(mountPoint, 'ballast'), Buffer.alloc(60 * 1024));
    assert.equal(failureOf(() => openStore(join(mountPoint, 'store.db'))).code, 'full');
  });
});

it('keeps what became of the knobs, of a campaign that went on the worst of its parts', () => {
  const store = openStore(join(folder, 'knobs.db'));
  store.createCampaign(storedCampaign({ tune: ['governor'] }));
  const { id } = storedCampaign();
  const governor = { knob: 'governor', before: 'powersave', after: 'performance', note: null };
  const tuning = () => store.head(id)?.hosts[0]?.tuning.map(({ state }) => state);
  assert.deepEqual(tuning(), []);
  store.recordTuning(id, 'local', 'near', [{ ...governor, state: 'applied' }]);
  assert.deepEqual(tuning(), ['applied']);
  store.recordTuning(id, 'local', 'near', [{ ...governor, state: 'lost' }]);
  store.recordTuning(id, 'local', 'near', [{ ...governor, state: 'applied' }]);
  assert.deepEqual(tuning(), ['lost']);
  assert.deepEqual(store.head(id)?.tune, ['governor']);
  assert.throws(() => store.recordTuning(id, 'local', 'far', []), StoreError);
  store.close();
});

it('keeps what drivers left on a host, each thing once', () => {
  const store = openStore(join(folder, 'left-behind.db'));
  saveAll(store, storedCampaign());
  const { id } = storedCampaign();
  const left = () => store.head(id)?.hosts[0]?.leftBehind;
  assert.deepEqual(left(), []);
  const link = { switch: 'mine', what: 'interface mybr0', kept: null };
  const stays = { ...link, kept: 'it is busy' };
  for (const thing of [link, stays, link]) store.recordLeftBehind(id, 'local', 'near', thing);
  assert.deepEqual(left(), [link, stays]);
  assert.throws(() => store.recordLeftBehind(id, 'local', 'far', link), StoreError);
  store.close();
});

it('takes percentiles back that an older version gave of too few packets', () => {
  const path = join(folder, 'percentiles.db');
  const latency = testCase({ dimension: 'latency', rate: 1000 });
  const store = openStore(path);
  // 3 000 packets: enough for p99, too few for p99.9.
  saveAll(store, storedCampaign({ cases: [storedCase({ case: latency, pps: 1000 }, 1)] }));
  store.close();
  const old = new DatabaseSync(path);
  old.exec('UPDATE latencies SET p999_ns = 1, p9999_ns = 2');
  // The step from version 5, which later ones follow.
  old.exec(MIGRATIONS[5] ?? assert.fail());
  old.close();
  const reopened = openStore(path);
  const rtt = reopened.load()?.cases[0]?.trials[0]?.measurement?.latencyNs?.rtt;
  reopened.close();
  assert.ok(rtt !== undefined && rtt.p99 !== null);
  assert.deepEqual([rtt.p999, rtt.p9999], [null, null]);
});

describe('a file that cannot be written', () => {
  /** Makes the folder of `path` read-only, for root as for everybody else; false where that cannot be done. */
  function protect(context: TestContext, mountPoint: string | null): string | null {
    const place = mountPoint ?? fs.mkdtempSync(join(folder, 'protected-'));
    if (mountPoint === null && process.getuid?.() === 0) return null;
    const path = join(place, 'store.db');
    const store = openStore(path);
    saveAll(store, table2Campaign());
    store.close();
    if (mountPoint === null) {
      fs.chmodSync(path, 0o400);
      fs.chmodSync(place, 0o500);
      context.after(() => fs.chmodSync(place, 0o700));
    } else {
      remount(mountPoint, 'ro');
    }
    return path;
  }

  it('can be read, and refuses the rest with one line', (context) => {
    const path = protect(context, mountTmpfs(context, 'size=16m'));
    if (path === null) return context.skip('root needs the right to mount a tmpfs');
    const store = openStore(path);
    assert.deepEqual(store.load(), table2Campaign());
    assert.equal(store.list().length, 1);
    const failure = failureOf(() => store.endCampaign(table2Campaign().id, '2026-03-01T11:00:00.000Z'));
    assert.equal(failure.code, 'read-only');
    const mend =
      process.getuid?.() === 0
        ? /cannot be written: its file system is read-only; remount it, or let VSWBENCH_RESULTS name a folder elsewhere$/
        : /cannot be written: allow writing, with chmod u\+w \//;
    assert.match(failure.message, mend);
    store.close();
    const absent = failureOf(() => openStore(`${path}.new`));
    assert.equal(absent.code, 'read-only');
    assert.match(absent.message, mend);
    assert.equal(failureOf(() => openStore(join(`${path}.folder`, 'x'))).code, 'unreachable');
  });
});
