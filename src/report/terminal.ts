// SPDX-License-Identifier: Apache-2.0
import { DIMENSIONS } from '../model/parameter.ts';
import type { CampaignResult, CaseResult, Flag } from '../model/result.ts';
import { type HostRecord, testbedsOf } from '../model/testbed.ts';
import { ioName } from '../model/testcase.ts';
import { type CaseGroup, type Group, groupCases, groupKey, groupOf } from '../stats/group.ts';
import { ranked } from '../stats/verdict.ts';
import { answerRuns, runGroup, runSentence } from './answer-runs.ts';
import { type CliffLine, cliffLines } from './cliff-words.ts';
import { TURN } from './columns/column.ts';
import { crossoverSummary } from './crossover-words.ts';
import { disturbanceLines } from './disturbances.ts';
import { FRAMEWORK, figureColumns, SWITCH } from './figure-columns.ts';
import { type FlagMarks, flagMarks, flagText } from './flags.ts';
import {
  caseName,
  common,
  counted,
  describeGroup,
  hostName,
  namesTestbeds,
  spelledDuration,
  spelledTrials,
  spelledWarmup,
  untilPrecise,
  varying,
  whereOf,
} from './format.ts';
import { leftBehindLines } from './left-behind.ts';
import { type Answer, answers } from './sentences.ts';
import { shardSentences } from './shard-words.ts';
import { shownResult, WITH_FCS } from './shown.ts';
import { type Column, fitTable, missingLine } from './table.ts';
import { clean, type Paint, painter, type TerminalOptions, wrap, writtenColumns, writtenTableColumns } from './text.ts';
import { tuningLine } from './tuning.ts';
import { variationLines } from './variation-words.ts';

/** What is needed to write a summary down. */
interface Page {
  result: CampaignResult;
  columns: number;
  tableColumns: number;
  paint: Paint;
  marks: FlagMarks;
  answers: readonly Answer[];
  cliffs: readonly CliffLine[];
  /** How many cases of a set of parameters are on their curves. */
  onCurves: ReadonlyMap<string, number>;
}

/** The summary that ends a campaign: a table, the answer in words, what was not measured, and what the marks mean. */
export function renderSummary(stored: CampaignResult, options: TerminalOptions): string {
  const result = shownResult(stored);
  const paint = painter(options.color);
  const cliffs = cliffLines(result);
  const page: Page = {
    result,
    columns: writtenColumns(options),
    tableColumns: writtenTableColumns(options),
    paint,
    marks: flagMarks(result.results),
    answers: answers(result),
    ...{ cliffs, onCurves: casesOnCurves(cliffs) },
  };
  const blocks = [
    heading(page),
    ...testbedsOf(result).flatMap((testbed) => DIMENSIONS.map((dimension) => dimensionTable(page, testbed, dimension))),
    stepLines(page),
    crossoverLines(page),
    variationBlock(page),
    reasonLines(page),
    legend(page),
    leftLines(page),
    tuningLines(page),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .flatMap((lines) => ['', ...lines])
    .join('\n');
}

function heading({ result, paint, columns }: Page): string[] {
  const plan = `${trialsWords(result)} a case, after ${spelledWarmup(result)}${untilPrecise(result)}${result.fcs ? `. ${WITH_FCS}` : ''}`;
  const [first] = result.hosts;
  const lines = namesTestbeds(result)
    ? [plan, ...result.hosts.map((host) => `${hostName(host)}: ${machineName(host)}`)]
    : first === undefined
      ? [plan]
      : [`${first.inventory.hostname}, ${machineName(first)}; ${plan}`];
  return [
    ...wrap(clean(result.title), columns, 0).map((line) => paint(line, 'bold')),
    ...[...lines, ...shardSentences(result.shards)].flatMap((line) => wrap(clean(line), columns, 0)),
  ];
}

/** A search has trials of its own, which are so long. */
function trialsWords(result: CampaignResult): string {
  const each = spelledDuration(result.durationMs);
  const isSearch = result.results.every(({ case: { dimension } }) => dimension === 'capacity');
  if (result.search === null || !isSearch) return `${spelledTrials(result)} of ${each}`;
  return `${spelledTrials(result, ['search', 'searches'])} by trials of ${each}`;
}

function machineName({ inventory }: HostRecord): string {
  return `${inventory.cpuModel}, ${counted(inventory.cpus.length, 'CPU')}, Linux ${inventory.kernel}`;
}

function dimensionTable(page: Page, testbed: string, dimension: Group['dimension']): string[] {
  const all = groupCases(
    page.result.results.filter((one) => one.case.testbed === testbed && one.case.dimension === dimension),
  );
  const groups = all
    .map((caseGroup) => ({ ...caseGroup, cases: ranked(caseGroup) }))
    .filter(({ cases }) => cases.length > 0);
  const [first] = groups;
  if (first === undefined) {
    const where = namesTestbeds(page.result) ? ` on testbed ${testbed}` : '';
    return all.length === 0 ? [] : [`${dimension}: nothing was measured${where}.`];
  }
  const cases = groups.flatMap((caseGroup) => caseGroup.cases);
  const names = varying(groups.map(({ group }) => group));
  const best = new Set(page.answers.map(({ winner }) => winner));
  const columns = [numberColumn(page.result), ...figureColumns(page.result, cases, names, page.marks, best)];
  const fitted = fitTable(cases, columns, page.tableColumns, page.paint, rulesBetween(groups));
  const constant = [
    ...cases
      .slice(0, 1)
      .flatMap(({ case: one }) => [
        ...(columns.some(({ title }) => title === SWITCH) ? [] : [clean(one.switch)]),
        ...(columns.some(({ title }) => title === FRAMEWORK) ? [] : [clean(ioName(one))]),
      ]),
    describeGroup(first.group, common(page.result, first.group, names)),
  ].join(', ');
  const titled = columns.find(({ title }) => title === FRAMEWORK);
  const missing = missingLine(fitted, page.columns, 'vswbench show --json');
  return [
    ...wrap(constant, page.columns, 0).map((line) => page.paint(line, 'bold')),
    '',
    ...fitted.lines,
    ...(missing === null ? [] : ['', ...wrap(missing, page.columns, 0).map((line) => page.paint(line, 'dim'))]),
    ...(fitted.columns.some((column) => column === titled) ? [] : frameworkTitles(page, groups)),
    '',
    ...answerLines(page, first.group),
  ];
}

/** The number of a case, by which `vswbench show ID CASE` and exports know it. */
function numberColumn({ results }: CampaignResult): Column<CaseResult> {
  const numbers = new Map(results.map((one, index) => [one, String(index)]));
  return { title: '#', align: 'right', cell: (one) => numbers.get(one) ?? '', yields: TURN.cpuOfEach, detail: true };
}

/** A line between groups helps only where they have more than a row each. */
function rulesBetween(groups: readonly CaseGroup[]): Set<number> {
  const starts = new Set<number>();
  let row = 0;
  for (const { cases } of groups) {
    if (row > 0) starts.add(row);
    row += cases.length;
  }
  return row > groups.length ? starts : new Set();
}

/** What the frameworks' names stand for, where the table had no room to say so. */
function frameworkTitles({ result, columns, paint }: Page, groups: readonly CaseGroup[]): string[] {
  const ios = [...new Set(groups.flatMap(({ cases }) => cases.map((one) => one.case.io)))];
  const titles = ios.map((io) => `${io}: ${result.ioTitles[io] ?? io}`).filter((text) => text.length > 0);
  return ['', ...wrap(clean(titles.join('; ')), columns, 0).map((line) => paint(line, 'dim'))];
}

/** Where throughput falls as flows are swept. */
function stepLines({ cliffs, paint, columns }: Page): string[] {
  const lines = cliffs.flatMap(({ sentence }) => wrap(clean(`${sentence}.`), columns, 2));
  return lines.length === 0 ? [] : [paint('Throughput over flows', 'bold'), ...lines];
}

/** Where one path overtakes another as packet size or burst are swept. */
function crossoverLines({ result, paint, columns }: Page): string[] {
  const lines = crossoverSummary(result).flatMap((sentence) => wrap(clean(`${sentence}.`), columns, 2));
  return lines.length === 0 ? [] : [paint('Crossovers', 'bold'), ...lines];
}

/** Which share of all variation is whose. */
function variationBlock({ result, paint, columns }: Page): string[] {
  const lines = variationLines(result).flatMap(({ sentence }) => wrap(clean(sentence), columns, 2));
  return lines.length === 0 ? [] : [paint('Shares of variance', 'bold'), ...lines];
}

/** Of a path that is alone with each number of its flows, its curve tells all that there is to tell. */
function isOnCurveAlone({ onCurves }: Page, { group, winner }: Answer): boolean {
  return winner === null && onCurves.get(groupKey(group)) === 1;
}

function casesOnCurves(cliffs: readonly CliffLine[]): Map<string, number> {
  const cases = Map.groupBy(
    cliffs.flatMap(({ curve }) => curve.cases),
    (one) => groupKey(groupOf(one.case)),
  );
  return new Map([...cases].map(([key, { length }]) => [key, length]));
}

function answerLines(page: Page, { testbed, dimension }: Group): string[] {
  const { answers, paint, columns } = page;
  const own = answers.filter(
    (answer) =>
      answer.group.testbed === testbed && answer.group.dimension === dimension && !isOnCurveAlone(page, answer),
  );
  // Also of groups in which nothing was measured, and which the table lacks.
  const names = varying(own.map(({ group }) => group));
  return answerRuns(own).flatMap((run) => {
    const label = names.length === 0 ? '' : `${runGroup(run, names)}: `;
    const lines = wrap(clean(`${label}${runSentence(run)}.`), columns, 2);
    return run[0].winner === null ? lines : lines.map((line) => paint(line, 'green'));
  });
}

/** Cases and trials without a figure, those with the same reason together. */
function reasonLines({ result, paint, columns }: Page): string[] {
  const byReason = new Map<string, { outcome: CaseResult['outcome']; reason: string; cases: CaseResult[] }>();
  for (const one of result.results) {
    if (one.reason === undefined) continue;
    const key = `${one.outcome} ${one.reason}`;
    const known = byReason.get(key);
    if (known === undefined) byReason.set(key, { outcome: one.outcome, reason: one.reason, cases: [one] });
    else known.cases.push(one);
  }
  if (byReason.size === 0) return [];
  const lines = [...byReason.values()].flatMap(({ outcome, reason, cases }) => {
    const names = [...new Set(cases.map(({ case: testCase }) => caseName(testCase) + whereOf(result, testCase)))];
    const count = cases.length > names.length ? ` (${cases.length} cases)` : '';
    const word = (outcome === 'measured' ? 'in part' : outcome).padEnd(9);
    const lines = wrap(word + clean(`${names.join(', ')}${count}: ${reason}`), columns, 9);
    const style = outcome === 'failed' || outcome === 'invalid' ? 'red' : 'yellow';
    return lines.map((line, index) => (index === 0 ? paint(word, style) + line.slice(word.length) : line));
  });
  return [paint('Not measured', 'bold'), ...lines];
}

function tuningLines({ result, columns, paint }: Page): string[] {
  const line = tuningLine(result);
  return line === null ? [] : wrap(clean(line), columns, 2).map((part) => paint(part, 'dim'));
}

function leftLines({ result, columns, paint }: Page): string[] {
  const lines = leftBehindLines(result).flatMap((line) => wrap(clean(line), columns, 2));
  return lines.length === 0 ? [] : [paint('Left behind by drivers', 'bold'), ...lines];
}

function legend({ result, columns, paint, marks }: Page): string[] {
  const told = (mark: string, flag: Flag) => [
    ...wrap(`${mark}  ${flag}: ${flagText(flag)}`, columns, 5),
    ...(flag === 'disturbed' ? disturbanceLines(result) : []).flatMap((line) =>
      wrap(clean(line), columns - 5, 2).map((part) => `     ${part}`),
    ),
  ];
  const lines = [
    ...marks.everywhere.flatMap((flag) => told('all', flag)),
    ...[...marks.numbered].flatMap(([flag, mark]) => told(`[${mark}]`, flag)),
  ];
  return lines.length === 0 ? [] : [paint('Notes', 'bold'), ...lines.map((line) => paint(line, 'dim'))];
}
