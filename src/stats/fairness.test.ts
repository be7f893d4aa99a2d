// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCase, trial } from '../../test/fixtures/campaign.ts';
import { fairnessOf, jainIndex } from './fairness.ts';

test('the index is 1 for equal shares and k/n where k of n share it all', () => {
  assert.equal(jainIndex([5, 5]), 1);
  assert.equal(jainIndex([0.1, 0.1, 0.1, 0.1]), 1);
  assert.equal(jainIndex([7, 0]), 0.5);
  assert.equal(jainIndex([3, 3, 0, 0, 0, 0, 0, 0, 0, 0]), 0.2);
});

test('the index does not depend on scale or order', () => {
  // 6^2 / (3 * 14)
  for (const shares of [
    [1, 2, 3],
    [3, 1, 2],
    [1e6, 2e6, 3e6],
  ]) {
    assert.ok(Math.abs((jainIndex(shares) ?? 0) - 6 / 7) < 1e-12);
  }
});

test('there is no index of fewer than two shares, or of nothing', () => {
  assert.equal(jainIndex([]), null);
  assert.equal(jainIndex([4]), null);
  assert.equal(jainIndex([0, 0]), null);
});

test('a case has the median of its trials', () => {
  const shares = [
    [100, 0],
    [50, 50],
    [0, 100],
  ];
  const measured = shares.flatMap(([first = 0, second = 0]) => {
    const { measurement } = trial({ case: testCase({ pairs: 2 }), pps: 100 });
    assert.ok(measurement !== null);
    const pairs = measurement.pairs.map((pair) => ({ ...pair, throughputPps: pair.pair === 0 ? first : second }));
    return [{ ...measurement, pairs }];
  });
  assert.equal(fairnessOf(measured), 0.5);
  assert.equal(fairnessOf([]), null);
});
