// SPDX-License-Identifier: Apache-2.0
// The columns of a campaign's table, and in which order they give way where the terminal is narrow.
import type { CampaignResult, CaseResult, ChurnSummary, FoundSummary } from '../model/result.ts';
import { objectiveName } from '../model/search.ts';
import { bothSend, ioName, rolesOf, type TestCase } from '../model/testcase.ts';
import type { Group } from '../stats/group.ts';
import { lineRateRatio } from '../stats/line-rate.ts';
import { halfWidthRatio } from '../stats/precision.ts';
import { decidingFigure } from '../stats/verdict.ts';
import { depthCells, trainBounds } from './bursts.ts';
import { blockedOver, p999Cells } from './churns.ts';
import { type FlagMarks, marksFor } from './flags.ts';
import {
  backgroundOffered,
  bounds,
  flooded,
  flowsWithLoss,
  GIGABITS,
  inScale,
  MICROSECONDS,
  MILLISECONDS,
  PACKETS,
  percentLost,
  percentOfLine,
  ppsScale,
  type Scale,
} from './format.ts';
import { boundsOf, foundScale } from './found.ts';
import { parameterColumn } from './parameter-column.ts';
import type { Column } from './table.ts';
import { clean } from './text.ts';

type FigureColumn = Column<CaseResult>;

/** Which column gives way when. What names a row, the figure that decides, its loss and its notes always stay. */
const TURN = {
  frameworkTitle: 1,
  gigabits: 2,
  cpuOfEach: 3,
  secondary: 4,
  cpuTotal: 5,
  bounds: 6,
  p99: 7,
  ways: 8,
} as const;

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
): FigureColumn[] {
  const dimension = cases[0]?.case.dimension ?? 'throughput';
  const style = (one: CaseResult) => (best.has(one) ? 'green' : null);
  const isOne = (pick: (testCase: TestCase) => string) =>
    cases.length > 1 && new Set(cases.map((one) => pick(one.case))).size === 1;
  return [
    ...only(
      !isOne((testCase) => testCase.switch),
      left(SWITCH, (one) => clean(one.case.switch), { style, names: true }),
    ),
    ...only(
      !isOne(ioName),
      left(FRAMEWORK, (one) => clean(titleOf(one.case, ioTitles)), {
        ...{ style, names: true, yields: TURN.frameworkTitle },
        instead: [left(FRAMEWORK, (one) => clean(ioName(one.case)), { style, names: true })],
      }),
    ),
    ...names.map((name) => parameterColumn<CaseResult>(name)),
    ...columnsOf(dimension, cases),
    right('Loss', ({ summary }) => (summary === null ? '' : percentLost(summary.lossRatio))),
    ...wayColumns(cases),
    ...only(
      cases.some(({ evidence }) => evidence.background !== null),
      right('Sent\nbeside', backgroundOffered, { yields: TURN.secondary }),
    ),
    ...only(
      cases.some(({ evidence }) => evidence.floodedRatio !== null),
      right('Flooded', flooded, { yields: TURN.secondary }),
    ),
    ...only(
      cases.some(({ evidence }) => evidence.flows !== null),
      right('Flows with\nloss', flowsWithLoss, { yields: TURN.secondary }),
    ),
    ...only(
      cases.some(({ summary }) => (summary?.fairness ?? null) !== null),
      // Of one pair there is nothing to say.
      right('Fair', ({ summary }) => summary?.fairness?.toFixed(3) ?? '', { yields: TURN.secondary }),
    ),
    ...cpuColumns(cases),
    left(
      'Notes',
      (one) =>
        marksFor(one, marks)
          .map((mark) => `[${mark}]`)
          .join(''),
      { names: true },
    ),
  ];
}

type Rest = Partial<Omit<FigureColumn, 'title' | 'align' | 'cell'>>;

function left(title: string, cell: FigureColumn['cell'], rest: Rest = {}): FigureColumn {
  return { title, align: 'left', cell, ...rest };
}

function right(title: string, cell: FigureColumn['cell'], rest: Rest = {}): FigureColumn {
  return { title, align: 'right', cell, ...rest };
}

function only(applies: boolean, column: FigureColumn): FigureColumn[] {
  return applies ? [column] : [];
}

function titleOf(testCase: TestCase, ioTitles: CampaignResult['ioTitles']): string {
  return testCase.port === 'netdev' ? (ioTitles[testCase.io] ?? testCase.io) : ioName(testCase);
}

function columnsOf(dimension: Group['dimension'], cases: readonly CaseResult[]): FigureColumn[] {
  switch (dimension) {
    case 'throughput':
      return throughputColumns(cases);
    case 'latency':
      return latencyColumns();
    case 'capacity':
      return capacityColumns(cases);
    case 'burst':
      return burstColumns();
    case 'churn':
      return churnColumns(cases);
    default:
      return dimension satisfies never;
  }
}

/** For each objective what arrives at the highest rate that meets it, and between which rates that lies. */
function capacityColumns(cases: readonly CaseResult[]): FigureColumn[] {
  const scale = foundScale(cases);
  const objectives = cases.find(({ summary }) => summary?.found != null)?.summary?.found ?? [];
  return objectives.flatMap(({ objective }, index) => {
    const cell = (tell: (found: FoundSummary) => string) => (result: CaseResult) => {
      const found = result.summary?.found?.[index];
      return found === undefined ? '–' : tell(found);
    };
    return [
      right(
        `${objectiveName(objective)}\n${scale.unit}`,
        cell(({ throughputPps }) => inScale(throughputPps.median, scale)),
      ),
      right(
        'between',
        cell((found) => boundsOf(found, scale)),
        { yields: TURN.bounds },
      ),
      ...only(index === 0 && cases.some(({ figures }) => figures.length > 1), intervalColumn(scale)),
    ];
  });
}

/** The longest burst, between which lengths it lies, and how deep the path is by that. */
function burstColumns(): FigureColumn[] {
  const depth = (index: 0 | 1) => (result: CaseResult) => depthCells(result.summary?.burst ?? null)[index];
  return [
    right('Longest burst\npackets', ({ summary }) => cellOf(summary?.burst?.longestPackets.median, PACKETS)),
    intervalColumn(PACKETS),
    right('between', ({ summary }) => (summary?.burst == null ? '–' : trainBounds(summary.burst)), {
      yields: TURN.bounds,
    }),
    right('Depth\npackets', depth(0)),
    right('Depth\nµs', depth(1)),
  ];
}

/** What others meet while a container comes and goes. */
function churnColumns(cases: readonly CaseResult[]): FigureColumn[] {
  const of = (tell: (churn: ChurnSummary) => string) => (result: CaseResult) =>
    result.summary?.churn == null ? '–' : tell(result.summary.churn);
  const scale = ppsScale(cases.map(({ summary }) => summary?.churn?.ratePps ?? 0));
  return [
    right(
      `Each at\n${scale.unit}`,
      of(({ ratePps }) => inScale(ratePps, scale)),
      { yields: TURN.secondary },
    ),
    right('Blocked\nms', of(blockedOver)),
    intervalColumn(MILLISECONDS),
    right(
      'worst\nms',
      of(({ worstBlockedMs }) => inScale(worstBlockedMs, MILLISECONDS)),
      { yields: TURN.secondary },
    ),
    right(
      'silent\nms',
      of(({ silenceMs }) => inScale(silenceMs, MILLISECONDS)),
      { yields: TURN.secondary },
    ),
    right(
      'p99.9 µs\nmeanwhile',
      of((churn) => p999Cells(churn).events),
    ),
    right(
      'else',
      of((churn) => p999Cells(churn).quiet),
    ),
    right(
      'first packet\nms',
      of(({ firstPacketMs }) => firstPacketMs.toFixed(0)),
    ),
  ];
}

function throughputColumns(cases: readonly CaseResult[]): FigureColumn[] {
  const scale = throughputScale(cases);
  return [
    right(scale.unit, ({ summary }) => cellOf(summary?.throughputPps.median, scale)),
    intervalColumn(scale),
    right('Gbit/s', ({ summary }) => cellOf(summary?.throughputBps.median, GIGABITS), { yields: TURN.gigabits }),
    ...only(
      cases.some((one) => lineRateRatio(one) !== null),
      right('Of line\nrate', lineRateCell, { yields: TURN.secondary }),
    ),
  ];
}

/** Where both ends send, the figures of each way, of which the one before is the sum. */
function wayColumns(cases: readonly CaseResult[]): FigureColumn[] {
  if (!cases.some(({ summary }) => (summary?.ways ?? null) !== null)) return [];
  const scale = throughputScale(cases);
  return (['there', 'back'] as const).flatMap((name) => [
    right(`${name}\n${scale.unit}`, ({ summary }) => inWay(summary?.ways?.[name].throughputPps.median, scale), {
      yields: TURN.ways,
    }),
    right(`${name}\nloss`, ({ summary }) => (summary?.ways == null ? '' : percentLost(summary.ways[name].lossRatio)), {
      yields: TURN.secondary,
    }),
  ]);
}

/** Of a case in one direction there is nothing to say. */
function inWay(value: number | undefined, scale: Scale): string {
  return value === undefined ? '' : inScale(value, scale);
}

function throughputScale(cases: readonly CaseResult[]): Scale {
  return ppsScale(cases.map(({ summary }) => summary?.throughputPps.median ?? 0));
}

/** What part of the cable's line rate it is. */
function lineRateCell(result: CaseResult): string {
  const ratio = lineRateRatio(result);
  return ratio === null ? '' : percentOfLine(ratio);
}

function latencyColumns(): FigureColumn[] {
  const at = (name: 'p50' | 'p99' | 'p999') => (result: CaseResult) =>
    cellOf(result.summary?.latencyNs?.rtt?.[name]?.median, MICROSECONDS);
  return [
    right('RTT p50\nµs', at('p50')),
    intervalColumn(MICROSECONDS),
    right('p99\nµs', at('p99'), { yields: TURN.p99 }),
    right('p99.9\nµs', at('p999')),
  ];
}

/** The interval of the figure that decides; where there is little room, how far it reaches. */
function intervalColumn(scale: Scale): FigureColumn {
  const cell = (result: CaseResult, told: (figure: NonNullable<ReturnType<typeof decidingFigure>>) => string) => {
    const figure = decidingFigure(result);
    return figure === null ? '' : told(figure);
  };
  const half = right('± 95 %', (result) =>
    cell(result, (figure) => {
      const ratio = halfWidthRatio(figure);
      return ratio === null ? '–' : ratio < 0.0005 ? '<0.1 %' : `${(100 * ratio).toFixed(1)} %`;
    }),
  );
  return right('95 % interval', (result) => cell(result, (figure) => bounds(figure, scale)), {
    yields: TURN.bounds,
    instead: [half],
  });
}

function cellOf(value: number | undefined, scale: Scale): string {
  return value === undefined ? '–' : inScale(value, scale);
}

/** CPUs that each part kept busy; where there is little room, all together. */
function cpuColumns(cases: readonly CaseResult[]): FigureColumn[] {
  const [first] = cases;
  // What only sends in one case may do both in the next.
  const { source, sink } =
    first === undefined || cases.some((one) => bothSend(one.case))
      ? { source: 'source', sink: 'sink' }
      : rolesOf(first.case);
  const column = (title: string, field: 'sender' | 'receiver' | 'switch' | 'total', rest: Rest) =>
    right(title, ({ summary }) => summary?.cpu[field].toFixed(2) ?? '', rest);
  const total = column('CPUs', 'total', { yields: TURN.cpuTotal });
  return [
    column(`${source}\nCPUs`, 'sender', { yields: TURN.cpuOfEach, instead: [total] }),
    column(`${sink}\nCPUs`, 'receiver', { yields: TURN.cpuOfEach }),
    column('switch\nCPUs', 'switch', { yields: TURN.cpuOfEach }),
  ];
}
