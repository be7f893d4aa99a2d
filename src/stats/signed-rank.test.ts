// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normal, seededRandom } from '../../test/fixtures/campaign.ts';
import { signedRank, signedRatio, smallestSignedPValue } from './signed-rank.ts';

function close(actual: number | undefined | null, expected: number, tolerance = 1e-9): void {
  assert.ok(typeof actual === 'number' && Math.abs(actual - expected) <= tolerance, `${actual}, not ${expected}`);
}

// Hamilton depression scale of nine patients before and after a tranquilizer: Hollander, Wolfe and Chicken, table 3.1; T+ = 5, the
// one-sided p is 0.020, the estimator is −0.46, and the interval of 96 % from −0.786 to −0.010.
const BEFORE = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
const AFTER = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
const steps = AFTER.map((value, index) => value - (BEFORE[index] ?? 0));

test('the textbook example comes out', () => {
  const { positive, pValue } = signedRank(steps);
  assert.equal(positive, 5);
  close(pValue, 2 * (10 / 512), 1e-4);
  const { ratio, low, high } = signedRatio(steps, 0.05);
  close(Math.log(ratio), -0.46, 5e-4);
  close(low === null ? null : Math.log(low), -0.786, 5e-4);
  close(high === null ? null : Math.log(high), -0.01, 5e-4);
});

test('six of the same sign are 2 of 64; five cannot tell', () => {
  close(signedRank([1, 2, 3, 4, 5, 6]).pValue, 2 / 64);
  close(smallestSignedPValue(6), 2 / 64);
  close(signedRank([-1, -2, -3, -4, -5]).pValue, 2 / 32);
  assert.equal(signedRatio([1, 2, 3, 4, 5], 0.05).low, null);
  close(signedRank([0, 0, 0, 0]).pValue, 1);
});

test('the normal approximation for many rounds agrees with the exact distribution', () => {
  const random = seededRandom(9);
  const many = Array.from({ length: 101 }, () => normal(random) + 0.2);
  close(signedRank(many).pValue, signedRank(many.slice(1)).pValue, 0.02);
});
