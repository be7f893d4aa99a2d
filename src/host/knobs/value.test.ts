// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonical, cpusOfMask, maskOf, sameValue } from './value.ts';

test('spellings of one value are the same, and those of two are not', () => {
  for (const [a, b] of [
    ['[always] madvise never\n', 'always'],
    ['00000000,000000ff', 'ff'],
    ['0', '00000000'],
    ['1\n', '1'],
    ['0-3,8', '0-3,8\n'],
  ] as const) {
    assert.ok(sameValue(a, b), `${a} and ${b}`);
  }
  for (const [a, b] of [
    ['[always] madvise never', 'madvise'],
    ['1,00000000', '1'],
    ['0,8', '08'],
    ['10', '1'],
  ] as const) {
    assert.ok(!sameValue(a, b), `${a} and ${b}`);
  }
  assert.equal(canonical('performance'), 'performance');
});

test('masks are groups of 32 CPUs, the highest first', () => {
  assert.equal(maskOf([]), '0');
  assert.equal(maskOf([0, 3]), '9');
  assert.equal(maskOf([32]), '1,00000000');
  assert.equal(maskOf([31, 95]), '80000000,00000000,80000000');
  for (const cpus of [[], [0], [31, 32], [5, 63, 64, 127]]) assert.deepEqual(cpusOfMask(maskOf(cpus)), cpus);
});
