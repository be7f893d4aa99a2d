// SPDX-License-Identifier: Apache-2.0
// Figures over a parameter: a panel for each set of the other parameters, a line for each switch with each framework.

import { type AxisKey, axisOf } from '../../model/parameters.ts';
import type { CampaignResult, CaseResult } from '../../model/result.ts';
import { ppsScale, type Scale } from '../format.ts';
import { type Arrangement, type Arranging, arranged } from './arrangement.ts';
import { type Figure, heightIn, type Panel, type Point, type Series } from './figure.ts';
import type { Measure, Stat } from './measures.ts';
import { scaleFor } from './scale.ts';

export interface LineQuestion {
  id: string;
  title: string;
  caption: string;
  parameter: AxisKey;
  measure: Measure;
  stat: Stat;
  /** Those that are shown, of one dimension. */
  cases: readonly CaseResult[];
  /** What is missing is looked for among all. */
  result: CampaignResult;
  arranging?: Arranging;
}

/** Panels share their axes; of what was measured nothing is left out. */
export function lineFigure(question: LineQuestion): Figure {
  const { id, title, caption, parameter, measure, stat, cases, result } = question;
  const medians = cases.flatMap((one) => measure.of(one, stat)?.median ?? []);
  const scale = measure.scale(medians);
  const rates = parameter === 'rate' ? ppsScale(cases.map((one) => numberOf(one, parameter) ?? 0)) : null;
  const axis = axisOf(parameter);
  const arrangement = arranged(cases, [parameter], question.arranging);
  const all = Map.groupBy(result.results, arrangement.keyOf);
  const groups = [...Map.groupBy(cases, arrangement.keyOf)];
  return {
    ...{ id, title, caption, kind: 'line' },
    x: {
      title: axis.title,
      unit: rates?.unit ?? null,
      // Sizes, bursts and pairs are chosen by doubling; rates in steps.
      scale: rates === null ? 'log' : 'linear',
    },
    y: { title: measure.axis, unit: scale.unit, scale: scaleFor(medians) },
    panels: groups.map(([key, group]) => ({
      ...panelOf(question, arrangement, group, scale, rates?.divisor ?? 1),
      gaps: gapsOf(question, arrangement, all.get(key) ?? []),
    })),
  };
}

function panelOf(
  question: LineQuestion,
  arrangement: Arrangement,
  cases: readonly CaseResult[],
  scale: Scale,
  xDivisor: number,
): Omit<Panel, 'gaps'> {
  const { parameter, measure, stat } = question;
  const { lineOf, titleOf } = arrangement;
  const lines = Map.groupBy(cases, (one) => lineOf(one).label);
  const series = [...lines].flatMap(([label, [first, ...rest]]): Series[] => {
    if (first === undefined) return [];
    const points = [first, ...rest].flatMap((one) =>
      pointOf(one, measure, stat, numberOf(one, parameter), scale, xDivisor),
    );
    return [{ label, look: lineOf(first).look, points: points.toSorted((a, b) => Number(a.x) - Number(b.x)) }];
  });
  const [one] = cases;
  return {
    title: one === undefined ? null : titleOf(one),
    series: series.filter(({ points }) => points.length > 0),
  };
}

function pointOf(
  one: CaseResult,
  measure: Measure,
  stat: Stat,
  x: number | null,
  { divisor }: Scale,
  xDivisor: number,
): Point[] {
  const interval = measure.of(one, stat);
  if (interval === null || x === null) return [];
  const { trials } = interval;
  return [{ x: x / xDivisor, ...heightIn(interval, divisor), ...(trials > 0 ? { n: trials } : {}), of: one }];
}

function numberOf({ case: testCase }: CaseResult, parameter: AxisKey): number | null {
  const value = testCase[parameter];
  return typeof value === 'number' ? value : null;
}

/** A reason longer than this is told in the report. */
const REASON_MAX = 60;

/** What a panel should show and was not measured, by reason: of all cases that belong there. */
function gapsOf({ parameter }: LineQuestion, { lineOf }: Arrangement, beside: readonly CaseResult[]): string[] {
  const missing = beside.filter((one) => one.summary === null);
  if (missing.length === 0) return [];
  const measured = new Set(beside.filter((one) => one.summary !== null).map((one) => lineOf(one).label));
  const told = missing.map((one) => {
    const { label } = lineOf(one);
    const at = measured.has(label) ? ` at ${numberOf(one, parameter) ?? one.case[parameter]}` : '';
    return { who: `${label}${at}`, why: shortened(one.reason ?? one.outcome) };
  });
  return [...Map.groupBy(told, ({ why }) => why)].map(
    ([why, some]) => `${[...new Set(some.map(({ who }) => who))].join(', ')}: ${why}`,
  );
}

function shortened(reason: string): string {
  const [first = reason] = reason.split(/[;\n]/);
  return first.length <= REASON_MAX ? first : `${first.slice(0, REASON_MAX - 1).trimEnd()}…`;
}
