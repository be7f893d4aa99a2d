// SPDX-License-Identifier: Apache-2.0
// The results of a campaign for a text: tables of Markdown and of LaTeX, each with its caption.
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { ioName } from '../model/testcase.ts';

import type { ResultColumn } from './columns/column.ts';
import { figureColumns, tellsApart } from './figure-columns.ts';
import { caption } from './figures/caption.ts';
import { type FlagMarks, flagMarks, flagText, marksFor } from './flags.ts';
import { capital, caseName, describeGroup, varying } from './format.ts';
import { latexComment, latexTable, paged, setWidth } from './latex.ts';
import { escapeMarkdown, markdownTable } from './markdown.ts';
import { resultColumns } from './result-columns.ts';
import { type ResultTable, resultTablesOf } from './result-tables.ts';
import { shownResult, WITH_FCS } from './shown.ts';
import { type Column, type FittedTable, fitTable } from './table.ts';

/** Characters in a line of a page on GitHub, before a table has to be scrolled. */
const MARKDOWN_WIDTH = 110;

/** Characters of LaTeX's \\footnotesize for which there is room in a column of a page with two, and in both. */
const LATEX_WIDTHS = { narrow: 54, wide: 108 } as const;

/** The tables as GitHub's Markdown. */
export function resultsMarkdown(stored: CampaignResult, list: readonly ResultColumn[] = resultColumns): string {
  const paper = paperOf(stored, list);
  const blocks = [
    [`## ${escapeMarkdown(stored.title)}`],
    ...paper.tables.flatMap(({ caption: text, columns, bodies }) => [
      markdownTable(fitted(bodies.flat(), columns, MARKDOWN_WIDTH).columns, bodies.flat()),
      [escapeMarkdown(text)],
    ]),
    bulleted('Notes', paper.notes),
    bulleted('Not measured', paper.missing),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function bulleted(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`${title}:`, '', ...items.map((item) => `- ${escapeMarkdown(item)}`)];
}

/** The tables as LaTeX, as wide as a column of two where they fit. What a reader of the paper need not know stands in comments. */
export function resultsLatex(stored: CampaignResult, list: readonly ResultColumn[] = resultColumns): string {
  const { marks, tables, notes, missing } = paperOf(stored, list);
  return [
    latexComment(`Campaign ${stored.id}: ${stored.title}`),
    latexComment('\\usepackage{booktabs}'),
    ...tables.flatMap((table, index) => [
      '',
      ...latexOf(table, labelOf(stored.id, table, tables.slice(0, index)), marks),
    ]),
    '',
    ...notes.map((note) => latexComment(note)),
    ...missing.map((one) => latexComment(`Not measured: ${one}`)),
    '',
  ].join('\n');
}

function latexOf({ caption: text, columns, bodies }: PaperTable, label: string, marks: FlagMarks): string[] {
  const cases = bodies.flat();
  const narrow = fitted(cases, columns, LATEX_WIDTHS.narrow);
  const wide = setWidth(narrow.columns, cases) > LATEX_WIDTHS.narrow;
  const form = wide ? fitted(cases, columns, LATEX_WIDTHS.wide) : narrow;
  return [
    ...leftOut(form),
    ...paged(spaced(bodies)).flatMap((page, index) =>
      latexTable({
        caption: index === 0 ? text : `${text} (continued)`,
        label: index === 0 ? label : `${label}-page-${index + 1}`,
        columns: form.columns,
        bodies: page,
        note: noteOf(page.flat(), marks),
        wide,
      }),
    ),
  ];
}

function leftOut({ missing }: FittedTable<CaseResult>): string[] {
  return missing.length === 0
    ? []
    : [latexComment(`Left out for its width: ${missing.join(', ')} (vswbench export --what cases has all)`)];
}

/** A line between groups helps only where they have more than a row each. */
function spaced(bodies: CaseResult[][]): CaseResult[][] {
  return bodies.some(({ length }) => length > 1) ? bodies : [bodies.flat()];
}

/** By campaign and dimension; numbered where several testbeds have a table of the same. */
function labelOf(id: string, table: PaperTable, before: readonly PaperTable[]): string {
  const dimension = dimensionOf(table);
  const same = before.filter((one) => dimensionOf(one) === dimension).length;
  return `${id.replace(/[^A-Za-z0-9-]/g, '-')}-${dimension}${same === 0 ? '' : `-${same + 1}`}`;
}

function dimensionOf({ bodies }: PaperTable): string {
  return bodies[0]?.[0]?.case.dimension ?? 'results';
}

/** Names alone: what a flag means is for the text around the table to say. */
function noteOf(cases: readonly CaseResult[], marks: FlagMarks): string | null {
  const present = new Set(cases.flatMap((one) => marksFor(one, marks)));
  const notes = [...marks.numbered].flatMap(([flag, mark]) => (present.has(mark) ? [`[${mark}] ${flag}`] : []));
  const all = [...marks.everywhere.map((flag) => `all: ${flag}`), ...notes];
  return all.length === 0 ? null : `${all.join('; ')}.`;
}

interface PaperTable {
  caption: string;
  bodies: CaseResult[][];
  /** All that there are: each form has room for some. */
  columns: readonly Column<CaseResult>[];
}

interface Paper {
  marks: FlagMarks;
  tables: readonly PaperTable[];
  notes: readonly string[];
  missing: readonly string[];
}

/** What both forms are made of. */
function paperOf(stored: CampaignResult, list: readonly ResultColumn[]): Paper {
  const result = shownResult(stored);
  const marks = flagMarks(result.results);
  const tables = resultTablesOf(result).map((table) => {
    const columns = figureColumns(result, table.bodies.flat(), table.names, marks, new Set(), list);
    const told = marks.numbered.size > 0 ? columns : columns.slice(0, -1);
    return { caption: captionOf(result, table), bodies: table.bodies, columns: told };
  });
  return { marks, tables, notes: notesOf(marks), missing: missingOf(result) };
}

function fitted(cases: readonly CaseResult[], columns: PaperTable['columns'], width: number): FittedTable<CaseResult> {
  return fitTable(cases, columns, width, (text) => text);
}

/** `Throughput, linux-bridge, local, 1vs1, P = 64 B: medians of …` */
function captionOf(result: CampaignResult, { bodies, constant }: ResultTable): string {
  const cases = bodies.flat();
  const [first] = cases;
  const what = [
    capital(constant),
    ...(first === undefined || tellsApart(cases, (one) => one.switch) ? [] : [first.case.switch]),
    ...(first === undefined || tellsApart(cases, ioName) ? [] : [ioName(first.case)]),
    ...(result.fcs ? [WITH_FCS] : []),
  ];
  return caption(what.join(', '), result, cases);
}

function notesOf({ everywhere, numbered }: FlagMarks): string[] {
  return [
    ...everywhere.map((flag) => `all: ${flag}: ${flagText(flag)}`),
    ...[...numbered].map(([flag, mark]) => `[${mark}] ${flag}: ${flagText(flag)}`),
  ];
}

function missingOf({ results }: CampaignResult): string[] {
  const names = varying(results.map((one) => one.case));
  return results.flatMap((one) => {
    if (one.reason === undefined) return [];
    const where = names.length === 0 ? '' : `, ${describeGroup(one.case, names)}`;
    const outcome = one.outcome === 'measured' ? 'in part' : one.outcome;
    return [`${caseName(one.case)}${where} (${outcome}): ${one.reason}`];
  });
}
