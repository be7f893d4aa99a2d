// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { hostRecord, inventory, sweepCampaign, table2Campaign } from '../../test/fixtures/campaign.ts';
import { NO_POSTGRES, startPostgres, type TestPostgres } from '../../test/postgres.ts';
import type { StoredCampaign } from '../model/result.ts';
import { openStore, type Store } from '../store/store.ts';
import { checkout } from './context.ts';
import { CliError } from './errors.ts';
import { bringCampaign } from './store-merge.ts';

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

describe('two stores', () => {
  const whole = sweepCampaign();
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
