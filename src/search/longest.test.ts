// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LongestPlan, longest } from './longest.ts';

const PLAN: LongestPlan = { shortest: 64, longest: 100_000, step: 8, widthRatio: 0.02 };

async function search(limit: number, plan: Partial<LongestPlan> = {}) {
  const asked: number[] = [];
  const bounds = await longest({ ...PLAN, ...plan }, async (length) => {
    asked.push(length);
    return length <= limit;
  });
  return { ...bounds, asked };
}

describe('longest', () => {
  it('finds every limit within the width, or a step', async () => {
    for (let limit = 64; limit < 100_000; limit = Math.ceil(limit * 1.013)) {
      const { lower, upper, asked } = await search(limit);
      assert.ok(lower !== null && upper !== null, `${limit}`);
      assert.ok(lower <= limit && limit < upper, `${lower} ${limit} ${upper}`);
      assert.ok(upper - lower <= Math.max(8, 0.02 * upper) + 8, `${lower} ${upper}`);
      assert.equal(new Set(asked).size, asked.length);
      assert.ok(asked.length <= 18, asked.join());
      assert.ok(
        asked.every((length) => length % 8 === 0),
        asked.join(),
      );
    }
  });

  it('says where there is no limit among those that it may try, and where even the shortest is beyond it', async () => {
    assert.deepEqual(await search(1e9, { longest: 1000 }), {
      ...{ lower: 1000, upper: null },
      asked: [64, 128, 256, 512, 1000],
    });
    assert.deepEqual(await search(63), { lower: null, upper: 64, asked: [64] });
    assert.deepEqual(await search(1e9, { longest: 10 }), { lower: 64, upper: null, asked: [64] });
  });
});
