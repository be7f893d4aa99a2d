// SPDX-License-Identifier: Apache-2.0
// `vswbench compare` as a user runs it, on results that were made up.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { hostPair, hostRecord, inventory, storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import type { StoredCampaign } from '../model/result.ts';
import { openStore } from '../store/store.ts';
import { STORE_NAME } from './context.ts';

let results: string;
let elsewhere: string;

function save(folder: string, campaign: StoredCampaign): void {
  const store = openStore(join(folder, STORE_NAME));
  store.createCampaign({
    ...campaign,
    cases: campaign.cases.map(({ case: one, skipped }) => ({ case: one, skipped })),
  });
  for (const [index, { trials }] of campaign.cases.entries()) {
    for (const trial of trials) store.saveTrial(campaign.id, index, trial);
  }
  store.close();
}

function campaign(id: string, pps: number, part: Partial<StoredCampaign> = {}): StoredCampaign {
  const cases = ['linux-bridge', 'direct'].map((name, index) =>
    storedCase({ case: testCase({ switch: name, rate: 'max' }), pps: pps * (1 + index) }, 6, 0.01, pps + index),
  );
  return storedCampaign({ id, cases, ...part });
}

before(() => {
  results = mkdtempSync(join(tmpdir(), 'vswbench-test-'));
  elsewhere = join(results, 'elsewhere');
  mkdirSync(elsewhere);
  save(results, campaign('one', 200_000));
  save(results, campaign('slow', 150_000));
  save(
    results,
    campaign('other-machine', 200_000, {
      hosts: [hostRecord({ inventory: inventory({ hostname: 'testbed-2' }) })],
    }),
  );
  const moved = campaign('lab-2', 200_000, { hosts: [hostRecord({ testbed: 'lab-2' })] });
  save(results, {
    ...moved,
    cases: moved.cases.map((one) => ({ ...one, case: { ...one.case, testbed: 'lab-2' } })),
  });
  save(results, campaign('few', 200_000, { cases: [storedCase({ case: testCase({ rate: 'max' }), pps: 1 }, 2)] }));
  const mixed = [
    storedCase({ case: testCase({ rate: 'max' }), pps: 250_000 }, 6, 0.01, 1),
    storedCase({ case: testCase({ io: 'raw', rate: 'max' }), pps: 330_000 }, 6, 0.01, 2),
    storedCase(
      { case: testCase({ switch: 'ovs', io: 'dpdk', port: 'vhost-user', rate: 'max' }), pps: 940_000 },
      6,
      0.01,
      3,
    ),
  ];
  save(results, campaign('mixed', 0, { cases: mixed }));
  const labCases = [400_000, 500_000].map((pps, index) => {
    const one = testCase({ testbed: index === 0 ? 'local' : 'lab', rate: 'max' });
    return storedCase({ case: one, pps }, 6, 0.01, index);
  });
  const lab = hostPair('lab');
  const upgraded = lab.map((host) =>
    host.role === 'near' ? host : { ...host, inventory: inventory({ hostname: 'lab-far', kernel: '6.9' }) },
  );
  save(results, campaign('lab', 0, { hosts: [hostRecord(), ...lab], cases: labCases }));
  save(results, campaign('lab-upgraded', 0, { hosts: [hostRecord(), ...upgraded], cases: labCases }));
  const sizes = [64, 512, 1500].flatMap((packetSize) =>
    ['linux-bridge', 'ovs'].map((id, index) =>
      storedCase(
        { case: testCase({ switch: id, packetSize, rate: 'max' }), pps: 1e6 * (index === 0 ? 1 : 400 / packetSize) },
        6,
        0.01,
        packetSize + index,
      ),
    ),
  );
  save(results, campaign('sizes', 0, { cases: sizes }));
  // The name of the user's own that a campaign of ours has, of another night.
  save(elsewhere, campaign('slow', 100_000, { startedAt: '2026-02-27T10:00:00.000Z' }));
  save(elsewhere, campaign('first', 300_000));
  save(elsewhere, campaign('last', 100_000));
});
after(() => rmSync(results, { recursive: true, force: true }));

function compare(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [resolve(import.meta.dirname, 'main.ts'), 'compare', ...args],
    { env: { ...process.env, VSWBENCH_RESULTS: results, NO_COLOR: '1' }, encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

const DocumentSchema = z.looseObject({
  schema: z.literal(1),
  acrossMachines: z.boolean(),
  a: z.looseObject({ campaign: z.string() }),
  b: z.looseObject({ campaign: z.string() }),
  cases: z.array(z.looseObject({ verdict: z.string(), pCorrected: z.number().nullable() })),
});

function verdicts(...args: string[]) {
  const { status, stdout, stderr } = compare(...args, '--json');
  assert.deepEqual([status, stderr], [0, '']);
  const { a, b, cases, acrossMachines } = DocumentSchema.parse(JSON.parse(stdout));
  return { sides: `${a.campaign} ${b.campaign}`, verdicts: cases.map(({ verdict }) => verdict), acrossMachines };
}

describe('compare', () => {
  it('shows a table for people', () => {
    const { status, stdout, stderr } = compare('one', 'slow');
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /linux-bridge +udp .*−2\d %.*slower/);
  });
  it('gives a document to programs', () => {
    assert.deepEqual(verdicts('slow', 'one'), {
      sides: 'slow one',
      verdicts: ['faster', 'faster'],
      acrossMachines: false,
    });
  });
  it('takes the latest campaign of another results folder, or one by its id', () => {
    assert.equal(verdicts('one', elsewhere).sides, 'one last');
    assert.equal(verdicts('one', `${elsewhere}:first`).sides, 'one first');
    assert.deepEqual(verdicts('slow', `${elsewhere}:slow`).verdicts, ['slower', 'slower'], 'equal names');
    assert.equal(verdicts(join(elsewhere, `${STORE_NAME}:first`), 'one').sides, 'first one');
  });
  it('compares two switches of one campaign', () => {
    assert.deepEqual(verdicts('one', '--switches', 'direct,linux-bridge').verdicts, ['slower']);
  });
  it('compares two switches at their best where frameworks differ, or by the frameworks named', () => {
    const best = compare('mixed', '--switches', 'linux-bridge,ovs');
    assert.deepEqual([best.status, best.stderr], [0, '']);
    const text = best.stdout.replaceAll(/\s+/g, ' ');
    assert.match(
      text,
      /ovs with dpdk\/vhost-user \(9\d\d\.\d kpps\) is faster than linux-bridge with raw \(3\d\d\.\d kpps, its best of 2\): \+\d+ % \(\+\d+ to \+\d+ %, p = 0\.0\d+\)/,
    );
    assert.match(text, /Switch Framework Mpps|Switch Framework kpps CPUs Unbeaten/);
    assert.match(
      compare('mixed', '--switches', 'linux-bridge/udp,ovs/dpdk').stdout.replaceAll(/\s+/g, ' '),
      /is faster than linux-bridge with udp \(2\d\d\.\d kpps\)/,
    );
    assert.match(
      compare('mixed', '--switches', 'linux-bridge/netmap,ovs').stderr,
      /campaign mixed has no linux-bridge with 'netmap'; it has udp, raw/,
    );
  });
  it('says from where on one of two switches overtakes the other', () => {
    const { status, stdout } = compare('sizes', '--switches', 'linux-bridge,ovs');
    assert.equal(status, 0);
    assert.match(
      stdout.replaceAll(/\s+/g, ' '),
      /From [34]\d0 B \(95 % interval .*\) on linux-bridge with udp is faster than ovs with udp\./,
    );
  });
  it('compares machines only where it is told to, and says so', () => {
    const refused = compare('one', 'other-machine');
    assert.deepEqual([refused.status, refused.stdout], [2, '']);
    assert.match(
      refused.stderr,
      /^vswbench: [^\n]*different machines \(hostname 'testbed-1' and 'testbed-2'\)[^\n]*\n$/,
    );
    const allowed = verdicts('one', 'other-machine', '--across-machines');
    assert.deepEqual([allowed.acrossMachines, allowed.verdicts], [true, ['no difference', 'no difference']]);
  });
  it('compares what was measured on two testbeds of one kind, and names both', () => {
    const { status, stdout } = compare('one', 'lab-2');
    assert.equal(status, 0);
    assert.match(stdout, /linux-bridge +udp .*no difference/);
    assert.match(stdout.replaceAll(/\s+/g, ' '), /testbed:? '?local'? .* '?lab-2'?/);
  });
  it('looks at every host of the testbeds that both have', () => {
    assert.match(
      compare('lab', 'lab-upgraded').stderr,
      /different machines \(kernel of lab \(far\) '6\.1\.0-21-amd64' and '6\.9'\)/,
    );
    const allowed = compare('lab', 'lab-upgraded', '--across-machines');
    assert.match(allowed.stdout, /^testbed local, throughput/m);
    assert.match(allowed.stdout, /^testbed lab, throughput/m);
    // Of the machine that both have; what only one was measured on is not compared.
    assert.match(
      compare('one', 'lab').stdout.replaceAll(/\s+/g, ' '),
      /linux-bridge with udp on testbed lab: only in B/,
    );
  });
  it('writes what a CI system reads, and a comment for a pull request', () => {
    const file = join(results, 'ci', 'compare.xml');
    const { status, stdout, stderr } = compare('one', 'slow', '--format', 'markdown', '--junit', file);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^<!-- vswbench compare -->\n\n\*\*2 cases compared: 2 slower, 0 faster/);
    assert.match(stdout, /Before: campaign one\. After: campaign slow\. testbed-1: /);
    assert.match(
      readFileSync(file, 'utf8'),
      /<testsuites name="vswbench" tests="2" failures="2" errors="0" skipped="0"/,
    );
  });
  it('refuses a file that cannot be written before it compares, and leaves none where it refuses', () => {
    const folder = compare('one', 'slow', '--junit', results);
    assert.deepEqual([folder.status, folder.stdout], [2, '']);
    assert.match(folder.stderr, /^vswbench: --junit \S+ cannot be written: EISDIR: it is a folder; name a file\n$/);
    const file = join(results, 'none.xml');
    assert.equal(compare('one', 'nosuch', '--junit', file).status, 2);
    assert.equal(existsSync(file), false);
  });
  it('ends with 3 where no case could be compared', () => {
    const { status, stdout } = compare('one', 'few');
    assert.equal(status, 3);
    assert.match(stdout, /No case could be compared/);
    assert.match(stdout.replaceAll(/\s+/g, ' '), /linux-bridge with udp: too few rounds \(2\)/);
  });
  for (const [args, message] of [
    [['one', 'nosuch'], /there is no campaign 'nosuch'/],
    [['one', 'one'], /both are campaign one/],
    [['one', '--switches', 'direct,ovs'], /campaign one has no switch 'ovs'; it has linux-bridge, direct/],
    [
      ['one', '--switches', 'direct,linux-bridge', '--junit', 'x.xml'],
      /--junit is of two campaigns: leave out --switches/,
    ],
    [['one', 'slow', '--json', '--format', 'markdown'], /give --json or --format markdown, not both/],
    [['one', './nosuch.db'], /there are no results/],
  ] as const) {
    it(`refuses ${args.join(' ')}`, () => {
      const { status, stdout, stderr } = compare(...args);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, message);
      assert.match(stderr, /^vswbench: [^\n]+\n$/);
    });
  }
});
