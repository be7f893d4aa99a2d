// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testCase, trials } from '../../test/fixtures/campaign.ts';
import { lastWord } from '../../test/fixtures/words.ts';
import { GROUP_KEYS, PARAMETER_KEYS } from '../model/parameters.ts';
import { type TestCase, TestCaseSchema } from '../model/testcase.ts';
import { summarizeCase } from './campaign.ts';
import { groupCases, groupKey, groupOf } from './group.ts';
import { verdicts } from './verdict.ts';

/** Values other than those of a test case, for parameters that are not one of a few words. */
const OTHER = {
  ...{ testbed: 'lab', pairs: 2, switch: 'ovs', io: 'dpdk', packetSize: 1500, rate: 1000, burst: 1 },
  ...{ flows: 1000, flowOrder: 'uniform', vlan: '100-199', qinq: '200', switchThreads: 2, queues: 4 },
  ...{ arrivals: 'poisson', background: '50%', macs: 1000, announceRatePps: 100_000, idleMs: 1500, nftRules: 100 },
};

/** Another value for each parameter. */
function others(): [string, unknown][] {
  const values = new Map<string, unknown>(Object.entries(OTHER));
  return PARAMETER_KEYS.map((key) => [key, lastWord(key) ?? values.get(key)]);
}

const COMPARED = ['switch', 'io', 'port', 'wait'];

describe('groups of comparable cases', () => {
  for (const [name, value] of others()) {
    const differs = COMPARED.includes(name) ? 'are compared' : 'are never compared';
    it(`cases that differ in ${name} ${differs}`, () => {
      const base = testCase({ rate: 'max' });
      const other: TestCase = TestCaseSchema.parse({ ...base, [name]: value });
      assert.equal(groupKey(groupOf(other)) === groupKey(groupOf(base)), COMPARED.includes(name));
    });
  }
  it('have every parameter of a test case that is not compared', () => {
    assert.deepEqual(
      [...GROUP_KEYS].sort(),
      Object.keys(TestCaseSchema.shape)
        .filter((name) => !COMPARED.includes(name))
        .sort(),
    );
  });
  it('have no winner between a case and itself without receive moderation', () => {
    const result = (rxModeration: TestCase['rxModeration'], pps: number) => {
      const one = testCase({ rate: 'max', rxModeration });
      return summarizeCase(one, trials({ case: one, pps }, 6, 0.01));
    };
    const both = [result('on', 2e6), result('off', 1e6)];
    assert.equal(groupCases(both).length, 2);
    assert.deepEqual(
      verdicts(both).map(({ verdict }) => verdict),
      ['alone', 'alone'],
    );
  });
});
