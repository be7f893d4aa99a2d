// SPDX-License-Identifier: Apache-2.0
// What a lab costs beside the trials: CPU time of a worker for 1000 trials that take no time, against a runner that saves them to a file.
// node bench/fleet.ts
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../src/fleet/database.ts';
import { submit } from '../src/fleet/lab.ts';
import { work } from '../src/fleet/worker.ts';
import { openStore } from '../src/store/store.ts';
import { testCase, trial } from '../test/fixtures/campaign.ts';
import { scriptedBench } from '../test/fixtures/scripted-bench.ts';
import { startPostgres } from '../test/postgres.ts';

const CASES = 20;
const ROUNDS = 50;
const bench = scriptedBench({
  testbeds: [{ name: 'lab-1', machine: 'm1', kernel: '6.1' }],
  trialMs: 0,
  trialOf: (round) => trial({ case: testCase(), pps: 300_000, round }),
});
const folder = mkdtempSync(join(tmpdir(), 'vswbench-bench-'));
const postgres = await startPostgres();
const location = await postgres.fresh();
openStore(location).close();
const database = await Database.open(location);
const asked = {
  ...{ user: 'ann', title: 'bench', campaignText: JSON.stringify({ cases: CASES, rounds: ROUNDS, seed: 1 }) },
  ...{ priority: 0, testbedLike: null, notBefore: null },
};

/** CPU ms of this process, its threads among them. */
async function cpuMs(action: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const { signal } = new AbortController();
const plain = await cpuMs(async () => {
  const path = join(folder, 'plain.db');
  const prepared = await bench.prepare(
    'lab-1',
    {
      ...asked,
      id: 1,
      submittedAt: '',
      state: 'waiting',
      reason: null,
      campaignId: null,
      hosts: null,
      canaryOf: null,
      rounds: null,
      extends: false,
    },
    signal,
  );
  if (!prepared.ok) throw new Error(prepared.reason);
  const store = openStore(path);
  const campaignId = store.createCampaign(prepared.campaign);
  store.close();
  const work = { testbed: 'lab-1', campaignId, fromRound: 0, toRound: ROUNDS, spool: path };
  await bench.carryOut(work, () => undefined, signal);
});
const plan = {
  ...{ name: 'bench', testbeds: ['lab-1'], location, bench, folder },
  ...{ leaseMs: 120_000, pollMs: 100, lookMs: 600_000, once: true, canaryText: null, tell: () => undefined },
};
// The lab's tables are made once, and not for each trial.
await work(plan, signal);
await submit(database.sql, asked);
const lab = await cpuMs(() => work(plan, signal));
const trials = CASES * ROUNDS;
console.log(
  `${trials} trials: ${(plain / trials).toFixed(2)} ms of CPU each alone, ${(lab / trials).toFixed(2)} ms as a worker: ${((lab - plain) / trials).toFixed(2)} ms more (${ROUNDS} blocks)`,
);
await database.close();
await postgres.stop();
rmSync(folder, { recursive: true });
