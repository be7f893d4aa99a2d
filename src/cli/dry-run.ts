// SPDX-License-Identifier: Apache-2.0
import type { Cpu } from '../model/inventory.ts';
import type { PlannedCase, StoredCampaign } from '../model/result.ts';
import { caseKey } from '../model/testcase.ts';
import { estimateMs, formatDuration } from '../plan/estimate.ts';
import { placeTrial } from '../plan/placement.ts';
import { trialsOf, untilPrecise } from '../report/format.ts';
import type { Schedule } from '../run/schedule.ts';
import type { SwitchDriver } from '../switches/driver.ts';

interface Plan {
  campaign: Omit<StoredCampaign, 'cases'>;
  cases: readonly PlannedCase[];
  schedule: Pick<Schedule, 'remaining'>;
}

/** What a campaign would do, in words: its test cases with their placement, its order's seed and its time. */
export function describePlan(plan: Plan, drivers: readonly SwitchDriver[], cpus: readonly Cpu[]): string {
  const { campaign, cases, schedule } = plan;
  const order = schedule.remaining;
  const least = campaign.precision === null ? '' : 'at least ';
  const runnable = cases.filter((planned) => planned.skipped === null);
  const estimate = estimateMs(
    order,
    cases.map((planned) => planned.case),
    campaign,
  );
  return [
    `${campaign.title}: ${runnable.length} test cases × ${trialsOf(campaign)} trials${untilPrecise(campaign)} = ${least}${order.length} trials, ` +
      `${least}about ${formatDuration(estimate)}; order by seed ${campaign.seed}`,
    ...withoutRepeats(
      cases.map((planned) => ({
        line: `  ${caseKey(planned.case)}`,
        detail: planned.skipped === null ? describePlacement(planned, drivers, cpus) : `skipped: ${planned.skipped}`,
      })),
    ),
  ].join('\n');
}

/** Each line, and below a group of lines what they have in common. */
function withoutRepeats(items: readonly { line: string; detail: string }[]): string[] {
  return items.flatMap(({ line, detail }, index) =>
    items[index + 1]?.detail === detail ? [line] : [line, `      ${detail}`],
  );
}

function describePlacement(planned: PlannedCase, drivers: readonly SwitchDriver[], cpus: readonly Cpu[]): string {
  const driver = drivers.find((candidate) => candidate.id === planned.case.switch);
  const placement = placeTrial(cpus, planned.case.pairs, driver?.threads ?? 0);
  const pairs = placement.pairs.map(({ source, sink }) => `${source}→${sink}`).join(' ');
  const own = placement.switch.length === 0 ? 'none of its own' : `CPU ${placement.switch.join(',')}`;
  const shared = placement.sharedCpu
    ? '; CPUs are shared'
    : placement.sharedHousekeeping
      ? '; no CPU left for housekeeping alone'
      : '';
  return `CPUs: pairs ${pairs}; switch ${own}; rest ${placement.housekeeping.join(',')}${shared}`;
}
