// SPDX-License-Identifier: Apache-2.0
// A campaign in shards: machines that know nothing of each other carry out one each, and together all of its trials, each once.
import { GROUP_KEYS } from '../model/parameters.ts';
import type { TestCase } from '../model/testcase.ts';
import { expectedTrialMs, OVERHEADS_DEFAULT, type Timing } from './estimate.ts';
import type { IsOurs, PlannedTrial } from './order.ts';

/** Which shard carries out a trial, from 1; null for one that is not of the planned order. */
export type ShardOf = (planned: PlannedTrial) => number | null;

/** A campaign cut into shards. `units` is how many shards have something to do at most. */
export interface Cut {
  shardOf: ShardOf;
  units: number;
}

/**
 * Cuts the planned order of a campaign. What is compared with each other stays together, on one machine and close in time: whole rounds
 * as long as there is one for each shard, else within each round the cases that differ in nothing but what is ranked. The shards take about
 * equally long, by one such unit at most. Equal arguments cut alike, wherever that is done.
 */
export function cutIntoShards(
  order: readonly PlannedTrial[],
  cases: readonly TestCase[],
  count: number,
  timing: Timing,
): Cut {
  const rounds = new Set(order.map(({ round }) => round)).size;
  const groups = cases.map((testCase) => GROUP_KEYS.map((key) => testCase[key]).join(' '));
  const unitOf = ({ round, caseIndex }: PlannedTrial) =>
    count <= rounds ? `${round}` : `${round} ${groups[caseIndex] ?? ''}`;
  // Whole milliseconds: sums do not depend on the order of a round.
  const trialMs = (testCase: TestCase | undefined) => Math.round(expectedTrialMs(testCase, timing, OVERHEADS_DEFAULT));
  const costs = new Map<string, number>();
  for (const planned of order) {
    const unit = unitOf(planned);
    costs.set(unit, (costs.get(unit) ?? 0) + trialMs(cases[planned.caseIndex]));
  }
  const shards = assign(costs, count);
  return { shardOf: (planned) => shards.get(unitOf(planned)) ?? null, units: costs.size };
}

/** The longest first, each to the shard that has least to do so far, the first of equals: none has more than another by more than one. */
function assign(costs: ReadonlyMap<string, number>, count: number): Map<string, number> {
  const loads = Array.from({ length: Math.min(count, costs.size) }, () => 0);
  const longestFirst = [...costs].sort(([, a], [, b]) => b - a);
  return new Map(
    longestFirst.map(([unit, ms]) => {
      const least = loads.indexOf(Math.min(...loads));
      loads[least] = (loads[least] ?? 0) + ms;
      return [unit, least + 1];
    }),
  );
}

/** The trials of these shards. */
export function inShards({ shardOf }: Cut, indexes: readonly number[]): IsOurs {
  const ours = new Set<number | null>(indexes);
  return (planned) => ours.has(shardOf(planned));
}
