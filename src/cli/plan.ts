// SPDX-License-Identifier: Apache-2.0
// What is going to run: a new campaign's test cases on its testbeds, in the order of its trials.
import { randomInt } from 'node:crypto';
import type { Campaign } from '../model/campaign.ts';
import type { BegunCampaign, PlannedCase, StoredCampaign } from '../model/result.ts';
import { expandCampaign } from '../plan/expand.ts';
import type { TestbedOffer } from '../plan/offer.ts';
import { type PlannedTrial, repetitionsOwed } from '../plan/order.ts';
import { shownCases } from '../report/shown.ts';
import { titleOf } from '../report/title.ts';
import { Schedule } from '../run/schedule.ts';
import type { ConnectedTestbed } from '../run/testbed.ts';
import { newCampaignId } from '../store/store.ts';
import type { SwitchDriver } from '../switches/driver.ts';
import { CliError, EXIT } from './errors.ts';
import { withMtu } from './uplink-mtu.ts';
import { apart, type TestbedView } from './view.ts';

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
}

/** The plan of a campaign that begins now. Throws CliError where it asks for what is not known. */
export function planNew(campaign: Campaign, drivers: readonly SwitchDriver[], views: readonly TestbedView[]): Plan {
  const expanded = expandCampaign(campaign, offersOf(views));
  if (!expanded.ok) throw new CliError(EXIT.usage, expanded.error);
  const now = new Date();
  const frameworks = views.flatMap(({ offer }) => offer.frameworks);
  const head: Plan['campaign'] = {
    id: newCampaignId(now, randomInt(16 ** 3)),
    title: campaign.title ?? titleOf(shownCases(casesToName(expanded.value), campaign.fcs), campaign.ios !== null),
    startedAt: now.toISOString(),
    endedAt: null,
    seed: campaign.seed ?? randomInt(2 ** 32),
    warmupMs: campaign.warmupMs,
    warmupAuto: campaign.warmupAuto,
    durationMs: campaign.durationMs,
    trialsPlanned: campaign.trials,
    precision: campaign.precision,
    fcs: campaign.fcs,
    tune: campaign.tune,
    hostNetwork: campaign.hostNetwork,
    hosts: views.flatMap(({ hosts, offer }) => withMtu(hosts, offer, expanded.value)),
    ioTitles: Object.fromEntries(frameworks.map(({ name, title }) => [name, title])),
    ioWholeFrames: Object.fromEntries(
      frameworks.flatMap((one) => (one.built ? [[one.name, one.whole_frames] as const] : [])),
    ),
    switchTitles: Object.fromEntries(drivers.map(({ id, title }) => [id, title])),
  };
  return planOf(
    head,
    expanded.value.map((planned) => ({ ...planned, trials: [] })),
    views,
  );
}

/** What can run gives a campaign its title; where nothing can, what was asked for. */
function casesToName(cases: readonly PlannedCase[]): PlannedCase['case'][] {
  const runnable = cases.filter(({ skipped }) => skipped === null);
  return (runnable.length === 0 ? cases : runnable).map((planned) => planned.case);
}

/** The plan of what is left of a campaign, of which `cases` have the trials that are done. */
export function planOf(
  campaign: Plan['campaign'],
  cases: BegunCampaign['cases'],
  views: readonly Pick<TestbedView, 'testbed'>[],
): Plan {
  return {
    campaign,
    cases: cases.map(({ case: testCase, skipped }) => ({ case: testCase, skipped })),
    parts: views.map(({ testbed }) => ({
      testbed,
      schedule: new Schedule(campaign, cases, testbed.name),
      // Trials of other testbeds have the same numbers.
      owed: repetitionsOwed(
        cases.map(({ case: testCase, trials }) => ({ trials: testCase.testbed === testbed.name ? trials : [] })),
      ),
    })),
  };
}

/** Test cases that run on a testbed. */
export function casesOn(cases: Plan['cases'], testbed: string): PlannedCase['case'][] {
  return cases.flatMap((one) => (one.case.testbed === testbed && one.skipped === null ? [one.case] : []));
}

export function offersOf(views: readonly TestbedView[]): TestbedOffer[] {
  return views.map(({ offer }) => offer);
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
export function groupsOf(parts: readonly PlanPart[]): PlanPart[][] {
  return apart(parts, ({ testbed }) => testbed.machines);
}

/** Throws CliError with the reasons where no test case can run here. */
export function refuseNothing({ cases }: Pick<Plan, 'cases'>): void {
  if (cases.some((planned) => planned.skipped === null)) return;
  const reasons = [...new Set(cases.map((planned) => planned.skipped))].join('; ');
  throw new CliError(EXIT.nothingMeasurable, `nothing of this campaign can be measured here: ${reasons}`);
}
