// SPDX-License-Identifier: Apache-2.0
// The table of all paths: a row a switch and framework, on a terminal and as Markdown.

import { CLASS_ENTRIES } from '../model/framework-class.ts';
import type { CaseResult, Interval } from '../model/result.ts';
import { ioName } from '../model/testcase.ts';
import type { PathRow } from '../stats/paths.ts';
import { bounds, inScale, MICROSECONDS, percentLost, ppsScale, type Scale, varying } from './format.ts';
import { markdownTable } from './markdown.ts';
import { parameterColumn } from './parameter-column.ts';
import { type Column, fitTable, missingLine } from './table.ts';
import { clean, type Paint, wrap } from './text.ts';

export function pathTable(rows: readonly PathRow[], columns: number, paint: Paint): string[] {
  const fitted = fitTable(rows, pathColumns(rows), columns, paint);
  const missing = missingLine(fitted, columns, 'vswbench advise --markdown');
  const notes = [...(rows.some(isLarge) ? [LARGE] : []), ...(missing === null ? [] : [missing])];
  const told = notes.flatMap((note) => wrap(note, columns, 2)).map((line) => paint(line, 'dim'));
  return [...fitted.lines, ...(told.length === 0 ? [] : ['', ...told])];
}

const LARGE = '* as super-packets, one for a burst: not ranked with others';

function isLarge(row: PathRow): boolean {
  return row.class === 'super-packets';
}

/** The same as a table of Markdown, in lines. */
export function pathMarkdown(rows: readonly PathRow[]): string[] {
  return markdownTable(pathColumns(rows), rows);
}

function pathColumns(rows: readonly PathRow[]): Column<PathRow>[] {
  const scale = ppsScale(rows.flatMap(({ throughputPps }) => throughputPps?.median ?? []));
  const names = varying(rows.map(({ group }) => group));
  const told = (figure: Interval | null, unit: Scale) => (figure === null ? '–' : inScale(figure.median, unit));
  return [
    { title: 'Switch', align: 'left', cell: ({ result }) => clean(result.case.switch), names: true },
    { title: 'Framework', align: 'left', cell: frameworkOf, names: true },
    { title: 'Class', align: 'left', cell: (row) => CLASS_ENTRIES[row.class].title, yields: 2 },
    ...names.map((name): Column<PathRow> => {
      const { cell, ...column } = parameterColumn<CaseResult>(name);
      return { title: column.title, align: column.align, cell: ({ result }) => cell(result) };
    }),
    { title: scale.unit, align: 'right', cell: ({ throughputPps }) => told(throughputPps, scale) },
    {
      ...{ title: '95 % interval', align: 'right', yields: 1 },
      cell: ({ throughputPps }) => (throughputPps === null ? '' : bounds(throughputPps, scale)),
    },
    { title: 'CPUs', align: 'right', cell: ({ cpus }) => cpus?.toFixed(2) ?? '–' },
    { title: 'RTT p50\nµs', align: 'right', cell: ({ rttP50Ns }) => told(rttP50Ns, MICROSECONDS) },
    { title: 'p99.9\nµs', align: 'right', cell: ({ rttP999Ns }) => told(rttP999Ns, MICROSECONDS) },
    {
      title: 'Loss',
      align: 'right',
      cell: ({ throughputPps, lossRatio }) => (throughputPps === null ? '' : percentLost(lossRatio)),
    },
    { title: 'where lost,\nor why not measured', align: 'left', cell: reasonOf, wrapsTo: 20, yields: 3 },
  ];
}

function frameworkOf(row: PathRow): string {
  return clean(`${ioName(row.result.case)}${isLarge(row) ? ' *' : ''}`);
}

function reasonOf({ lossRatio, lostAt, reasons }: PathRow): string {
  return clean([...((lossRatio ?? 0) > 0 && lostAt !== null ? [lostAt] : []), ...reasons].join('; '));
}
