// SPDX-License-Identifier: Apache-2.0
// The figure that somebody asks for of a campaign, or why there is none.

import { AXIS_KEYS, type AxisKey, axisOf, GROUP_KEYS } from '../../model/parameters.ts';
import type { CampaignResult, CaseResult } from '../../model/result.ts';
import type { Parsed } from '../../model/units.ts';
import type { Group } from '../../stats/group.ts';
import { listed, varying } from '../format.ts';
import { type Arranging, ASPECTS, type Aspect, aspectOf, isOfSwitch } from './arrangement.ts';
import { caption } from './caption.ts';
import { costFigure } from './cost-figure.ts';
import { cpuFigure } from './cpu-figure.ts';
import type { Figure, FigureKind } from './figure.ts';
import { heatFigure } from './heat-figure.ts';
import { lineFigure } from './line-figure.ts';
import { MEASURE_OF, type MeasureName, type Stat } from './measures.ts';
import { percentileFigure } from './percentile-figure.ts';
import { rowFigure } from './row-figure.ts';

/** A timeline is of a case (timeline-figure.ts); all others are of a campaign. */
export const PLOT_KINDS = [
  'line',
  'bars',
  'stack',
  'cdf',
  'box',
  'dots',
  'heatmap',
  'cost',
] as const satisfies FigureKind[];
export type PlotKind = (typeof PLOT_KINDS)[number];

/** What is left open follows from the campaign. */
export interface PlotQuestion {
  kind: PlotKind | null;
  x: AxisKey | null;
  y: MeasureName | null;
  /** What the colours of lines, points and rows tell. */
  color: Aspect | null;
  /** What panels tell; of a heat map, its rows. */
  facet: Aspect | null;
  stat: Stat;
}

type Option = 'x' | 'y' | 'color' | 'facet' | 'stat';

/** What each kind can be asked for; a timeline is of a case, by time. */
const TAKES: Readonly<Record<PlotKind | 'timeline', readonly Option[]>> = {
  line: ['x', 'y', 'color', 'facet', 'stat'],
  bars: ['y', 'color', 'facet', 'stat'],
  // Its colours are who used them.
  stack: ['facet'],
  cdf: ['color', 'facet'],
  box: ['y', 'color', 'facet'],
  dots: ['y', 'color', 'facet'],
  // Its colours are the figure.
  heatmap: ['x', 'y', 'facet', 'stat'],
  cost: ['color', 'facet'],
  timeline: [],
};

/** Why a kind cannot be drawn as it is asked for, and what it takes instead; null where it can. */
export function askedInVain(kind: PlotKind | 'timeline', question: Omit<PlotQuestion, 'kind'>): string | null {
  const given = (['x', 'y', 'color', 'facet'] as const).filter((name) => question[name] !== null);
  const vain = [...given, ...(question.stat === 'mean' ? (['stat'] as const) : [])].find(
    (name) => !TAKES[kind].includes(name),
  );
  if (vain === undefined) return null;
  const takes = TAKES[kind].map((name) => `--${name}`);
  const words = kind === 'timeline' ? '--case' : listed(takes);
  return `--kind ${kind} takes ${words}: leave out --${vain}`;
}

export function plotFigure(result: CampaignResult, question: PlotQuestion): Parsed<Figure> {
  const measured = result.results.filter((one) => one.summary !== null);
  if (measured.length === 0) return refused(`nothing was measured in campaign ${result.id}`);
  const y = question.kind === 'stack' ? 'cpu' : (question.y ?? measureOf(measured, question.kind));
  const measure = MEASURE_OF[y];
  // The throughput of a latency case is its pace.
  const isAsked = (one: CaseResult) => measure.dimension === 'any' || one.case.dimension === measure.dimension;
  const cases = measured.filter((one) => isAsked(one) && measure.of(one, question.stat) !== null);
  if (cases.length === 0) return refused(`--y ${y}: nothing of it was measured here`);
  const swept = AXIS_KEYS.filter((key) => valuesOf(cases, key).length > 1);
  const byItself = measure.dimension === 'latency' && question.y === null ? 'cdf' : 'bars';
  const kind = question.kind ?? (swept.length > 0 || question.x !== null ? 'line' : byItself);
  const vain = askedInVain(kind, question) ?? arrangedInVain(question, cases);
  if (vain !== null) return refused(vain);
  const arranging: Arranging = { facet: question.facet, color: question.color };
  const what = question.stat === 'mean' ? `Mean ${measure.axis}` : measure.what;
  const words = (title: string) => ({
    id: `${kind}-${y}`,
    title,
    caption: captionOf(title, result, cases, question.stat),
  });
  switch (kind) {
    case 'line': {
      const x = axisFor('--x', question.x ?? swept[0] ?? null, cases, swept);
      if (!x.ok) return x;
      const twice = (['facet', 'color'] as const).find((name) => question[name] === x.value);
      if (twice !== undefined) return refused(`--x and --${twice} are both ${x.value}: a line runs along one`);
      const shown = cases.filter((one) => typeof one.case[x.value] === 'number');
      return told(
        lineFigure({
          ...words(`${what} by ${axisOf(x.value).by}`),
          ...{ parameter: x.value, measure, stat: question.stat, cases: shown, result },
          arranging,
        }),
      );
    }
    case 'cdf': {
      const figure = percentileFigure(cases, words('Round-trip latency by percentile'), arranging);
      return figure === null
        ? refused('--kind cdf: no round trips were measured here (-D latency measures them)')
        : told(figure);
    }
    case 'cost': {
      const figure = costFigure(cases, words('Throughput and what it costs'), arranging);
      return figure === null ? refused('--kind cost: no throughput was measured here') : told(figure);
    }
    case 'heatmap': {
      const x = axisFor('--x', question.x ?? swept[0] ?? null, cases, swept);
      if (!x.ok) return x;
      const facet = axisNamed(question.facet);
      if (question.facet !== null && facet === null)
        return refused(`--facet: the rows of a heat map are a parameter that was swept; not ${question.facet}`);
      const rows = axisFor('--facet', facet ?? swept.find((key) => key !== x.value) ?? null, cases, swept);
      if (!rows.ok) return rows;
      if (x.value === rows.value)
        return refused(`--x and --facet are both ${x.value}: a heat map takes two parameters`);
      const others = besides(cases, [x.value, rows.value]);
      if (others.length > 0)
        return refused(`--kind heatmap takes two parameters, and ${listed(others)} differ here as well`);
      return told(
        heatFigure(
          { x: x.value, rows: rows.value, measure, stat: question.stat, cases },
          words(`${what} by ${axisOf(x.value).by} and ${axisOf(rows.value).by}`),
        ),
      );
    }
    case 'bars':
      return told(rowFigure({ kind, measure, stat: question.stat, cases, arranging }, words(what)));
    case 'stack':
      return told(cpuFigure(cases, words('CPU use'), arranging));
    case 'box':
    case 'dots':
      if (question.y !== null && question.y !== 'throughputPps' && question.y !== 'rtt') {
        return refused(`--kind ${kind} shows rounds of throughputPps or rtt, not of ${question.y}`);
      }
      return told(
        rowFigure({ kind, measure, stat: 'median', cases, arranging }, words(`${measure.what}, every round`)),
      );
    default:
      return kind satisfies never;
  }
}

/** What the campaign is about: the first that has a figure. */
function measureOf(measured: readonly CaseResult[], kind: PlotKind | null): MeasureName {
  const has = (dimension: string) => measured.some((one) => one.case.dimension === dimension);
  if (kind === 'cdf' && has('latency')) return 'rtt';
  return has('throughput') || !has('latency') ? 'throughputPps' : 'rtt';
}

function captionOf(title: string, result: CampaignResult, cases: readonly CaseResult[], stat: Stat): string {
  const text = caption(title, result, cases);
  return stat === 'mean' ? text.replace(': medians of', ': means, with Student’s interval, of') : text;
}

function axisFor(
  option: string,
  key: AxisKey | null,
  cases: readonly CaseResult[],
  swept: readonly AxisKey[],
): Parsed<AxisKey> {
  const others = swept.length === 0 ? 'nothing was swept: --kind bars' : `what was swept: ${listed(swept)}`;
  if (key === null) return refused(`${option}: ${others}`);
  const [only, another] = valuesOf(cases, key);
  if (another === undefined)
    return refused(`${option}: ${key} has one value here${only === undefined ? '' : ` (${only})`}; ${others}`);
  return { ok: true, value: key };
}

function valuesOf(cases: readonly CaseResult[], key: AxisKey): number[] {
  return [...new Set(cases.map((one) => one.case[key]))].filter((value) => typeof value === 'number');
}

function besides(cases: readonly CaseResult[], known: readonly (keyof Group)[]): string[] {
  const names = varying(cases.map((one) => one.case));
  return GROUP_KEYS.filter((name) => names.includes(name) && !known.includes(name));
}

/** Panels or colours of what is one here would say nothing. */
function arrangedInVain(question: PlotQuestion, cases: readonly CaseResult[]): string | null {
  const valuesOf = (aspect: Aspect) => [...new Set(cases.map((one) => aspectOf(one, aspect)))];
  const single = (['facet', 'color'] as const).find((name) => {
    const aspect = question[name];
    return aspect !== null && valuesOf(aspect).length < 2 && !(name === 'color' && isOfSwitch(aspect));
  });
  const aspect = single === undefined ? null : question[single];
  if (aspect === null) return null;
  const differ = ASPECTS.filter((one) => valuesOf(one).length > 1);
  const others = differ.length === 0 ? 'nothing differs' : `what differs: ${listed(differ)}`;
  return `--${single}: ${aspect} has one value here (${valuesOf(aspect)[0]}); ${others}`;
}

function axisNamed(aspect: Aspect | null): AxisKey | null {
  return AXIS_KEYS.find((key) => key === aspect) ?? null;
}

function refused(error: string): { ok: false; error: string } {
  return { ok: false, error };
}

function told(value: Figure): Parsed<Figure> {
  return { ok: true, value };
}
