// SPDX-License-Identifier: Apache-2.0
import type { CaseResult } from '../model/result.ts';
import { type TestCase, TestCaseSchema } from '../model/testcase.ts';

/** What is compared: which switch, by which framework over which port, with applications that wait in which way. */
const COMPARED = ['switch', 'io', 'port', 'wait'] as const;
type Compared = (typeof COMPARED)[number];

/**
 * What cases must share to be compared: everything else, so that a parameter which is new is never overlooked. The testbed is among it: a
 * figure is of one machine, and no statistic mixes two.
 */
export type Group = Omit<TestCase, Compared>;

/** The parameters of a group, in the order of the schema, which is the paper's. */
export const GROUP_PARAMETERS: readonly (keyof Group)[] = Object.keys(TestCaseSchema.shape).filter(isGroupParameter);

function isGroupParameter(name: string): name is keyof Group {
  return !COMPARED.some((compared) => compared === name);
}

/** Comparable cases, in the campaign's order. */
export interface CaseGroup {
  group: Group;
  cases: CaseResult[];
}

/** The group of a test case. */
export function groupOf(testCase: TestCase): Group {
  const { switch: _switch, io: _io, port: _port, wait: _wait, ...group } = testCase;
  return group;
}

/** Equal for equal groups; what else an object may have does not count. */
export function groupKey(group: Group): string {
  return GROUP_PARAMETERS.map((name) => group[name]).join(' ');
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
