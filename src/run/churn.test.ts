// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { churnCampaign, testCase, trial } from '../../test/fixtures/campaign.ts';
import type { Trial } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { type ChurnContext, runChurn } from './churn.ts';

const CASE = testCase({ dimension: 'churn', rate: 'max', pairs: 2 });
const CHURNED = churnCampaign().cases[0]?.trials[0] ?? assert.fail();

/** What a search found of both senders together. */
function searched(lowerPps: number | null): Trial {
  const found = trial({ case: CASE, pps: 1000 });
  assert.ok(found.measurement !== null);
  const objective = { figure: 'loss', mostRatio: 0 } as const;
  const bounds = { objective, ended: 'found', lowerPps, upperPps: null, throughputPps: lowerPps } as const;
  return { ...found, measurement: { ...found.measurement, search: { found: [bounds], loads: [] } } };
}

function churn(part: Partial<ChurnContext> & { knownPps?: number; finds?: number | null } = {}) {
  const { knownPps, finds = 400_000, ...rest } = part;
  const asked: TestCase['rate'][] = [];
  const learned: number[] = [];
  const context: ChurnContext = {
    ...{ testCase: CASE, tell: () => undefined },
    capacity: { knownPps, learned: (pps) => learned.push(pps) },
    run: async ({ rate }) => {
      asked.push(rate);
      return CHURNED;
    },
    search: async () => searched(finds),
    ...rest,
  };
  return runChurn(context).then((done) => ({ done, asked, learned }));
}

describe('the rate of a churn', () => {
  it('is half of what loses nothing, of each sender, and is remembered', async () => {
    const { done, asked, learned } = await churn();
    assert.deepEqual([asked, learned], [[100_000], [200_000]]);
    assert.equal(done.measurement?.churn?.ndrPps, 200_000);
  });

  it('is searched for once', async () => {
    const search = () => assert.fail('a search');
    const { done, asked, learned } = await churn({ knownPps: 50_000, search });
    assert.deepEqual([asked, learned], [[25_000], []]);
    assert.equal(done.measurement?.churn?.ndrPps, 50_000);
  });

  it('is what was asked for', async () => {
    const search = () => assert.fail('a search');
    const { asked } = await churn({ testCase: { ...CASE, rate: 7000 }, search });
    assert.deepEqual(asked, [7000]);
  });

  it('is none where something is lost at each, or nothing could be measured', async () => {
    const { done, asked } = await churn({ finds: null });
    assert.deepEqual(asked, []);
    assert.deepEqual([done.outcome.outcome, done.measurement], ['failed', null]);
    assert.match('reason' in done.outcome ? done.outcome.reason : '', /give one with -R/);
    const outcome = { outcome: 'failed', step: 'start traffic', reason: 'no' } as const;
    const { done: broken } = await churn({ search: async () => ({ ...searched(1), measurement: null, outcome }) });
    assert.deepEqual(broken.outcome, outcome);
  });
});
