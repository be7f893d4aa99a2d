// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inventory, storedCampaign, storedCase, table2Campaign, testCase } from '../../test/fixtures/campaign.ts';
import type { StoredCampaign } from '../model/result.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { doubts } from './doubts.ts';

const told = (stored: StoredCampaign): string =>
  doubts(toCampaignResult(stored))
    .map(({ what }) => what)
    .join('\n');

test('what the record gives reason to doubt is told, with how many cases it concerns', () => {
  const text = told(table2Campaign());
  assert.match(text, /CPUs were shared \(1 of 9 cases\)/);
  assert.match(text, /iptables \(all cases\)/);
  assert.match(text, /intended rate \(8 of 9 cases\)/);
  assert.match(text, /Fewer than six trials were measured \(1 of 9 cases\)/);
  assert.match(text, /More than 0\.1 % of the packets were lost \(2 of 9 cases\)/);
});

test("a quiet machine of one's own leaves little to doubt", () => {
  const quiet = storedCampaign({
    inventory: inventory({
      virtualization: null,
      mitigations: { mds: 'Not affected' },
      knobs: { 'cpufreq.scaling_governor': 'performance' },
    }),
    cases: [storedCase({ case: testCase({ rate: 'max' }), pps: 1e6 })],
  });
  assert.deepEqual(told(quiet).split('\n').length, 2, told(quiet));
});

test('another governor, a busy machine and a drifting clock are told', () => {
  const text = told(
    storedCampaign({
      inventory: inventory({
        invariantTsc: false,
        loadAverage: 3.2,
        knobs: { 'cpufreq.scaling_governor': 'powersave' },
      }),
    }),
  );
  assert.match(text, /governor was powersave/);
  assert.match(text, /not invariant/);
  assert.match(text, /load average 3\.20/);
});
