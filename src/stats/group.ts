// SPDX-License-Identifier: Apache-2.0
// Cases that are compared: they differ in what may be ranked (switch, framework, port, how to wait), and share all other parameters, so that
// one which is new is never overlooked. The testbed is among those: a figure is of one machine, and no statistic mixes two.

import { assembled } from '../model/fields.ts';
import { GROUP_KEYS } from '../model/parameters.ts';
import type { CaseResult } from '../model/result.ts';
import type { Group, TestCase } from '../model/testcase.ts';

export type { Group };

/** Comparable cases, in the campaign's order. */
export interface CaseGroup {
  group: Group;
  cases: CaseResult[];
}

/** The group of a test case. */
export function groupOf(testCase: TestCase): Group {
  return assembled<Group>(GROUP_KEYS, (key) => testCase[key]);
}

/** Equal for equal groups; what else an object may have does not count. */
export function groupKey(group: Group): string {
  return GROUP_KEYS.map((name) => group[name]).join(' ');
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
