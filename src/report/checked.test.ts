// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import type { TestCase } from '../model/testcase.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { checkedWords } from './checked.ts';

function words(...cases: Partial<TestCase>[]): string[] {
  const stored = cases.map((part) => storedCase({ case: testCase(part), pps: 1e6 }, 2));
  return checkedWords(toCampaignResult(storedCampaign({ cases: stored })));
}

test('what is said to be checked is what was', () => {
  assert.deepEqual(words({ io: 'raw' }, { io: 'dpdk' }), [
    'Applications generated and checked every byte of each frame.',
  ]);
  assert.deepEqual(words({ io: 'udp' }), ['Applications generated and checked every byte of each UDP payload.']);
  assert.deepEqual(words({ io: 'udp', touch: 'none' }), [
    'Applications generated and checked only the numbers and times that a packet carries.',
  ]);
});

test('where cases differ in it each is told what was checked in it', () => {
  assert.deepEqual(words({ io: 'raw' }, { io: 'udp' }, { io: 'raw', touch: 'none' }), [
    'Applications with raw with touch=full generated and checked every byte of each frame.',
    'Applications with udp with touch=full generated and checked every byte of each UDP payload.',
    'Applications with raw with touch=none generated and checked only the numbers and times that a packet carries.',
  ]);
});

test('of a framework of which nobody knows it no more than the payload is claimed', () => {
  assert.deepEqual(words({ io: 'somebody-elses' }), [
    'Applications generated and checked every byte of each UDP payload.',
  ]);
});
