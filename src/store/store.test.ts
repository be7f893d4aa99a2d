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
import { storedCampaign, storedCase, table2Campaign, testCase } from '../../test/fixtures/campaign.ts';
import { failureOf, planOf, saveAll, storeContract } from '../../test/store-contract.ts';
import type { StoredCampaign } from '../model/result.ts';
import { APPLICATION_ID, MIGRATIONS, migrate, readHeader } from './schema.ts';
import { Spare } from './spare.ts';
import { newCampaignId, openStore, type Store, type StoreError } from './store.ts';
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

describe('a file', () => storeContract(async () => freshPath()));

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
      hostnames: [],
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
