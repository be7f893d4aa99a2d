// SPDX-License-Identifier: Apache-2.0
// `vswbench advise` as a user runs it, on results that were made up.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import { AdviceDocumentSchema } from '../report/json-advice.ts';
import { openStore } from '../store/store.ts';
import { STORE_NAME } from './context.ts';

let results: string;

before(() => {
  results = mkdtempSync(join(tmpdir(), 'vswbench-test-'));
  const cases = [
    storedCase({ case: testCase({ io: 'udp-mmsg', rate: 'max' }), pps: 250_000 }, 6, 0.01, 1),
    storedCase({ case: testCase({ io: 'afxdp', rate: 'max' }), pps: 700_000 }, 6, 0.01, 2),
  ];
  const store = openStore(join(results, STORE_NAME));
  store.createCampaign({ ...storedCampaign({ id: 'one' }), cases: cases.map((one) => ({ ...one, skipped: null })) });
  for (const [index, { trials }] of cases.entries()) for (const one of trials) store.saveTrial('one', index, one);
  store.close();
});
after(() => rmSync(results, { recursive: true, force: true }));

function advise(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [resolve(import.meta.dirname, 'main.ts'), 'advise', ...args],
    { env: { ...process.env, VSWBENCH_RESULTS: results, NO_COLOR: '1' }, encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

describe('advise', () => {
  it('shows the tree of the latest campaign, with what only its trials tell', () => {
    const { status, stdout, stderr } = advise();
    assert.deepEqual([status, stderr], [0, '']);
    const text = stdout.replaceAll(/\s+/g, ' ');
    assert.match(text, /Applications can use AF_XDP - most throughput: linux-bridge with afxdp \([67]\d\d\.\d kpps/);
    assert.match(text, /- least CPU time a packet, at full rate: linux-bridge with afxdp \(2\d{3} ns/);
  });
  it('gives Markdown, and a document to programs', () => {
    assert.match(advise('one', '--markdown').stdout, /^# Table 2.*\n\nCampaign one\..*\n\n\| Switch \| Framework \|/);
    const { branches } = AdviceDocumentSchema.parse(JSON.parse(advise('one', '--json').stdout));
    assert.deepEqual(
      branches.map((branch) => [branch.class, branch.leaves[0]?.finding]),
      [
        ['sockets', 'alone'],
        ['frames', 'nothing'],
        ['af-xdp', 'best'],
        ['polling', 'nothing'],
      ],
    );
  });
  it('refuses both at once, and what there is not', () => {
    assert.deepEqual([advise('--json', '--markdown').status, advise('two').status], [2, 2]);
    assert.match(advise('--json', '--markdown').stderr, /^vswbench: give one of --json and --markdown\n$/);
  });
});
