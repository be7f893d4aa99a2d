// SPDX-License-Identifier: Apache-2.0
// Lines: a figure over the parameter that was swept, and latency over percentiles.
import { AXIS_KEYS, type AxisKey, axisOf } from '../model/parameters.ts';
import type { CampaignResult, CaseResult, Interval } from '../model/result.ts';
import { type CaseGroup, type Group, groupCases, groupKey, groupOf } from '../stats/group.ts';
import { BEYOND_MIN } from '../stats/percentiles.ts';
import { decidingFigure, ranked } from '../stats/verdict.ts';
import {
  CHARTS_MAX,
  type Chart,
  capital,
  caseLabel,
  colorOf,
  type Layer,
  type LegendEntry,
  measuredCases,
  ticksFor,
  UNIT_ABOVE,
  whisker,
} from './chart.ts';
import { common, describeGroup, GIGABITS, MICROSECONDS, ppsScale, type Scale, varying, whereOf } from './format.ts';
import { remoteFigure } from './paper.ts';

const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3], [12, 4], [1, 5]];
const SHAPES = ['circle', 'square', 'triangle-up', 'diamond', 'triangle-down', 'cross'];

/** How the line of a case looks: colour tells the switch, dash and shape tell its frameworks apart. */
interface LineStyle {
  label: string;
  color: string;
  dash: number[];
  shape: string;
}

function looksOf(result: CampaignResult, cases: readonly CaseResult[]): LineStyle[] {
  const looks = new Map<string, LineStyle>();
  for (const one of cases) {
    const label = caseLabel(one);
    if (looks.has(label)) continue;
    const color = colorOf(result, one.case.switch);
    const style = [...looks.values()].filter((look) => look.color === color).length;
    looks.set(label, {
      label,
      color,
      dash: DASHES[style % DASHES.length] ?? [],
      shape: SHAPES[style % SHAPES.length] ?? 'circle',
    });
  }
  return [...looks.values()];
}

function legendOf(looks: readonly LineStyle[]): LegendEntry[] {
  return looks.map(({ label, color, dash }) => ({ label, color, dash: dash.join(' ') }));
}

/** A channel that takes what it shows from the looks, by label. */
function byLabel<T>(looks: readonly LineStyle[], range: (look: LineStyle) => T) {
  const scale = { domain: looks.map(({ label }) => label), range: looks.map(range) };
  return { field: 'label', type: 'nominal', legend: null, scale } as const;
}

/** Measured cases that differ in one parameter, the switch and the framework. */
export interface SweptCases {
  parameter: AxisKey;
  /** The group of one of them: all but `parameter` is theirs in common. */
  rest: Group;
  cases: CaseResult[];
}

/** Every way in which cases of a dimension line up along a parameter. What is no number, as an unpaced rate, has no place on an axis. */
export function sweeps(result: CampaignResult, dimension: Group['dimension']): SweptCases[] {
  const cases = measuredCases(result, dimension);
  return AXIS_KEYS.flatMap((parameter) => {
    const found = new Map<string, SweptCases>();
    for (const one of cases) {
      if (typeof one.case[parameter] !== 'number') continue;
      const rest = groupOf(one.case);
      const key = groupKey({ ...rest, [parameter]: 0 });
      const known = found.get(key);
      if (known === undefined) found.set(key, { parameter, rest, cases: [one] });
      else known.cases.push(one);
    }
    return [...found.values()].filter((sweep) => new Set(sweep.cases.map((one) => one.case[parameter])).size > 1);
  });
}

/** What a line chart shows of each case. */
interface Plotted {
  what: string;
  scale: Scale;
  figure: (result: CaseResult) => Interval | null;
}

/**
 * Figures along a parameter: the paper's figures 4a (rate), 4b and 4c (packet size), 4e and 4f (pairs); between two hosts 4d
 * (packet size), 4g and 4h (pairs).
 */
export function sweepCharts(result: CampaignResult): Chart[] {
  const throughput = sweeps(result, 'throughput').flatMap((sweep): Chart[] => {
    const scale = ppsScale(sweep.cases.map((one) => one.summary?.throughputPps.median ?? 0));
    const pps = { what: 'Throughput', scale, figure: (one: CaseResult) => one.summary?.throughputPps ?? null };
    const bps = {
      what: 'Throughput in Gbit/s',
      scale: GIGABITS,
      figure: (one: CaseResult) => one.summary?.throughputBps ?? null,
    };
    const plotted = sweep.parameter === 'packetSize' ? [pps, bps] : [pps];
    return plotted.map((one) => lineChart(result, sweep, one));
  });
  return throughput.slice(0, CHARTS_MAX);
}

/** Median round trips along a parameter: the paper's figures 5a to 5c on one host, 5d to 5f between two. */
export function latencySweepCharts(result: CampaignResult): Chart[] {
  const plotted = { what: 'Median round trip', scale: MICROSECONDS, figure: decidingFigure };
  return sweeps(result, 'latency')
    .map((sweep) => lineChart(result, sweep, plotted))
    .slice(0, CHARTS_MAX);
}

function lineChart(
  result: CampaignResult,
  { parameter, rest, cases }: SweptCases,
  { what, scale, figure: figureOf }: Plotted,
): Chart {
  const axis = axisOf(parameter);
  const paced = parameter === 'rate';
  const rates = paced ? ppsScale(cases.map(({ case: { rate } }) => (rate === 'max' ? 0 : rate))) : null;
  const rows = cases.flatMap((one) => {
    const interval = figureOf(one);
    const value = one.case[parameter];
    if (interval === null || typeof value !== 'number') return [];
    return [{ label: caseLabel(one), x: value / (rates?.divisor ?? 1), ...whisker(interval, scale.divisor) }];
  });
  const looks = looksOf(result, cases);
  const values = [...new Set(rows.map((row) => row.x))].sort((a, b) => a - b);
  const names = common(result, rest, [parameter]);
  const dashed = paced && rest.dimension === 'throughput' ? ' The thin line is what was asked for.' : '';
  const figure = remoteFigure(rest, parameter);
  const published = figure === null ? '' : ` The paper’s ${figure} shows the same scenario, L = remote.`;
  return {
    title: `${what} by ${axis.by}${whereOf(result, rest)}`,
    caption: `${capital(describeGroup(rest, names))}. Points are medians, whiskers 95 % intervals. Colour tells the switch, dash and shape its framework.${dashed}${published}`,
    legend: legendOf(looks),
    spec: (width) => ({
      width,
      height: width > 500 ? 320 : 260,
      autosize: { type: 'fit', contains: 'padding' },
      data: { values: rows },
      encoding: {
        x: {
          field: 'x',
          type: 'quantitative',
          title: rates === null ? axis.title : `${axis.title}, ${rates.unit}`,
          // Sizes, bursts and pairs are chosen by doubling; rates in steps.
          scale: paced ? { zero: true } : { type: 'log', base: 2, nice: false, padding: 14 },
          axis: {
            grid: false,
            domain: true,
            ticks: true,
            labelOverlap: true,
            ...(paced ? { tickCount: ticksFor(width) } : { values, labelExpr: 'datum.value' }),
          },
        },
        y: { field: 'median', type: 'quantitative', title: scale.unit, axis: UNIT_ABOVE },
        color: byLabel(looks, ({ color }) => color),
      },
      layer: [
        ...(rates !== null && rest.dimension === 'throughput'
          ? [askedFor(values, (rates.divisor * rest.pairs) / scale.divisor)]
          : []),
        { mark: { type: 'line', strokeWidth: 2 }, encoding: { strokeDash: byLabel(looks, ({ dash }) => dash) } },
        {
          mark: { type: 'rule', strokeWidth: 1.5 },
          encoding: { y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
        },
        {
          mark: { type: 'point', filled: true, size: 55, opacity: 1 },
          encoding: { shape: byLabel(looks, ({ shape }) => shape) },
        },
      ],
    }),
  };
}

/** The line on which everything that is asked for arrives. */
function askedFor(values: readonly number[], slope: number): Layer {
  return {
    data: { values: values.map((x) => ({ x, median: x * slope })) },
    mark: { type: 'line', strokeWidth: 1 },
    encoding: { color: { value: 'var(--soft)' } },
  };
}

/** Ticks of an axis of nines (0.3 is the median, 1 is 90 %, 2 is 99 %) and how they are called. */
const NINES: [number, string][] = [
  [-Math.log10(0.5), 'p50'],
  [1, 'p90'],
  [2, 'p99'],
  [3, 'p99.9'],
  [4, 'p99.99'],
  [5, 'p99.999'],
];

/** One chart for each group of latency cases: the round trips of all its measured trials. */
export function latencyCharts(result: CampaignResult): Chart[] {
  const groups = groupCases(measuredCases(result, 'latency')).slice(0, CHARTS_MAX);
  const names = varying(groups.map(({ group }) => group));
  return groups.flatMap((caseGroup) => {
    const chart = percentileChart(result, caseGroup);
    if (chart === null) return [];
    return names.length === 0 ? [chart] : [{ ...chart, title: capital(describeGroup(caseGroup.group, names)) }];
  });
}

function percentileChart(result: CampaignResult, caseGroup: CaseGroup): Chart | null {
  const cases = ranked(caseGroup);
  const rows = cases.flatMap((one) => {
    return one.evidence.roundTrips.map(({ percent, ns }) => ({
      label: caseLabel(one),
      nines: -Math.log10(1 - percent / 100),
      delay: ns / MICROSECONDS.divisor,
    }));
  });
  if (rows.length === 0) return null;
  const looks = looksOf(result, cases);
  const delays = rows.map(({ delay }) => delay);
  const [lowest, highest] = [0.8 * Math.min(...delays), 1.2 * Math.max(...delays)];
  const ticks = NINES.filter(([value]) => value <= Math.max(...rows.map((row) => row.nines)) + 0.01);
  return {
    title: `Round-trip latency by percentile${whereOf(result, caseGroup.group)}`,
    caption: `${capital(describeGroup(caseGroup.group, common(result, caseGroup.group)))}. The packets of all measured trials together; a curve ends where fewer than ${BEYOND_MIN} of them lie beyond, or where packets begin that were due and never sent. Times count from the intended send time, so that a stall is not hidden by the packets it held back.`,
    legend: legendOf(looks),
    spec: (width) => ({
      width,
      height: width > 500 ? 320 : 260,
      autosize: { type: 'fit', contains: 'padding' },
      data: { values: rows },
      mark: { type: 'line', strokeWidth: 2, interpolate: 'monotone' },
      encoding: {
        x: {
          field: 'nines',
          type: 'quantitative',
          title: null,
          scale: { zero: true, nice: false },
          axis: { domain: true, values: ticks.map(([value]) => value), labelExpr: nameOfNines() },
        },
        y: {
          field: 'delay',
          type: 'quantitative',
          title: MICROSECONDS.unit,
          scale: { type: 'log', nice: false, domain: [lowest, highest] },
          axis: { ...UNIT_ABOVE, values: oneTwoFive(lowest, highest) },
        },
        color: byLabel(looks, ({ color }) => color),
        strokeDash: byLabel(looks, ({ dash }) => dash),
      },
    }),
  };
}

/** Round numbers for a logarithmic axis: 1, 2, 5, 10, 20 and so on. */
function oneTwoFive(lowest: number, highest: number): number[] {
  const decades = Math.ceil(Math.log10(highest / lowest)) + 1;
  const first = Math.floor(Math.log10(lowest));
  return Array.from({ length: decades + 1 }, (_, index) => 10 ** (first + index))
    .flatMap((decade) => [decade, 2 * decade, 5 * decade])
    .filter((value) => value >= lowest && value <= highest);
}

/** Vega's expression for a tick's name: nested conditions, as it has no maps. */
function nameOfNines(): string {
  return NINES.reduceRight((rest, [value, name]) => `datum.value < ${value + 0.1} ? '${name}' : ${rest}`, "''");
}
