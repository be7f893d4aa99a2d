// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Counter, grownBy, grownByOrNull } from './counter.ts';
import { HostError } from './host.ts';

const BEYOND = 2n ** 63n;

describe('what a counter has grown by', () => {
  const CASES: [string, Counter, Counter, number][] = [
    ['as numbers', 5, 12, 7],
    ['not at all', BEYOND, BEYOND, 0],
    ['beyond 2^53, where numbers are 1024 apart', BEYOND + 1n, BEYOND + 4n, 3],
    ['from a number to a bigint', 5, 12n, 7],
    ['from a bigint to a number', 5n, 12, 7],
  ];
  for (const [what, earlier, later, grown] of CASES) {
    it(what, () => {
      assert.equal(grownBy('packets', earlier, later), grown);
      assert.equal(grownByOrNull(earlier, later), grown);
    });
  }
  it('is not negative: the counter is named, or done without', () => {
    assert.throws(
      () => grownBy('rx bytes of eth0', 2n ** 32n - 1n, 7n),
      new HostError('rx bytes of eth0 ran backwards, from 4294967295 to 7: it wrapped, or was begun anew'),
    );
    assert.equal(grownByOrNull(12, 5), null);
  });
});
