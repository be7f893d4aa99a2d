// SPDX-License-Identifier: Apache-2.0
import { asDeployed } from '../model/background.ts';
import type { TestCase } from '../model/testcase.ts';
import type { Combination } from './obstacles.ts';

/** A coming and a going, each with some quiet around it, on a slow machine. */
const CYCLE_MS = 2000;

/** Why a container cannot come and go beside such a case, with the mend; empty where it can. */
export function churnObstacles(
  { dimension, location, pairs, offer }: Pick<Combination, 'dimension' | 'location' | 'pairs' | 'offer'>,
  { arrivals, background, macs }: Pick<TestCase, 'arrivals' | 'background' | 'macs'>,
  durationMs: number,
): string[] {
  if (dimension !== 'churn') return [];
  const needed = asDeployed({ dimension, pairs, background: 'none' }).pairs;
  return [
    ...(offer.hotplug === undefined
      ? [`no port of ${offer.id} can come and go while others stay: choose another switch`]
      : []),
    ...(location === 'remote' ? ['who comes and goes has both of its ends on one host: give -L local'] : []),
    ...(arrivals === 'regular' ? [] : ['losses are told by the time of regular arrivals: leave out --arrivals']),
    ...(background === 'none' ? [] : ['who comes and goes is all that is beside a churn: leave out --background']),
    ...(macs === 1 ? [] : ['who comes and goes has one address: leave out --macs']),
    ...(offer.pairsMax !== undefined && needed > offer.pairsMax && pairs <= offer.pairsMax
      ? [`${offer.id} serves at most ${offer.pairsMax} pairs, and who comes and goes is one more: give fewer with -S`]
      : []),
    ...(durationMs < CYCLE_MS
      ? [`a container comes and goes once a second, and the window is shorter: give --duration 10s`]
      : []),
  ];
}
