// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { burstObstacles } from './burst.ts';

describe('burstObstacles', () => {
  it('refuses a pace and other trains for bursts alone', () => {
    assert.deepEqual(burstObstacles({ dimension: 'burst', rate: 'max', arrivals: 'regular' }), []);
    assert.deepEqual(burstObstacles({ dimension: 'throughput', rate: 1000, arrivals: 'poisson' }), []);
    assert.match(burstObstacles({ dimension: 'burst', rate: 1000, arrivals: 'regular' }).join(), /leave out -R/);
    assert.match(burstObstacles({ dimension: 'burst', rate: 'max', arrivals: 'poisson' }).join(), /leave out --arr/);
  });
});
