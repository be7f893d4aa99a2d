// SPDX-License-Identifier: Apache-2.0
import type { PlannedCase, StoredCampaign } from '../model/result.ts';
import { caseKey } from '../model/testcase.ts';
import { estimateMs, formatDuration, OVERHEADS_DEFAULT, type TurnOf } from '../plan/estimate.ts';
import { type PlacementHosts, placeCase } from '../plan/placement.ts';
import { trialsOf, untilPrecise } from '../report/format.ts';
import type { Schedule } from '../run/schedule.ts';
import type { SwitchDriver } from '../switches/driver.ts';

/** A testbed by its name, with what placing needs to know of it. */
type Testbed = PlacementHosts & { name: string };

interface Plan {
  campaign: Omit<StoredCampaign, 'cases'>;
  cases: readonly PlannedCase[];
  schedule: Pick<Schedule, 'remaining'>;
  /** Which testbeds take turns; none where absent. */
  turnOf?: TurnOf;
}

/** What a campaign would do, in words: its test cases with their placement, its order's seed and its time. */
export function describePlan(plan: Plan, drivers: readonly SwitchDriver[], testbeds: readonly Testbed[]): string {
  const { campaign, cases, schedule, turnOf } = plan;
  const order = schedule.remaining;
  const least = campaign.precision === null ? '' : 'at least ';
  const runnable = cases.filter((planned) => planned.skipped === null);
  const estimate = estimateMs(
    order,
    cases.map((planned) => planned.case),
    campaign,
    OVERHEADS_DEFAULT,
    turnOf,
  );
  return [
    `${campaign.title}: ${runnable.length} test cases × ${trialsOf(campaign)} trials${untilPrecise(campaign)} = ${least}${order.length} trials, ` +
      `${least}about ${formatDuration(estimate)}; order by seed ${campaign.seed}`,
    ...withoutRepeats(
      cases.map((planned) => ({
        line: `  ${caseKey(planned.case)}`,
        detail:
          planned.skipped === null ? describePlacement(planned, drivers, testbeds) : `skipped: ${planned.skipped}`,
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

function describePlacement(
  { case: testCase }: PlannedCase,
  drivers: readonly SwitchDriver[],
  testbeds: readonly Testbed[],
): string {
  const driver = drivers.find((candidate) => candidate.id === testCase.switch);
  const testbed = testbeds.find((candidate) => candidate.name === testCase.testbed);
  if (testbed === undefined) return `testbed ${testCase.testbed} is not known`;
  const placement = placeCase(testCase, testbed, driver?.threads ?? 0);
  const pairs = placement.pairs.map(({ source, sink }) => `${source}→${sink}`).join(' ');
  const own = (cpus: readonly number[]) => (cpus.length === 0 ? 'none of its own' : `CPU ${cpus.join(',')}`);
  const { far } = placement;
  const there = far === null ? '' : `; far: switch ${own(far.switch)}, rest ${far.housekeeping.join(',')}`;
  const shared = placement.sharedCpu
    ? '; CPUs are shared'
    : placement.sharedHousekeeping
      ? '; no CPU left for housekeeping alone'
      : '';
  return `CPUs: pairs ${pairs}; switch ${own(placement.switch)}; rest ${placement.housekeeping.join(',')}${there}${shared}`;
}
