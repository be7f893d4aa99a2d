// SPDX-License-Identifier: Apache-2.0
// Where throughput falls as flows are swept, in words: a line for each path.
import type { CampaignResult } from '../model/result.ts';
import type { Step } from '../stats/cliffs.ts';
import { type Curve, curvesOf, type Fill, type StepCause } from '../stats/curves.ts';
import { CEILING } from '../stats/verdict.ts';
import { caseName, listed, whereOf } from './format.ts';

/** What is said of a path, and the curve that it is said of. */
export interface CliffLine {
  curve: Curve;
  /** Without a full stop. */
  sentence: string;
}

export function cliffLines(result: CampaignResult): CliffLine[] {
  return curvesOf(result).map((curve) => ({ curve, sentence: `${nameOf(result, curve)}: ${wordsOf(curve)}` }));
}

function nameOf(result: CampaignResult, { cases: [first] }: Curve): string {
  if (first === undefined) return 'nothing';
  const none = first.case.switch === CEILING ? ' (no switch: what is here is of the machine)' : '';
  const others = first.case.pairs > 1 ? `, ${first.case.pairs}vs${first.case.pairs}` : '';
  return `${caseName(first.case)}${others}${none}${whereOf(result, first.case)}`;
}

function wordsOf({ cases, course, causes, fills }: Curve): string {
  const range = `${about(cases[0]?.case.flows ?? 1)} to ${about(cases.at(-1)?.case.flows ?? 1)} flows`;
  switch (course.course) {
    case 'too-few':
      return `too few figures to tell steps (it takes ${course.pointsMin} numbers of flows, and ${course.roundsMin} rounds)`;
    case 'level':
      return `no step of 5 % or more from ${range}${fillWords(fills)}`;
    case 'slope':
      return `${percent(course.dropRatio)} less from ${range}, and in no place more than in others${fillWords(fills)}`;
    case 'steps':
      return course.steps.map((step, index) => stepWords(step, causes[index] ?? null, fills)).join('; then ');
    default:
      return course satisfies never;
  }
}

function stepWords({ from, to, dropRatio }: Step, cause: StepCause | null, fills: readonly Fill[]): string {
  const step = `${percent(dropRatio)} less between ${about(from)} and ${about(to)} flows`;
  if (cause === null) return `${step}; none of its tables that we know is as large`;
  const { cache, answered } = cause;
  const note = cache.note === '' ? '' : ` (${cache.note})`;
  const hits =
    answered === null
      ? ''
      : `, and answered ${percent(answered.first)} of the packets with the fewest flows and ${percent(answered.last)} with the most`;
  return `${step}; its ${cache.name} holds ${cache.entries}${note}${hits}${fillWords(fills.filter((fill) => fill.cache === cache))}`;
}

/** What counters tell of tables that were too small, whatever throughput did. */
function fillWords(fills: readonly Fill[]): string {
  const told = fills.flatMap(({ cache, seems }) =>
    seems === null || cache.entries === null ? [] : [`its ${cache.name} held ${about(seems.at)}`],
  );
  return told.length === 0 ? '' : `; by its counters it missed as many as if ${listed(told)}`;
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(0)} %`;
}

/** A number of flows to two digits: `4.1k`. */
export function about(value: number): string {
  const rounded = Number(value.toPrecision(2));
  const [divisor, suffix] = rounded >= 1e6 ? [1e6, 'M'] : rounded >= 1000 ? [1e3, 'k'] : [1, ''];
  return `${Number((rounded / divisor).toPrecision(2))}${suffix}`;
}
