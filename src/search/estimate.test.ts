// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { estimatePps } from './estimate.ts';
import { NDR, PDR, RFC2544 } from './goal.ts';

const trial = (loadPps: number, lossRatio: number, durationMs = 1000) => ({ loadPps, lossRatio, durationMs });

describe('the estimate of a load', () => {
  it('is what was forwarded, and as much more as may be lost', () => {
    const overload = [trial(1000, 0.5), trial(2000, 0.75)];
    assert.equal(estimatePps(overload, NDR), 500);
    assert.equal(estimatePps(overload, PDR), 500 / 0.995);
  });

  it('is infinite where nothing was lost', () => {
    assert.equal(estimatePps([], NDR), Number.POSITIVE_INFINITY);
    assert.equal(estimatePps([trial(100, 0), trial(200, 0)], NDR), Number.POSITIVE_INFINITY);
  });

  it('takes a trial without loss for one that would have forwarded more', () => {
    // By Kaplan and Meier: 1/3 of the whole time below 600; of the rest, of which one part is known to be above 650, all at 900.
    const mixed = [trial(1000, 0.4), trial(650, 0), trial(1000, 0.1)];
    assert.equal(estimatePps(mixed, NDR), 900);
    assert.equal(estimatePps(mixed, { ...NDR, exceedRatio: 0.3 }), 600);
    assert.equal(estimatePps(mixed, RFC2544), 600);
  });

  it('weighs trials by their length', () => {
    assert.equal(estimatePps([trial(1000, 0.5, 3000), trial(1000, 0.2)], NDR), 500);
    assert.equal(estimatePps([trial(1000, 0.5), trial(1000, 0.2, 3000)], NDR), 800);
  });

  it('rests on the loads near it as soon as there are some', () => {
    // Under overload it forwards less.
    const far = Array.from({ length: 4 }, () => trial(10_000, 0.91));
    const near = Array.from({ length: 3 }, () => trial(925, 0.01));
    assert.equal(Math.round(estimatePps([...far, ...near.slice(1)], NDR) ?? 0), 900);
    assert.equal(Math.round(estimatePps([...far, ...near], NDR) ?? 0), 916);
  });
});
