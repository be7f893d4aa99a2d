// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { type Column, fitTable, missingLine } from './table.ts';
import { painter } from './text.ts';

interface Row {
  name: string;
  pps: string;
}

const plain = painter(false);
const rows: Row[] = [
  { name: 'ovs', pps: '14.650' },
  { name: 'linux-bridge', pps: '0.339' },
];
const NAME: Column<Row> = { title: 'Switch', align: 'left', cell: ({ name }) => name, names: true };
const PPS: Column<Row> = { title: 'Mpps', align: 'right', cell: ({ pps }) => pps };
const BOUNDS: Column<Row> = {
  ...{ title: '95 %\ninterval', align: 'right', cell: ({ pps }) => `${pps} – ${pps}`, yields: 2 },
  instead: [{ title: '±', align: 'right', cell: () => '1 %' }],
};
const CPU: Column<Row> = { title: 'CPUs', align: 'right', cell: () => '1.00', yields: 1 };
const columns = [NAME, PPS, BOUNDS, CPU];

test('a table has its titles on a line, and its numbers below each other', () => {
  assert.deepEqual(fitTable(rows, columns, 80, plain).lines, [
    '                                 95 %',
    'Switch          Mpps         interval  CPUs',
    '───────────────────────────────────────────',
    'ovs           14.650  14.650 – 14.650  1.00',
    'linux-bridge   0.339    0.339 – 0.339  1.00',
  ]);
});

test('columns give way in their turn, to shorter ones where there are any, and are told', () => {
  const narrower = fitTable(rows, columns, 42, plain);
  assert.deepEqual(narrower.missing, ['CPUs']);
  assert.equal(narrower.columnsNeeded, 43);
  const narrow = fitTable(rows, columns, 36, plain);
  assert.equal(narrow.lines.at(-1), 'linux-bridge   0.339  1 %');
  assert.deepEqual(narrow.missing, ['95 % interval', 'CPUs']);
  assert.match(
    missingLine(narrow, 36, 'the report') ?? '',
    /^Not shown in 36 columns: 95 % interval, CPUs\. A terminal of 43 columns/,
  );
  assert.equal(missingLine(fitTable(rows, columns, 43, plain), 43, 'the report'), null);
});

test('packed, and then in two lines a row: never is a figure broken', () => {
  assert.equal(fitTable(rows, columns, 24, plain).lines.at(-1), 'linux-bridge  0.339 1 %');
  assert.deepEqual(fitTable(rows, columns, 20, plain).lines, [
    'Switch',
    '    Mpps    ±',
    '─────────────',
    'ovs',
    '  14.650  1 %',
    'linux-bridge',
    '   0.339  1 %',
  ]);
});

test('no width between makes a line too long or loses a figure', () => {
  for (let width = 14; width < 60; width += 1) {
    const { lines } = fitTable(rows, columns, width, plain);
    assert.ok(lines.every((line) => stringWidth(line) <= width));
    for (const { pps } of rows) assert.ok(lines.some((line) => line.includes(pps)));
  }
});

test('text is wrapped where it may be, by what a terminal shows of it', () => {
  const titled: Column<Row>[] = [
    { title: 'Title', align: 'left', cell: () => '日本語 two three', wrapsTo: 6 },
    { title: 'n', align: 'right', cell: () => '7' },
  ];
  assert.deepEqual(fitTable(rows.slice(0, 1), titled, 9, plain).lines, [
    'Title   n',
    '─────────',
    '日本語  7',
    'two',
    'three',
  ]);
});

test('lines are drawn above the rows that are named, and colours change nothing else', () => {
  const styled: Column<Row>[] = [{ ...NAME, style: () => 'green' }, PPS];
  const colored = fitTable(rows, styled, 80, painter(true), new Set([1])).lines;
  assert.equal(colored.filter((line) => line.startsWith('─')).length, 2);
  assert.ok(colored.at(-1)?.startsWith('\u001b[32mlinux-bridge'));
  assert.deepEqual(colored.map(stripVTControlCharacters), fitTable(rows, styled, 80, plain, new Set([1])).lines);
});

test('a table of a thousand rows is measured once, whatever its forms', () => {
  let cells = 0;
  const counted: Column<Row> = {
    ...PPS,
    cell: ({ pps }) => {
      cells += 1;
      return pps;
    },
  };
  fitTable(Array.from({ length: 1000 }, () => rows).flat(), [NAME, counted, BOUNDS, CPU], 20, plain);
  assert.equal(cells, 2000);
});
