// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { capacityCampaign } from '../../test/fixtures/campaign.ts';
import { scriptedBench } from '../../test/fixtures/scripted-bench.ts';
import { NO_POSTGRES, startPostgres, type TestPostgres } from '../../test/postgres.ts';
import { openStore } from '../store/store.ts';
import { type Bench, BenchError } from './bench.ts';
import { Database } from './database.ts';
import { cancel, readOver, readState, submit } from './lab.ts';
import { fleetOf, queueOf } from './view.ts';
import { work } from './worker.ts';

const TESTBEDS = [
  { name: 'lab-1', machine: 'm1', kernel: '6.1' },
  { name: 'lab-2', machine: 'm2', kernel: '6.12' },
];

describe('a worker', { skip: NO_POSTGRES }, () => {
  let postgres: TestPostgres;
  let location: string;
  let database: Database;
  let folder: string;
  let told: string[];

  before(async () => {
    postgres = await startPostgres();
    location = await postgres.fresh();
    openStore(location).close();
    database = await Database.open(location);
  });
  after(async () => {
    await database?.close();
    await postgres.stop();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vswbench-worker-'));
    told = [];
  });
  afterEach(async () => {
    await database.sql(
      'TRUNCATE fleet.submissions, fleet.blocks, fleet.testbeds, vswbench.campaigns, vswbench.leases RESTART IDENTITY CASCADE',
    );
    rmSync(folder, { recursive: true });
  });

  const ask = (part: Partial<Parameters<typeof submit>[1]> = {}) =>
    submit(database.sql, {
      ...{ user: 'ann', title: 'small', campaignText: JSON.stringify({ cases: 2, rounds: 2, seed: 1 }) },
      ...{ priority: 0, testbedLike: null, notBefore: null },
      ...part,
    });
  const serve = (testbed: string, bench: Bench, signal = new AbortController().signal) =>
    work(
      {
        ...{ name: `w-${testbed}`, testbeds: [testbed], location, bench, folder: join(folder, testbed) },
        ...{
          leaseMs: 30_000,
          pollMs: 1,
          lookMs: 60_000,
          once: true,
          canaryText: null,
          tell: (line) => told.push(line),
        },
      },
      signal,
    );
  const bench = (measured?: () => void) =>
    scriptedBench({ testbeds: TESTBEDS, trialMs: 0, ...(measured === undefined ? {} : { measured }) });

  it('measures what is submitted and ends the campaign, and an unlike testbed leaves it alone, and says why', async () => {
    const stop = new AbortController();
    let count = 0;
    await ask();
    // It is stopped within the second round.
    const measured = () => {
      count += 1;
      if (count === 3) stop.abort();
    };
    await serve('lab-1', bench(measured), stop.signal);
    await serve('lab-2', bench());
    const [waiting] = queueOf(await readState(database.sql));
    assert.equal(waiting?.roundsDone, 1);
    assert.deepEqual(
      waiting?.waits.map(({ testbed, text }) => `${testbed} ${text}`),
      [],
    );
    const half = openStore(location);
    assert.deepEqual(
      half.list().map(({ trialsDone }) => trialsDone),
      [3],
    );
    half.close();
    await serve('lab-1', bench(measured));
    assert.equal(count, 4, 'no trial is measured twice');
    const store = openStore(location);
    assert.deepEqual(
      store.list().map(({ trialsDone, endedAt }) => [trialsDone, endedAt !== null]),
      [[4, true]],
    );
    store.close();
    assert.deepEqual(
      (await readOver(database.sql, 9)).map(({ state }) => state),
      ['done'],
    );
  });

  it('sends what a search has measured when it is stopped, and goes on with that', async () => {
    const [load] = capacityCampaign().cases[0]?.trials[0]?.measurement?.search?.loads ?? [];
    assert.ok(load);
    await ask({ campaignText: JSON.stringify({ cases: 1, rounds: 1, seed: 1 }) });
    const stop = new AbortController();
    const all = bench();
    const known: number[] = [];
    /** Its search has been begun by each life before. */
    const searching: Bench = {
      ...all,
      carryOut: async (planned, saved, signal) => {
        const spool = openStore(planned.spool);
        known.push(spool.loads(planned.campaignId, 0, 0).length);
        spool.saveLoad(planned.campaignId, 0, 0, load);
        spool.close();
        if (known.length === 1) stop.abort();
        signal.throwIfAborted();
        await all.carryOut(planned, saved, signal);
      },
    };
    await serve('lab-1', searching, stop.signal);
    await serve('lab-1', searching);
    assert.deepEqual(known, [0, 1]);
    const store = openStore(location);
    assert.deepEqual(
      store.list().map(({ id, trialsDone }) => [trialsDone, store.loads(id, 0, 0).length]),
      [[1, 1]],
      'of one that is over nothing is sent but its trial',
    );
    store.close();
  });

  it('goes on with a campaign that chooses among the CPUs', async () => {
    await ask();
    const all = bench();
    const choosing: Bench = {
      ...all,
      prepare: async (...asked) => {
        const prepared = await all.prepare(...asked);
        assert.ok(prepared.ok);
        const hosts = prepared.campaign.hosts.map((host) => {
          const cpus = host.inventory.cpus.map((cpu) => ({ ...cpu, allowed: cpu.id === 0 }));
          return { ...host, inventory: { ...host.inventory, cpus } };
        });
        return { ok: true, campaign: { ...prepared.campaign, hosts } };
      },
    };
    await serve('lab-1', choosing);
    assert.deepEqual(
      (await readOver(database.sql, 9)).map(({ state }) => state),
      ['done'],
    );
  });

  it('says for whom a campaign waits', async () => {
    await ask({ testbedLike: 'sriov' });
    await serve('lab-1', bench());
    const state = await readState(database.sql);
    assert.deepEqual(
      queueOf(state).map(({ waits }) => waits),
      [[{ testbed: 'lab-1', why: 'lacks', text: 'is not sriov' }]],
    );
    assert.deepEqual(
      fleetOf(state).map(({ name, doing }) => [name, doing.state]),
      [['lab-1', 'idle']],
    );
  });

  it('gives a campaign up that fails three times, and leaves a machine that is busy', async () => {
    await ask();
    const failing = (code: 'busy' | 'failed'): Bench => ({
      ...bench(),
      carryOut: async () => {
        throw new BenchError(code, 'no');
      },
    });
    const stop = new AbortController();
    let times = 0;
    const busy: Bench = {
      ...failing('busy'),
      carryOut: async () => {
        times += 1;
        if (times === 2) stop.abort();
        throw new BenchError('busy', 'another vswbench is running');
      },
    };
    await serve('lab-1', busy, stop.signal);
    assert.equal((await readState(database.sql)).open.length, 1);
    await serve('lab-1', failing('failed'));
    const [over] = await readOver(database.sql, 9);
    assert.deepEqual([over?.state, over?.reason], ['failed', 'round 1 failed 3 times: no']);
  });

  it('asks no testbed again on which nothing of a campaign can be measured', async () => {
    await ask();
    let asked = 0;
    const refusing: Bench = {
      ...bench(),
      prepare: async () => {
        asked += 1;
        return { ok: false, reason: 'Open vSwitch is missing' };
      },
    };
    await serve('lab-1', refusing);
    await serve('lab-1', refusing);
    assert.equal(asked, 1);
    const [waiting] = queueOf(await readState(database.sql));
    assert.deepEqual(waiting?.waits, [{ testbed: 'lab-1', why: 'refused', text: 'Open vSwitch is missing' }]);
  });

  it('is refused a name that another one serves', async () => {
    await serve('lab-1', bench());
    await database.sql("UPDATE fleet.testbeds SET worker = 'another'");
    await assert.rejects(
      serve('lab-1', bench()),
      /another worker of this lab serves a testbed 'lab-1': give this one another name/,
    );
  });

  it('stops what is cancelled', async () => {
    const id = await ask();
    await cancel(database, id, 'bob');
    await serve('lab-1', bench());
    const [over] = await readOver(database.sql, 9);
    assert.deepEqual([over?.state, over?.reason], ['cancelled', 'by bob']);
    await assert.rejects(cancel(database, id, 'bob'), /submission \d+ is cancelled already: nothing is left to cancel/);
  });
});
