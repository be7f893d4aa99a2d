// SPDX-License-Identifier: Apache-2.0
// Whatever dies, each trial is in the store once, and none is of a machine unlike the one that began its campaign. VSWBENCH_CHAOS=all has
// the size of a lab.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ScriptedTestbed } from '../../test/fixtures/scripted-bench.ts';
import { NO_POSTGRES, startPostgres, type TestPostgres } from '../../test/postgres.ts';
import { splitmix32 } from '../model/random.ts';
import { openStore } from '../store/store.ts';
import { Database } from './database.ts';
import { submit } from './lab.ts';

const WHOLE = { processes: 10, testbeds: 50, submissions: 50, cases: 20, rounds: 3, kills: 100, trialMs: 60 };
const SMALL = { processes: 3, testbeds: 8, submissions: 5, cases: 4, rounds: 3, kills: 10, trialMs: 60 };
const SIZE = process.env.VSWBENCH_CHAOS === 'all' ? WHOLE : SMALL;
const TIMEOUT_MS = SIZE === WHOLE ? 1_800_000 : 300_000;
const SEED = Number(process.env.VSWBENCH_CHAOS_SEED ?? 20261128);

/** Each testbed measures one, before all else. */
const CANARY = { cases: 2, rounds: 2, seed: 1 };
const OVER = SIZE.submissions + SIZE.testbeds;

const LEASE_MS = 4_000;
/** Some blocks have two rounds. */
const BLOCK_MS = 2_000;
const CHILD = resolve(import.meta.dirname, '../../test/fixtures/fleet-worker.child.ts');

/** Connections to the server go through it, and are cut by it. */
class Cutter {
  readonly folder = mkdtempSync(join(tmpdir(), 'vswbench-cut-'));
  private readonly open = new Set<Socket>();
  private readonly server: Server;

  constructor(to: string) {
    chmodSync(this.folder, 0o755);
    this.server = createServer((near) => {
      const far = connect(join(to, '.s.PGSQL.5432'));
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.open.add(one);
        one.on('error', () => undefined);
        one.on('close', () => {
          this.open.delete(one);
          other.destroy();
        });
      }
      near.pipe(far);
      far.pipe(near);
    });
    this.server.listen(join(this.folder, '.s.PGSQL.5432'));
  }

  cut(): void {
    for (const socket of this.open) socket.destroy();
  }

  close(): void {
    this.cut();
    this.server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

let postgres: TestPostgres;
let cutter: Cutter;
let folder: string;
const workers = new Map<number, ChildProcess>();
/** Workers that are to come back. */
const returns: NodeJS.Timeout[] = [];

before(async () => {
  if (NO_POSTGRES !== false) return;
  postgres = await startPostgres();
  cutter = new Cutter(postgres.folder);
  folder = mkdtempSync(join(tmpdir(), 'vswbench-chaos-'));
});

after(async () => {
  for (const one of returns) clearTimeout(one);
  for (const worker of workers.values()) worker.kill('SIGKILL');
  cutter?.close();
  await postgres?.stop();
  if (existsSync(folder ?? '')) rmSync(folder, { recursive: true, force: true });
});

it('loses no trial and doubles none, whoever is killed', { skip: NO_POSTGRES, timeout: TIMEOUT_MS }, async (test) => {
  const random = splitmix32(SEED);
  const below = (count: number) => random() % count;
  const location = await postgres.fresh();
  const cut = location.replace(encodeURIComponent(postgres.folder), encodeURIComponent(cutter.folder));
  openStore(location).close();
  const database = await Database.open(location);
  for (let index = 0; index < SIZE.submissions; index += 1) {
    const script = { cases: SIZE.cases, rounds: SIZE.rounds, seed: index };
    await submit(database.sql, {
      ...{ user: `user${index % 3}`, title: `campaign ${index}`, campaignText: JSON.stringify(script) },
      ...{ priority: 0, testbedLike: null, notBefore: null },
    });
  }
  // Three kinds of machines; of each pair of names that end in 6 and 7 both are one machine.
  const testbeds = Array.from({ length: SIZE.testbeds }, (_, index): ScriptedTestbed => {
    const machine = index % 8 === 7 ? index - 1 : index;
    return { name: `lab-${index}`, machine: `machine-${machine}`, kernel: `6.1.${machine % 3}` };
  });

  let isOver = false;
  let measured = 0;
  let wake = () => {};
  const start = (index: number) => {
    // It was brought back before, when it was killed once more.
    if (workers.get(index)?.killed === false) return;
    const plan = {
      ...{ location: cut, name: `worker-${index}`, folder: join(folder, `worker-${index}`) },
      ...{ leaseMs: LEASE_MS, pollMs: 300, trialMs: SIZE.trialMs, blockMs: BLOCK_MS },
      canaryText: JSON.stringify(CANARY),
      testbeds: testbeds.filter((_, at) => at % SIZE.processes === index),
    };
    const worker = spawn(process.execPath, [CHILD, JSON.stringify(plan)], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    workers.set(index, worker);
    createInterface({ input: worker.stdout ?? process.stdin }).on('line', (line) => {
      if (line === 'measured') measured += 1;
      wake();
    });
    worker.on('exit', (code, signal) => {
      if (signal !== 'SIGKILL') assert.fail(`worker ${index} ended by itself: ${code ?? signal}`);
    });
  };
  /** Waits until something is true; looked at whenever a worker says something. */
  const until = async (isTrue: () => boolean) => {
    while (!isTrue()) {
      const { promise, resolve: woken } = Promise.withResolvers<void>();
      wake = woken;
      await promise;
    }
  };
  // Who is killed at the wrong moment does not tell that it is done.
  const watch = setInterval(async () => {
    const question = "SELECT count(*) AS done FROM fleet.submissions WHERE state = 'done'";
    const [row] = await database.sql(question).catch(() => []);
    isOver = Number(row?.done) === OVER;
    wake();
  }, 500);
  test.after(() => clearInterval(watch));
  for (let index = 0; index < SIZE.processes; index += 1) start(index);

  const total = SIZE.submissions * SIZE.cases * SIZE.rounds + SIZE.testbeds * CANARY.cases * CANARY.rounds;
  const told: Record<string, number> = {};
  for (let kill = 0; kill < SIZE.kills; kill += 1) {
    const next = measured + 1 + below(Math.max(1, Math.floor((total * 0.9) / SIZE.kills)) * 2 - 1);
    await until(() => measured >= next || isOver);
    const what = below(10);
    if (what < 6) {
      const index = below(SIZE.processes);
      workers.get(index)?.kill('SIGKILL');
      // One in five comes back only when its blocks are another's.
      if (below(5) > 0) start(index);
      else returns.push(setTimeout(start, 1.5 * LEASE_MS, index));
      told.workers = (told.workers ?? 0) + 1;
    } else if (what < 8) {
      await postgres.crash();
      // Trials are measured meanwhile.
      await sleep(below(4) * 50);
      await postgres.start();
      told.servers = (told.servers ?? 0) + 1;
    } else {
      cutter.cut();
      told.connections = (told.connections ?? 0) + 1;
    }
  }
  await until(() => isOver);
  test.diagnostic(`killed ${JSON.stringify(told)}; ${measured} trials measured for ${total}`);

  const store = openStore(location);
  const kernelOf = new Map(testbeds.map(({ name, kernel }) => [name, kernel]));
  const canaries = store.canaries();
  assert.deepEqual(
    canaries.map(({ testbed }) => testbed).sort(),
    testbeds.map(({ name }) => name).sort(),
    'each testbed has one canary',
  );
  for (const { id } of store.list()) {
    const campaign = store.load(id);
    assert.ok(campaign?.endedAt);
    const all = campaign.cases.flatMap(({ trials }, caseIndex) => trials.map((one) => ({ ...one, caseIndex })));
    const canary = canaries.find((one) => one.campaign === id);
    const { cases, rounds } = canary === undefined ? SIZE : CANARY;
    assert.equal(all.length, cases * rounds, `${id} has all of its trials`);
    assert.equal(new Set(all.map(({ ordinal }) => ordinal)).size, all.length, `${id} has each once`);
    if (canary !== undefined) {
      const own = testbeds.find(({ name }) => name === canary.testbed);
      assert.equal(campaign.hosts[0]?.inventory.hostname, own?.machine, `${id} is of its testbed`);
      continue;
    }
    const kernels = all.map(({ outcome }) => kernelOf.get('reason' in outcome ? outcome.reason : ''));
    assert.deepEqual(
      [...new Set(kernels)],
      [campaign.hosts[0]?.inventory.kernel],
      `${id} is of machines that are alike`,
    );
  }
  assert.equal(store.list().length, OVER);
  store.close();
  assert.deepEqual(
    await postgres.run(new URL(location).pathname.slice(1), OVERLAPPING),
    [],
    'no machine has two blocks at once',
  );
  assert.deepEqual(await database.sql('SELECT state, count(*)::int FROM fleet.submissions GROUP BY state'), [
    { state: 'done', count: OVER },
  ]);
  await database.close();
});

const OVERLAPPING = `SELECT a.testbed, b.testbed AS other FROM fleet.blocks a JOIN fleet.blocks b
  ON a.token < b.token AND a.machines && b.machines
  AND tstzrange(a.taken_at, a.ended_at) && tstzrange(b.taken_at, b.ended_at)`;
