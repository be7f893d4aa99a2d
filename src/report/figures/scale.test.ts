// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { domainOf, logTicks, scaleFor, whiskerIn } from './scale.ts';

const point = (y: number, low: number | null = null, high: number | null = null) => ({ x: 1, y, low, high });

describe('the scale of an axis', () => {
  it('is logarithmic from a decade on, and never where something is not positive', () => {
    assert.equal(scaleFor([1, 10]), 'log');
    assert.equal(scaleFor([1, 9.99]), 'linear');
    assert.equal(scaleFor([0, 10]), 'linear');
    assert.equal(scaleFor([-1, 10]), 'linear');
    assert.equal(scaleFor([]), 'linear');
  });

  it('is set by medians: an interval of a disturbed machine is cut off, and said to be', () => {
    const points = [point(30, 29, 31), point(32, 28, 60_000)];
    const domain = domainOf(points, 'linear');
    assert.ok(domain[1] < 60, `${domain}`);
    assert.deepEqual(whiskerIn({ low: 28, high: 60_000 }, domain), {
      low: 28,
      high: domain[1],
      cutLow: false,
      cutHigh: true,
    });
    assert.deepEqual(whiskerIn({ low: 29, high: 31 }, domain), { low: 29, high: 31, cutLow: false, cutHigh: false });
    assert.equal(whiskerIn({ low: null, high: null }, domain), null);
    const logarithmic = domainOf([point(0.6, 0, 0.7), point(30, 29, 31)], 'log');
    assert.ok(logarithmic[0] > 0.1 && logarithmic[0] < 0.6, `${logarithmic}`);
    assert.equal(whiskerIn({ low: 0, high: 0.7 }, logarithmic)?.cutLow, true);
  });

  it('holds every value and, where linear, nought', () => {
    const [low, high] = domainOf([point(5), point(9)], 'linear');
    assert.ok(low === 0 && high > 9);
    assert.deepEqual(domainOf([], 'log'), [1, 10]);
  });

  it('has round ticks', () => {
    assert.deepEqual(logTicks([0.4, 12]), [0.5, 1, 2, 5, 10]);
    assert.deepEqual(logTicks([1, 100_000]), [1, 10, 100, 1000, 10_000, 100_000]);
  });
});
