// SPDX-License-Identifier: Apache-2.0
import { asDeployed } from '../model/background.ts';
import { formatCpuList } from '../model/cpu-list.ts';
import type { Cpu } from '../model/inventory.ts';
import type { Placement } from '../model/placement.ts';
import type { PlannedCase, StoredCampaign } from '../model/result.ts';
import type { KnobRecord } from '../model/tuning.ts';
import { estimateMs, formatDuration, OVERHEADS_DEFAULT, type TurnOf } from '../plan/estimate.ts';
import type { PlannedTrial } from '../plan/order.ts';
import { type PlacementHosts, placeCase } from '../plan/placement.ts';
import { counted, spelledTrials, untilPrecise } from '../report/format.ts';
import { namingOf } from '../report/naming.ts';
import { type DrawnHost, MAP_LEGEND, placementMap } from '../report/placement-map.ts';
import { shardName } from '../report/shard-words.ts';
import { shownCases, WITH_FCS } from '../report/shown.ts';
import { clean, wrap } from '../report/text.ts';
import { foreseenTuning } from '../report/tuning.ts';
import type { Schedule } from '../run/schedule.ts';
import { type SwitchDriver, threadsFor } from '../switches/driver.ts';

/** Below the words of a placement. */
const MAP_INDENT = 10;

/** A testbed by its name, with what placing needs to know of it. */
type PlacedTestbed = PlacementHosts & { name: string };

interface DescribedPlan {
  campaign: Omit<StoredCampaign, 'cases'>;
  cases: readonly PlannedCase[];
  schedule: Pick<Schedule, 'planned' | 'remaining'>;
  /** Repetitions of disturbed trials, from before. */
  owed: readonly PlannedTrial[];
  /** Which testbeds take turns; none where absent. */
  turnOf?: TurnOf;
  /** Knobs that are to be turned, by host; none where absent. */
  tuning?: readonly ForeseenTuning[];
}

/** What turning the campaign's knobs would change on a host. */
export interface ForeseenTuning {
  /** As it is to be named, where there are several. */
  host: string;
  records: readonly KnobRecord[];
}

/** What a campaign would do, in lines of this width: its trials and their time, and its test cases with their placement. */
export function describePlan(
  plan: DescribedPlan,
  drivers: readonly SwitchDriver[],
  testbeds: readonly PlacedTestbed[],
  columns: number,
): string {
  const cases = plan.cases.map((planned) => ({
    ...planned,
    shown: shownCases([planned.case], plan.campaign.fcs)[0] ?? planned.case,
  }));
  const naming = namingOf(cases.map(({ shown }) => shown));
  const items = cases.map((planned) => {
    const line = naming.nameOf(planned.shown);
    if (planned.skipped !== null) return { line, detail: `skipped: ${planned.skipped}`, map: [] };
    return { line, ...describePlacement(planned, drivers, testbeds, columns) };
  });
  const last = items.findLast(({ map }) => map.length > 0);
  return [
    ...wrap(clean(`${plan.campaign.title}: ${describeTrials(plan)}`), columns, 2),
    ...wrap(clean(`Each: ${naming.common}.${plan.campaign.fcs ? ` ${WITH_FCS}.` : ''}`), columns, 2),
    ...items.flatMap(({ line, detail, map }, index) => [
      ...wrap(`  ${clean(line)}`, columns, 4),
      // Below a group of cases stands what they have in common.
      ...(items[index + 1]?.detail === detail ? [] : [...wrap(`      ${clean(detail)}`, columns, 8), ...map]),
    ]),
    ...tuningLines(plan.tuning ?? []).flatMap((line) => wrap(clean(line), columns, 2)),
    ...(last === undefined ? [] : wrap(`CPUs: ${MAP_LEGEND}.`, columns, 2)),
  ].join('\n');
}

/** Nothing where nothing is to be turned. */
function tuningLines(hosts: readonly ForeseenTuning[]): string[] {
  return hosts.map(({ host, records }) => {
    const where = hosts.length === 1 ? '' : ` of ${host}`;
    return `Knobs${where} while it runs, and given back: ${foreseenTuning(records)}.`;
  });
}

/** `2 test cases × 6 trials = 12 trials, about 48 s; order by seed 7`. */
function describeTrials({ campaign, cases, schedule, owed, turnOf }: DescribedPlan): string {
  const order = [...schedule.remaining, ...owed];
  const least = campaign.precision === null ? '' : 'at least ';
  const runnable = cases.filter((planned) => planned.skipped === null);
  if (runnable.length === 0) return 'no test case can run here';
  const ms = estimateMs(
    order,
    cases.map((planned) => planned.case),
    campaign,
    OVERHEADS_DEFAULT,
    turnOf,
  );
  const { remaining, planned } = schedule;
  const shard = shardName(campaign.shards);
  const part = shard === null ? '' : `, ${planned.length} of them in ${shard}`;
  const product = `${counted(runnable.length, 'test case')} × ${spelledTrials(campaign)}${untilPrecise(campaign)} = ${least}${counted(campaign.shards?.of ?? planned.length, 'trial')}${part}`;
  const left = remaining.length === planned.length ? '' : `, ${remaining.length} of them still to be run`;
  const again = owed.length === 0 ? '' : ` and ${counted(owed.length, 'repetition')}`;
  return `${product}${left}${again}, ${least}about ${formatDuration(ms)}; order by seed ${campaign.seed}${shard === null ? '' : `; campaign ${campaign.id}`}`;
}

/** Where a case sits: in words what is shared, and drawn by whose CPUs. */
function describePlacement(
  { case: testCase }: PlannedCase,
  drivers: readonly SwitchDriver[],
  testbeds: readonly PlacedTestbed[],
  columns: number,
): { detail: string; map: string[] } {
  const driver = drivers.find((candidate) => candidate.id === testCase.switch);
  const testbed = testbeds.find((candidate) => candidate.name === testCase.testbed);
  if (testbed === undefined) return { detail: `testbed ${testCase.testbed} is not known`, map: [] };
  const deployed = asDeployed(testCase);
  const threads = driver === undefined ? 0 : threadsFor(driver, deployed);
  const placement = placeCase(deployed, testbed, threads, driver?.workers);
  return { detail: placementWords(placement), map: drawPlacement(placement, testbed, columns) };
}

function placementWords({ pairs, switch: own, housekeeping, far, ...marks }: Placement): string {
  const onCpus = (cpus: readonly number[]) => (cpus.length === 0 ? 'none of its own' : `CPU ${cpus.join(',')}`);
  const told = [
    `CPUs: pairs ${pairs.map(({ source, sink }) => `${source}→${sink}`).join(' ')}`,
    `switch ${onCpus(own)}`,
    `rest ${formatCpuList(housekeeping)}`,
    ...(far === null ? [] : [`far: switch ${onCpus(far.switch)}, rest ${formatCpuList(far.housekeeping)}`]),
    ...(marks.sharedCpu ? ['CPUs are shared'] : marks.sharedHousekeeping ? ['no CPU left for housekeeping alone'] : []),
    ...(marks.unlikeCpus ? ['fast and slow CPUs are mixed'] : []),
  ];
  return told.join('; ');
}

/** One map where all is on one machine, else one of each. */
function drawPlacement(placement: Placement, { near, far, sameMachine }: PlacedTestbed, columns: number): string[] {
  const draw = (cpus: readonly Cpu[], drawn: DrawnHost, title: string) => [
    ...(title === '' ? [] : [`        ${title}`]),
    ...placementMap(cpus, placement, drawn, columns - MAP_INDENT).map((line) => ' '.repeat(MAP_INDENT) + line),
  ];
  if (placement.far === null || far === null) return draw(near.cpus, 'near', '');
  if (sameMachine) return draw(near.cpus, 'both', '');
  return [...draw(near.cpus, 'near', 'near host'), ...draw(far.cpus, 'far', 'far host')];
}
