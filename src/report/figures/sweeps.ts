// SPDX-License-Identifier: Apache-2.0
// What lines up along a parameter.
import { AXIS_KEYS, type AxisKey } from '../../model/parameters.ts';
import type { CampaignResult, CaseResult } from '../../model/result.ts';
import { type Group, groupKey, groupOf } from '../../stats/group.ts';
import { measuredCases } from '../chart.ts';

/** Measured cases that differ in one parameter, the switch and the framework. */
export interface SweptCases {
  parameter: AxisKey;
  /** The group of one of them: all but `parameter` is theirs in common. */
  rest: Group;
  cases: CaseResult[];
}

/** Every way in which cases of a dimension line up along a parameter. What is no number, as an unpaced rate, has no place on an axis. */
export function sweeps(result: CampaignResult, dimension: Group['dimension']): SweptCases[] {
  const cases = measuredCases(result, dimension);
  return AXIS_KEYS.flatMap((parameter) => {
    const found = new Map<string, SweptCases>();
    for (const one of cases) {
      if (typeof one.case[parameter] !== 'number') continue;
      const rest = groupOf(one.case);
      const key = groupKey({ ...rest, [parameter]: 0 });
      const known = found.get(key);
      if (known === undefined) found.set(key, { parameter, rest, cases: [one] });
      else known.cases.push(one);
    }
    return [...found.values()].filter((sweep) => new Set(sweep.cases.map((one) => one.case[parameter])).size > 1);
  });
}
