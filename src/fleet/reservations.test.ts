// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { scriptedBench } from '../../test/fixtures/scripted-bench.ts';
import { NO_POSTGRES, startPostgres, type TestPostgres } from '../../test/postgres.ts';
import { below, splitmix32 } from '../model/random.ts';
import { openStore } from '../store/store.ts';
import type { Bench } from './bench.ts';
import { Database } from './database.ts';
import { cancel, readState, register, submit } from './lab.ts';
import { nextBlock } from './policy.ts';
import { cancelReservation, reserve, setShares } from './reservations.ts';
import { addToken, holderOf, readTokens, revokeToken } from './tokens.ts';
import { fleetOf, queueOf } from './view.ts';
import { work } from './worker.ts';

const HOUR_MS = 3_600_000;
const TESTBEDS = [
  { name: 'lab-1', machine: 'm1', kernel: '6.1' },
  { name: 'lab-2', machine: 'm2', kernel: '6.1' },
];
/** So many that a block is at work until somebody stops it. */
const CASES = 200;

describe('a lab that people share', { skip: NO_POSTGRES }, () => {
  let postgres: TestPostgres;
  let location: string;
  let database: Database;
  const folder = mkdtempSync(join(tmpdir(), 'vswbench-reservations-'));

  before(async () => {
    postgres = await startPostgres();
    location = await postgres.fresh();
    openStore(location).close();
    database = await Database.open(location);
  });
  after(async () => {
    await database?.close();
    await postgres.stop();
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    await database.sql(
      `TRUNCATE fleet.submissions, fleet.blocks, fleet.testbeds, fleet.reservations, fleet.shares, fleet.tokens, vswbench.campaigns, vswbench.leases
      RESTART IDENTITY CASCADE`,
    );
  });

  const ask = (user: string) =>
    submit(database.sql, {
      ...{ user, title: 'small', campaignText: JSON.stringify({ cases: CASES, rounds: 1, seed: 1 }) },
      ...{ priority: 0, testbedLike: null, notBefore: null },
    });
  const registerAll = async () => {
    const bench = scriptedBench({ testbeds: TESTBEDS, trialMs: 0 });
    for (const { name } of TESTBEDS) {
      await register(database.sql, { name, worker: 'w', ...(await bench.look(name, AbortSignal.abort())) });
    }
  };
  const hours = (from: number, until: number) => {
    const nowMs = Date.now();
    return { from: new Date(nowMs + from * HOUR_MS), until: new Date(nowMs + until * HOUR_MS) };
  };
  const forBob = (from: number, until: number, testbed = 'lab-1') =>
    reserve(database, { testbed, user: 'bob', why: 'new card', span: hours(from, until) });

  it('refuses a testbed that there is not, and times that somebody has, and tells whose they are', async () => {
    await assert.rejects(forBob(0, 1), /no testbed 'lab-1': this lab has none yet: 'vswbench worker --testbed NAME'/);
    await registerAll();
    await assert.rejects(forBob(0, 1, 'lab-9'), /there is no testbed 'lab-9': this lab has lab-1, lab-2/);
    const { id } = await forBob(1, 3);
    const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d \S+`;
    await assert.rejects(
      forBob(2, 4),
      new RegExp(`^FleetError: bob has lab-1 from ${time} until ${time} \\(reservation ${id}\\): choose another time`),
    );
    await forBob(2, 4, 'lab-2');
    await cancelReservation(database.sql, id);
    await forBob(2, 4);
    await assert.rejects(cancelReservation(database.sql, id), /no reservation 1 is to come or under way/);
  });

  it('knows people by tokens until they are taken back, and keeps hashes alone', async () => {
    const { sql } = database;
    const ann = await addToken(sql, { user: 'ann', isAdmin: false });
    const root = await addToken(sql, { user: 'root', isAdmin: true });
    assert.match(ann.text, /^[\w-]{43}$/);
    assert.notEqual(ann.text, root.text);
    assert.deepEqual(await holderOf(sql, ann.text), { user: 'ann', isAdmin: false });
    assert.deepEqual(await holderOf(sql, root.text), { user: 'root', isAdmin: true });
    for (const guess of ['', ann.text.slice(1), `${ann.text}x`, ann.text.toUpperCase(), "' OR true --"]) {
      assert.equal(await holderOf(sql, guess), null, guess);
    }
    const [dump] = await sql('SELECT string_agg(tokens::text, chr(10)) AS all FROM fleet.tokens');
    assert.doesNotMatch(String(dump?.all), new RegExp(`${ann.text}|${Buffer.from(ann.text).toString('hex')}`));
    assert.deepEqual(
      (await readTokens(sql)).map(({ user }) => user),
      ['ann', 'root'],
    );
    assert.equal((await revokeToken(sql, ann.id)).user, 'ann');
    assert.equal(await holderOf(sql, ann.text), null);
    await assert.rejects(revokeToken(sql, ann.id), /there is no token 1: 'vswbench token list'/);
  });

  it('gives one of two who reserve at once what both want', async () => {
    await registerAll();
    const both = await Promise.allSettled([forBob(1, 3), forBob(1, 3)]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  });

  it('shows who has a testbed, and for whom others wait', async () => {
    await registerAll();
    await ask('ann');
    for (const { name } of TESTBEDS) await forBob(0, 1, name);
    const state = await readState(database.sql);
    assert.deepEqual(
      fleetOf(state).map(({ doing }) => (doing.state === 'reserved' ? [doing.user, doing.why] : doing.state)),
      [
        ['bob', 'new card'],
        ['bob', 'new card'],
      ],
    );
    assert.match(queueOf(state)[0]?.waits[0]?.text ?? '', /^is reserved by bob until \d{4}-\d\d-\d\d \d\d:\d\d \S+$/);
  });

  /** Carries a block out until what is done after its first trial stops it. */
  const interrupt = async (then: () => Promise<unknown>) => {
    let done: Promise<unknown> | null = null;
    let measured = 0;
    let isStoppedByTrial = false;
    const scripted = scriptedBench({
      ...{ testbeds: TESTBEDS, trialMs: 10 },
      measured: () => {
        measured += 1;
        done ??= then();
      },
    });
    const bench: Bench = {
      ...scripted,
      carryOut: (part, saved, signal) =>
        scripted.carryOut(
          part,
          (trial) => {
            const wasStopped = signal.aborted;
            saved(trial);
            isStoppedByTrial ||= signal.aborted && !wasStopped;
          },
          signal,
        ),
    };
    await work(
      {
        ...{ name: 'w', testbeds: ['lab-1'], location, bench, folder: mkdtempSync(join(folder, 'w-')) },
        ...{ leaseMs: 90, pollMs: 1, lookMs: 60_000, once: true, canaryText: null, tell: () => undefined },
      },
      new AbortController().signal,
    );
    await done;
    const ends = (await database.sql('SELECT "end" FROM fleet.blocks')).map(({ end }) => end);
    const store = openStore(location);
    const [campaign] = store.list();
    store.close();
    return { ends, measured, stored: campaign?.trialsDone, isStoppedByTrial };
  };

  it('ends the present trial on a testbed that is reserved, gives the block back, and takes nothing before it is over', async () => {
    await ask('ann');
    const { ends, measured, stored, isStoppedByTrial } = await interrupt(() => forBob(0, 1));
    assert.deepEqual(ends, ['returned']);
    assert.ok(isStoppedByTrial, 'it was stopped within a trial');
    assert.ok(measured < CASES);
    assert.equal(stored, measured);
    const next = async () => {
      const state = await readState(database.sql);
      const [own] = state.testbeds;
      return own === undefined ? null : nextBlock(own, state, state.now);
    };
    assert.equal(await next(), null);
    await cancelReservation(database.sql, 1);
    assert.equal((await next())?.round, 0);
  });

  it('gives the block of a submission back that is cancelled, and keeps what was measured', async () => {
    const id = await ask('ann');
    const { ends, measured, stored } = await interrupt(() => cancel(database, id, 'ann'));
    assert.deepEqual(ends, ['returned']);
    assert.ok(measured < CASES);
    assert.equal(stored, measured);
  });

  /** How many minutes of testbeds each had, while both had more to be measured. */
  const minutesOf = async (shares: ReadonlyMap<string, number>) => {
    await registerAll();
    for (const user of ['ann', 'bob']) await ask(user);
    await database.sql("UPDATE fleet.submissions SET state = 'running', rounds = 100");
    await setShares(database.sql, shares);
    const random = splitmix32(1);
    const minutes = new Map([
      ['ann', 0],
      ['bob', 0],
    ]);
    for (let turn = 0; turn < 45; turn += 1) {
      const state = await readState(database.sql);
      const own = state.testbeds[turn % 2];
      const next = own === undefined ? null : nextBlock(own, state, state.now);
      if (own === undefined || next === null) throw new RangeError('a testbed is free, and there is more to measure');
      const { id, user } = next.open.submission;
      const took = 5 + below(11, random);
      await database.sql(
        `INSERT INTO fleet.blocks (token, submission_id, round, testbed, machines, worker, taken_at, expires_at, ended_at, "end")
        VALUES (gen_random_uuid(), $1, $2, $3, $4, 'w', now() - $5 * interval '1 minute', now(), now(), 'done')`,
        [id, next.round, own.name, own.machines, took],
      );
      minutes.set(user, (minutes.get(user) ?? 0) + took);
    }
    return { ann: minutes.get('ann') ?? 0, bob: minutes.get('bob') ?? 0 };
  };

  it('gives equal shares equal time within 10 %', async () => {
    const { ann, bob } = await minutesOf(new Map());
    assert.ok(Math.abs(ann - bob) < 0.1 * Math.max(ann, bob), `${ann} and ${bob}`);
  });

  it('gives shares of 2 to 1 twice the time, and tells what each has used', async () => {
    const { ann, bob } = await minutesOf(new Map([['ann', 2]]));
    assert.ok(ann > 1.8 * bob && ann < 2.2 * bob, `${ann} and ${bob}`);
    const { standings } = await readState(database.sql);
    const told = standings.map(({ user, shares, usedMs }) => [user, shares, Math.round(usedMs / 60_000)]);
    assert.deepEqual(told.sort(), [
      ['ann', 2, ann],
      ['bob', 1, bob],
    ]);
  });
});
