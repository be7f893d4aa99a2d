// SPDX-License-Identifier: Apache-2.0
// The figure that somebody asks for of a campaign, or why there is none.

import { lookOf } from '../../model/looks.ts';
import { AXIS_KEYS, type AxisKey, axisOf, GROUP_KEYS } from '../../model/parameters.ts';
import type { CampaignResult, CaseResult } from '../../model/result.ts';
import { ioName } from '../../model/testcase.ts';
import type { Parsed } from '../../model/units.ts';
import type { Group } from '../../stats/group.ts';
import { listed, varying } from '../format.ts';
import { caption } from './caption.ts';
import { costFigure } from './cost-figure.ts';
import type { Figure, FigureKind } from './figure.ts';
import { heatFigure } from './heat-figure.ts';
import { lineFigure } from './line-figure.ts';
import { MEASURE_OF, type MeasureName, type Stat } from './measures.ts';
import { percentileFigure } from './percentile-figure.ts';
import { rowFigure } from './row-figure.ts';

/** A timeline is of a case (timeline-figure.ts); all others are of a campaign. */
export const PLOT_KINDS = ['line', 'bars', 'cdf', 'box', 'dots', 'heatmap', 'cost'] as const satisfies FigureKind[];
export type PlotKind = (typeof PLOT_KINDS)[number];

/** What is left open follows from the campaign. */
export interface PlotQuestion {
  kind: PlotKind | null;
  x: AxisKey | null;
  y: MeasureName | null;
  color: 'switch' | 'io';
  /** Rows of a heat map. */
  facet: AxisKey | null;
  stat: Stat;
}

export function plotFigure(result: CampaignResult, question: PlotQuestion): Parsed<Figure> {
  const measured = result.results.filter((one) => one.summary !== null);
  if (measured.length === 0) return refused(`nothing was measured in campaign ${result.id}`);
  const y = question.y ?? measureOf(measured, question.kind);
  const measure = MEASURE_OF[y];
  // The throughput of a latency case is its pace.
  const isAsked = (one: CaseResult) => measure.dimension === 'any' || one.case.dimension === measure.dimension;
  const cases = measured.filter((one) => isAsked(one) && measure.of(one, question.stat) !== null);
  if (cases.length === 0) return refused(`--y ${y}: nothing of it was measured here`);
  const swept = AXIS_KEYS.filter((key) => valuesOf(cases, key).length > 1);
  const kind = question.kind ?? (swept.length > 0 ? 'line' : measure.dimension === 'latency' ? 'cdf' : 'bars');
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
      const line = question.color === 'io' ? byFramework(cases) : null;
      if (line?.ok === false) return line;
      const shown = cases.filter((one) => typeof one.case[x.value] === 'number');
      return told(
        lineFigure({
          ...words(`${what} by ${axisOf(x.value).by}`),
          ...{ parameter: x.value, measure, stat: question.stat, cases: shown, result },
          ...(line === null ? {} : { lineOf: line.value }),
        }),
      );
    }
    case 'cdf': {
      const figure = percentileFigure(cases, words('Round-trip latency by percentile'));
      return figure === null
        ? refused('--kind cdf: no round trips were measured here (-D latency measures them)')
        : told(figure);
    }
    case 'cost': {
      const figure = costFigure(cases, words('Throughput and what it costs'));
      return figure === null ? refused('--kind cost: no throughput was measured here') : told(figure);
    }
    case 'heatmap': {
      const x = axisFor('--x', question.x ?? swept[0] ?? null, cases, swept);
      if (!x.ok) return x;
      const rows = axisFor('--facet', question.facet ?? swept.find((key) => key !== x.value) ?? null, cases, swept);
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
      return told(rowFigure({ kind, measure, stat: question.stat, cases }, words(what)));
    case 'box':
    case 'dots':
      if (question.y !== null && question.y !== 'throughputPps' && question.y !== 'rtt') {
        return refused(`--kind ${kind} shows rounds of throughputPps or rtt, not of ${question.y}`);
      }
      return told(rowFigure({ kind, measure, stat: 'median', cases }, words(`${measure.what}, every round`)));
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

/** Lines by framework, of one switch: of several it would not tell whose they are. */
function byFramework(cases: readonly CaseResult[]) {
  const switches = [...new Set(cases.map((one) => one.case.switch))];
  if (switches.length > 1) return refused(`--color io takes campaigns of one switch; here are ${listed(switches)}`);
  const lineOf = (one: CaseResult) => {
    const io = ioName(one.case);
    return { label: io, look: { ...lookOf(`framework ${io}`, io) } };
  };
  return { ok: true, value: lineOf } as const;
}

function refused(error: string): { ok: false; error: string } {
  return { ok: false, error };
}

function told(value: Figure): Parsed<Figure> {
  return { ok: true, value };
}
