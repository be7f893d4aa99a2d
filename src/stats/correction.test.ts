// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normal, seededRandom } from '../../test/fixtures/campaign.ts';
import { chains, correctionFor, holm, pairIndex, shaffer } from './correction.ts';
import { mannWhitney } from './ranks.ts';

function close(actual: number | undefined, expected: number, tolerance = 5e-5): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= tolerance, `${actual}, not ${expected}`);
}

test("Holm's procedure corrects a printed example, in the order given", () => {
  // Four hypotheses with p = 0.01, 0.04, 0.03, 0.005: the second in rank is the last to be rejected at 5 %.
  const corrected = holm([0.01, 0.04, 0.03, 0.005]);
  for (const [index, expected] of [0.03, 0.06, 0.06, 0.02].entries()) close(corrected[index], expected, 1e-12);
  assert.deepEqual(holm([0.2]), [0.2]);
  assert.deepEqual(holm([]), []);
  assert.deepEqual(holm([0.9, 0.8]), [1.6, 1.6]);
});

test('among many comparisons of equals even one false call is rare', () => {
  const random = seededRandom(77);
  const families = 400;
  let wrong = 0;
  for (let family = 0; family < families; family += 1) {
    const draw = () => Array.from({ length: 8 }, () => normal(random));
    const pValues = Array.from({ length: 10 }, () => mannWhitney(draw(), draw())?.pValue ?? 0);
    if (holm(pValues).some((p) => p < 0.05)) wrong += 1;
  }
  assert.ok(wrong / families <= 0.05 + 0.02, `${wrong} of ${families}`);
});

test('of all pairs of a few, those count that can be equal together', () => {
  // Of three, when one pair differs at most one other is equal; of four, after one pair three at most (Shaffer 1986).
  for (const [index, expected] of [0.03, 0.02 * 1.5, 0.04].entries())
    close(shaffer([0.01, 0.02, 0.04], 3)[index], expected);
  assert.deepEqual(shaffer([0.001, 0.5, 0.5, 0.5, 0.5, 0.01], 4)[5], 0.03);
  assert.deepEqual(holm([0.001, 0.5, 0.5, 0.5, 0.5, 0.01])[5], 0.05);
});

test('a chain joins those whose neighbours look alike, and is corrected by half the number of contenders', () => {
  // 0 and 3 are far apart, but 0-1, 1-2 and 2-3 are not: the weakest link has p = 0.2.
  const p = new Array<number>(6).fill(0.001);
  for (const [i, value] of [0.3, 0.2, 0.4].entries()) p[pairIndex(i, i + 1, 4)] = value;
  const joined = chains(p, 4);
  close(joined[pairIndex(0, 3, 4)], 2 * 0.2);
  close(joined[pairIndex(2, 3, 4)], 2 * 0.4);
  p[pairIndex(1, 2, 4)] = 0.002;
  close(chains(p, 4)[pairIndex(0, 3, 4)], 2 * 0.002);
  close(chains([0.04], 2)[0], 0.04);
});

test('sizes alone choose the correction', () => {
  const sixAndSix = 2 / 924;
  assert.equal(correctionFor(7, sixAndSix), 'shaffer');
  assert.equal(correctionFor(8, sixAndSix), 'chains');
  assert.equal(correctionFor(46, sixAndSix), 'chains');
  assert.equal(correctionFor(47, sixAndSix), 'impossible');
  assert.equal(correctionFor(2, 0.1), 'impossible');
});
