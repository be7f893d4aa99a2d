// SPDX-License-Identifier: Apache-2.0
// Throughput over the number of flows, path by path: the steps that are found, and which of the switch's tables is as large.
import type { Cache } from '../model/cache.ts';
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { caseKey, type TestCase } from '../model/testcase.ts';
import { type Course, courseOf, fillOf, type Step } from './cliffs.ts';

/** A table beside a step of throughput. */
export interface StepCause {
  cache: Cache;
  /** Shares of the packets that it answered with the fewest flows and with the most; null where nothing counts them. */
  answered: { first: number; last: number } | null;
}

/** How full a table seems to have been, by counters alone. */
export interface Fill {
  cache: Cache;
  /** Entries that would make such misses, with how finely that is known; of all pairs together. Null where it was hardly missed, or nothing tells. */
  seems: Pick<Step, 'at' | 'low' | 'high'> | null;
}

/** Cases of one path that differ in nothing but the number of their flows. */
export interface Curve {
  /** Ascending. */
  cases: CaseResult[];
  course: Course;
  /** One for each step; null where no table is as large. */
  causes: (StepCause | null)[];
  fills: Fill[];
}

/** Fewer numbers of flows are no curve. */
const VALUES_MIN = 3;

/** What a table holds may lie so far beside a step: tables are less simple than what they are compared with. */
const BESIDE = 1.25;

/** The curves of a campaign, in its order. */
export function curvesOf({ results }: Pick<CampaignResult, 'results'>): Curve[] {
  const measured = results.filter((one) => one.summary !== null && one.case.dimension === 'throughput');
  const paths = Map.groupBy(measured, (one) => caseKey({ ...one.case, flows: 1 }));
  return [...paths.values()]
    .filter(({ length }) => length >= VALUES_MIN)
    .map((path) => curveOf(path.toSorted((a, b) => a.case.flows - b.case.flows)));
}

function curveOf(cases: CaseResult[]): Curve {
  const course = courseOf(cases.map((one) => ({ at: one.case.flows, figures: one.figures })));
  const caches = cachesOf(cases);
  const steps = course.course === 'steps' ? course.steps : [];
  return {
    ...{ cases, course },
    causes: steps.map((step) => causeOf(step, caches, cases)),
    fills: caches.map((cache) => ({ cache, seems: fillOf(missesOf(cache, caches, cases)) })),
  };
}

/** Those that more flows fill, as the case with most flows found them. */
function cachesOf(cases: readonly CaseResult[]): Cache[] {
  const last = cases.at(-1);
  return last?.evidence.caches.filter(({ of }) => of === 'flows' || last.case.flowFields === 'mac') ?? [];
}

function causeOf(step: Step, caches: readonly Cache[], cases: readonly CaseResult[]): StepCause | null {
  const middle = Math.sqrt(step.from * step.to);
  const distance = (entries: number) => Math.abs(Math.log(entries / pairsOf(cases) / middle));
  const [cause] = caches
    .flatMap((cache) => (cache.entries === null ? [] : [{ cache, entries: cache.entries }]))
    .filter(({ entries }) => {
      const flows = entries / pairsOf(cases);
      return flows * BESIDE >= step.from && flows <= step.to * BESIDE;
    })
    .sort((a, b) => distance(a.entries) - distance(b.entries));
  if (cause === undefined) return null;
  const answered = (one: CaseResult | undefined) => one?.evidence.switchFigures[cause.cache.hitRatio ?? ''];
  const [first, last] = [answered(cases[0]), answered(cases.at(-1))];
  return { cache: cause.cache, answered: first === undefined || last === undefined ? null : { first, last } };
}

function pairsOf(cases: readonly CaseResult[]): TestCase['pairs'] {
  return cases[0]?.case.pairs ?? 1;
}

/** The share of packets that neither a table nor those before it answered, or of addresses that it did not hold, over the flows of all pairs. */
function missesOf(
  cache: Cache,
  caches: readonly Cache[],
  cases: readonly CaseResult[],
): { at: number; missRatio: number }[] {
  const before = caches.slice(0, caches.indexOf(cache) + 1);
  return cases.flatMap(({ case: { flows, pairs }, evidence: { switchFigures } }) => {
    const at = flows * pairs;
    if (cache.hitRatio !== null) {
      if (switchFigures[cache.hitRatio] === undefined) return [];
      const answered = before.reduce((sum, { hitRatio }) => sum + (switchFigures[hitRatio ?? ''] ?? 0), 0);
      return [{ at, missRatio: Math.max(0, 1 - answered) }];
    }
    const held = switchFigures[cache.held ?? ''];
    return held === undefined ? [] : [{ at, missRatio: 1 - Math.min(1, held / at) }];
  });
}
