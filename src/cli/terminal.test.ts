// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { lineWidth, terminalOf } from './terminal.ts';

const { COLUMNS } = process.env;
after(() => {
  if (COLUMNS === undefined) delete process.env.COLUMNS;
  else process.env.COLUMNS = COLUMNS;
});

const terminal = { isTTY: true, columns: 72, hasColors: () => true };
const pipe = { isTTY: false, columns: Number.NaN, hasColors: () => true };

test('a terminal knows its own width, and has colours where it can', () => {
  process.env.COLUMNS = '200';
  assert.deepEqual(terminalOf(terminal), { columns: 72, color: true });
  assert.deepEqual(terminalOf({ ...terminal, hasColors: () => false }), { columns: 72, color: false });
});

test('what is no terminal, or does not know its width, is as wide as COLUMNS says, or 100', () => {
  process.env.COLUMNS = '200';
  assert.deepEqual(terminalOf(pipe), { columns: 200, color: false });
  assert.equal(terminalOf({ ...terminal, columns: 0 }).columns, 200);
  for (const none of ['', 'wide', '0', '-3']) {
    process.env.COLUMNS = none;
    assert.equal(terminalOf(pipe).columns, 100, none);
  }
});

test('lines in a log are as long as they come', () => {
  process.env.COLUMNS = '80';
  assert.equal(lineWidth(terminal), 72);
  assert.equal(lineWidth(pipe), Number.POSITIVE_INFINITY);
});
