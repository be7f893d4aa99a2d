// SPDX-License-Identifier: Apache-2.0
// A comparison as a table and as a document.
import { DIMENSIONS, type Dimension } from '../model/parameter.ts';
import type { Interval } from '../model/result.ts';
import { type HostRecord, LOCAL_TESTBED } from '../model/testbed.ts';
import { ioName, type TestCase } from '../model/testcase.ts';
import type { ComparedCase, Comparison, ComparisonVerdict, Unlike } from '../stats/compare.ts';
import type { CaseCost, Duel } from '../stats/duel.ts';
import { type Group, groupOf } from '../stats/group.ts';
import type { PairMethod } from '../stats/pair-test.ts';
import type { Effect } from '../stats/standing.ts';
import { renderDuels } from './duel.ts';
import {
  caseName,
  common,
  decidingScale,
  describeGroup,
  listed,
  probability,
  signedPercent,
  varying,
  withUnit,
} from './format.ts';
import { parameterColumn } from './parameter-column.ts';
import { type Column, fitTable, missingLine } from './table.ts';
import { clean, type Paint, painter, type TerminalOptions, wrap, writtenColumns, writtenTableColumns } from './text.ts';

/** One side of a comparison. */
export interface ComparedCampaign {
  campaign: string;
  title: string;
  startedAt: string;
  /** Where two switches of one campaign are compared; with the framework that was named. */
  switch?: string;
}

/** What is told of a comparison. */
export interface ComparisonReport {
  a: ComparedCampaign;
  b: ComparedCampaign;
  comparison: Comparison;
  /** Two switches at their best, whatever the framework. */
  duels?: readonly Duel[];
  /** Where one of them overtakes the other along packet size or burst, in words. */
  crossovers?: readonly string[];
  /** Empty unless the user asked to compare across machines. */
  machines: readonly Unlike[];
  conditions: readonly Unlike[];
  /** The machines of A. */
  hosts?: readonly HostRecord[];
}

/** Version of the document: it grows with a field renamed or removed, not with one added. */
const SCHEMA = 1;

/** The document that `compare --json` prints. */
export interface ComparisonDocument {
  schema: typeof SCHEMA;
  a: ComparedCampaign;
  b: ComparedCampaign;
  /** Between campaigns of different machines, which no statistic can make alike. */
  acrossMachines: boolean;
  machines: readonly Unlike[];
  conditions: readonly Unlike[];
  compared: number;
  family: Comparison['family'];
  cases: ComparedCase[];
  /** Of two switches of one campaign: the best case of either, by set of parameters. */
  duels: JsonDuel[];
  /** Where one of them overtakes the other, in words: show --json has the figures. */
  crossovers: readonly string[];
}

/** A duel, its cases without what they measured. */
export interface JsonDuel extends Omit<Duel, 'a' | 'b' | 'costs'> {
  a: TestCase;
  b: TestCase;
  costs: (Omit<CaseCost, 'result'> & { case: TestCase })[];
}

/** A comparison as the one document that programs read. */
export function toComparisonDocument({
  comparison,
  machines,
  duels = [],
  crossovers = [],
  hosts: _,
  ...rest
}: ComparisonReport): ComparisonDocument {
  return {
    schema: SCHEMA,
    ...rest,
    acrossMachines: machines.length > 0,
    machines,
    ...comparison,
    duels: duels.map(({ a, b, costs, ...duel }) => ({
      ...duel,
      ...{ a: a.case, b: b.case },
      costs: costs.map(({ result, ...cost }) => ({ case: result.case, ...cost })),
    })),
    crossovers,
  };
}

/** A comparison for people: a table, the cases without a verdict, and what the verdicts rest on. */
export function renderComparison(report: ComparisonReport, options: TerminalOptions): string {
  const paint = painter(options.color);
  const columns = writtenColumns(options);
  const { a, b, comparison, machines, conditions, duels = [], crossovers = [] } = report;
  const compared = comparison.cases.filter(({ verdict }) => verdict !== 'not compared');
  const switches = a.switch !== undefined;
  const blocks = [
    [...wrap(sideLine('A', a), columns, 3), ...wrap(sideLine('B', b), columns, 3)],
    unlikeLines('The machines differ, and with them what is compared', machines, columns).map((line) =>
      paint(line, 'yellow'),
    ),
    ...(compared.length === 0 && duels.length === 0
      ? [['No case could be compared.']]
      : tables(compared, switches, { columns, tableColumns: writtenTableColumns(options), paint })),
    compared.length === 0 ? [] : wrap(basis(comparison), columns, 0).map((line) => paint(line, 'dim')),
    ...duelBlocks(duels, columns, paint),
    crossovers.flatMap((line) => wrap(clean(`${line}.`), columns, 2)),
    duels.length > 0 ? [] : notCompared(comparison.cases, switches, columns),
    doubtfulFlags(compared, switches, columns),
    unlikeLines('Also different between A and B', conditions, columns).map((line) => paint(line, 'dim')),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .flatMap((lines) => ['', ...lines])
    .join('\n');
}

/** Two switches at their best, with what that means. */
function duelBlocks(duels: readonly Duel[], columns: number, paint: Paint): string[][] {
  if (duels.length === 0) return [];
  const basis =
    'Of either switch the case with the best median, whatever the framework. It is called faster only where it is told apart from every case of the other, with p corrected for all cases of the same parameters, as in the summary of the campaign: a switch with more frameworks has no better chance by that.';
  return [...renderDuels(duels, columns, paint), wrap(basis, columns, 0).map((line) => paint(line, 'dim'))];
}

function sideLine(name: string, { campaign, title, startedAt, switch: id }: ComparedCampaign): string {
  const what = id === undefined ? clean(title) : `${clean(id)} in ${clean(title)}`;
  return `${name}  ${clean(campaign)}  ${startedAt.replace('T', ' ').slice(0, 16)}  ${what}`;
}

const VERDICT_STYLES = { faster: 'green', slower: 'red', 'no difference': 'dim', 'not compared': 'yellow' } as const;

/** How wide to write, and in which colours. */
interface Widths {
  columns: number;
  tableColumns: number;
  paint: Paint;
}

/** One table a dimension and testbed: their figures have nothing in common. */
function tables(
  compared: readonly ComparedCase[],
  switches: boolean,
  { columns, tableColumns, paint }: Widths,
): string[][] {
  const testbeds = [...new Set(compared.map((one) => one.case.testbed))];
  const machines = { hosts: testbeds.map((name) => ({ testbed: name })) };
  return testbeds.flatMap((testbed) =>
    DIMENSIONS.flatMap((dimension) => {
      const cases = compared.filter((one) => one.case.testbed === testbed && one.case.dimension === dimension);
      const [first] = cases;
      if (first === undefined) return [];
      const names = varying(cases.map((one) => groupOf(one.case)));
      const fitted = fitTable(cases, columnsFor(names, switches), tableColumns, paint);
      const title = describeGroup(groupOf(first.case), common(machines, groupOf(first.case), names));
      const missing = missingLine(fitted, columns, '--json');
      return [
        [
          ...wrap(title, columns, 0).map((line) => paint(line, 'bold')),
          '',
          ...fitted.lines,
          ...(missing === null ? [] : ['', ...wrap(missing, columns, 0).map((line) => paint(line, 'dim'))]),
        ],
      ];
    }),
  );
}

function columnsFor(names: readonly (keyof Group)[], switches: boolean): Column<ComparedCase>[] {
  return [
    ...(switches
      ? []
      : [
          { title: 'Switch', align: 'left', cell: (one: ComparedCase) => clean(one.case.switch), names: true } as const,
        ]),
    { title: 'Framework', align: 'left', cell: (one) => clean(ioName(one.case)), names: true },
    ...names.map((name) => parameterColumn<ComparedCase>(name)),
    { title: 'A', align: 'right', cell: (one) => figure(one.a, one.case.dimension), yields: 3 },
    { title: 'B', align: 'right', cell: (one) => figure(one.b, one.case.dimension), yields: 3 },
    { title: 'B/A − 1', align: 'right', cell: (one) => percent(one.effect?.percent) },
    { title: '95 % interval', align: 'right', cell: (one) => interval(one.effect), yields: 4 },
    { title: 'p', align: 'right', cell: (one) => chance(one.pValue), yields: 1 },
    { title: 'corrected', align: 'right', cell: (one) => chance(one.pCorrected), yields: 2 },
    { title: 'B is', align: 'left', cell: ({ verdict }) => verdict, style: ({ verdict }) => VERDICT_STYLES[verdict] },
  ];
}

/** The figure that decides, as text. */
export function figure(value: Interval | null, dimension: Dimension): string {
  if (value === null) return '–';
  return withUnit(value.median, decidingScale(dimension, value.median));
}

/** A difference that may be unknown, as text. */
export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : signedPercent(value);
}

/** The interval of a difference, as text. */
export function interval(effect: Effect | null): string {
  if (effect === null || effect.ciLow === null) return '–';
  return `${percent(effect.ciLow)} to ${percent(effect.ciHigh)}`;
}

function chance(p: number | null): string {
  return p === null ? '–' : probability(p);
}

const METHODS: Record<PairMethod, string> = {
  'mann-whitney': 'Mann and Whitney',
  'mann-whitney-aligned': 'Mann and Whitney, on figures aligned by round',
  'signed-rank': 'Wilcoxon, within rounds',
};

function basis({ cases, compared, family }: Comparison): string {
  const count = (verdict: ComparisonVerdict) => cases.filter((one) => one.verdict === verdict).length;
  const many = compared === 1 ? '1 case was compared' : `${compared} cases were compared`;
  const methods = [...new Set(cases.flatMap(({ method }) => (method === null ? [] : [METHODS[method]])))].sort();
  const within = family === 'table' ? 'this table' : 'cases of the same parameters, as in the summary of the campaign,';
  return `${many}: B is faster in ${count('faster')}, slower in ${count('slower')}, and no difference was found in ${count('no difference')}. Rank tests, two-sided (${methods.join('; ')}), p and intervals corrected: the chance of any false "faster" or "slower" in ${within} is at most 5 %. "No difference" means none was found: the interval says how large it may still be.`;
}

/** Where switches are compared, a case has two. The machine where most campaigns run goes without saying. */
function nameOf({ case: testCase }: ComparedCase, switches: boolean): string {
  const where = testCase.testbed === LOCAL_TESTBED ? '' : ` on testbed ${testCase.testbed}`;
  return `${switches ? ioName(testCase) : caseName(testCase)}${where}`;
}

/** Cases without a verdict, those with the same reason together. */
function notCompared(cases: readonly ComparedCase[], switches: boolean, columns: number): string[] {
  const untold = cases.filter(({ verdict }) => verdict === 'not compared');
  const lines = [...Map.groupBy(untold, ({ reason = '' }) => reason)].flatMap(([reason, those]) => {
    const names = [...new Set(those.map((one) => nameOf(one, switches)))];
    const count = those.length > names.length ? ` (${those.length} cases)` : '';
    return wrap(clean(`${listed(names)}${count}: ${reason}`), columns, 2);
  });
  return lines.length === 0 ? [] : ['Not compared', ...lines];
}

/**
 * Marks that only one side has: more than the one thing may differ that is compared. And a figure with two levels on both:
 * which of them came more often is luck, and no test on trials that hang together like that can be relied on.
 */
export function doubtfulMarks(compared: readonly ComparedCase[], switches: boolean): string[] {
  const found = compared.flatMap((one) => [
    ...one.flagsOnlyInA.map((flag) => ({ mark: `${flag} only in A`, one })),
    ...one.flagsOnlyInB.map((flag) => ({ mark: `${flag} only in B`, one })),
    ...(one.flagsInBoth.includes('bimodal') ? [{ mark: 'bimodal in both', one }] : []),
  ]);
  return [...Map.groupBy(found, ({ mark }) => mark)].map(([mark, those]) => {
    const names = [...new Set(those.map(({ one }) => nameOf(one, switches)))];
    return clean(`${mark}: ${listed(names)}`);
  });
}

function doubtfulFlags(compared: readonly ComparedCase[], switches: boolean, columns: number): string[] {
  const lines = doubtfulMarks(compared, switches).flatMap((line) => wrap(line, columns, 2));
  return lines.length === 0 ? [] : ['Flags that weaken a verdict', ...lines];
}

function unlikeLines(title: string, rows: readonly Unlike[], columns: number): string[] {
  return rows.length === 0
    ? []
    : [
        ...wrap(`${title}:`, columns, 2),
        ...rows.flatMap(({ what, a, b }) => wrap(clean(`${what}: ${a} / ${b}`), columns, 2)),
      ];
}
