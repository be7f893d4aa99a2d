// SPDX-License-Identifier: Apache-2.0
// The paths of a campaign along a packet size or a burst that is swept, two by two: where one overtakes the other.
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { caseKey, type TestCase } from '../model/testcase.ts';
import { type Crossover, crossoverOf } from './crossovers.ts';
import { groupKey, groupOf } from './group.ts';
import { betterOf, CEILING, decidingFigure, keptPace } from './verdict.ts';

/** What is swept that two paths may change places along. */
export const CROSSED = ['packetSize', 'burst'] as const;
export type Crossed = (typeof CROSSED)[number];

/** Two paths that differ in nothing but what may be ranked, along what is swept. */
export interface PathPair {
  parameter: Crossed;
  /** Ascending; a path is called by its first case. */
  a: CaseResult[];
  b: CaseResult[];
  /** Super-packets beside packets: what is compared is what the applications get, and not how fast packets are switched. */
  payload: boolean;
  crossover: Crossover;
}

/** Every two comparable paths, in the campaign's order. */
export function pathPairs({ results }: Pick<CampaignResult, 'results'>): PathPair[] {
  const measured = results.filter((one) => decidingFigure(one) !== null && !keptPace(one));
  return CROSSED.flatMap((parameter) => {
    const along = measured.filter((one) => typeof one.case[parameter] === 'number');
    const comparable = Map.groupBy(along, (one) => groupKey(groupOf(without(one.case, parameter))));
    return [...comparable.values()].flatMap((cases) => {
      const paths = pathsOf(cases, parameter).filter(({ length }) => length > 1);
      return paths.flatMap((a, index) =>
        paths.slice(index + 1).flatMap((b) => (areComparable(a, b) ? pairOf(parameter, a, b) : [])),
      );
    });
  });
}

/** The same case wherever it is on the way. */
function without(testCase: TestCase, parameter: Crossed): TestCase {
  return { ...testCase, [parameter]: 1 };
}

function pathsOf(cases: readonly CaseResult[], parameter: Crossed): CaseResult[][] {
  return [...Map.groupBy(cases, (one) => caseKey(without(one.case, parameter))).values()].map((path) =>
    path.toSorted((one, other) => sweptValue(one, parameter) - sweptValue(other, parameter)),
  );
}

/** A cable is no switch that one could take instead. */
function areComparable([a]: readonly CaseResult[], [b]: readonly CaseResult[]): boolean {
  return (a?.case.switch === CEILING) === (b?.case.switch === CEILING);
}

function pairOf(parameter: Crossed, a: CaseResult[], b: CaseResult[]): PathPair[] {
  const [first] = a;
  if (first === undefined) return [];
  const points = (path: readonly CaseResult[]) =>
    path.map((one) => ({ at: sweptValue(one, parameter), figures: one.figures }));
  const crossover = crossoverOf(points(a), points(b), betterOf(first.case));
  return [{ parameter, a, b, payload: isSuper(a) !== isSuper(b), crossover }];
}

function isSuper(path: readonly CaseResult[]): boolean {
  return path.some(({ flags }) => flags.includes('super-packets'));
}

function sweptValue({ case: testCase }: CaseResult, parameter: Crossed): number {
  return Number(testCase[parameter]);
}
