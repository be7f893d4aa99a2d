// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostPair, hostRecord, inventory, storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import type { HostRecord } from '../model/testbed.ts';
import { openStore } from '../store/store.ts';
import { toResult } from './load.ts';

test('a ceiling comes from a campaign on the very machines of the testbed, far host included', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'vswbench-load-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const store = openStore(join(folder, 'results.db'));
  context.after(() => store.close());
  const lab = hostPair('lab');
  const save = (id: string, name: string, pps: number, hosts: HostRecord[]) => {
    const cases = [...new Set(hosts.map(({ testbed }) => testbed))].map((testbed) =>
      storedCase({ case: testCase({ testbed, switch: name, rate: 'max' }), pps }),
    );
    const stored = storedCampaign({ id, hosts, cases });
    store.createCampaign({ ...stored, cases: cases.map(({ trials: _, ...one }) => one) });
    for (const [index, { trials }] of cases.entries()) for (const one of trials) store.saveTrial(id, index, one);
  };
  const otherFar = lab.map((host) =>
    host.role === 'far' ? { ...host, inventory: inventory({ hostname: 'new' }) } : host,
  );
  save('other-far', 'direct', 900, [hostRecord(), ...otherFar]);
  save('same', 'direct', 800, lab);
  save('asked', 'linux-bridge', 400, [hostRecord(), ...lab]);
  const { results } = toResult(store, store.load('asked') ?? assert.fail());
  assert.deepEqual(
    results.map((one) => [one.case.testbed, one.ceiling?.campaign]),
    [
      ['local', 'other-far'],
      ['lab', 'same'],
    ],
  );
});
