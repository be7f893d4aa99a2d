// SPDX-License-Identifier: Apache-2.0
// `vswbench show` as a user runs it, on results that were made up.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { sweepCampaign } from '../../test/fixtures/campaign.ts';
import { JsonCaseSchema } from '../report/json.ts';
import { openStore } from '../store/store.ts';
import { STORE_NAME } from './context.ts';

let results: string;

before(() => {
  results = mkdtempSync(join(tmpdir(), 'vswbench-show-'));
  const { cases, ...campaign } = sweepCampaign();
  const store = openStore(join(results, STORE_NAME));
  store.createCampaign({ ...campaign, cases: cases.map(({ trials: _, ...planned }) => planned) });
  for (const [index, { trials }] of cases.entries()) {
    for (const ran of trials) store.saveTrial(campaign.id, index, ran);
  }
  store.close();
});

after(() => rmSync(results, { recursive: true, force: true }));

type Variables = Record<string, string>;

function show(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return showIn({ COLUMNS: '200' }, ...args);
}

/** With no other variables than these that say how to write. */
function showIn(variables: Variables, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { NO_COLOR: _, FORCE_COLOR: __, COLUMNS: ___, ...rest } = process.env;
  const main = resolve(import.meta.dirname, 'main.ts');
  return spawnSync(process.execPath, [main, 'show', ...args], {
    encoding: 'utf8',
    env: { ...rest, VSWBENCH_RESULTS: results, ...variables },
  });
}

it('shows a case by the number that the table has, and by its parameters', () => {
  const { id } = sweepCampaign();
  const [, number = ''] = /^ *(\d+) +ovs +dpdk\b.* 1vs1 +1500 /im.exec(show().stdout) ?? [];
  assert.match(number, /^\d+$/, show().stdout);
  const byNumber = show(number);
  assert.match(byNumber.stdout, new RegExp(`Campaign ${id}, case ${number}: ovs with dpdk`));
  assert.equal(show(id, 'dimension=throughput,switch=ovs,packetSize=1500').stdout, byNumber.stdout);
});

it('prints a case as it stands in the document', () => {
  const { schema, campaign, caseIndex, ...one } = JSON.parse(show('3', '--json').stdout);
  assert.deepEqual({ schema, campaign, caseIndex }, { schema: 1, campaign: sweepCampaign().id, caseIndex: 3 });
  assert.equal(JsonCaseSchema.parse(one).trials.length, 6);
  assert.deepEqual(one, JSON.parse(show('--json').stdout).results[3]);
});

it('refuses a case that is none, and one beside a trial', () => {
  assert.deepEqual(
    [show('switch=vpp'), show('3', '--trial', '3/1')].map(({ status, stdout, stderr }) => [status, stdout, stderr]),
    [
      [
        2,
        '',
        `vswbench: campaign ${sweepCampaign().id} has no case 'switch=vpp': give switch=linux-bridge or direct or ovs\n`,
      ],
      [2, '', 'vswbench: give a case or --trial, not both: --trial 3/1 names its case\n'],
    ],
  );
});

it('writes whole tables and no colours into a pipe, unless they are forced', () => {
  const plain = showIn({}).stdout;
  assert.ok(!plain.includes('\u001b'));
  assert.doesNotMatch(plain, /Not shown in/);
  assert.match(plain, /sender +receiver +switch/);
  assert.equal(showIn({ NO_COLOR: '1' }).stdout, plain);
  assert.equal(stripVTControlCharacters(showIn({ FORCE_COLOR: '1' }).stdout), plain);
  assert.ok(showIn({ FORCE_COLOR: '1' }).stdout.includes('\u001b'));
  assert.match(showIn({ COLUMNS: '80' }).stdout, /Not shown in 80 columns/);
});
