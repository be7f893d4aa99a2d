// SPDX-License-Identifier: Apache-2.0
// What is going to run, in parts: one for each testbed. Those that have a machine in common take turns, all others run at the same time.
import type { BegunCampaign, PlannedCase, StoredCampaign } from '../model/result.ts';
import { isWhole } from '../model/shards.ts';
import { ALL_TRIALS, type IsOurs, type PlannedTrial, repetitionsOwed } from '../plan/order.ts';
import { cutIntoShards, inShards } from '../plan/shard.ts';
import type { Capacities } from './background.ts';
import { allEnded } from './concurrency.ts';
import { Schedule } from './schedule.ts';
import type { ConnectedTestbed } from './testbed.ts';

/** What is going to run, whether it is new or resumed. */
export interface Plan {
  campaign: Omit<StoredCampaign, 'cases'>;
  cases: PlannedCase[];
  parts: PlanPart[];
}

/** The trials of one testbed. */
export interface PlanPart {
  testbed: ConnectedTestbed;
  /** Trials that are still to be run, in order. */
  schedule: Schedule;
  /** Repetitions of disturbed trials that it owes from before. */
  owed: PlannedTrial[];
  /** Of which backgrounds are shares, from before. */
  capacities: Capacities;
}

/**
 * The plan of what is left of a campaign, of which `cases` have the trials that are done. Where only some of its trials are ours, the plan
 * is of those; the campaign has all of its cases none the less, and each trial the place that it has in the whole.
 */
export function planOf(
  campaign: Plan['campaign'],
  cases: BegunCampaign['cases'],
  views: readonly Pick<PlanPart, 'testbed'>[],
  isOurs: IsOurs = ALL_TRIALS,
): Plan {
  const isHere = inShardsOf(campaign, cases, views);
  const isPlanned: IsOurs = (planned) => isHere(planned) && isOurs(planned);
  return {
    campaign,
    cases: cases.map(({ case: testCase, skipped }) => ({ case: testCase, skipped })),
    parts: views.map(({ testbed }) => ({
      testbed,
      schedule: new Schedule(campaign, cases, testbed.name, isPlanned),
      // Trials of other testbeds have the same numbers.
      owed: repetitionsOwed(
        cases.map(({ case: testCase, trials }) => ({ trials: testCase.testbed === testbed.name ? trials : [] })),
        campaign.repeat,
        isPlanned,
      ),
      capacities: capacitiesOf(cases),
    })),
  };
}

/** The trials of the campaign's shards that are here. */
function inShardsOf(
  campaign: Plan['campaign'],
  cases: BegunCampaign['cases'],
  views: readonly Pick<PlanPart, 'testbed'>[],
): IsOurs {
  const { shards } = campaign;
  if (shards === null || isWhole(shards)) return ALL_TRIALS;
  const order = views.flatMap(({ testbed }) => new Schedule(campaign, cases, testbed.name).planned);
  const cut = cutIntoShards(
    order,
    cases.map((planned) => planned.case),
    shards.count,
    campaign,
  );
  return inShards(
    cut,
    shards.parts.map(({ index }) => index),
  );
}

/** Capacities that were measured before, by test case. */
function capacitiesOf(cases: BegunCampaign['cases']): Capacities {
  return new Map(
    cases.flatMap(({ trials }, index) => {
      const [known] = trials.flatMap(
        ({ measurement }) => measurement?.background?.capacityPps ?? measurement?.churn?.ndrPps ?? [],
      );
      return known === undefined ? [] : [[index, known]];
    }),
  );
}

/** Test cases that run on a testbed. */
export function casesOn(cases: Plan['cases'], testbed: string): PlannedCase['case'][] {
  return cases.flatMap((one) => (one.case.testbed === testbed && one.skipped === null ? [one.case] : []));
}

/** All parts as one, for whoever tells how far they are. */
export function together({ campaign, cases, parts }: Plan) {
  return {
    campaign,
    cases,
    schedule: {
      planned: parts.flatMap(({ schedule }) => schedule.planned),
      remaining: parts.flatMap(({ schedule }) => schedule.remaining),
      doneCount: parts.reduce((sum, { schedule }) => sum + schedule.doneCount, 0),
    },
    owed: parts.flatMap(({ owed }) => owed),
    turnOf: turnsOf(parts),
  };
}

/** Testbeds that have a machine in common are of one group, and take turns. */
function turnsOf(parts: readonly PlanPart[]): (testbed: string) => string {
  const groups = groupsOf(parts);
  return (name) =>
    groups.find((group) => group.some(({ testbed }) => testbed.name === name))?.[0]?.testbed.name ?? name;
}

/** Parts that have to take turns, as they have a machine in common and would disturb each other. */
function groupsOf<Part extends { testbed: Pick<ConnectedTestbed, 'machines'> }>(parts: readonly Part[]): Part[][] {
  return apart(parts, ({ testbed }) => testbed.machines);
}

/** Runs all parts, each as soon as those before it in its group have ended. Where one fails, the others of other groups end first. */
export async function runInTurns<Part extends { testbed: Pick<ConnectedTestbed, 'machines'> }>(
  parts: readonly Part[],
  run: (part: Part) => Promise<void>,
): Promise<void> {
  await allEnded(
    groupsOf(parts).map(async (group) => {
      for (const part of group) await run(part);
    }),
  );
}

/** Groups of those that have something in common, directly or by others; in the order of their first. */
export function apart<T>(items: readonly T[], keysOf: (item: T) => readonly string[]): T[][] {
  let groups: { members: T[]; keys: Set<string> }[] = [];
  for (const item of items) {
    const keys = keysOf(item);
    const related = groups.filter((group) => keys.some((key) => group.keys.has(key)));
    const [first = { members: [], keys: new Set<string>() }, ...others] = related;
    for (const other of others) {
      first.members.push(...other.members);
      for (const key of other.keys) first.keys.add(key);
    }
    first.members.push(item);
    for (const key of keys) first.keys.add(key);
    groups = [
      ...groups.filter((group) => !related.includes(group) || group === first),
      ...(related.length > 0 ? [] : [first]),
    ];
  }
  return groups.map(({ members }) => members);
}
