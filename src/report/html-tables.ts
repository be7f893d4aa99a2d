// SPDX-License-Identifier: Apache-2.0
// The tables of results, as the page has them.
import type { ComponentChild } from 'preact';
import { PARAMETERS } from '../model/parameters.ts';
import type { CampaignResult, CaseResult } from '../model/result.ts';
import type { Group } from '../stats/group.ts';
import { nameCell } from './case-cells.ts';

import { headingOf, type ResultColumn, type ShownColumn } from './columns/column.ts';
import { type Column, dataTable } from './data-table.ts';
import { type FlagMarks, flagMarks, marksFor } from './flags.ts';
import { capital, parameters } from './format.ts';
import { resultColumns, shownColumns } from './result-columns.ts';
import { type ResultTable, resultTablesOf } from './result-tables.ts';

/** The measured cases, a table for each testbed and dimension, group by group and best first; of each at most so many. */
export function resultTables(
  result: CampaignResult,
  winners: ReadonlySet<CaseResult>,
  list: readonly ResultColumn[] = resultColumns,
  rowsMax = Number.POSITIVE_INFINITY,
): ComponentChild[] {
  const marks = flagMarks(result.results);
  return resultTablesOf(result).map((table) =>
    dataTable({
      caption: capital(table.constant),
      bodies: firstOf(table.bodies, rowsMax),
      rowClass: (one: CaseResult) => (winners.has(one) ? 'won' : ''),
      columns: columnsOf(result, table, marks, list),
    }),
  );
}

/** As many rows as that, from the first on. */
function firstOf(bodies: CaseResult[][], rowsMax: number): CaseResult[][] {
  let left = rowsMax;
  return bodies.flatMap((body) => {
    const shown = body.slice(0, Math.max(0, left));
    left -= body.length;
    return shown.length === 0 ? [] : [shown];
  });
}

function columnsOf(
  result: CampaignResult,
  { names, bodies }: ResultTable,
  marks: FlagMarks,
  list: readonly ResultColumn[],
): Column<CaseResult>[] {
  return [
    { title: 'Switch · framework', cell: (one) => nameCell(result, one) },
    ...names.map((name) => parameterColumn(name)),
    ...shownColumns(bodies.flat(), list).map(onPage),
    { title: 'Notes', cell: (one) => marksFor(one, marks).join(', ') },
  ];
}

function parameterColumn(name: keyof Group): Column<CaseResult> {
  return {
    title: PARAMETERS[name].title,
    cell: ({ case: testCase }) => parameters(testCase)[name].replace(/^.* = /, ''),
  };
}

function onPage(column: ShownColumn): Column<CaseResult> {
  return {
    title: headingOf(column),
    number: column.align !== 'left',
    key: column.decides === true,
    cell: column.cell,
  };
}
