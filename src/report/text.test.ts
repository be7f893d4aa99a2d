// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { broken, clean, wrap, wrapParts } from './text.ts';

test('lines are broken at spaces, and those after the first are indented', () => {
  assert.deepEqual(wrap('one two three', 8, 2), ['one two', '  three']);
  assert.deepEqual(wrap('a-word-that-is-too-long b', 8, 0), ['a-word-that-is-too-long', 'b']);
  assert.deepEqual(wrap('', 8, 0), ['']);
});

test('a figure keeps its unit, and a parameter its value', () => {
  assert.deepEqual(wrap('it is at most 5 % of it', 15, 0), ['it is at most', '5 % of it']);
  assert.deepEqual(wrap('P = 64 B, R = max', 12, 0), ['P = 64 B,', 'R = max']);
  assert.deepEqual(wrap('took 14.65 Mpps. The', 10, 0), ['took', '14.65 Mpps.', 'The']);
  // A word that only begins as a unit does is none.
  assert.deepEqual(wrap('of 12 still 3 to', 6, 0), ['of 12', 'still', '3 to']);
});

test('a letter of double width takes two columns', () => {
  assert.deepEqual(wrap('日本 日本', 8, 0), ['日本', '日本']);
  assert.deepEqual(wrap('日本 日本', 9, 0), ['日本 日本']);
});

test('in a column even a word is broken, and nothing of it lost', () => {
  assert.deepEqual(broken('ab abcdefg', 3), ['ab', 'abc', 'def', 'g']);
  assert.deepEqual(broken('日本語', 4), ['日本', '語']);
});

test('parts stay whole where a line has room for one', () => {
  assert.deepEqual(wrapParts(['[1/2] ovs', '1.2 Mpps, 0 % lost', '3 s left'], 30, 6), [
    '[1/2] ovs  1.2 Mpps, 0 % lost',
    '      3 s left',
  ]);
  assert.deepEqual(wrapParts(['a', '', 'b'], 30, 6), ['a  b']);
});

test('free text has one line, and nothing that drives a terminal', () => {
  assert.equal(clean('a\n\tb\u001b[31m\u0007c'), 'a b[31mc');
});
