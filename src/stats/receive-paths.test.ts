// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { receivePathFlags } from './receive-paths.ts';

describe('ways in which packets come', () => {
  it('are told where they cost more than one would think', () => {
    assert.deepEqual(receivePathFlags(['filter']), ['received-twice']);
    assert.deepEqual(receivePathFlags(['copy+timer', 'copy']), ['copied', 'polled-by-timer']);
    assert.deepEqual(receivePathFlags(['generic+busy']), ['generic-xdp']);
  });
  it('are not where they are the best of their kind', () => {
    assert.deepEqual(receivePathFlags(['tcx', 'zero-copy', 'zero-copy+busy']), []);
    assert.deepEqual(receivePathFlags([]), []);
  });
});
