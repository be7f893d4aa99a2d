// SPDX-License-Identifier: Apache-2.0
// Going on with a campaign: which one, whether anything of it is left, and what must be as it was.
import type { Campaign } from '../model/campaign.ts';
import { isUnfinished } from '../model/campaign-row.ts';
import type { BegunCampaign, StoredCampaign } from '../model/result.ts';
import { clean, wrap } from '../report/text.ts';
import { type Plan, type PlanPart, planOf, together } from '../run/parts.ts';
import { unlikeHosts } from '../stats/compare.ts';
import type { Store } from '../store/store.ts';
import type { SwitchDriver } from '../switches/driver.ts';
import { campaignOptionsIn } from './campaign-options.ts';
import { tell } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { lineWidth } from './terminal.ts';
import type { TestbedView } from './view.ts';

/** The campaign with this id; where `true` is given, the latest that is not finished. Throws CliError where there is none. */
export function campaignToResume(store: Store, id: string | true): BegunCampaign {
  const found = id === true ? store.list().findLast(isUnfinished)?.id : id;
  if (found === undefined) {
    throw new CliError(EXIT.nothingMeasurable, "no campaign is unfinished: 'vswbench list' shows all campaigns");
  }
  const stored = store.begun(found);
  if (stored === null)
    throw new CliError(EXIT.usage, `there is no campaign '${found}': 'vswbench list' shows all campaigns`);
  return stored;
}

/**
 * A campaign goes on as it was begun: what else was asked for is refused in one line that names it, and never ignored. A file may be
 * given that defines testbeds, for where they are is looked up anew.
 */
export function refuseIgnored(
  file: string | undefined,
  { testbedSpecs }: Pick<Campaign, 'testbedSpecs'>,
  options: Record<string, unknown>,
): void {
  const definesTestbeds = Object.keys(testbedSpecs).length > 0;
  const named = (['shard', 'as'] as const).flatMap((name) => (options[name] === undefined ? [] : [`--${name}`]));
  const ignored = [...(file === undefined || definesTestbeds ? [] : [file]), ...campaignOptionsIn(options), ...named];
  if (ignored.length === 0) return;
  throw new CliError(
    EXIT.usage,
    `a campaign is resumed as it was begun, without ${ignored.join(', ')}: leave that out, or start a new campaign without --resume`,
  );
}

/** The plan of what is left. Throws CliError where that is nothing, or the machine is another one by now. */
export function planResumed({ cases, ...campaign }: BegunCampaign, views: readonly TestbedView[]): Plan {
  const now = { hosts: views.flatMap(({ hosts }) => hosts) };
  for (const { testbed } of views) refuseOtherMachine(campaign, now, testbed.name);
  const plan = planOf(campaign, cases, views);
  refuseDone(plan);
  const { schedule } = together(plan);
  const total = campaign.precision === null ? `${schedule.planned.length}` : `at least ${schedule.planned.length}`;
  const told = `Resuming campaign ${campaign.id} (${campaign.title}): ${schedule.doneCount} of ${total} trials are done.`;
  for (const line of wrap(clean(told), lineWidth(process.stderr), 2)) tell(line);
  return plan;
}

/**
 * Throws CliError where no trial is left, nor one that a precision still needs, nor a repetition. One that was killed before its end was
 * recorded still has that to come.
 */
export function refuseDone({ campaign, parts }: Resumable): void {
  if (campaign.endedAt === null) return;
  if (parts.some(({ schedule, owed }) => owed.length > 0 || schedule.trials().next().done !== true)) return;
  throw new CliError(
    EXIT.nothingMeasurable,
    `campaign ${campaign.id} is complete: there is nothing to resume (vswbench show ${campaign.id})`,
  );
}

interface Resumable {
  campaign: Pick<StoredCampaign, 'id' | 'endedAt'>;
  parts: readonly Pick<PlanPart, 'schedule' | 'owed'>[];
}

/** Figures of two machines, or of one before and after a change, are never mixed in one statistic. */
function refuseOtherMachine(then: Plan['campaign'], now: Pick<StoredCampaign, 'hosts'>, testbed: string): void {
  for (const { what, a, b } of unlikeHosts(then, now, testbed)) {
    throw new CliError(EXIT.usage, `the campaign was begun with ${what} '${a}' and this is '${b}': start a new one`);
  }
}

/** The campaign may have been begun with a driver of the user's own. */
export function refuseStrangers(plan: Plan, drivers: readonly SwitchDriver[]): void {
  const { campaign, cases, schedule, owed } = together(plan);
  // Any case may need another trial for its precision.
  const order = campaign.precision === null ? [...schedule.remaining, ...owed] : schedule.planned;
  const stranger = order
    .flatMap(({ caseIndex }) => cases[caseIndex]?.case.switch ?? [])
    .find((id) => !drivers.some((driver) => driver.id === id));
  if (stranger !== undefined) {
    throw new CliError(
      EXIT.usage,
      `campaign ${campaign.id} measures switch '${stranger}', which is not one of ours: give its file with --switch`,
    );
  }
}
