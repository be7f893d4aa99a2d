// SPDX-License-Identifier: Apache-2.0
// Parameters of test cases in files of before: a file that version 13 wrote, and one that lacks a parameter altogether.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { PARAMETER_KEYS, PARAMETERS } from '../model/parameters.ts';
import { caseKey } from '../model/testcase.ts';
import { reproduceCommand } from '../report/command.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { MIGRATIONS, migrate, parameterVersion } from './schema.ts';
import { openStore } from './store.ts';

const OF_BEFORE = resolve(import.meta.dirname, '../../test/fixtures/stores/version-13.db');

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'vswbench-parameters-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe('a file that was written before parameters were a table', () => {
  const KEYS = [
    'throughput local 1vs1 linux-bridge udp P=64 R=max B=64 touch=full wait=yield',
    'throughput local 1vs1 linux-bridge udp P=64 R=max B=64 touch=full wait=yield rx-moderation=off placement=same-core',
    'throughput local 4vs4 ovs dpdk/memif P=1514 R=1500 B=1 touch=none wait=block',
    'latency remote 1vs1 linux-bridge udp P=64 R=1000 B=4 touch=full wait=yield placement=cross-socket testbed=lab',
  ];

  it('is read with the cases and the keys that it has', () => {
    const path = join(folder, 'keys.db');
    copyFileSync(OF_BEFORE, path);
    const store = openStore(path);
    const campaign = store.load() ?? assert.fail();
    store.close();
    assert.deepEqual(
      campaign.cases.map((planned) => caseKey(planned.case)),
      KEYS,
    );
    assert.ok(campaign.cases.every(({ trials }) => trials.length === 2));
    const db = new DatabaseSync(path);
    const kept = db.prepare('SELECT case_key FROM cases ORDER BY case_index').all();
    db.close();
    assert.deepEqual(
      kept.map((row) => row.case_key),
      KEYS,
    );
    // What came later has one value, behind these.
    assert.match(
      reproduceCommand(toCampaignResult(campaign)),
      /^vswbench run --testbed local,lab -D throughput,latency -L local,remote -S 1vs1,4vs4 -V linux-bridge,ovs --io udp,dpdk --port netdev,memif -P 64,1514 -R max,1\.5k,1k -B 64,1,4 --touch full,none --rx-moderation on,off --placement spread,same-core,cross-socket(?: --[a-z-]+ [\w.-]+)* --warmup 500ms --duration 3s --trials 6 --seed 20260301$/,
    );
  });

  it('has every parameter in the view that researchers begin with', () => {
    const path = join(folder, 'view.db');
    copyFileSync(OF_BEFORE, path);
    openStore(path).close();
    const db = new DatabaseSync(path);
    const [row = assert.fail()] = db.prepare('SELECT * FROM trial_results ORDER BY case_index').all();
    db.close();
    for (const key of PARAMETER_KEYS) assert.ok(PARAMETERS[key].column.name in row, `${key} is not in the view`);
    assert.deepEqual([row.rate_pps, row.rx_moderation, row.placement], [null, 'on', 'spread']);
  });
});

describe('the version that adds a parameter', () => {
  it('says of all cases of before that they had what all had then', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db, MIGRATIONS.slice(0, 8));
    db.exec(`PRAGMA foreign_keys = OFF;
      INSERT INTO cases (campaign_id, case_index, case_key, dimension, location, pairs, switch, io, port, packet_size_bytes, burst_packets, touch, wait)
      VALUES ('a', 0, 'k', 'throughput', 'local', 1, 'ovs', 'udp', 'netdev', 64, 64, 'full', 'poll')`);
    const known = db
      .prepare("SELECT name FROM pragma_table_info('cases')")
      .all()
      .map(({ name }) => name);
    const later = PARAMETER_KEYS.filter((key) => !known.includes(PARAMETERS[key].column.name));
    assert.ok(later.includes('placement'));
    migrate(db, [...MIGRATIONS.slice(0, 8), ...later.map(parameterVersion)]);
    assert.equal(db.prepare('SELECT placement FROM cases').get()?.placement, 'spread');
    db.close();
  });

  it('is refused for a parameter that does not say what that was', () => {
    assert.throws(() => parameterVersion('touch'), /does not say what was measured before/);
  });
});
