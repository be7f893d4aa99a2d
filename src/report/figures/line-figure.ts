// SPDX-License-Identifier: Apache-2.0
// Figures over a parameter: a panel for each set of the other parameters, a line for each switch with each framework.

import { type Look, lookOf } from '../../model/looks.ts';
import { type AxisKey, axisOf } from '../../model/parameters.ts';
import type { CampaignResult, CaseResult } from '../../model/result.ts';
import { ioName } from '../../model/testcase.ts';
import { type Group, groupKey, groupOf } from '../../stats/group.ts';
import { caseLabel } from '../chart.ts';
import { capital, describeGroup, ppsScale, type Scale, varying } from '../format.ts';
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
  /** What a line is, where it is not a switch with its framework. */
  lineOf?: (one: CaseResult) => Line;
}

export interface Line {
  label: string;
  look: Look;
}

function switchLine(one: CaseResult): Line {
  return { label: caseLabel(one), look: lookOf(one.case.switch, ioName(one.case)) };
}

/** Panels share their axes; of what was measured nothing is left out. */
export function lineFigure(question: LineQuestion): Figure {
  const { id, title, caption, parameter, measure, stat, cases } = question;
  const medians = cases.flatMap((one) => measure.of(one, stat)?.median ?? []);
  const scale = measure.scale(medians);
  const rates = parameter === 'rate' ? ppsScale(cases.map((one) => numberOf(one, parameter) ?? 0)) : null;
  const axis = axisOf(parameter);
  const groups = [...Map.groupBy(cases, (one) => panelKey(one, parameter)).values()];
  const names = varying(
    groups.flatMap(([first]) => (first === undefined ? [] : [apart(groupOf(first.case), parameter)])),
  );
  return {
    ...{ id, title, caption, kind: 'line' },
    x: {
      title: axis.title,
      unit: rates?.unit ?? null,
      // Sizes, bursts and pairs are chosen by doubling; rates in steps.
      scale: rates === null ? 'log' : 'linear',
    },
    y: { title: measure.axis, unit: scale.unit, scale: scaleFor(medians) },
    panels: groups.map((group) => panelOf(question, group, names, scale, rates?.divisor ?? 1)),
  };
}

function panelOf(
  question: LineQuestion,
  cases: readonly CaseResult[],
  names: (keyof Group)[],
  scale: Scale,
  xDivisor: number,
): Panel {
  const { parameter, measure, stat, lineOf = switchLine } = question;
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
    title: one === undefined || names.length === 0 ? null : capital(describeGroup(groupOf(one.case), names)),
    series: series.filter(({ points }) => points.length > 0),
    gaps: one === undefined ? [] : gapsOf(question, one),
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

/** The same for all cases of a panel. */
function panelKey(one: CaseResult, parameter: AxisKey): string {
  return groupKey(apart(groupOf(one.case), parameter));
}

/** A group without what lies along the axis. */
function apart(group: Group, parameter: AxisKey): Group {
  return { ...group, [parameter]: 1 };
}

/** A reason longer than this is told in the report. */
const REASON_MAX = 60;

/** What the panel of a case should show and was not measured, by reason. */
function gapsOf({ result, parameter, lineOf = switchLine }: LineQuestion, of: CaseResult): string[] {
  const key = panelKey(of, parameter);
  const missing = result.results.filter((one) => one.summary === null && panelKey(one, parameter) === key);
  const measured = new Set(
    result.results
      .filter((one) => one.summary !== null && panelKey(one, parameter) === key)
      .map((one) => lineOf(one).label),
  );
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
