// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sparkline } from './sparkline.ts';

test('each value has its height between nothing and the most', () => {
  assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 7, 20), '▁▂▃▄▅▆▇█');
  assert.equal(sparkline([7, 0, 14, -1], 7, 20), '█▁█▁');
});

test('more values than there is room for are put together, and none is left out', () => {
  assert.equal(sparkline([0, 0, 7, 7], 7, 2), '▁█');
  // 0 and 7 are 3.5 in the mean, which is half way up.
  assert.equal(sparkline([0, 7, 7, 7], 7, 2), '▅█');
  assert.equal(sparkline([7, 7, 7, 7, 7], 7, 3), '███');
});

test('where there is nothing, or nothing but nothing, it is flat', () => {
  assert.equal(sparkline([], 7, 10), '');
  assert.equal(sparkline([0, 0], 0, 10), '▁▁');
});
