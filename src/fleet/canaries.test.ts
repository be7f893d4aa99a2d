// SPDX-License-Identifier: Apache-2.0
// A worker that measures canaries, on a testbed whose knobs somebody turns behind its back.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { hostRecord, inventory, testCase, trial } from '../../test/fixtures/campaign.ts';
import { canary } from '../../test/fixtures/canaries.ts';
import { type ScriptedTestbed, scriptedBench } from '../../test/fixtures/scripted-bench.ts';
import { NO_POSTGRES, startPostgres, type TestPostgres } from '../../test/postgres.ts';
import { resultOf } from '../cli/results.ts';
import { caseKey } from '../model/testcase.ts';
import { openStore, type Store } from '../store/store.ts';
import type { Bench } from './bench.ts';
import { judgeTestbed } from './canaries.ts';
import { Database } from './database.ts';
import { cancel, readOver, readState, submit } from './lab.ts';
import { reserve } from './reservations.ts';
import { fleetOf, queueOf } from './view.ts';
import { work } from './worker.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ROUNDS = 6;

describe('a testbed that measures canaries', { skip: NO_POSTGRES }, () => {
  let postgres: TestPostgres;
  let location: string;
  let database: Database;
  let store: Store;
  let folder: string;
  let told: string[];
  let testbeds: ScriptedTestbed[];
  /** What it measures. */
  let pps: number;

  before(async () => {
    postgres = await startPostgres();
    location = await postgres.fresh();
    store = openStore(location);
    database = await Database.open(location);
  });
  after(async () => {
    store?.close();
    await database?.close();
    await postgres.stop();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vswbench-canaries-'));
    told = [];
    pps = 400_000;
    testbeds = ['lab-1', 'lab-2'].map((name) => ({ name, machine: `of ${name}`, kernel: '6.1' }));
  });
  afterEach(async () => {
    await database.sql(
      `TRUNCATE fleet.submissions, fleet.blocks, fleet.testbeds, fleet.reservations, vswbench.campaigns, vswbench.canaries, vswbench.leases
      RESTART IDENTITY CASCADE`,
    );
    rmSync(folder, { recursive: true });
  });

  const ask = (testbedLike: string | null = null) =>
    submit(database.sql, {
      ...{ user: 'ann', title: 'small', campaignText: JSON.stringify({ cases: 1, rounds: 1, seed: 1 }) },
      ...{ priority: 0, testbedLike, notBefore: null },
    });
  const bench = () =>
    scriptedBench({
      testbeds,
      trialMs: 0,
      trialOf: (round) => trial({ case: testCase(), pps: 1, round }),
      canaryPps: () => pps,
    });
  const serve = (testbed: string, by: Bench = bench()) =>
    work(
      {
        ...{ name: `w-${testbed}`, testbeds: [testbed], location, bench: by, folder: join(folder, testbed) },
        ...{ leaseMs: 30_000, pollMs: 1, lookMs: HOUR_MS, once: true, tell: (line) => told.push(line) },
        canaryText: () => JSON.stringify({ cases: 1, rounds: ROUNDS, seed: 1 }),
      },
      new AbortController().signal,
    );
  /** So many canaries of earlier days, the last of them some time ago. */
  const remember = (count: number, agoMs: number) => {
    const key = caseKey(testCase({ testbed: 'lab-1', packetSize: 64 }));
    for (let index = 0; index < count; index += 1) {
      const level = 400_000 * (1 + ((index * 7) % 11) / 500);
      store.saveCanary(
        canary({
          ...{
            campaign: `day-${index}`,
            testbed: 'lab-1',
            figures: { [key]: [0, 1, 2, 3, 4, 5, 6, 7].map((step) => level * (1 + step / 500)) },
          },
          measuredAt: new Date(Date.now() - agoMs - (count - 1 - index) * 24 * HOUR_MS).toISOString(),
          hosts: [hostRecord({ testbed: 'lab-1', inventory: inventory({ kernel: '6.1', hostname: 'of lab-1' }) })],
        }),
      );
    }
  };
  /** As if all canaries had been measured so much earlier. */
  const pass = (ms: number) => {
    for (const one of store.canaries('lab-1')) {
      store.saveCanary({ ...one, measuredAt: new Date(Date.parse(one.measuredAt) - ms).toISOString() });
    }
  };
  /** The blocks in the order in which they were taken. */
  const blocks = async () =>
    (
      await database.sql(
        `SELECT coalesce(canary_of, title) || ' ' || "end" AS told FROM fleet.blocks JOIN fleet.submissions ON id = submission_id ORDER BY taken_at`,
      )
    ).map((row) => String(row.told));
  const health = async (name = 'lab-1') => {
    const view = fleetOf(await readState(database.sql)).find((one) => one.name === name);
    assert.ok(view);
    return view.health;
  };
  const canariesOf = (name: string) => store.canaries(name).length;

  it('goes out of service when it is another machine, and back when its level is accepted; the others go on meanwhile', async () => {
    remember(12, 25 * HOUR_MS);
    await ask();
    await serve('lab-1');
    assert.deepEqual(await blocks(), ['lab-1 done', 'small done'], 'the canary goes first');
    assert.equal(canariesOf('lab-1'), 13);
    assert.deepEqual(await health(), { state: 'good' });

    // Somebody turns a knob of which no record tells.
    pps *= 0.8;
    pass(25 * HOUR_MS);
    await ask();
    await serve('lab-1');
    assert.equal((await health()).state, 'suspect');
    await serve('lab-1');
    assert.equal(canariesOf('lab-1'), 14, 'its next canary is not due');
    const [held] = queueOf(await readState(database.sql));
    assert.match(held?.waits[0]?.text ?? '', /is suspect: throughput local 1vs1 linux-bridge udp is not what it was/);

    pass(11 * MINUTE_MS);
    await serve('lab-1');
    const drifted = await health();
    assert.ok(drifted.state === 'drifted', JSON.stringify(drifted));
    assert.match(drifted.reason, /^throughput local 1vs1 linux-bridge udp −\d+ %; its record has not changed$/);
    assert.equal(queueOf(await readState(database.sql)).length, 1, 'it is given nothing');
    await serve('lab-2');
    assert.equal(queueOf(await readState(database.sql)).length, 0);
    const results = store.list().filter(({ title }) => title === 'small');
    const flagged = results.map(({ id }) => resultOf(store, id)?.results[0]?.flags.includes('drifted'));
    assert.deepEqual(
      flagged.sort(),
      [false, true],
      'what it measured since is in doubt, and what another one did is not',
    );

    const latest = store.canaries('lab-1').at(-1);
    assert.ok(latest);
    store.saveCanary({ ...latest, accepted: { by: 'ann', at: latest.measuredAt, why: 'as it is to be' } });
    assert.equal((await judgeTestbed(database, store, 'lab-1'))?.health.state, 'good');
    await ask('name=lab-1');
    await serve('lab-1');
    assert.equal(queueOf(await readState(database.sql)).length, 0);
    assert.equal(canariesOf('lab-1'), 15);
  });

  it('measures one first when its record changes, even between a look and a campaign, and one is enough then', async () => {
    remember(12, 2 * HOUR_MS);
    await ask();
    const turned: Bench = {
      ...bench(),
      look: async (...given) => {
        const look = await bench().look(...given);
        const [first] = testbeds;
        if (first !== undefined) first.kernel = '6.12';
        return look;
      },
    };
    pps *= 0.8;
    await serve('lab-1', turned);
    assert.deepEqual(await blocks(), ['small returned', 'lab-1 done']);
    const drifted = await health();
    assert.ok(drifted.state === 'drifted', JSON.stringify(drifted));
    assert.match(drifted.reason, /changed in its record: kernel of lab-1 \(near\) 6\.1 → 6\.12/);
  });

  it('says that a canary could not be measured, goes on, and tries again an hour later', async () => {
    let asked = 0;
    const refusing: Bench = {
      ...bench(),
      prepare: async (testbed, submission, signal) => {
        if (submission.canaryOf === null) return bench().prepare(testbed, submission, signal);
        asked += 1;
        return { ok: false, reason: 'raw sockets are missing' };
      },
    };
    await ask();
    await serve('lab-1', refusing);
    await serve('lab-1', refusing);
    assert.equal(asked, 1);
    assert.deepEqual(await blocks(), ['lab-1 refused', 'small done']);
    const note = 'its latest canary could not be measured (raw sockets are missing)';
    assert.deepEqual(await health(), { state: 'good', note });
    await database.sql("UPDATE fleet.blocks SET ended_at = ended_at - interval '61 minutes'");
    await serve('lab-1');
    assert.deepEqual(await health(), { state: 'good' });
  });

  it('keeps off while somebody has the testbed, and nobody takes its canary back', async () => {
    await serve('lab-2');
    await database.sql('TRUNCATE fleet.submissions, fleet.blocks, vswbench.canaries RESTART IDENTITY CASCADE');
    const span = { from: new Date(Date.now() - 1000), until: new Date(Date.now() + HOUR_MS) };
    await reserve(database, { testbed: 'lab-2', user: 'bob', why: null, span });
    await serve('lab-2');
    const [waiting, ...others] = queueOf(await readState(database.sql));
    assert.deepEqual([waiting?.title, waiting?.roundsDone, others], ['Canary of testbed lab-2', 0, []]);
    assert.match(waiting?.waits[0]?.text ?? '', /is reserved by bob/);
    await assert.rejects(
      cancel(database, waiting?.id ?? 0, 'ann'),
      /is a canary of lab-2, .*'vswbench reserve lab-2 2h'/,
    );
    assert.deepEqual((await readState(database.sql)).standings, [], 'it counts for nobody');
    await database.sql('UPDATE fleet.reservations SET cancelled_at = now()');
    await serve('lab-2');
    assert.equal(canariesOf('lab-2'), 1);
  });

  it('is looked at anew when a reservation of it is over', async () => {
    const stop = new AbortController();
    let looks = 0;
    const looking: Bench = {
      ...bench(),
      look: async (...given) => {
        looks += 1;
        if (looks === 2) stop.abort();
        return bench().look(...given);
      },
    };
    const again = work(
      {
        ...{ name: 'w-lab-2', testbeds: ['lab-2'], location, bench: looking, folder: join(folder, 'lab-2') },
        ...{ leaseMs: 30_000, pollMs: 20, lookMs: HOUR_MS, once: false, tell: () => undefined, canaryText: null },
      },
      stop.signal,
    );
    const seen = new Set<string>();
    const seenOften = async (times: number) => {
      for (seen.clear(); seen.size < times; ) {
        const [row] = await database.sql('SELECT seen_at::text FROM fleet.testbeds');
        if (row !== undefined) seen.add(String(row.seen_at));
      }
    };
    await seenOften(1);
    const span = { from: new Date(Date.now() - 1000), until: new Date(Date.now() + HOUR_MS) };
    await reserve(database, { testbed: 'lab-2', user: 'bob', why: null, span });
    // It has asked for work meanwhile, and there was none.
    await seenOften(3);
    assert.equal(looks, 1);
    await database.sql('UPDATE fleet.reservations SET cancelled_at = now()');
    await again;
    assert.equal(looks, 2);
  });

  it('begins one anew that was begun before its record changed', async () => {
    const stop = new AbortController();
    const [first] = testbeds;
    assert.ok(first);
    const stopping = scriptedBench({ testbeds, trialMs: 0, canaryPps: () => pps, measured: () => stop.abort() });
    await work(
      {
        ...{ name: 'w-lab-1', testbeds: ['lab-1'], location, bench: stopping, folder: join(folder, 'lab-1') },
        ...{ leaseMs: 30_000, pollMs: 1, lookMs: HOUR_MS, once: true, tell: () => undefined },
        canaryText: () => JSON.stringify({ cases: 2, rounds: ROUNDS, seed: 1 }),
      },
      stop.signal,
    );
    first.kernel = '6.12';
    await serve('lab-1');
    assert.deepEqual(
      (await readOver(database.sql, 9)).map(({ state, reason }) => [state, reason]),
      [
        ['done', null],
        ['cancelled', 'it was begun before its record changed: kernel of lab-1 (near) 6.1 → 6.12'],
      ],
    );
    assert.equal(canariesOf('lab-1'), 1);
  });
});
