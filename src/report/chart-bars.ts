// SPDX-License-Identifier: Apache-2.0
// Throughput as bars: the paper's table 2, and the cases of one group.
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { type CaseGroup, groupCases, groupKey, groupOf } from '../stats/group.ts';
import { decidingFigure, ranked } from '../stats/verdict.ts';
import {
  type Chart,
  caseLabel,
  colorOf,
  INK,
  measuredCases,
  NEUTRAL,
  rowNames,
  rowsHeight,
  SERIES,
  ticksFor,
  UNIT_ABOVE,
  whisker,
} from './chart.ts';
import { dotsOf } from './dots.ts';
import { scaleFor } from './figures/scale.ts';
import { sweeps } from './figures/sweeps.ts';
import { capital, common, describeGroup, inScale, namesTestbeds, ppsScale, varying, whereOf } from './format.ts';
import { publishedPps, table2Pps } from './paper.ts';

const PAPER = 'Published';
const KPPS = 1e3;

/** Height of a bar with its gap, pixels. */
const BAR_STEP = 30;

/** The paper's table 2 beside the same cases measured here, a chart for each testbed that has some of them. */
export function table2Charts(result: CampaignResult): Chart[] {
  const comparable = measuredCases(result, 'throughput').filter((one) => publishedPps(one.case) !== null);
  return [...Map.groupBy(comparable, (one) => one.case.testbed).values()].map((cases) => table2Chart(result, cases));
}

function table2Chart(result: CampaignResult, comparable: readonly CaseResult[]): Chart {
  const [first] = comparable;
  const where = first === undefined ? '' : whereOf(result, groupOf(first.case));
  const here = namesTestbeds(result) && first !== undefined ? `Testbed ${first.case.testbed}` : 'This machine';
  // Where a campaign has the paper's rate and also none, the paper's it is.
  const paced = comparable.filter((one) => one.case.rate !== 'max');
  const ours = paced.length > 0 ? paced : comparable;
  const names = Object.keys(table2Pps).filter((io) => ours.some((one) => one.case.io === io));
  const rows = [...names.map(publishedRow), ...ours.flatMap((one) => ownRow(one, here))];
  const drawn = dotsOf(ours);
  const dots = ours.flatMap((one) =>
    drawn.of(one).map((value) => ({ io: one.case.io, source: here, pps: value / KPPS })),
  );
  const colors = { domain: [PAPER, here], range: [NEUTRAL, SERIES[0]] };
  return {
    title: `The paper’s table 2, measured again${where}`,
    caption: `Received throughput of one pair over linux-bridge, 64-byte frames in bursts of 64, more of them intended than the path carries (the paper: 1 Mpps). Bars are medians, whiskers 95 % intervals, dots rounds; the paper gives a single figure. The machines differ, so compare the order and the ratios before the heights.${drawn.note}`,
    legend: [
      { label: PAPER, color: NEUTRAL },
      { label: here, color: SERIES[0] },
    ],
    spec: (width) => ({
      width,
      height: 280,
      autosize: { type: 'fit', contains: 'padding' },
      data: { values: rows },
      encoding: {
        x: {
          field: 'io',
          type: 'nominal',
          sort: names,
          title: null,
          axis: { labelAngle: 0, labelColor: INK },
          scale: { paddingInner: 0.28, paddingOuter: 0.1 },
        },
        xOffset: { field: 'source', type: 'nominal', sort: [PAPER, here], scale: { paddingInner: 0.08 } },
      },
      layer: [
        {
          mark: { type: 'bar', cornerRadiusEnd: 2 },
          encoding: {
            y: { field: 'median', type: 'quantitative', stack: null, title: 'kpps', axis: UNIT_ABOVE },
            color: { field: 'source', type: 'nominal', legend: null, scale: colors },
          },
        },
        {
          mark: { type: 'rule', strokeWidth: 1.5, color: INK },
          encoding: { y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
        },
        {
          data: { values: dots },
          mark: { type: 'circle', size: 18, opacity: 0.5, color: INK },
          encoding: { y: { field: 'pps', type: 'quantitative' } },
        },
        {
          mark: { type: 'text', dy: -9, fontWeight: 600 },
          encoding: {
            y: { field: 'high', type: 'quantitative' },
            text: { field: 'median', type: 'quantitative', format: '.0f' },
          },
        },
      ],
    }),
  };
}

function publishedRow(io: string) {
  const median = (table2Pps[io] ?? 0) / KPPS;
  return { io, source: PAPER, median, low: median, high: median };
}

function ownRow({ case: { io }, summary }: CaseResult, here: string) {
  return summary === null ? [] : [{ io, source: here, ...whisker(summary.throughputPps, KPPS) }];
}

/**
 * A chart for each group of comparable cases. Groups that differ in a parameter only are drawn as lines over it instead;
 * where all are, the first unpaced one is shown as bars too, since it is what most readers look for.
 */
export function throughputCharts(result: CampaignResult): Chart[] {
  const groups = groupCases(measuredCases(result, 'throughput'));
  const inLines = new Set(
    sweeps(result, 'throughput').flatMap(({ cases }) => cases.map((one) => groupKey(groupOf(one.case)))),
  );
  const apart = groups.filter(({ group }) => !inLines.has(groupKey(group)));
  const unpaced = groups.filter(({ group }) => group.rate === 'max');
  const shown = apart.length > 0 ? apart : unpaced.slice(0, 1);
  const names = varying(shown.map(({ group }) => group));
  return shown.map((caseGroup) => ({
    ...barChart(result, caseGroup),
    ...(names.length === 0 ? {} : { title: capital(describeGroup(caseGroup.group, names)) }),
  }));
}

function barChart(result: CampaignResult, caseGroup: CaseGroup): Chart {
  const figures = ranked(caseGroup).flatMap((one) => {
    const figure = decidingFigure(one);
    return figure === null ? [] : [{ one, figure }];
  });
  const scale = ppsScale(figures.map(({ figure }) => figure.median));
  const rows = figures.map(({ one, figure }) => ({
    label: caseLabel(one),
    color: colorOf(one.case.switch),
    ...whisker(figure, scale.divisor),
    text: inScale(figure.median, scale),
  }));
  const drawn = dotsOf(figures.map(({ one }) => one));
  const dots = figures.flatMap(({ one }) =>
    drawn.of(one).map((value) => ({ label: caseLabel(one), pps: value / scale.divisor })),
  );
  const isLog = scaleFor(rows.map(({ median }) => median)) === 'log';
  const origin = isLog ? 10 ** Math.floor(Math.log10(Math.min(...rows.map(({ median }) => median)))) : 0;
  const layout = { names: rows.map(({ label }) => label), step: BAR_STEP, labelPx: 12 };
  return {
    title: `Received throughput${whereOf(result, caseGroup.group)}`,
    caption: `${capital(describeGroup(caseGroup.group, common(result, caseGroup.group)))}. Bars are medians, whiskers their 95 % intervals, dots rounds; whether two cases differ is said at the top, and not by whether whiskers overlap. Grey is direct: the same framework without any switch, the ceiling.${isLog ? ' The axis is logarithmic: a bar twice as long is not twice as fast.' : ''}${drawn.note}`,
    legend: [],
    spec: (width) => ({
      width,
      height: rowsHeight({ ...layout, width }),
      autosize: { type: 'fit-x', contains: 'padding' },
      data: { values: rows },
      encoding: { y: rowNames('label', { ...layout, width }) },
      layer: [
        {
          mark: { type: 'bar', cornerRadiusEnd: 2 },
          encoding: {
            x: {
              field: 'median',
              type: 'quantitative',
              stack: null,
              title: scale.unit,
              axis: { tickCount: ticksFor(width) },
              scale: {
                ...(isLog ? { type: 'log' as const, domainMin: origin, nice: false } : { domainMin: 0 }),
                domainMax: headroom(
                  rows.map(({ high }) => high),
                  width,
                  origin,
                ),
              },
            },
            x2: { datum: origin },
            color: { field: 'color', type: 'nominal', scale: null, legend: null },
          },
        },
        {
          mark: { type: 'rule', strokeWidth: 1.5, color: INK },
          encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
        },
        {
          data: { values: dots },
          mark: { type: 'circle', size: 18, opacity: 0.5, color: INK },
          encoding: { x: { field: 'pps', type: 'quantitative' } },
        },
        {
          mark: { type: 'text', align: 'left', dx: 9, fontWeight: 600 },
          encoding: { x: { field: 'high', type: 'quantitative' }, text: { field: 'text', type: 'nominal' } },
        },
      ],
    }),
  };
}

/** The axis' end that leaves room for the figures behind the bars, which begin at `origin`: 0, or a logarithmic axis' first value. */
function headroom(values: readonly number[], width: number, origin: number): number {
  const most = Math.max(0, ...values);
  const room = width > 500 ? 0.1 : 0.25;
  return (origin > 0 ? most * (most / origin) ** room : most * (1 + room)) || 1;
}
