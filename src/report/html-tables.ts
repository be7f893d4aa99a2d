// SPDX-License-Identifier: Apache-2.0
// The tables of the report: results, ledgers, disturbances.

import { type ComponentChild, h } from 'preact';
import { DIMENSIONS } from '../model/parameter.ts';
import { PARAMETERS } from '../model/parameters.ts';
import type { CampaignResult, CaseResult, Ceiling, ChurnSummary, Ledger, UplinkLedger } from '../model/result.ts';
import { objectiveName } from '../model/search.ts';
import { testbedsOf } from '../model/testbed.ts';
import { bothSend, ioName } from '../model/testcase.ts';
import { type Group, groupCases } from '../stats/group.ts';
import { lineRateRatio } from '../stats/line-rate.ts';
import { lossRatioOf } from '../stats/sizes.ts';
import { ranked } from '../stats/verdict.ts';
import { depthCells, trainBounds } from './bursts.ts';
import { blockedOver, p999Cells } from './churns.ts';
import { flagMarks, marksFor } from './flags.ts';
import {
  backgroundOffered,
  bounds,
  caseName,
  common,
  describeGroup,
  flooded,
  flowsWithLoss,
  GIGABITS,
  grouped,
  inScale,
  MICROSECONDS,
  MILLISECONDS,
  parameters,
  percentLost,
  percentOfLine,
  ppsScale,
  varying,
  whereOf,
} from './format.ts';
import { boundsOf, foundScale } from './found.ts';
import { bytesText } from './sizes.ts';

/** A column: its header, whether it holds numbers, and the content for a row. */
interface Column<Row> {
  title: string;
  number?: boolean;
  key?: boolean;
  cell: (row: Row) => ComponentChild;
}

interface TableInput<Row> {
  caption: string;
  /** The first column names its row. */
  columns: Column<Row>[];
  bodies: Row[][];
  /** Class of a row. */
  rowClass?: (row: Row) => string;
}

/** A table that scrolls sideways by itself where the page is too narrow, also by keyboard. */
export function dataTable<Row>({ caption, columns, bodies, rowClass }: TableInput<Row>): ComponentChild {
  const alignment = ({ number, key }: Column<Row>) =>
    [number ? 'n' : '', key ? 'key' : ''].join(' ').trim() || undefined;
  return h(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': caption, tabIndex: 0 },
    h(
      'table',
      null,
      h('caption', null, caption),
      h(
        'thead',
        null,
        h('tr', null, ...columns.map((column) => h('th', { scope: 'col', class: alignment(column) }, column.title))),
      ),
      ...bodies.map((rows) =>
        h(
          'tbody',
          null,
          ...rows.map((row) =>
            h(
              'tr',
              { class: rowClass?.(row) },
              ...columns.map((column, index) =>
                index === 0
                  ? h('th', { scope: 'row', class: alignment(column) }, column.cell(row))
                  : h('td', { class: alignment(column) }, column.cell(row)),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

/** Up to so many rows the title of each framework stands in its row; in longer tables it would only be noise. */
const TITLED_ROWS_MAX = 12;

/** Switch and framework, the latter with its title below. */
function nameCell({ ioTitles, results }: CampaignResult, { case: testCase }: CaseResult): ComponentChild {
  const name = `${testCase.switch} · ${ioName(testCase)}`;
  return results.length > TITLED_ROWS_MAX ? name : [name, h('span', { class: 'io' }, ioTitles[testCase.io] ?? '')];
}

/** What the names of frameworks and switches stand for, in tables too long to say it row by row. */
export function titleList({ results, ioTitles, switchTitles }: CampaignResult): [string, string][] {
  const names = (titles: Record<string, string>, ids: string[]) =>
    [...new Set(ids)].flatMap((id): [string, string][] =>
      titles[id] === undefined || titles[id] === id ? [] : [[id, titles[id]]],
    );
  return [
    ...names(
      switchTitles,
      results.map((one) => one.case.switch),
    ),
    ...names(
      ioTitles,
      results.map((one) => one.case.io),
    ),
  ];
}

/** The measured cases, a table for each testbed and dimension, group by group and best first. */
export function resultTables(result: CampaignResult, winners: ReadonlySet<CaseResult>): ComponentChild[] {
  return testbedsOf(result).flatMap((testbed) =>
    DIMENSIONS.flatMap((dimension) => resultTable(result, winners, testbed, dimension)),
  );
}

function resultTable(
  result: CampaignResult,
  winners: ReadonlySet<CaseResult>,
  testbed: string,
  dimension: Group['dimension'],
): ComponentChild[] {
  const marks = flagMarks(result.results);
  const bodies = groupCases(
    result.results.filter((one) => one.case.testbed === testbed && one.case.dimension === dimension),
  )
    .map((caseGroup) => ranked(caseGroup))
    .filter((cases) => cases.length > 0);
  const groups = bodies.flatMap(([first]) => (first === undefined ? [] : [first.case]));
  const [first] = groups;
  if (first === undefined) return [];
  const names = varying(groups);
  const constant = describeGroup(first, common(result, first, names));
  return [
    dataTable({
      caption: constant.charAt(0).toUpperCase() + constant.slice(1),
      bodies,
      rowClass: (one: CaseResult) => (winners.has(one) ? 'won' : ''),
      columns: [
        { title: 'Switch · framework', cell: (one) => nameCell(result, one) },
        ...names.map((name) => parameterColumn(name)),
        ...columnsOf(dimension, bodies.flat()),
        ...foundColumns(bodies.flat()),
        {
          title: 'Loss',
          number: true,
          cell: ({ summary }) => (summary === null ? '' : percentLost(summary.lossRatio)),
        },
        ...(bodies.flat().some(({ evidence }) => evidence.background !== null)
          ? [{ title: 'Sent beside', number: true, cell: backgroundOffered }]
          : []),
        ...(bodies.flat().some(({ evidence }) => evidence.floodedRatio !== null)
          ? [{ title: 'Flooded', number: true, cell: flooded }]
          : []),
        ...(bodies.flat().some(({ evidence }) => evidence.flows !== null)
          ? [{ title: 'Flows with loss', number: true, cell: flowsWithLoss }]
          : []),
        ...wayColumns(bodies.flat()),
        ...fairnessColumns(bodies.flat()),
        { title: 'CPUs', number: true, cell: ({ summary }) => summary?.cpu.total.toFixed(2) },
        { title: 'Trials', number: true, cell: trialsCell },
        { title: 'Notes', cell: (one) => marksFor(one, marks).join(', ') },
      ],
    }),
  ];
}

function columnsOf(dimension: Group['dimension'], cases: readonly CaseResult[]): Column<CaseResult>[] {
  switch (dimension) {
    case 'throughput':
    case 'capacity':
      return throughputColumns(cases);
    case 'latency':
      return latencyColumns();
    case 'burst':
      return burstColumns();
    case 'churn':
      return churnColumns(cases);
    default:
      return dimension satisfies never;
  }
}

function burstColumns(): Column<CaseResult>[] {
  const depth = (index: 0 | 1) => (result: CaseResult) => depthCells(result.summary?.burst ?? null)[index];
  return [
    {
      title: 'Longest burst, packets',
      number: true,
      cell: ({ summary }) => summary?.burst?.longestPackets.median.toFixed(0),
    },
    {
      title: 'between',
      number: true,
      cell: ({ summary }) => (summary?.burst == null ? '' : trainBounds(summary.burst)),
    },
    { title: 'Depth, packets', number: true, cell: depth(0) },
    { title: 'Depth, µs', number: true, cell: depth(1) },
  ];
}

function churnColumns(cases: readonly CaseResult[]): Column<CaseResult>[] {
  const column = (title: string, tell: (churn: ChurnSummary) => string): Column<CaseResult> => ({
    ...{ title, number: true },
    cell: ({ summary }) => (summary?.churn == null ? '' : tell(summary.churn)),
  });
  const scale = ppsScale(cases.map(({ summary }) => summary?.churn?.ratePps ?? 0));
  return [
    column(`Each at, ${scale.unit}`, ({ ratePps }) => inScale(ratePps, scale)),
    column('Blocked, ms', blockedOver),
    column('worst, ms', ({ worstBlockedMs }) => inScale(worstBlockedMs, MILLISECONDS)),
    column('silent, ms', ({ silenceMs }) => inScale(silenceMs, MILLISECONDS)),
    column('p99.9 meanwhile, µs', (churn) => p999Cells(churn).events),
    column('else, µs', (churn) => p999Cells(churn).quiet),
    column('First packet, ms', ({ firstPacketMs }) => firstPacketMs.toFixed(0)),
    column('Lost', ({ lostPackets }) => String(lostPackets.events)),
    column('else', ({ lostPackets }) => String(lostPackets.quiet)),
  ];
}

/** Between which rates the highest one lies that meets each objective. */
function foundColumns(cases: readonly CaseResult[]): Column<CaseResult>[] {
  const scale = foundScale(cases);
  const objectives = cases.find(({ summary }) => summary?.found != null)?.summary?.found ?? [];
  return objectives.map(({ objective }, index) => ({
    title: `${objectiveName(objective)} between, ${scale.unit}`,
    number: true,
    cell({ summary }) {
      const found = summary?.found?.[index];
      return found === undefined ? '' : boundsOf(found, scale);
    },
  }));
}

/** Where both ends send, each way of which the figures before are the sum, with its loss. */
function wayColumns(cases: readonly CaseResult[]): Column<CaseResult>[] {
  if (!cases.some(({ summary }) => (summary?.ways ?? null) !== null)) return [];
  const scale = ppsScale(cases.map(({ summary }) => summary?.throughputPps.median ?? 0));
  const cell = (name: 'there' | 'back') => {
    return ({ summary }: CaseResult) => {
      const way = summary?.ways?.[name];
      return way === undefined
        ? ''
        : `${inScale(way.throughputPps.median, scale)} (lost ${percentLost(way.lossRatio)})`;
    };
  };
  return (['there', 'back'] as const).map((name) => ({
    ...{ title: `${name}, ${scale.unit}`, number: true, cell: cell(name) },
  }));
}

/** Only where pairs ran side by side there is something to share. */
function fairnessColumns(cases: readonly CaseResult[]): Column<CaseResult>[] {
  const told = cases.some(({ summary }) => (summary?.fairness ?? null) !== null);
  return told ? [{ title: 'Fairness', number: true, cell: ({ summary }) => summary?.fairness?.toFixed(3) ?? '' }] : [];
}

/** Rounds with a figure, of how many, and repetitions beside them. */
function trialsCell({ evidence: { trials, repeated }, figures }: CaseResult): string {
  const rounds = trials - repeated;
  const told = figures.length === rounds ? String(rounds) : `${figures.length} of ${rounds}`;
  return repeated === 0 ? told : `${told}, ${repeated} repeated`;
}

function parameterColumn(name: keyof Group): Column<CaseResult> {
  return {
    title: PARAMETERS[name].title,
    cell: ({ case: testCase }) => parameters(testCase)[name].replace(/^.* = /, ''),
  };
}

function throughputColumns(cases: readonly CaseResult[]): Column<CaseResult>[] {
  const scale = ppsScale(cases.map(({ summary }) => summary?.throughputPps.median ?? 0));
  return [
    {
      title: scale.unit,
      number: true,
      key: true,
      cell: ({ summary }) => (summary === null ? '' : inScale(summary.throughputPps.median, scale)),
    },
    {
      title: '95 % interval',
      number: true,
      cell: ({ summary }) => (summary === null ? '' : bounds(summary.throughputPps, scale)),
    },
    {
      title: 'Gbit/s',
      number: true,
      cell: ({ summary }) => (summary === null ? '' : inScale(summary.throughputBps.median, GIGABITS)),
    },
    ...(cases.some((one) => lineRateRatio(one) !== null)
      ? [{ title: 'Of line rate', number: true, cell: lineRateCell }]
      : []),
    ...(cases.some(({ ceiling }) => ceiling !== undefined)
      ? [
          {
            title: 'Of direct; limit',
            cell: ({ ceiling }: CaseResult) => (ceiling === undefined ? '' : ceilingWords(ceiling)),
          },
        ]
      : []),
    {
      title: `${scale.unit}/CPU`,
      number: true,
      cell: ({ summary }) =>
        summary === null || summary.cpu.total === 0
          ? ''
          : inScale(summary.throughputPps.median / summary.cpu.total, scale),
    },
  ];
}

/** What part of what the cable between the hosts carries. */
function lineRateCell(one: CaseResult): string {
  const ratio = lineRateRatio(one);
  return ratio === null ? '' : percentOfLine(ratio);
}

/** How near to the ceiling, and what the limit is. */
function ceilingWords({ ratio, limit }: Ceiling): string {
  const percent = `${(100 * ratio).toFixed(0)} %`;
  switch (limit) {
    case 'tool':
      return `${percent}; tool`;
    case 'switch':
      return `${percent}; switch`;
    case 'unknown':
      return `${percent}; switch or shared CPU`;
    default:
      return limit satisfies never;
  }
}

function latencyColumns(): Column<CaseResult>[] {
  const at = (name: 'p50' | 'p99' | 'p999' | 'mean') => (one: CaseResult) => {
    const interval = one.summary?.latencyNs?.rtt?.[name];
    return interval === undefined || interval === null ? '–' : inScale(interval.median, MICROSECONDS);
  };
  return [
    { title: 'RTT p50, µs', number: true, key: true, cell: at('p50') },
    {
      title: '95 % interval',
      number: true,
      cell: (one) => {
        const interval = one.summary?.latencyNs?.rtt?.p50;
        return interval === undefined || interval === null ? '–' : bounds(interval, MICROSECONDS);
      },
    },
    { title: 'mean', number: true, cell: at('mean') },
    { title: 'p99', number: true, cell: at('p99') },
    { title: 'p99.9', number: true, cell: at('p999') },
  ];
}

/** Cases, or some trials of one, that have no figure; null where there are none. */
export function unmeasuredTable(result: CampaignResult): ComponentChild {
  const rows = result.results.filter((one) => one.reason !== undefined);
  if (rows.length === 0) return null;
  const names = varying(result.results.map((one) => one.case));
  return dataTable({
    caption: 'Cases and trials without a figure',
    bodies: [rows],
    columns: [
      { title: 'Switch · framework', cell: (one) => nameCell(result, one) },
      ...(names.length === 0
        ? []
        : [{ title: 'Parameters', cell: (one: CaseResult) => describeGroup(one.case, names) }]),
      {
        title: 'Outcome',
        cell: (one) => h('span', { class: 'bad' }, one.outcome === 'measured' ? 'measured in part' : one.outcome),
      },
      { title: 'Reason', cell: (one) => one.reason },
    ],
  });
}

/** The parameters that are told of each case: these, and whatever else varies beside what stands there anyhow. */
function tellingApart({ results }: CampaignResult, usual: readonly (keyof Group)[]): (keyof Group)[] {
  const there: readonly (keyof Group)[] = [...usual, 'testbed', 'dimension', 'location', 'pairs'];
  return [...usual, ...varying(results.map((one) => one.case)).filter((name) => !there.includes(name))];
}

/** A case by its name, with what else tells it from others below. */
function caseColumn(result: CampaignResult): Column<{ one: CaseResult }> {
  const rest = tellingApart(result, ['pairs', 'packetSize', 'rate', 'burst']);
  return {
    title: 'Case',
    cell: ({ one }) => [
      caseName(one.case),
      h('span', { class: 'io' }, `${one.case.dimension}${whereOf(result, one.case)}, ${describeGroup(one.case, rest)}`),
    ],
  };
}

/** A ledger of a case: of a pair, or of the cable that all pairs share. */
interface LedgerRow {
  one: CaseResult;
  /** Of which of several, below the case's name. */
  whose: ComponentChild;
  ledger: Pick<Ledger, 'hops' | 'drops' | 'unplacedPackets'>;
  closes: ComponentChild;
}

/** The cable carries what others send as well, and then cannot close. */
function cableRow(one: CaseResult, ledger: UplinkLedger): LedgerRow {
  const { foreignPackets } = ledger;
  const foreign = foreignPackets === 0 ? '' : `, ${grouped(foreignPackets)} of them of others`;
  const cable = `the cable${one.case.pairs > 1 ? ' with all pairs' : ''}${foreign}`;
  return { one, whose: h('span', { class: 'io' }, cable), ledger, closes: '–' };
}

/** The ledgers of each case's last trial: every hop with its count, and each drop with its place; null where none ran. */
export function ledgerTable(result: CampaignResult): ComponentChild {
  const rows = result.results.flatMap((one): LedgerRow[] => {
    if (one.evidence.last === null) return [];
    const { ledgers, uplink } = one.evidence.last;
    return [
      ...ledgers.map((ledger) => {
        const whose = [
          ...(one.case.pairs > 1 ? [`pair ${ledger.pair}`] : []),
          ...(bothSend(one.case) ? [`sent by the ${ledger.from}`] : []),
        ].map((words) => h('span', { class: 'io' }, words));
        return { one, whose, ledger, closes: ledger.closes ? 'yes' : h('strong', { class: 'bad' }, 'no') };
      }),
      ...(uplink === null ? [] : [cableRow(one, uplink)]),
    ];
  });
  if (rows.length === 0) return null;
  const names = tellingApart(result, ['packetSize', 'rate', 'burst']);
  return dataTable({
    caption:
      'Packets counted at each hop, in the last trial of each case (*: by an interface, which knows nothing of the application)',
    bodies: [rows],
    columns: [
      {
        title: 'Case',
        cell: ({ one, whose }) => [
          `${one.case.switch} · ${ioName(one.case)}`,
          h('span', { class: 'io' }, `${describeGroup(one.case, names)}${whereOf(result, one.case)}`),
          whose,
        ],
      },
      { title: 'Hops', cell: ({ ledger }) => hopList(ledger) },
      { title: 'Closes', cell: ({ closes }) => closes },
    ],
  });
}

/** A ledger as accountants write it: a line for each hop, what changed since the one above, and where that went. */
function hopList({ hops, drops, unplacedPackets }: LedgerRow['ledger']): ComponentChild {
  const line = (name: string, packets: string, change: string) =>
    h('li', null, h('span', null, name), h('span', { class: 'n' }, packets), h('span', { class: 'n bad' }, change));
  return h(
    'ol',
    { class: 'hops' },
    ...hops.map(({ hop, packets, source, superPackets, foreignPackets = 0 }, index) => {
      const change = packets - (hops[index - 1]?.packets ?? packets);
      const signed = change === 0 ? '' : `${change < 0 ? '−' : '+'}${grouped(Math.abs(change))}`;
      const name = superPackets === undefined ? hop : `${hop}, of ${grouped(superPackets)} super-packets`;
      const foreign = foreignPackets === 0 ? '' : `, and ${grouped(foreignPackets)} of others`;
      return line(`${name}${foreign}${source === 'counter' ? ' *' : ''}`, grouped(packets), signed);
    }),
    ...drops.map(({ where, packets }) => h('li', { class: 'drop' }, `${grouped(packets)} lost: ${where}`)),
    unplacedPackets === 0
      ? null
      : h(
          'li',
          { class: 'drop' },
          `${grouped(unplacedPackets)} more lost, nobody knows where: duplicates or packets of others came in instead`,
        ),
  );
}

/** What a packet costs, the median over each case's measured trials; null where nothing was measured. */
/** What was lost of each size of a mix, all trials together; null where all packets of each case had one size. */
export function sizeTable(result: CampaignResult): ComponentChild {
  const rows = result.results.flatMap((one) => one.evidence.sizes.map((size) => ({ one, size })));
  if (rows.length === 0) return null;
  return dataTable<(typeof rows)[number]>({
    caption: 'Loss by size, all trials together',
    bodies: [rows],
    columns: [
      caseColumn(result),
      { title: 'Frames', number: true, cell: ({ size }) => bytesText(size, result.fcs) },
      { title: 'Sent', number: true, cell: ({ size }) => grouped(size.sentPackets) },
      { title: 'Lost', number: true, cell: ({ size }) => grouped(size.lostPackets) },
      { title: 'Loss', number: true, cell: ({ size }) => percentLost(lossRatioOf(size)) },
    ],
  });
}

export function costTable(result: CampaignResult): ComponentChild {
  const rows = result.results.flatMap((one) => (one.evidence.measured === 0 ? [] : [{ one, cost: one.evidence.cost }]));
  if (rows.length === 0) return null;
  type Row = (typeof rows)[number];
  const told = (value: number | null, digits = 0) => value?.toFixed(digits) ?? '–';
  const counted = rows.some(({ cost }) => cost.senderCyclesPerPacket !== null || cost.receiverCyclesPerPacket !== null);
  return dataTable<Row>({
    caption: `What a packet costs, median of the trials${counted ? '' : ' (this machine does not count cycles and instructions)'}`,
    bodies: [rows],
    columns: [
      caseColumn(result),
      { title: 'CPU time, ns/packet', number: true, cell: ({ cost }) => told(cost.cpuNsPerPacket) },
      { title: 'Softirq CPUs', number: true, cell: ({ cost }) => told(cost.softirqCpus, 2) },
      {
        title: 'of the sender’s time',
        number: true,
        cell: ({ cost: { softirqOfSender: share } }) => (share === null ? '–' : `${(100 * share).toFixed(0)} %`),
      },
      ...(counted
        ? [
            {
              title: 'Cycles/packet, source / sink',
              number: true,
              cell: ({ cost }: Row) => `${told(cost.senderCyclesPerPacket)} / ${told(cost.receiverCyclesPerPacket)}`,
            },
            {
              title: 'Instructions/packet',
              number: true,
              cell: ({ cost }: Row) =>
                `${told(cost.senderInstructionsPerPacket)} / ${told(cost.receiverInstructionsPerPacket)}`,
            },
          ]
        : []),
    ],
  });
}

/** What switches tell of themselves, the median over each case's trials; null where none tells anything. */
export function switchFiguresTable(result: CampaignResult): ComponentChild {
  const rows = result.results.flatMap((one) =>
    Object.entries(one.evidence.switchFigures).map(([name, value]) => ({ one, name, value })),
  );
  if (rows.length === 0) return null;
  return dataTable({
    caption: 'What switches tell of themselves over the steady state, median of the trials',
    bodies: [rows],
    columns: [
      caseColumn(result),
      { title: 'Figure', cell: ({ name }) => name },
      { title: 'Value', number: true, cell: ({ value }) => (value >= 10 ? value.toFixed(1) : value.toFixed(3)) },
    ],
  });
}

/** What else the machine did during each case: the worst trial, since that is the one that would mislead. */
export function noiseTable(result: CampaignResult): ComponentChild {
  const rows = result.results.flatMap((one) =>
    one.evidence.worst === null ? [] : [{ one, worst: one.evidence.worst }],
  );
  // A dash where the kernel told nothing.
  const told = (value: number | null, factor: number, digits: number) =>
    value === null ? '–' : (factor * value).toFixed(digits);
  return dataTable({
    caption: 'Evidence of disturbance, the worst trial of each case',
    bodies: [rows],
    columns: [
      caseColumn(result),
      { title: 'Steal', number: true, cell: ({ worst }) => `${told(worst.stealRatio, 100, 2)} %` },
      { title: 'Involuntary switches/s', number: true, cell: ({ worst }) => told(worst.involuntarySwitchesPerS, 1, 0) },
      { title: 'Softirq CPUs', number: true, cell: ({ worst }) => told(worst.softirqCpus, 1, 2) },
      { title: 'Interrupts/s', number: true, cell: ({ worst }) => told(worst.interruptsPerS, 1, 0) },
      { title: 'Frequency change, %', number: true, cell: ({ worst }) => told(worst.frequencyChangeRatio, 100, 1) },
      { title: 'CPU pressure, %', number: true, cell: ({ worst }) => told(worst.cpuPressureRatio, 100, 0) },
      { title: 'Duplicated', number: true, cell: ({ worst }) => grouped(worst.duplicatedPackets) },
      { title: 'Reordered', number: true, cell: ({ worst }) => grouped(worst.reorderedPackets) },
      { title: 'Corrupted', number: true, cell: ({ worst }) => grouped(worst.corruptedPackets) },
      { title: 'Disturbed because', cell: ({ one }) => one.evidence.disturbances.join('; ') },
    ],
  });
}
