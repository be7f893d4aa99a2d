// SPDX-License-Identifier: Apache-2.0
// What is going to run: a new campaign's test cases on its testbeds, in the order of its trials.
import { randomInt } from 'node:crypto';
import type { Campaign } from '../model/campaign.ts';
import type { PlannedCase } from '../model/result.ts';
import { expandTogether } from '../plan/expand.ts';
import type { TestbedOffer } from '../plan/offer.ts';
import { shownCases } from '../report/shown.ts';
import { titleOf } from '../report/title.ts';
import { type Plan, planOf } from '../run/parts.ts';
import { newCampaignId } from '../store/store.ts';
import type { SwitchDriver } from '../switches/driver.ts';
import { CliError, EXIT } from './errors.ts';
import { idOf, type Named, seedOf, shardsOf, UNNAMED } from './shard.ts';
import { withMtu } from './uplink-mtu.ts';
import type { TestbedView } from './view.ts';

/**
 * The plan of a campaign that begins now, with the cases of `others` besides: sweeps that no single one has, run as the first is. A case that
 * several have is there once. Throws CliError where it asks for what is not known.
 */
export function planNew(
  campaign: Campaign,
  drivers: readonly SwitchDriver[],
  views: readonly TestbedView[],
  others: readonly Campaign[] = [],
  named: Named = UNNAMED,
): Plan {
  const expanded = expandTogether([campaign, ...others], offersOf(views));
  if (!expanded.ok) throw new CliError(EXIT.usage, expanded.error);
  return planCases(campaign, expanded.value, drivers, views, named);
}

/** The plan of these cases, run as the campaign says; of a shard its trials only. Throws CliError where that has none. */
export function planCases(
  campaign: Campaign,
  cases: readonly PlannedCase[],
  drivers: readonly SwitchDriver[],
  views: readonly TestbedView[],
  { id, shard }: Named = UNNAMED,
): Plan {
  const now = new Date();
  const frameworks = views.flatMap(({ offer }) => offer.frameworks);
  const head: Plan['campaign'] = {
    id: id ?? newCampaignId(now, randomInt(16 ** 3)),
    title: campaign.title ?? titleOf(shownCases(casesToName(cases), campaign.fcs), campaign.ios !== null),
    startedAt: now.toISOString(),
    endedAt: null,
    seed: campaign.seed ?? (id === null ? randomInt(2 ** 32) : seedOf(id)),
    warmupMs: campaign.warmupMs,
    warmupAuto: campaign.warmupAuto,
    durationMs: campaign.durationMs,
    trialsPlanned: campaign.trials,
    precision: campaign.precision,
    search: campaign.search,
    repeat: campaign.repeat,
    reuse: campaign.reuse,
    shards: null,
    fcs: campaign.fcs,
    tune: campaign.tune,
    hostNetwork: campaign.hostNetwork,
    hosts: views.flatMap(({ hosts, offer }) => withMtu(hosts, offer, cases)),
    ioTitles: Object.fromEntries(frameworks.map(({ name, title }) => [name, title])),
    ioWholeFrames: Object.fromEntries(
      frameworks.flatMap((one) => (one.built ? [[one.name, one.whole_frames] as const] : [])),
    ),
    switchTitles: Object.fromEntries(drivers.map(({ id, title }) => [id, title])),
  };
  const begun = cases.map((planned) => ({ ...planned, trials: [] }));
  const whole = planOf(head, begun, views);
  if (shard === null || whyNothing(whole) !== null) return whole;
  return planOf({ ...head, id: id ?? idOf(head, cases), shards: shardsOf(whole, shard) }, begun, views);
}

/** What can run gives a campaign its title; where nothing can, what was asked for. */
function casesToName(cases: readonly PlannedCase[]): PlannedCase['case'][] {
  const runnable = cases.filter(({ skipped }) => skipped === null);
  return (runnable.length === 0 ? cases : runnable).map((planned) => planned.case);
}

export function offersOf(views: readonly TestbedView[]): TestbedOffer[] {
  return views.map(({ offer }) => offer);
}

/** Why no test case can run; null where one can. */
export function whyNothing({ cases }: Pick<Plan, 'cases'>): string | null {
  if (cases.some(({ skipped }) => skipped === null)) return null;
  return [...new Set(cases.map(({ skipped }) => skipped))].join('; ');
}

/** Throws CliError with the reasons where no test case can run here. */
export function refuseNothing(plan: Pick<Plan, 'cases'>): void {
  const reasons = whyNothing(plan);
  if (reasons === null) return;
  throw new CliError(EXIT.nothingMeasurable, `nothing of this campaign can be measured here: ${reasons}`);
}
