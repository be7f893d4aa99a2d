// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { directionObstacles } from './direction.ts';

describe('directions', () => {
  for (const direction of ['one', 'both'] as const) {
    it(`throughput is measured in ${direction}`, () => {
      assert.deepEqual(directionObstacles({ dimension: 'throughput', direction }), []);
    });
  }
  it('round trips are not measured in both, which has a mend', () => {
    assert.deepEqual(directionObstacles({ dimension: 'latency', direction: 'one' }), []);
    assert.match(directionObstacles({ dimension: 'latency', direction: 'both' }).join(), /give --direction one/);
  });
});
