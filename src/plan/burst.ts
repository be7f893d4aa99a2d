// SPDX-License-Identifier: Apache-2.0
import type { TestCase } from '../model/testcase.ts';

/** Why there is no such case, with the mend; empty where there is. */
export function burstObstacles({
  dimension,
  rate,
  arrivals,
}: Pick<TestCase, 'dimension' | 'rate' | 'arrivals'>): string[] {
  if (dimension !== 'burst') return [];
  return [
    ...(rate === 'max' ? [] : ['a burst is sent as fast as the sender can: leave out -R, or give -R max']),
    ...(arrivals === 'regular' ? [] : ['a burst has trains of its own: leave out --arrivals']),
  ];
}
