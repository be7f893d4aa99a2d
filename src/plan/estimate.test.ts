// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cases, orderOf, overheads, testCase, timing } from '../../test/fixtures/estimated.ts';
import { estimateMs, formatDuration, OVERHEADS_DEFAULT } from './estimate.ts';

describe('estimateMs', () => {
  it('counts a switch start only where another switch is needed', () => {
    assert.equal(estimateMs(orderOf(0, 1, 0), cases, timing, overheads), 3 * 3600 + 10);
    assert.equal(estimateMs(orderOf(0, 2, 0), cases, timing, overheads), 3 * 3600 + 30);
    assert.equal(estimateMs(orderOf(0, 3), cases, timing, overheads), 2 * 3600 + 20);
  });

  it('expects of a warm-up that finds its own end what it takes where all is quiet', () => {
    const auto = { ...timing, warmupMs: 30_000, warmupAuto: true };
    assert.equal(estimateMs(orderOf(0), cases, auto, overheads), 3000 + 3000 + 100 + 10);
  });

  it('counts announcements and the time that a switch is left alone', () => {
    const told = [
      testCase({ macs: 2001, announceRatePps: 1000, idleMs: 500 }),
      testCase({ macs: 1, announceRatePps: 1 }),
    ];
    assert.equal(estimateMs(orderOf(0), told, timing, overheads), 3610 + 2000 + 500);
    assert.equal(estimateMs(orderOf(1), told, timing, overheads), 3610);
  });

  it('counts the search of a burst in each trial, and that for the rate of a churn once', () => {
    const own = [
      testCase({ dimension: 'burst' }),
      testCase({ dimension: 'churn' }),
      testCase({ dimension: 'churn', rate: 1000 }),
    ];
    assert.equal(estimateMs(orderOf(0, 0), own, timing, overheads), 2 * (3600 + 8000) + 10);
    assert.equal(estimateMs(orderOf(1, 1), own, timing, overheads), 2 * 3600 + 15_000 + 10);
    assert.equal(estimateMs(orderOf(2), own, timing, overheads), 3610);
  });

  it('is that of the testbed which needs longest', () => {
    const spread = [testCase({}), testCase({ testbed: 'lab' }), testCase({ testbed: 'lab', switch: 'b' })];
    assert.equal(estimateMs(orderOf(0, 1, 0, 1), spread, timing, overheads), 2 * 3600 + 10);
    assert.equal(estimateMs(orderOf(0, 1, 2), spread, timing, overheads), 2 * 3600 + 20);
  });

  it('adds up testbeds that take turns', () => {
    const spread = [testCase({}), testCase({ testbed: 'netns' }), testCase({ testbed: 'lab' })];
    const here = (testbed: string) => (testbed === 'lab' ? 'lab' : 'here');
    assert.equal(estimateMs(orderOf(0, 1, 2), spread, timing, overheads, here), 2 * 3610);
  });

  it('is nothing for nothing, and has defaults', () => {
    assert.equal(estimateMs([], cases, timing), 0);
    const { trialMs, switchStartMs } = OVERHEADS_DEFAULT;
    assert.equal(estimateMs(orderOf(0), cases, timing), 3500 + trialMs + switchStartMs);
  });
});

describe('formatDuration', () => {
  const texts: [number, string][] = [
    [-5, '0 s'],
    [0, '0 s'],
    [0.4, '0 s'],
    [1, '1 ms'],
    [350.2, '350 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [1499, '1 s'],
    [52_000, '52 s'],
    [59_600, '1 min'],
    [60_000, '1 min'],
    [112_000, '1 min 52 s'],
    [3_571_000, '59 min 31 s'],
    [3_599_700, '1 h'],
    [7_500_000, '2 h 5 min'],
    // 1 h 59 min 40 s.
    [7_180_000, '2 h'],
    [86_400_000, '1 d'],
    [97_200_000, '1 d 3 h'],
  ];
  for (const [ms, expected] of texts)
    it(`writes ${ms} ms as ${expected}`, () => assert.equal(formatDuration(ms), expected));
});
