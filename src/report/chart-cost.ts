// SPDX-License-Identifier: Apache-2.0
// What throughput costs in CPUs, as the paper's figure 6 shows it: a point a case, CPUs to the right, throughput upwards.
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { groupKey, groupOf } from '../stats/group.ts';
import { type Chart, capital, caseLabel, colorOf, measuredCases, ticksFor, UNIT_ABOVE } from './chart.ts';
import { common, describeGroup, ppsScale, varying, whereOf } from './format.ts';

/** Shapes tell the frameworks of a switch apart; the legend writes them as characters. */
const SHAPES = [
  ['circle', '●'],
  ['square', '■'],
  ['triangle-up', '▲'],
  ['diamond', '◆'],
  ['triangle-down', '▼'],
  ['cross', '✚'],
] as const;

/** They look alike for other sizes and rates: the table below them has all. */
const COST_CHARTS_MAX = 3;

/** Beyond this ratio of the highest to the lowest figure, the low ones would lie on one line. */
const LOGARITHMIC_FROM = 20;

/** A chart for each set of parameters that has several switches or numbers of pairs to compare. */
export function costCharts(result: CampaignResult): Chart[] {
  // A super-packet costs what a packet costs, and carries dozens: beside them nothing else could be seen.
  const cases = measuredCases(result, 'throughput').filter((one) => !one.flags.includes('super-packets'));
  const groups = Map.groupBy(cases, (one) => groupKey({ ...groupOf(one.case), pairs: 0 }));
  const shown = [...groups.values()].filter(
    (group) => new Set(group.map((one) => `${one.case.switch} ${one.case.pairs}`)).size > 1,
  );
  const names = varying(shown.flatMap(([first]) => (first === undefined ? [] : [{ ...first.case, pairs: 1 }])));
  return shown.slice(0, COST_CHARTS_MAX).flatMap((group) => costChart(result, group, names));
}

function costChart(result: CampaignResult, cases: readonly CaseResult[], names: ReturnType<typeof varying>): Chart[] {
  const [first] = cases;
  if (first === undefined) return [];
  const pps = cases.map((one) => one.summary?.throughputPps.median ?? 0);
  const scale = ppsScale(pps);
  const looks = looksOf(result, cases);
  const several = new Set(cases.map((one) => one.case.pairs)).size > 1;
  const rows = cases.flatMap((one) => {
    const look = looks.get(caseLabel(one));
    if (one.summary === null || look === undefined) return [];
    const throughput = one.summary.throughputPps.median / scale.divisor;
    const text = several ? `${one.case.pairs}vs${one.case.pairs}` : '';
    return [{ ...look, label: caseLabel(one), cpus: one.summary.cpu.total, throughput, text }];
  });
  const logarithmic = Math.max(...pps) > LOGARITHMIC_FROM * Math.min(...pps.filter((one) => one > 0));
  const group = describeGroup(first.case, common(result, first.case, ['pairs']));
  const where = names.length === 0 ? whereOf(result, groupOf(first.case)) : `: ${describeGroup(first.case, names)}`;
  return [
    {
      title: `Throughput and what it costs${where}`,
      caption: `${capital(group)}. A point is the median of a case; up and to the left is better. Whoever polls uses a whole CPU, however few packets come.${logarithmic ? ' The vertical axis is logarithmic.' : ''}`,
      legend: [...looks].map(([label, { color, glyph }]) => ({ label: `${glyph} ${label}`, color })),
      spec: (width) => ({
        width,
        height: width > 500 ? 320 : 260,
        autosize: { type: 'fit', contains: 'padding' },
        data: { values: rows.filter((row) => row.throughput > 0) },
        encoding: {
          x: {
            field: 'cpus',
            type: 'quantitative',
            title: 'CPUs of applications and switch',
            scale: { zero: true },
            axis: { grid: false, domain: true, ticks: true, tickCount: ticksFor(width) },
          },
          y: {
            field: 'throughput',
            type: 'quantitative',
            title: scale.unit,
            axis: UNIT_ABOVE,
            scale: logarithmic ? { type: 'log' } : { zero: true },
          },
          color: { field: 'color', type: 'nominal', scale: null, legend: null },
        },
        layer: [
          {
            mark: { type: 'point', filled: true, size: 70, opacity: 0.9 },
            encoding: { shape: { field: 'shape', type: 'nominal', scale: null, legend: null } },
          },
          {
            mark: { type: 'text', align: 'right', dx: -7, fontSize: 10 },
            encoding: { text: { field: 'text', type: 'nominal' } },
          },
        ],
      }),
    },
  ];
}

type MarkStyle = { color: string; shape: string; glyph: string };

function looksOf(result: CampaignResult, cases: readonly CaseResult[]): Map<string, MarkStyle> {
  const looks = new Map<string, MarkStyle>();
  for (const one of cases) {
    const label = caseLabel(one);
    if (looks.has(label)) continue;
    const color = colorOf(result, one.case.switch);
    const ofColor = [...looks.values()].filter((look) => look.color === color).length;
    const [shape, glyph] = SHAPES[ofColor % SHAPES.length] ?? SHAPES[0];
    looks.set(label, { color, shape, glyph });
  }
  return looks;
}
