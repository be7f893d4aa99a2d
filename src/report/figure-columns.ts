// SPDX-License-Identifier: Apache-2.0
// The columns of a campaign's table of plain text: what names a row, its figures, and its notes.
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { ioName, type TestCase } from '../model/testcase.ts';
import type { Group } from '../stats/group.ts';
import { type ResultColumn, type ShownColumn, TURN } from './columns/column.ts';
import { type FlagMarks, marksFor } from './flags.ts';
import { parameterColumn } from './parameter-column.ts';
import { resultColumns, shownColumns } from './result-columns.ts';
import type { Column } from './table.ts';
import { clean } from './text.ts';

type FigureColumn = Column<CaseResult>;

export const SWITCH = 'Switch';
export const FRAMEWORK = 'Framework';

/**
 * The columns for measured cases of one dimension. `names` are the parameters that vary; a switch or a framework that all cases have in
 * common has no column.
 * `best` are the cases that are marked.
 */
export function figureColumns(
  { ioTitles }: Pick<CampaignResult, 'ioTitles'>,
  cases: readonly CaseResult[],
  names: readonly (keyof Group)[],
  marks: FlagMarks,
  best: ReadonlySet<CaseResult | null>,
  list: readonly ResultColumn[] = resultColumns,
): FigureColumn[] {
  const style = (one: CaseResult) => (best.has(one) ? 'green' : null);
  return [
    ...only(
      tellsApart(cases, (testCase) => testCase.switch),
      left(SWITCH, (one) => clean(one.case.switch), { style, names: true }),
    ),
    ...only(
      tellsApart(cases, ioName),
      left(FRAMEWORK, (one) => clean(titleOf(one.case, ioTitles)), {
        ...{ style, names: true, yields: TURN.frameworkTitle },
        instead: [left(FRAMEWORK, (one) => clean(ioName(one.case)), { style, names: true })],
      }),
    ),
    ...names.map((name) => parameterColumn<CaseResult>(name)),
    ...shownColumns(cases, list).map(inTable),
    left('Notes', (one) => marksIn(one, marks), { names: true }),
  ];
}

/** Whether cases differ in it; one case alone is named in its row. */
export function tellsApart(cases: readonly CaseResult[], pick: (testCase: TestCase) => string): boolean {
  return cases.length < 2 || new Set(cases.map((one) => pick(one.case))).size > 1;
}

/** The unit stands below the title. */
function inTable({ title, unit, align, cell, yields, instead }: ShownColumn): FigureColumn {
  return {
    title: [title, unit].filter((text) => text !== null).join('\n'),
    align: align ?? 'right',
    cell: (one) => clean(cell(one)),
    ...(yields === undefined ? {} : { yields }),
    ...(yields === TURN.detail ? { detail: true } : {}),
    ...(instead === undefined ? {} : { instead: instead.map(inTable) }),
  };
}

function marksIn(one: CaseResult, marks: FlagMarks): string {
  return marksFor(one, marks)
    .map((mark) => `[${mark}]`)
    .join('');
}

type Rest = Partial<Omit<FigureColumn, 'title' | 'align' | 'cell'>>;

function left(title: string, cell: FigureColumn['cell'], rest: Rest = {}): FigureColumn {
  return { title, align: 'left', cell, ...rest };
}

function only(applies: boolean, column: FigureColumn): FigureColumn[] {
  return applies ? [column] : [];
}

function titleOf(testCase: TestCase, ioTitles: CampaignResult['ioTitles']): string {
  return testCase.port === 'netdev' ? (ioTitles[testCase.io] ?? testCase.io) : ioName(testCase);
}
