// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ladder } from './ladder.ts';

describe('the loads of a search', () => {
  it('are each lower by the width, from the highest to the lowest', () => {
    const ladder = new Ladder({ minPps: 100, maxPps: 1000, widthRatio: 0.1 });
    assert.deepEqual(
      [0, 1, 2].map((level) => ladder.loadPps(level)),
      [1000, 900, 810],
    );
    const last = ladder.loadPps(ladder.levels - 1);
    assert.ok(last >= 100 && last * 0.9 < 100);
  });

  it('are found by a rate: the highest that is not above it', () => {
    const ladder = new Ladder({ minPps: 100, maxPps: 1000, widthRatio: 0.1 });
    assert.deepEqual(
      [5000, 1000, 999, 900, 811, 810, 1].map((pps) => ladder.levelBelow(pps)),
      [0, 0, 1, 1, 2, 2, ladder.levels - 1],
    );
    assert.equal(ladder.levelBelow(Number.POSITIVE_INFINITY), 0);
  });

  it('may be one', () => {
    assert.equal(new Ladder({ minPps: 10, maxPps: 10, widthRatio: 0.005 }).levels, 1);
    for (const odd of [{ minPps: 0 }, { minPps: 11 }, { widthRatio: 0 }, { widthRatio: 1 }, { maxPps: Number.NaN }]) {
      assert.throws(() => new Ladder({ minPps: 10, maxPps: 10, widthRatio: 0.005, ...odd }), RangeError);
    }
  });
});
