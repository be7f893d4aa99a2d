// SPDX-License-Identifier: Apache-2.0
import type { Alignment } from 'table';
import type { CampaignResult, CaseResult, Flag } from '../model/result.ts';
import { type HostRecord, testbedsOf } from '../model/testbed.ts';
import { ioName } from '../model/testcase.ts';
import { type CaseGroup, type Group, groupCases } from '../stats/group.ts';
import { lineRateRatio } from '../stats/line-rate.ts';
import { decidingFigure, ranked } from '../stats/verdict.ts';
import { disturbanceLines } from './disturbances.ts';
import { type FlagMarks, flagMarks, flagText, marksFor } from './flags.ts';
import {
  bounds,
  caseName,
  common,
  describeGroup,
  GIGABITS,
  hostName,
  inScale,
  MICROSECONDS,
  namesTestbeds,
  parameters,
  percentLost,
  percentOfLine,
  ppsScale,
  type Scale,
  spelledDuration,
  spelledWarmup,
  trialsOf,
  untilPrecise,
  varying,
  whereOf,
} from './format.ts';
import { answers } from './sentences.ts';
import { clean, fits, type Paint, painter, plainTable, type TerminalOptions, wrap } from './text.ts';

/** What is needed to write a summary down. */
interface Page {
  result: CampaignResult;
  columns: number;
  paint: Paint;
  marks: FlagMarks;
}

/** The summary that ends a campaign: a table, the answer in words, what was not measured, and what the marks mean. */
export function renderSummary(result: CampaignResult, options: TerminalOptions): string {
  const paint = painter(options.color);
  const page: Page = { result, columns: Math.max(60, options.columns), paint, marks: flagMarks(result.results) };
  const blocks = [
    heading(page),
    ...testbedsOf(result).flatMap((testbed) =>
      (['throughput', 'latency'] as const).map((dimension) => dimensionTable(page, testbed, dimension)),
    ),
    reasonLines(page),
    legend(page),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .flatMap((lines) => ['', ...lines])
    .join('\n');
}

function heading({ result, paint, columns }: Page): string[] {
  const plan = `${trialsOf(result)} trials of ${spelledDuration(result.durationMs)} a case, after ${spelledWarmup(result)}${untilPrecise(result)}`;
  const [first] = result.hosts;
  const lines = namesTestbeds(result)
    ? [plan, ...result.hosts.map((host) => `${hostName(host)}: ${machineName(host)}`)]
    : first === undefined
      ? [plan]
      : [`${first.inventory.hostname}, ${machineName(first)}; ${plan}`];
  return [paint(clean(result.title), 'bold'), ...lines.flatMap((line) => wrap(clean(line), columns, 0))];
}

function machineName({ inventory }: HostRecord): string {
  return `${inventory.cpuModel}, ${inventory.cpus.length} CPUs, Linux ${inventory.kernel}`;
}

interface Column {
  title: string;
  align: Alignment;
  cell: (result: CaseResult) => string;
}

/** How wide a table is drawn: with framework titles if they fit, else with their names, at last packed. */
interface Layout {
  titles: boolean;
  gap: number;
}
const LAYOUTS: readonly Layout[] = [
  { titles: true, gap: 2 },
  { titles: false, gap: 2 },
  { titles: false, gap: 1 },
];

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
  const names = varying(groups.map(({ group }) => group));
  const constant = describeGroup(first.group, common(page.result, first.group, names));
  const drawn = LAYOUTS.map((layout) => ({ layout, lines: draw(page, groups, names, layout) }));
  const best = drawn.find(({ lines }) => fits(lines, page.columns));
  const { layout, lines } = best ?? { layout: { titles: false, gap: 1 }, lines: drawn.at(-1)?.lines ?? [] };
  return [
    page.paint(constant, 'bold'),
    '',
    ...lines,
    ...(layout.titles ? [] : frameworkTitles(page, groups)),
    '',
    ...answerLines(page, first.group),
  ];
}

/** What the frameworks' names stand for, where the table had no room to say so. */
function frameworkTitles({ result, columns, paint }: Page, groups: readonly CaseGroup[]): string[] {
  const ios = [...new Set(groups.flatMap(({ cases }) => cases.map((one) => one.case.io)))];
  const titles = ios.map((io) => `${io}: ${result.ioTitles[io] ?? io}`).filter((text) => text.length > 0);
  return ['', ...wrap(clean(titles.join('; ')), columns, 0).map((line) => paint(line, 'dim'))];
}

function draw(page: Page, groups: CaseGroup[], names: (keyof Group)[], layout: Layout): string[] {
  const cases = groups.flatMap((caseGroup) => caseGroup.cases);
  const columns = columnsFor(page, cases, names, layout);
  const header = columns.map(({ title }) => page.paint(title, 'dim'));
  const best = new Set(answers(page.result).map(({ winner }) => winner));
  const rows = cases.map((result) =>
    columns.map(({ cell }, index) =>
      index < 2 && best.has(result) ? page.paint(cell(result), 'green') : cell(result),
    ),
  );
  const rules = new Set([1]);
  let row = 1;
  // A rule between groups helps only where they have more than a row each.
  for (const caseGroup of groups) {
    row += caseGroup.cases.length;
    if (cases.length > groups.length) rules.add(row);
  }
  return plainTable(
    [header, ...rows],
    columns.map(({ align }) => align),
    layout.gap,
    rules,
  );
}

function columnsFor(
  { result: { ioTitles }, marks }: Page,
  cases: CaseResult[],
  names: (keyof Group)[],
  { titles }: Layout,
): Column[] {
  const latency = cases[0]?.case.dimension === 'latency';
  const framework = (result: CaseResult) =>
    clean(titles && result.case.port === 'netdev' ? (ioTitles[result.case.io] ?? result.case.io) : ioName(result.case));
  return [
    { title: 'Switch', align: 'left', cell: (result) => clean(result.case.switch) },
    { title: 'Framework', align: 'left', cell: framework },
    ...names.map((name): Column => parameterColumn(name)),
    ...(latency ? latencyColumns() : throughputColumns(cases)),
    { title: 'Loss', align: 'right', cell: ({ summary }) => (summary === null ? '' : percentLost(summary.lossRatio)) },
    ...(cases.some(({ summary }) => (summary?.fairness ?? null) !== null)
      ? [{ title: 'Fair', align: 'right', cell: fairnessCell } as const]
      : []),
    { title: latency ? 'CPUs c/s/sw' : 'CPUs s/r/sw', align: 'right', cell: cpuCell },
    {
      title: 'Notes',
      align: 'left',
      cell: (result) =>
        marksFor(result, marks)
          .map((mark) => `[${mark}]`)
          .join(''),
    },
  ];
}

/** A parameter as its bare value; the letter stands in the header. */
function parameterColumn(name: keyof Group): Column {
  const titles: Record<keyof Group, string> = {
    testbed: 'Testbed',
    dimension: 'D',
    location: 'L',
    pairs: 'S',
    packetSize: 'P (B)',
    rate: 'R',
    burst: 'B',
    touch: 'touch',
    rxModeration: 'moderation',
  };
  return {
    title: titles[name],
    align: name === 'location' || name === 'touch' || name === 'rxModeration' ? 'left' : 'right',
    cell: ({ case: testCase }) => parameters(testCase)[name].replace(/^.* = | B$/g, ''),
  };
}

function throughputColumns(cases: readonly CaseResult[]): Column[] {
  const scale = ppsScale(cases.map(({ summary }) => summary?.throughputPps.median ?? 0));
  return [
    { title: scale.unit, align: 'right', cell: ({ summary }) => cellOf(summary?.throughputPps.median, scale) },
    {
      title: '95 % interval',
      align: 'right',
      cell: ({ summary }) => (summary === null ? '' : bounds(summary.throughputPps, scale)),
    },
    { title: 'Gbit/s', align: 'right', cell: ({ summary }) => cellOf(summary?.throughputBps.median, GIGABITS) },
    ...(cases.some((one) => lineRateRatio(one) !== null)
      ? [{ title: 'Of line rate', align: 'right', cell: lineRateCell } as const]
      : []),
  ];
}

/** What part of the cable's line rate it is. */
function lineRateCell(result: CaseResult): string {
  const ratio = lineRateRatio(result);
  return ratio === null ? '' : percentOfLine(ratio);
}

function latencyColumns(): Column[] {
  const at = (name: 'p50' | 'p99' | 'p999') => (result: CaseResult) =>
    cellOf(result.summary?.latencyNs?.rtt?.[name]?.median, MICROSECONDS);
  return [
    { title: 'RTT p50 µs', align: 'right', cell: at('p50') },
    {
      title: '95 % interval',
      align: 'right',
      cell: (result) => {
        const figure = decidingFigure(result);
        return figure === null ? '' : bounds(figure, MICROSECONDS);
      },
    },
    { title: 'p99', align: 'right', cell: at('p99') },
    { title: 'p99.9', align: 'right', cell: at('p999') },
  ];
}

function cellOf(value: number | undefined, scale: Scale): string {
  return value === undefined ? '–' : inScale(value, scale);
}

/** Of one pair there is nothing to say. */
function fairnessCell({ summary }: CaseResult): string {
  return summary?.fairness?.toFixed(3) ?? '';
}

function cpuCell({ summary }: CaseResult): string {
  return summary === null
    ? ''
    : [summary.cpu.sender, summary.cpu.receiver, summary.cpu.switch].map((cpus) => cpus.toFixed(2)).join('/');
}

function answerLines({ result, paint, columns }: Page, { testbed, dimension }: Group): string[] {
  const own = answers(result).filter(({ group }) => group.testbed === testbed && group.dimension === dimension);
  // Also of groups in which nothing was measured, and which the table lacks.
  const names = varying(own.map(({ group }) => group));
  return own.flatMap(({ group, sentence, winner }) => {
    const label = names.length === 0 ? '' : `${describeGroup(group, names)}: `;
    const lines = wrap(clean(`${label}${sentence}.`), columns, 2);
    return winner === null ? lines : lines.map((line) => paint(line, 'green'));
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
