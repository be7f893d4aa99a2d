// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { switchOf } from '../../test/fixtures/search-switches.ts';
import { binarySearch, SIXTY_SECONDS } from './binary.ts';
import type { Measure } from './trial.ts';

const PLAN = { minPps: 1000, maxPps: 1_000_000, ...SIXTY_SECONDS, repeats: 0 };

describe('a binary search', () => {
  it('halves until the bounds are near enough, a minute each', async () => {
    const { lowerPps, upperPps, measuredMs } = await binarySearch(
      PLAN,
      switchOf(() => 654_321),
    );
    assert.ok(lowerPps !== null && upperPps !== null && lowerPps <= 654_321 && upperPps > 654_321);
    assert.ok(1 - lowerPps / upperPps <= 0.005);
    // 999 000 packets/s, halved nine times, are less than 0.5 % of that; and the highest load itself.
    assert.equal(measuredMs, 10 * 60_000);
  });

  it('ends where nothing is too much, or all is', async () => {
    const fast = await binarySearch(
      PLAN,
      switchOf(() => 1e9),
    );
    assert.deepEqual(fast, { lowerPps: 1_000_000, upperPps: null, measuredMs: 60_000 });
    const { lowerPps } = await binarySearch(
      PLAN,
      switchOf(() => 1),
    );
    assert.equal(lowerPps, null);
  });

  it('believes a loss once it was seen again, where it is to be verified', async () => {
    const tried = new Set<number>();
    // The first trial of each load loses something for no reason.
    const measure: Measure = async (loadPps) => {
      const lossRatio = tried.has(loadPps) ? Math.max(0, 1 - 654_321 / loadPps) : 0.001;
      tried.add(loadPps);
      return { kind: 'measured', lossRatio };
    };
    assert.equal((await binarySearch(PLAN, measure)).lowerPps, null);
    tried.clear();
    const { lowerPps } = await binarySearch({ ...PLAN, repeats: 1 }, measure);
    assert.ok(lowerPps !== null && lowerPps > 650_000 && lowerPps <= 654_321);
  });

  it('takes a load that cannot be offered for too much', async () => {
    const { lowerPps, upperPps } = await binarySearch(PLAN, async (loadPps) =>
      loadPps > 500_000 ? { kind: 'not-reached', reachedPps: 500_000 } : { kind: 'measured', lossRatio: 0 },
    );
    assert.ok(lowerPps !== null && lowerPps <= 500_000 && upperPps !== null && upperPps > 500_000);
  });
});
