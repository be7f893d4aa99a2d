// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normal, seededRandom } from '../../test/fixtures/campaign.ts';
import { meanInterval, medianInterval, medianRanks, student975 } from './interval.ts';

// Lower rank for n = 6 to 30: one more than the two-sided 5 % critical value of the sign test, as tabulated in
// Conover, Practical Nonparametric Statistics, and ISO 16269-7.
const LOW_RANKS = [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 8, 8, 8, 9, 9, 10];

// Coverage in percent, from a printed table of confidence intervals for the median (n, low, high, percent).
const COVERAGES: [number, number, number, number][] = [
  [6, 1, 6, 96.9],
  [7, 1, 7, 98.4],
  [8, 1, 8, 99.2],
  [9, 2, 8, 96.1],
  [10, 2, 9, 97.9],
  [11, 2, 10, 98.8],
  [12, 3, 10, 96.1],
  [13, 3, 11, 97.8],
  [15, 4, 12, 96.5],
  [16, 4, 13, 97.9],
  [17, 5, 13, 95.1],
  [18, 5, 14, 96.9],
  [19, 5, 15, 98.1],
  [20, 6, 15, 95.9],
];

test('ranks agree with the published table for n = 6 to 30', () => {
  assert.deepEqual(
    LOW_RANKS.map((_, index) => medianRanks(6 + index).low),
    LOW_RANKS,
  );
  for (const [n, low, high, percent] of COVERAGES) {
    const ranks = medianRanks(n);
    assert.deepEqual([ranks.low, ranks.high], [low, high], `n = ${n}`);
    assert.ok(Math.abs(ranks.coverage * 100 - percent) < 0.06, `coverage for n = ${n}: ${ranks.coverage}`);
  }
  assert.equal(medianRanks(6).coverage, 0.96875);
});

test('many trials neither underflow nor lose the symmetry', () => {
  // For large n the lower rank tends to n/2 − 0.98 √n.
  const { low, high, coverage } = medianRanks(10_000);
  assert.equal(low + high, 10_001);
  assert.ok(Math.abs(low - (5000 - 98)) <= 2, `low = ${low}`);
  assert.ok(coverage >= 0.95 && coverage < 0.96, `coverage = ${coverage}`);
});

test('six trials: the whole range', () => {
  assert.deepEqual(medianInterval([6, 1, 5, 2, 4, 3]), {
    median: 3.5,
    ciLow: 1,
    ciHigh: 6,
    method: 'order-statistics',
    trials: 6,
  });
});

test('nine trials: the second and the eighth', () => {
  const interval = medianInterval([9, 8, 7, 6, 5, 4, 3, 2, 1]);
  assert.equal(interval?.ciLow, 2);
  assert.equal(interval?.ciHigh, 8);
});

test('two to five trials: Student about the mean', () => {
  // Mean 12, standard deviation 2, t = 4.3027, so 12 ± 4.3027 · 2 / √3.
  const interval = medianInterval([10, 12, 14]);
  assert.equal(interval?.method, 'student-t');
  assert.ok(Math.abs((interval?.ciLow ?? 0) - 7.0317) < 1e-3);
  assert.ok(Math.abs((interval?.ciHigh ?? 0) - 16.9683) < 1e-3);
});

test('Student bounds contain the median and do not fall below 0', () => {
  const random = seededRandom(5);
  for (let round = 0; round < 2000; round += 1) {
    const values = Array.from({ length: 2 + (round % 4) }, () => Math.exp(4 * normal(random)));
    const interval = medianInterval(values);
    assert.ok(interval !== null && interval.ciLow !== null && interval.ciHigh !== null);
    assert.ok(interval.ciLow >= 0 && interval.ciLow <= interval.median && interval.median <= interval.ciHigh);
  }
  assert.ok((medianInterval([-1, 1])?.ciLow ?? 0) < -1);
});

test('one trial has no bounds, none has no interval', () => {
  assert.deepEqual(medianInterval([5]), { median: 5, ciLow: null, ciHigh: null, method: 'none', trials: 1 });
  assert.equal(medianInterval([]), null);
});

/** Ratio of samples whose interval holds the true median. */
function coverage(n: number, draw: () => number, trueMedian: number): number {
  const rounds = 20_000;
  let covered = 0;
  for (let round = 0; round < rounds; round += 1) {
    const interval = medianInterval(Array.from({ length: n }, draw));
    const { ciLow, ciHigh } = interval ?? { ciLow: null, ciHigh: null };
    if (ciLow !== null && ciHigh !== null && ciLow <= trueMedian && trueMedian <= ciHigh) covered += 1;
  }
  return covered / rounds;
}

// 20 000 rounds give a standard error of 0.15 %; the generator is seeded, so the outcome is always the same.
test('simulated coverage is what theory says, for any distribution', () => {
  const random = seededRandom(20260301);
  for (const n of [6, 7, 9, 12, 20]) {
    const expected = medianRanks(n).coverage;
    const logNormal = coverage(n, () => Math.exp(2 * normal(random)), 1);
    const uniform = coverage(n, random, 0.5);
    assert.ok(Math.abs(logNormal - expected) < 0.006, `log-normal, n = ${n}: ${logNormal}, not ${expected}`);
    assert.ok(Math.abs(uniform - expected) < 0.006, `uniform, n = ${n}: ${uniform}, not ${expected}`);
  }
});

test('simulated coverage of the Student intervals for normal values is 95 %', () => {
  const random = seededRandom(11);
  for (const n of [2, 3, 4, 5]) {
    const ratio = coverage(n, () => 100 + normal(random), 100);
    assert.ok(ratio > 0.944 && ratio < 0.965, `n = ${n}: ${ratio}`);
  }
});

test('the mean has the interval of Student’s t', () => {
  // Quantiles of NIST/SEMATECH e-Handbook, 1.3.6.7.2.
  for (const [freedom, quantile] of [
    [1, 12.706],
    [4, 2.776],
    [5, 2.571],
    [7, 2.365],
    [10, 2.228],
    [29, 2.045],
    [100, 1.984],
  ] as const) {
    assert.ok(Math.abs(student975(freedom) - quantile) < 0.003, `${freedom}: ${student975(freedom)}`);
  }
  // Of 1 to 6: mean 3.5, standard deviation 1.8708, standard error 0.76376, half width 1.9633.
  const interval = meanInterval([1, 2, 3, 4, 5, 6]);
  assert.ok(Math.abs((interval?.ciLow ?? 0) - 1.537) < 0.003 && Math.abs((interval?.ciHigh ?? 0) - 5.463) < 0.003);
  assert.deepEqual(meanInterval([4]), { median: 4, ciLow: null, ciHigh: null, method: 'none', trials: 1 });
  assert.equal(meanInterval([]), null);
});
