// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { normal, seededRandom } from '../../test/fixtures/campaign.ts';
import { hasTrend } from './trend.ts';

/** Of 2000 series of 20 values around these, the share that is said to have a trend. */
function share(series: (index: number) => number): number {
  const random = seededRandom(11);
  const found = Array.from({ length: 2000 }, () =>
    hasTrend(Array.from({ length: 20 }, (_, index) => series(index) + normal(random))),
  );
  return found.filter((one) => one).length / found.length;
}

describe('a trend', () => {
  it('is found in noise alone in one of twenty series', () => {
    const found = share(() => 100);
    assert.ok(found > 0.03 && found < 0.06, String(found));
  });
  it('is found where the figure goes up or down by some times its noise', () => {
    assert.ok(share((index) => index / 5) > 0.99);
    assert.ok(share((index) => -index / 5) > 0.99);
  });
  it('is found where it steps up in its middle, or dies away', () => {
    assert.ok(share((index) => (index < 10 ? 0 : 10)) > 0.99);
    assert.ok(share((index) => -10 * Math.exp(-index / 7)) > 0.99);
  });
  it('needs no noise to be told, and is not made of ties', () => {
    const steps = Array.from({ length: 20 }, (_, index) => index);
    assert.equal(hasTrend(steps), true);
    assert.equal(hasTrend(steps.toReversed()), true);
    assert.equal(hasTrend(steps.map(() => 7)), false);
    assert.equal(hasTrend(steps.map((index) => index % 2)), false);
  });
  it('is not told of fewer than ten values', () => {
    assert.equal(hasTrend([1, 2, 3, 4, 5, 6, 7, 8, 9]), false);
    assert.equal(hasTrend([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), true);
  });
});
