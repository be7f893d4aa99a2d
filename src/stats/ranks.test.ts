// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normal, seededRandom } from '../../test/fixtures/campaign.ts';
import { intervalDepth, mannWhitney, ratioEstimate, smallestPValue } from './ranks.ts';

function close(actual: number | undefined, expected: number, tolerance = 5e-5): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= tolerance, `${actual}, not ${expected}`);
}

/** Two samples without ties whose U is this: b lies above exactly u of the pairs. */
function samplesWith(n: number, m: number, u: number): [number[], number[]] {
  const a = Array.from({ length: n }, (_, index) => index + 1);
  let left = u;
  const b = Array.from({ length: m }, (_, index) => {
    const above = Math.min(n, left);
    left -= above;
    return above + 0.5 + index / 1000;
  });
  return [a, b];
}

// Two-sided critical values of U at 5 %, n across, from the table that most textbooks print (Auble 1953; Siegel 1956, table K).
// -1 where no U is that extreme.
const CRITICAL: Record<number, [number, number][]> = {
  3: [
    [3, -1],
    [4, -1],
    [5, 0],
    [6, 1],
    [8, 2],
    [10, 3],
  ],
  4: [
    [4, 0],
    [5, 1],
    [6, 2],
    [8, 4],
    [10, 5],
  ],
  5: [
    [5, 2],
    [6, 3],
    [8, 6],
    [10, 8],
  ],
  6: [
    [6, 5],
    [7, 6],
    [8, 8],
    [10, 11],
    [12, 14],
    [20, 27],
  ],
  8: [
    [8, 13],
    [10, 17],
    [20, 41],
  ],
  10: [
    [10, 23],
    [15, 39],
    [20, 55],
  ],
  20: [[20, 127]],
};

test('critical values agree with the published table, for the test and for its interval', () => {
  for (const [n, row] of Object.entries(CRITICAL)) {
    for (const [m, critical] of row) {
      assert.equal(intervalDepth(Number(n), m), critical + 1, `depth for ${n} and ${m}`);
      if (critical >= 0) {
        const at = mannWhitney(...samplesWith(Number(n), m, critical));
        assert.equal(at?.u, critical);
        assert.ok((at?.pValue ?? 1) <= 0.05, `${n} and ${m}: ${at?.pValue}`);
      }
      const beyond = mannWhitney(...samplesWith(Number(n), m, critical + 1));
      assert.ok((beyond?.pValue ?? 0) > 0.05, `${n} and ${m}: ${beyond?.pValue}`);
    }
  }
});

// Permeability of the human chorioamnion at term and at 12 to 26 weeks: Hollander, Wolfe and Chicken, table 4.1 and examples
// 4.1, 4.3 and 4.4; the one-sided p there is 0.1272.
const TERM = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
const EARLY = [1.15, 0.88, 0.9, 0.74, 1.21];

test('the textbook example comes out', () => {
  const found = mannWhitney(EARLY, TERM);
  assert.equal(found?.u, 35);
  assert.equal(found?.method, 'exact');
  close(found?.pValue, 2 * 0.1272, 1e-4);
  assert.equal(mannWhitney(TERM, EARLY)?.u, 15);
  close(mannWhitney(TERM, EARLY)?.pValue, found?.pValue ?? 0, 1e-12);
  // Examples 4.3 and 4.4 state the estimator (0.305) and its interval (from -0.15 to 0.76 at 96 %) for differences.
  const exp = (values: readonly number[]) => values.map(Math.exp);
  const estimate = ratioEstimate(exp(EARLY), exp(TERM), 0.05);
  close(Math.log(estimate?.ratio ?? 0), 0.305);
  close(Math.log(estimate?.low ?? 0), -0.15);
  close(Math.log(estimate?.high ?? 0), 0.76);
});

test('six against six that do not overlap: p = 2 of 924; three against three cannot tell', () => {
  const six = [1, 2, 3, 4, 5, 6];
  const above = six.map((value) => value + 10);
  close(mannWhitney(six, above)?.pValue, 2 / 924, 1e-12);
  close(smallestPValue(6, 6), 2 / 924, 1e-12);
  close(smallestPValue(3, 3), 0.1, 1e-12);
  close(smallestPValue(3, 5), 2 / 56, 1e-12);
  assert.deepEqual(ratioEstimate([1, 2, 3], [2, 4, 6])?.low, null);
});

test('ties are dealt out with their ranks', () => {
  // Ranks 1.5 1.5 3 | 4.5 4.5 6: of 20 ways to choose three of them, one reaches 15 and none goes beyond.
  close(mannWhitney([1, 1, 2], [3, 3, 4])?.pValue, 0.1, 1e-12);
  close(mannWhitney([5, 5, 5, 5], [5, 5, 5, 5])?.pValue, 1, 1e-12);
  assert.equal(mannWhitney([], [1]), null);
});

test('the normal approximation for many values agrees with the exact distribution', () => {
  const random = seededRandom(3);
  const draw = (n: number, shift: number) => Array.from({ length: n }, () => normal(random) + shift);
  const [a, b] = [draw(60, 0), draw(60, 0.35)];
  const exact = mannWhitney(a, b);
  assert.equal(exact?.method, 'exact');
  // Two values amid the others hardly change p, but bring the number above the limit.
  const approximate = mannWhitney([...a, 0.175], [...b, 0.175]);
  assert.equal(approximate?.method, 'normal-approximation');
  close(approximate?.pValue, exact?.pValue ?? 0, 5e-3);
  assert.ok(Math.abs(intervalDepth(60, 60) - intervalDepth(60, 61)) < 40);
});

test('without ties the interval holds 1 exactly where p is above 0.05', () => {
  const random = seededRandom(8);
  for (let round = 0; round < 500; round += 1) {
    const a = Array.from({ length: 4 + (round % 5) }, () => Math.exp(0.1 * normal(random)));
    const b = Array.from({ length: 6 }, () => Math.exp(0.1 * normal(random) + 0.08));
    const estimate = ratioEstimate(a, b);
    assert.ok(estimate !== null && estimate.low !== null && estimate.high !== null);
    assert.equal(estimate.low <= 1 && estimate.high >= 1, (mannWhitney(a, b)?.pValue ?? 0) > 0.05);
  }
});

test('what is zero has no ratio', () => {
  assert.equal(ratioEstimate([0, 1], [1, 2]), null);
  assert.equal(ratioEstimate([], [1, 2]), null);
});

test('the interval covers the true ratio as often as it says, for skewed values too', () => {
  const random = seededRandom(12);
  const rounds = 5000;
  let covered = 0;
  for (let round = 0; round < rounds; round += 1) {
    const draw = (scale: number) => Array.from({ length: 6 }, () => scale * (1 - 0.3 * Math.log(1 - random())));
    const { low, high } = ratioEstimate(draw(1), draw(1.1)) ?? { low: null, high: null };
    if (low !== null && high !== null && low <= 1.1 && 1.1 <= high) covered += 1;
  }
  // Six and six: 1 - 2 · 19/924 = 95.9 %, with a standard error of 0.28 %.
  assert.ok(Math.abs(covered / rounds - 0.959) < 0.009, `${covered / rounds}`);
});
