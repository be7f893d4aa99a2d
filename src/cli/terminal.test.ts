// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { lineWidth, terminalOf } from './terminal.ts';

const { COLUMNS, FORCE_COLOR, NO_COLOR } = process.env;
before(() => {
  delete process.env.FORCE_COLOR;
  delete process.env.NO_COLOR;
});
after(() => {
  for (const [name, value] of Object.entries({ COLUMNS, FORCE_COLOR, NO_COLOR })) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
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

test('a table in a pipe is as wide as it comes, unless COLUMNS says how wide', () => {
  process.env.COLUMNS = '';
  assert.equal(terminalOf(pipe).tableColumns, Number.POSITIVE_INFINITY);
  process.env.COLUMNS = '80';
  assert.equal(terminalOf(pipe).tableColumns, undefined);
  assert.equal(terminalOf(terminal).tableColumns, undefined);
});

test('a pipe has colours only where they are forced', () => {
  for (const [value, color] of Object.entries({ '1': true, '': true, true: true, '0': false, false: false })) {
    process.env.FORCE_COLOR = value;
    assert.equal(terminalOf(pipe).color, color, `FORCE_COLOR=${value}`);
  }
  delete process.env.FORCE_COLOR;
  assert.equal(terminalOf(pipe).color, false);
});

test('NO_COLOR outdoes all else, where it is not empty', () => {
  process.env.FORCE_COLOR = '1';
  process.env.NO_COLOR = '';
  assert.deepEqual([terminalOf(terminal).color, terminalOf(pipe).color], [true, true]);
  process.env.NO_COLOR = '1';
  assert.deepEqual([terminalOf(terminal).color, terminalOf(pipe).color], [false, false]);
});

test('lines in a log are as long as they come', () => {
  process.env.COLUMNS = '80';
  assert.equal(lineWidth(terminal), 72);
  assert.equal(lineWidth(pipe), Number.POSITIVE_INFINITY);
});
