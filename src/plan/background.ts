// SPDX-License-Identifier: Apache-2.0
// A background that a case cannot have is told before the first trial.
import { asDeployed, backgroundLoadOf } from '../model/background.ts';
import type { TestCase } from '../model/testcase.ts';
import type { Combination } from './obstacles.ts';

type Asked = Pick<TestCase, 'background' | 'burst'>;

/** Why a case cannot have this background, with the mend; empty where it can. */
export function backgroundObstacles(
  { dimension, location, pairs, offer }: Pick<Combination, 'dimension' | 'location' | 'pairs' | 'offer'>,
  { background, burst }: Asked,
  durationMs: number,
): string[] {
  const load = backgroundLoadOf(background);
  if (load.kind === 'none') return [];
  const needed = asDeployed({ dimension, pairs, background }).pairs;
  return [
    ...(location === 'remote' ? ['a background has both of its ends on one host: give -L local'] : []),
    ...(offer.pairsMax !== undefined && needed > offer.pairsMax && pairs <= offer.pairsMax
      ? [`${offer.id} serves at most ${offer.pairsMax} pairs, and a background is one more: give fewer with -S`]
      : []),
    ...(load.kind === 'rate' && (1000 * burst) / load.ratePps > durationMs
      ? [
          `at ${load.ratePps} packets/s the background sends a burst of ${burst} each ${burst / load.ratePps} s, longer than the window: give a higher rate, or -B 1`,
        ]
      : []),
  ];
}
