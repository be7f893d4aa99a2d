// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import { splitmix32 } from '../model/random.ts';
import type { CaseResult } from '../model/result.ts';
import { caseKey } from '../model/testcase.ts';
import { toCampaignResult } from './campaign.ts';
import { type Again, claimsOf, drawCases, type Fate, survivals } from './survival.ts';

const names = ['ovs', 'vpp', 'linux-bridge', 'basicfwd'];

/** A campaign in which the switches receive so much, in kpps. */
function results(rounds: number, ...kpps: number[]): CaseResult[] {
  const cases = kpps.map((rate, index) =>
    storedCase(
      { case: testCase({ switch: names[index] ?? 'x', rate: 'max' }), pps: 1000 * rate },
      rounds,
      0.01,
      10 + index,
    ),
  );
  return toCampaignResult(storedCampaign({ cases })).results;
}

function asAgain(list: readonly CaseResult[]): Map<string, Again> {
  return new Map(list.map((result) => [caseKey(result.case), { result }]));
}

function fates(claimed: readonly CaseResult[], again: ReadonlyMap<string, Again>): Fate[] {
  return survivals(claimsOf(claimed), again).map(({ fate }) => fate);
}

describe('claims of a campaign', () => {
  it('are its pairs that are told apart, the better one first', () => {
    const claims = claimsOf(results(10, 300, 100, 100.1));
    assert.deepEqual(claims.map(({ faster, slower }) => `${faster.case.switch} ${slower.case.switch}`).sort(), [
      'ovs linux-bridge',
      'ovs vpp',
    ]);
    assert.deepEqual(claimsOf(results(2, 300, 100)), [], 'two rounds tell nothing');
  });

  it('survive, are contradicted, or are not decided', () => {
    const told = results(10, 300, 100);
    assert.deepEqual(fates(told, asAgain(results(10, 900, 500))), ['survives']);
    assert.deepEqual(fates(told, asAgain(results(10, 100, 300))), ['contradicted']);
    assert.deepEqual(fates(told, asAgain(results(10, 100, 100))), ['undecided']);
    assert.deepEqual(fates(told, asAgain(results(2, 300, 100))), ['undecided']);
  });

  it('cannot be told where a case cannot run, with the reason', () => {
    const told = results(10, 300, 100);
    const again = asAgain(told);
    again.set(caseKey(testCase({ switch: 'vpp', rate: 'max' })), { reason: 'vpp is not installed' });
    const [only] = survivals(claimsOf(told), again);
    assert.deepEqual([only?.fate, only?.reason], ['cannot run here', 'vpp is not installed']);
    assert.deepEqual(fates(told, new Map()), [], 'what was not drawn has no fate');
  });
});

describe('a draw', () => {
  const all = results(10, 400, 300, 200, 100);

  it('is the same for the same seed, of the size that was asked for, and of pairs where there are any', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const drawn = drawCases(all, 0.1, splitmix32(seed));
      assert.deepEqual(drawCases(all, 0.1, splitmix32(seed)), drawn);
      assert.equal(drawn.length, 2);
      assert.equal(drawCases(all, 1, splitmix32(seed)).length, 4);
    }
    const seen = new Set(
      Array.from({ length: 50 }, (_, seed) => drawCases(all, 0.1, splitmix32(seed)).map(caseKey).sort().join()),
    );
    assert.equal(seen.size, 6, 'each of the six pairs is drawn');
  });

  it('takes at least one case where nothing is told apart, and none where none was measured', () => {
    assert.equal(drawCases(results(2, 100, 100), 0.01, splitmix32(1)).length, 1);
    assert.deepEqual(drawCases([], 0.5, splitmix32(1)), []);
  });
});
