// SPDX-License-Identifier: Apache-2.0
// The tables of results.
import type { ComponentChild } from 'preact';
import { DIMENSIONS } from '../model/parameter.ts';
import { PARAMETERS } from '../model/parameters.ts';
import type { CampaignResult, CaseResult, Ceiling, ChurnSummary } from '../model/result.ts';
import { objectiveName } from '../model/search.ts';
import { testbedsOf } from '../model/testbed.ts';
import { type Group, groupCases } from '../stats/group.ts';
import { lineRateRatio } from '../stats/line-rate.ts';
import { ranked } from '../stats/verdict.ts';
import { depthCells, trainBounds } from './bursts.ts';
import { nameCell } from './case-cells.ts';
import { blockedOver, p999Cells } from './churns.ts';
import { type Column, dataTable } from './data-table.ts';
import { flagMarks, marksFor } from './flags.ts';
import {
  backgroundOffered,
  bounds,
  common,
  describeGroup,
  flooded,
  flowsWithLoss,
  GIGABITS,
  inScale,
  MICROSECONDS,
  MILLISECONDS,
  parameters,
  percentLost,
  percentOfLine,
  ppsScale,
  varying,
} from './format.ts';
import { boundsOf, foundScale } from './found.ts';

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
