// SPDX-License-Identifier: Apache-2.0
import type { CaseResult } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';

/**
 * What cases must share to be compared: everything but the switch, the I/O framework and how an application waits. The testbed is
 * among it: a figure is of one machine, and no statistic mixes two.
 */
export type Group = Pick<
  TestCase,
  'testbed' | 'dimension' | 'location' | 'pairs' | 'packetSize' | 'rate' | 'burst' | 'touch'
>;

/** Comparable cases, in the campaign's order. */
export interface CaseGroup {
  group: Group;
  cases: CaseResult[];
}

/** The group of a test case. */
export function groupOf(testCase: TestCase): Group {
  const { testbed, dimension, location, pairs, packetSize, rate, burst, touch } = testCase;
  return { testbed, dimension, location, pairs, packetSize, rate, burst, touch };
}

/** Equal for equal groups. */
export function groupKey({ testbed, dimension, location, pairs, packetSize, rate, burst, touch }: Group): string {
  return [testbed, dimension, location, pairs, packetSize, rate, burst, touch].join(' ');
}

/** Splits cases into groups, in order of first appearance. */
export function groupCases(cases: readonly CaseResult[]): CaseGroup[] {
  const groups = new Map<string, CaseGroup>();
  for (const result of cases) {
    const group = groupOf(result.case);
    const key = groupKey(group);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { group, cases: [result] });
    else known.cases.push(result);
  }
  return [...groups.values()];
}
