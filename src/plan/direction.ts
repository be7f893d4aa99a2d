// SPDX-License-Identifier: Apache-2.0
import type { TestCase } from '../model/testcase.ts';

/** Why there is no such case, with the mend; empty where there is. */
export function directionObstacles({ dimension, direction }: Pick<TestCase, 'dimension' | 'direction'>): string[] {
  return dimension === 'latency' && direction === 'both'
    ? ['a round trip goes both ways already: give --direction one, or -D throughput']
    : [];
}
