// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeMarkdown, markdownTable } from './markdown.ts';

test('nothing in a cell is markup, ends the cell or begins a line', () => {
  assert.equal(
    escapeMarkdown('a|b *c* _d_ `e` <f> [g](h) ~i~ $j$ &lt; \\'),
    ['a\\|b \\*c\\* \\_d\\_ \\`e\\` \\<f\\> \\[g\\](h) \\~i\\~ \\$j\\$ \\&lt; \\\\'].join(),
  );
  assert.equal(escapeMarkdown('one\ntwo\u001b[31m'), 'one two\\[31m');
});

test('a table has a line for its titles, one that aligns its columns, and one for each row', () => {
  const rows = [
    { name: 'a|b', value: 1 },
    { name: 'c', value: 22 },
  ];
  assert.deepEqual(
    markdownTable<(typeof rows)[number]>(
      [
        { title: 'Switch', align: 'left', cell: ({ name }) => name },
        { title: 'RTT p50\nµs', align: 'right', cell: ({ value }) => String(value) },
      ],
      rows,
    ),
    ['| Switch | RTT p50 µs |', '|---|--:|', '| a\\|b | 1 |', '| c | 22 |'],
  );
});
