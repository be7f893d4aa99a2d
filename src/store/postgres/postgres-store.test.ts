// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it, type TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { storedCampaign, testCase, trial } from '../../../test/fixtures/campaign.ts';
import { NO_POSTGRES, startPostgres, type TestPostgres } from '../../../test/postgres.ts';
import { failureOf, planOf, storeContract } from '../../../test/store-contract.ts';
import type { Trial } from '../../model/result.ts';
import { openStore, type Store, type StoreOptions } from '../store.ts';

const ONE = testCase();
const PLAN = planOf(storedCampaign({ id: 'x', endedAt: null, cases: [{ case: ONE, skipped: null, trials: [] }] }));

function round(number: number): Trial {
  return trial({ case: ONE, pps: 1000 + number, round: number });
}

describe('PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: TestPostgres;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  storeContract(() => server.fresh());

  function opened(context: TestContext, location: string, options?: StoreOptions): Store {
    const store = openStore(location, options);
    context.after(() => store.close());
    return store;
  }

  const databaseOf = (location: string) => /t\d+/.exec(location)?.[0] ?? assert.fail();

  it('takes no write of a worker that has lost its lease', async (context) => {
    const location = await server.fresh();
    opened(context, location).createCampaign(PLAN);
    const token = '9f0c1c5e-6f0e-4f6c-8d55-0d6c3c8f7a11';
    await server.run(
      databaseOf(location),
      `INSERT INTO vswbench.leases (token, campaign_id, block) VALUES ('${token}', 'x', '0')`,
    );
    const worker = opened(context, location, { fence: { campaignId: 'x', token } });
    worker.saveTrial('x', 0, round(0));
    assert.equal(failureOf(() => worker.saveTrial('y', 0, round(1))).code, 'fenced', 'nor of another campaign');
    await server.run(databaseOf(location), 'DELETE FROM vswbench.leases');
    for (const write of [
      () => worker.saveTrial('x', 0, round(1)),
      () => worker.endCampaign('x', '2026-03-01T11:00:00.000Z'),
    ]) {
      assert.equal(failureOf(write).code, 'fenced');
    }
    assert.deepEqual(worker.load('x')?.cases[0]?.trials, [round(0)], 'and it may read');
  });

  it('that is lost is said in one line, and the next call goes on with what was saved', async (context) => {
    const location = await server.fresh();
    const store = opened(context, location);
    store.createCampaign(PLAN);
    store.saveTrial('x', 0, round(0));
    await server.crash();
    for (const call of [() => store.saveTrial('x', 0, round(1)), () => store.list()]) {
      const failure = failureOf(call);
      assert.equal(failure.code, 'unreachable');
      assert.match(failure.message, /cannot be reached \(.+\): check that PostgreSQL runs there, then try again/);
    }
    await server.start();
    store.saveTrial('x', 0, round(1));
    assert.deepEqual(store.load('x')?.cases[0]?.trials, [round(0), round(1)]);
  });

  it('shows a reader one state, whatever others write meanwhile', async (context) => {
    const location = await server.fresh();
    const [reader, writer] = [opened(context, location), opened(context, location)];
    writer.createCampaign(PLAN);
    reader.read(() => {
      assert.equal(reader.list()[0]?.trialsDone, 0);
      writer.saveTrial('x', 0, round(0));
      assert.equal(reader.list()[0]?.trialsDone, 0);
    });
    assert.equal(reader.list()[0]?.trialsDone, 1);
  });

  it('reads a case of more trials than one answer has', async (context) => {
    const store = opened(context, await server.fresh());
    const trials = Array.from({ length: 250 }, (_, number) => round(number));
    store.importCampaign(storedCampaign({ id: 'x', cases: [{ case: ONE, skipped: null, trials }] }), () => trials);
    assert.deepEqual([...store.trials('x', 0)], trials);
    assert.equal(store.list()[0]?.trialsDone, 250);
  });

  it('is made by two first users at once, who write to one campaign', async (context) => {
    const location = await server.fresh();
    const script = new URL('./writer.child.ts', import.meta.url);
    const writers = [0, 1].map((first) => new Worker(script, { argv: [location, String(first)] }));
    assert.deepEqual(await Promise.all(writers.map((writer) => once(writer, 'exit'))), [[0], [0]]);
    const store = opened(context, location);
    assert.deepEqual(
      store.begun('x')?.cases[0]?.trials.map((one) => one.round),
      Array.from({ length: 40 }, (_, number) => number),
    );
    assert.equal(store.list()[0]?.trialsDone, 40);
  });

  it('refuses tables of a later version', async () => {
    const location = await server.fresh();
    openStore(location).close();
    await server.run(databaseOf(location), 'UPDATE vswbench.meta SET version = 99');
    const failure = failureOf(() => openStore(location));
    assert.equal(failure.code, 'newer');
    assert.match(
      failure.message,
      /was written by a later vswbench \(schema 99; this one knows \d+\): update vswbench$/,
    );
  });

  it('says where a record is damaged', async (context) => {
    const location = await server.fresh();
    const store = opened(context, location);
    store.createCampaign(PLAN);
    store.saveTrial('x', 0, round(0));
    await server.run(databaseOf(location), "UPDATE vswbench.trials SET record = '\\x01ff'");
    assert.equal(failureOf(() => store.load('x')).code, 'damaged');
  });
});
