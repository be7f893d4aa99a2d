// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import {
  burstCampaign,
  capacityCampaign,
  churnCampaign,
  hostileCampaign,
  hostPair,
  hostRecord,
  inventory,
  storedCampaign,
  sweepCampaign,
  table2Campaign,
  testCase,
  twoTestbedsCampaign,
} from '../../test/fixtures/campaign.ts';
import { canary } from '../../test/fixtures/canaries.ts';
import { NO_POSTGRES, startPostgres, type TestPostgres } from '../../test/postgres.ts';
import { fullTrial, planOf, saveAll } from '../../test/store-contract.ts';
import type { Card } from '../model/card.ts';
import type { StoredCampaign, Trial } from '../model/result.ts';
import type { SearchLoad } from '../model/search.ts';
import { openStore, type Store } from '../store/store.ts';
import { checkout } from './context.ts';
import { CliError } from './errors.ts';
import { bringCampaign, copyStore } from './store-merge.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'vswbench-merge-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
/** A file with these campaigns. */
function storeOf(...campaigns: readonly StoredCampaign[]): { path: string; store: Store } {
  files += 1;
  const path = join(folder, `${files}.db`);
  const store = openStore(path);
  for (const one of campaigns) store.importCampaign(one, (index) => one.cases[index]?.trials ?? []);
  return { path, store };
}

/** A campaign with only some of its trials, and what belongs to a part. */
function part(
  whole: StoredCampaign,
  changes: Partial<StoredCampaign>,
  isHere: (ordinal: number) => boolean,
): StoredCampaign {
  const cases = whole.cases.map((one) => ({ ...one, trials: one.trials.filter(({ ordinal }) => isHere(ordinal)) }));
  return { ...whole, ...changes, cases };
}

/** A card of one page. */
function card(id: string, parts: Card['subjects'][number]['parts'] = {}): Card {
  const subjects = [{ switch: 'ovs', io: 'dpdk', port: 'vhost-user' as const, parts }];
  return { id, startedAt: whole.startedAt, asked: { packetSize: '64' }, driverFiles: [], subjects };
}

/** A campaign of capacities whose second search was cut short after so many loads, and whose first failed after one. */
function leaveSearch(store: Store, id: string, loads: number): StoredCampaign {
  const campaign = { ...capacityCampaign(), id, endedAt: null };
  store.createCampaign(planOf(campaign));
  const [first] = campaign.cases[0]?.trials ?? [];
  assert.ok(first?.measurement?.search);
  const failed = { outcome: 'failed', step: 'switch', reason: 'gone' } as const;
  store.saveLoad(id, 0, first.ordinal, loadOf(first, 0));
  store.saveTrial(id, 0, { ...first, measurement: null, outcome: failed });
  for (let index = 0; index < loads; index += 1) store.saveLoad(id, 1, 7, loadOf(first, index));
  return campaign;
}

/** A load of a search that was measured; each differs. */
function loadOf({ measurement }: Trial, index: number): SearchLoad {
  const [load] = measurement?.search?.loads ?? [];
  assert.ok(load !== undefined);
  return { ...load, lostPackets: index };
}

/** The rows of a file's tables as texts, in no order, but for what follows from others. */
function tablesOf(path: string): Map<string, string[]> {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const names = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all();
    return new Map(
      names
        .map(({ name }) => String(name))
        // What is kept of a case is made of its trials, by the commands that show them.
        .filter((name) => name !== 'case_summaries')
        .map((name) => [name, db.prepare(`SELECT * FROM ${name}`).all().map(comparable).sort()]),
    );
  } finally {
    db.close();
  }
}

/** A row without how often it has changed, which each store counts for itself; of JSON the order of keys says nothing. */
function comparable({ revision: _, ...row }: Record<string, unknown>): string {
  const told = (name: string, value: unknown) =>
    name.endsWith('_json') && value !== null ? inspect(JSON.parse(String(value)), WHOLE) : value;
  return inspect(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, told(name, value)])), WHOLE);
}

const WHOLE = {
  depth: null,
  sorted: true,
  breakLength: Number.POSITIVE_INFINITY,
  maxArrayLength: null,
  maxStringLength: null,
};

const whole = sweepCampaign();

describe('two stores', () => {
  const shard = (index: number, trials: number) => ({ count: 2, of: 312, parts: [{ index, trials }], unlike: [] });
  const first = part(whole, { shards: shard(1, 156), startedAt: '2026-03-01T09:00:00.000Z' }, (one) => one < 3);
  const second = part(whole, { shards: shard(2, 156) }, (one) => one >= 3);

  it('give one campaign of its parts, and nothing more a second time', () => {
    const [a, b] = [storeOf(first).store, storeOf(second).store];
    assert.equal(bringCampaign(b, a, whole.id, {}), '156 trials added to those that were there');
    const merged = a.load(whole.id);
    assert.deepEqual(merged?.cases, whole.cases);
    assert.equal(merged.startedAt, '2026-03-01T09:00:00.000Z');
    assert.deepEqual(merged.shards?.parts, [...shard(1, 156).parts, ...shard(2, 156).parts]);
    assert.equal(bringCampaign(b, a, whole.id, {}), 'nothing new');
    assert.deepEqual(a.load(whole.id), merged);
    a.close();
    b.close();
  });

  it('of machines that are alike are brought together, whatever these are called', () => {
    const other = { ...second, hosts: [hostRecord({ inventory: inventory({ hostname: 'node-17' }) })] };
    const [a, b] = [storeOf(first).store, storeOf(other).store];
    bringCampaign(b, a, whole.id, {});
    assert.deepEqual(a.head(whole.id)?.shards?.unlike, []);
    a.close();
    b.close();
  });

  const refusals: [string, StoredCampaign, RegExp][] = [
    [
      'another plan',
      { ...second, seed: 1 },
      /is there already, with another plan \(seed\): merge it into a store of its own/,
    ],
    ['other cases', { ...second, cases: second.cases.slice(1) }, /with another plan \(cases\)/],
    [
      'other shards',
      { ...second, shards: { ...shard(2, 1), count: 3 } },
      /cut otherwise .*: measure the missing shards anew/,
    ],
    [
      'an unlike machine',
      { ...second, hosts: [hostRecord({ inventory: inventory({ cpuModel: 'another' }) })] },
      /of an unlike machine \(CPU: .* and 'another'\): .*--unlike-machines/,
    ],
    [
      'another trial in the place of one',
      {
        ...whole,
        cases: whole.cases.map((one) => ({ ...one, trials: one.trials.map((ran) => ({ ...ran, wallS: 99 })) })),
      },
      /with another trial 0 of case 0: merge it into a store of its own/,
    ],
  ];
  for (const [what, other, words] of refusals) {
    it(`with ${what} are refused, and nothing is changed`, () => {
      const [a, b] = [storeOf(first).store, storeOf(other).store];
      assert.throws(
        () => bringCampaign(b, a, whole.id, {}),
        (error) => error instanceof CliError && words.test(error.message),
      );
      assert.deepEqual(a.load(whole.id), first);
      a.close();
      b.close();
    });
  }

  it('of unlike machines are brought together where that is asked for, and say so', () => {
    const other = { ...second, hosts: [hostRecord({ inventory: inventory({ cpuModel: 'another' }) })] };
    const [a, b] = [storeOf(first).store, storeOf(other).store];
    bringCampaign(b, a, whole.id, { unlikeMachines: true });
    assert.match(a.head(whole.id)?.shards?.unlike.join() ?? '', /'another'/);
    a.close();
    b.close();
  });
});

describe('a store that is brought into another once more', () => {
  it('has there what searches, cards and canaries have become meanwhile', () => {
    const [a, b] = [storeOf(), storeOf()];
    const told: string[] = [];
    const bring = () => told.push(bringCampaign(a.store, b.store, 'x', {}));
    const campaign = leaveSearch(a.store, 'x', 1);
    bring();
    bring();
    const [found] = campaign.cases[1]?.trials ?? [];
    assert.ok(found);
    const more = loadOf(campaign.cases[0]?.trials[0] ?? found, 1);
    a.store.saveLoad('x', 1, 7, more);
    bring();
    assert.deepEqual(b.store.searches('x'), a.store.searches('x'));
    b.store.saveLoad('x', 1, 7, { ...more, lostPackets: 9 });
    bring();
    assert.deepEqual(b.store.loads('x', 1, 7).length, 3, 'it is further there');
    a.store.saveTrial('x', 1, { ...found, ordinal: 7 });
    bring();
    bring();
    assert.deepEqual(b.store.searches('x'), a.store.searches('x'), 'one that is over is a part of its trial');
    assert.deepEqual(told, [
      'copied, 1 trial and 2 searches that were cut short',
      'nothing new',
      '0 trials and a search that was cut short added to those that were there',
      'nothing new',
      '1 trial added to those that were there',
      'nothing new',
    ]);
    a.store.close();
    b.store.close();
  });

  it('is refused where a search went on otherwise there, and is left where it is over there', () => {
    const [a, b] = [storeOf(), storeOf()];
    const campaign = leaveSearch(a.store, 'x', 2);
    const [found] = campaign.cases[1]?.trials ?? [];
    assert.ok(found);
    leaveSearch(b.store, 'x', 1);
    b.store.saveLoad('x', 1, 7, { ...loadOf(campaign.cases[0]?.trials[0] ?? found, 1), lostPackets: 9 });
    assert.throws(
      () => bringCampaign(a.store, b.store, 'x', {}),
      /with another search 7 of case 1: merge it into a store/,
    );
    b.store.saveTrial('x', 1, { ...found, ordinal: 7 });
    assert.equal(bringCampaign(a.store, b.store, 'x', {}), 'nothing new');
    a.store.close();
    b.store.close();
  });

  it('has there the card that is further, and a level that was accepted', async () => {
    const [a, b] = [storeOf(), storeOf()];
    const capacity = { capacity: { campaign: 'x' } };
    const accepted = { by: 'ann', at: whole.startedAt, why: 'new' };
    a.store.saveCard(card('ours', capacity));
    a.store.saveCard(card('theirs'));
    a.store.saveCanary(canary({ campaign: 'day-1' }));
    a.store.saveCanary({ ...canary({ campaign: 'day-2' }), accepted });
    b.store.saveCard(card('ours'));
    b.store.saveCard(card('theirs', capacity));
    b.store.saveCanary({ ...canary({ campaign: 'day-1' }), accepted });
    b.store.saveCanary(canary({ campaign: 'day-2' }));
    await copyStore(a.path, b.path, [], {});
    assert.deepEqual(
      ['ours', 'theirs'].map((id) => b.store.card(id)?.subjects[0]?.parts),
      [capacity, capacity],
    );
    assert.deepEqual(
      b.store.canaries().map((one) => one.accepted),
      [accepted, accepted],
    );
    a.store.close();
    b.store.close();
  });
});

describe('with PostgreSQL', { skip: NO_POSTGRES }, () => {
  const PASSWORD = 'c0rrect-h0rse';
  let server: TestPostgres;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  const run = (args: readonly string[], store?: string) => {
    const env = { ...process.env, VSWBENCH_RESULTS: folder, ...(store === undefined ? {} : { VSWBENCH_STORE: store }) };
    const main = join(checkout.root, 'src/cli/main.ts');
    return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env });
  };

  it('copies go both ways and are equal', async () => {
    const campaigns = [table2Campaign(), { ...sweepCampaign(), id: 'sweep' }];
    const { path, store } = storeOf(...campaigns);
    store.close();
    const location = await server.fresh();
    const there = run(['store', 'copy', path, location]);
    assert.equal(there.status, 0, there.stderr);
    assert.match(there.stderr, /campaign 2 of 2: sweep: copied, 312 trials/);
    const back = join(folder, 'back.db');
    assert.equal(run(['store', 'copy', location, back, 'sweep']).status, 0);
    const copied = openStore(back);
    assert.deepEqual(
      copied.list().map(({ id }) => id),
      ['sweep'],
    );
    assert.deepEqual(copied.load('sweep'), campaigns[1]);
    copied.close();
    const listed = run(['list', '--json', '--store', location]);
    assert.deepEqual(JSON.parse(listed.stdout).campaigns.length, 2);
    assert.match(run(['--store', location, 'show', 'sweep']).stdout, /linux-bridge/);
  });

  it('a copy to a server and back has every row of every table', async () => {
    const { path, store } = storeOf();
    const campaigns = [
      storedCampaign({
        ...{ id: 'full', hosts: hostPair('lab'), tune: ['governor'], precision: { ratio: 0.02, trialsMax: 30 } },
        ...{ shards: { count: 3, of: 312, parts: [{ index: 2, trials: 104 }], unlike: ['kernel'] }, reuse: true },
        cases: [{ case: testCase({ pairs: 2, testbed: 'lab' }), skipped: null, trials: [fullTrial()] }],
      }),
      ...[table2Campaign(), sweepCampaign(), twoTestbedsCampaign(), capacityCampaign()],
      ...[burstCampaign(), churnCampaign(), hostileCampaign()],
    ].map((one, index) => ({ ...one, id: `${index} ${one.id}` }));
    for (const one of campaigns) saveAll(store, one);
    const [{ id } = whole] = campaigns;
    store.recordLeftBehind(id, 'lab', 'far', { switch: 'mine', what: 'interface mybr0', kept: 'it is busy' });
    const governor = { knob: 'governor', before: 'powersave', after: 'performance', note: null };
    store.recordTuning(id, 'lab', 'near', [{ ...governor, state: 'applied' }]);
    leaveSearch(store, 'cut short', 3);
    for (const one of ['second', 'first']) store.saveCard(card(one));
    store.saveCanary(canary({ campaign: 'day-1' }));
    store.saveCanary({ ...canary({ campaign: 'day-2' }), accepted: { by: 'ann', at: whole.startedAt, why: 'new' } });
    store.close();
    const location = await server.fresh();
    const back = join(folder, 'round.db');
    for (const [from, to] of [
      [path, location],
      [location, back],
    ] as const) {
      const copied = run(['store', 'copy', from, to]);
      assert.equal(copied.status, 0, copied.stderr);
      assert.match(copied.stderr, /: cut short: copied, 1 trial and 2 searches that were cut short\n/);
      assert.ok(!copied.stderr.includes('\u001b'), 'what others have called a campaign is text');
    }
    const inOrder = [path, back].map((file) => {
      const one = openStore(file);
      const ids = [one.list().map(({ id }) => id), one.cardIds()];
      one.close();
      return ids;
    });
    assert.deepEqual(inOrder[1], inOrder[0]);
    const [given, found] = [tablesOf(path), tablesOf(back)];
    for (const [name, rows] of given) {
      assert.ok(rows.length > 0, `the test says nothing of table ${name}`);
      assert.deepEqual(found.get(name), rows, name);
    }
  });

  it('a password is in no output, error, record or command', async () => {
    const location = await server.fresh();
    const [database = ''] = /t\d+/.exec(location) ?? [];
    await server.requirePassword('keeper', PASSWORD, database);
    const secret = location.replace('user=postgres', `user=keeper&password=${PASSWORD}`);
    const { path, store } = storeOf(table2Campaign());
    store.close();
    const merged = run(['store', 'merge', path], secret);
    assert.equal(merged.status, 0, merged.stderr);
    const outputs = [
      merged,
      run(['report', '--out', folder], secret),
      run(['list'], secret.replace(database, 'nosuch')),
      run(['list'], secret.replace(PASSWORD, `${PASSWORD}x`)),
      run(['list', '--store', secret]),
      run(['store', 'copy', secret, join(folder, 'x.db')]),
      run(['compare', 'postgres://keeper:c0rrect-h0rse@h/d', 'b']),
    ];
    assert.deepEqual(
      outputs.map(({ status }) => status),
      [0, 0, 1, 1, 2, 2, 2],
    );
    for (const { stdout, stderr } of outputs) assert.ok(!`${stdout}${stderr}`.includes(PASSWORD), stderr);
    assert.match(
      outputs[4]?.stderr ?? '',
      /everybody on this machine can read a password .* VSWBENCH_STORE, PGPASSWORD or ~\/.pgpass/,
    );
    for (const name of readdirSync(folder)) {
      assert.ok(!readFileSync(join(folder, name)).includes(PASSWORD), name);
    }
    const found = spawnSync('grep', ['-rl', PASSWORD, join(server.folder, 'data', 'base')], { encoding: 'utf8' });
    assert.deepEqual([found.status, found.stdout], [1, '']);
  });
});
