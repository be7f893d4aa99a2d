// SPDX-License-Identifier: Apache-2.0
// How the results of a campaign are laid out in tables, in whatever form these are written.
import { DIMENSIONS } from '../model/parameter.ts';
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { testbedsOf } from '../model/testbed.ts';
import { type Group, groupCases } from '../stats/group.ts';
import { ranked } from '../stats/verdict.ts';
import { common, describeGroup, varying } from './format.ts';

/** The measured cases of a testbed and a dimension. */
export interface ResultTable {
  /** Group by group, the best first. */
  bodies: CaseResult[][];
  /** The parameters that vary. */
  names: (keyof Group)[];
  /** The others, as text. */
  constant: string;
}

/** A table for each testbed and dimension of which something was measured. */
export function resultTablesOf(result: CampaignResult): ResultTable[] {
  return testbedsOf(result).flatMap((testbed) =>
    DIMENSIONS.flatMap((dimension) => {
      const cases = result.results.filter((one) => one.case.testbed === testbed && one.case.dimension === dimension);
      return tableOf(result, cases);
    }),
  );
}

function tableOf(result: CampaignResult, cases: readonly CaseResult[]): ResultTable[] {
  const bodies = groupCases(cases)
    .map((caseGroup) => ranked(caseGroup))
    .filter((body) => body.length > 0);
  const groups = bodies.flatMap(([first]) => (first === undefined ? [] : [first.case]));
  const [first] = groups;
  if (first === undefined) return [];
  const names = varying(groups);
  return [{ bodies, names, constant: describeGroup(first, common(result, first, names)) }];
}
