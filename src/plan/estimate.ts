// SPDX-License-Identifier: Apache-2.0
// How long a campaign takes: told before it begins, and corrected by what its trials really took.
import { asDeployed } from '../model/background.ts';
import type { SearchSettings } from '../model/search.ts';
import { switchOptionsOf } from '../model/switch-options.ts';
import { LOCAL_TESTBED } from '../model/testbed.ts';
import type { TestCase } from '../model/testcase.ts';
import type { PlannedTrial } from './order.ts';

/** The phases of each trial of a campaign. */
export interface Timing {
  warmupMs: number;
  /** It finds its own end; `warmupMs` is the longest. */
  warmupAuto: boolean;
  durationMs: number;
  /** What each trial of a capacity has to find, where one is searched for. */
  search?: SearchSettings | null;
}

/** What an automatic warm-up takes on a quiet machine: some more sampling intervals than it has to look at. */
const AUTO_WARMUP_MS = 3000;

/** What a campaign costs beside traffic. */
export interface Overheads {
  /** Containers, announcement, drain and clean-up of one trial. */
  trialMs: number;
  /** Bringing a switch up, and down again. */
  switchStartMs: number;
}

/** Measured with kernel switches on a virtual machine with 2 CPUs; the estimate of the remaining time corrects them. */
export const OVERHEADS_DEFAULT: Overheads = { trialMs: 500, switchStartMs: 200 };

/** Of which group a testbed is: those of one group take turns, as they share a machine; groups work beside each other. */
export type TurnOf = (testbed: string) => string;

const EACH_BY_ITSELF: TurnOf = (testbed) => testbed;

/**
 * Expected time of trials that run in this order, ms: that of the testbeds which need longest, as they run beside each other. A
 * switch start is counted wherever a trial needs another switch, location, number of pairs or other threads than the one before on its
 * testbed; none is where `cases` (by caseIndex) does not say.
 */
export function estimateMs(
  order: readonly PlannedTrial[],
  cases: readonly TestCase[],
  timing: Timing,
  overheads: Overheads = OVERHEADS_DEFAULT,
  turnOf: TurnOf = EACH_BY_ITSELF,
): number {
  const each = [...Map.groupBy(order, (planned) => testbedOf(planned, cases))];
  const costs = each.map(([testbed, part]) => ({ testbed, ms: sumOf(expectedMs(part, cases, timing, overheads)) }));
  return longestMs(costs, turnOf);
}

/** Of the group that needs longest. */
function longestMs(costs: readonly { testbed: string; ms: number }[], turnOf: TurnOf): number {
  const groups = [...Map.groupBy(costs, ({ testbed }) => turnOf(testbed)).values()];
  return Math.max(0, ...groups.map((group) => sumOf(group.map(({ ms }) => ms))));
}

function testbedOf({ caseIndex }: PlannedTrial, cases: readonly TestCase[]): string {
  return cases[caseIndex]?.testbed ?? LOCAL_TESTBED;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Of trials on one testbed. */
function expectedMs(
  order: readonly PlannedTrial[],
  cases: readonly TestCase[],
  timing: Timing,
  overheads: Overheads,
): number[] {
  let up: string | undefined;
  const rated = new Set<number>();
  return order.map(({ caseIndex }) => {
    const needed = switchSetup(cases[caseIndex]);
    const starts = needed !== undefined && needed !== up;
    up = needed;
    const warmupMs = timing.warmupAuto ? Math.min(AUTO_WARMUP_MS, timing.warmupMs) : timing.warmupMs;
    const startMs = starts ? overheads.switchStartMs : 0;
    const trialMs = warmupMs + timing.durationMs + overheads.trialMs + toldMs(cases[caseIndex]);
    const searchMs = rated.has(caseIndex) ? 0 : ownSearchMs(cases[caseIndex]);
    // A burst is looked for in each trial, and the rate of a churn once.
    if (cases[caseIndex]?.dimension === 'churn') rated.add(caseIndex);
    return startMs + trialMs * trialsOf(cases[caseIndex], timing) + searchMs;
  });
}

/** What it takes to find the longest train, beside the look before it; and the highest rate that loses nothing, to half of which others are sent. */
const TRAINS_MS = 8000;
const NDR_MS = 15_000;

function ownSearchMs(testCase: TestCase | undefined): number {
  if (testCase?.dimension === 'burst') return TRAINS_MS;
  return testCase?.dimension === 'churn' && testCase.rate === 'max' ? NDR_MS : 0;
}

/** Trials beside those that decide on a rate, of each objective: looks at where it may be. */
const LOOKS = 10;

/** How many one trial of a campaign comes to: a search has many. Bounds are decided on by half of what would do at most. */
function trialsOf(testCase: TestCase | undefined, { search = null, durationMs }: Timing): number {
  if (testCase?.dimension !== 'capacity' || search === null) return 1;
  const needed = search.objectives.length * (Math.ceil(search.durationSumMs / durationMs) + LOOKS);
  return search.budgetMs === null ? needed : Math.min(needed, Math.ceil(search.budgetMs / durationMs));
}

/** While addresses are announced, and the switch is left alone. */
function toldMs(testCase: TestCase | undefined): number {
  if (testCase === undefined) return 0;
  const { macs, announceRatePps, idleMs } = testCase;
  return (1000 * (macs - 1)) / announceRatePps + idleMs;
}

function switchSetup(testCase: TestCase | undefined): string | undefined {
  return (
    testCase &&
    [
      testCase.switch,
      testCase.location,
      asDeployed(testCase).pairs,
      testCase.switchThreads,
      testCase.queues,
      testCase.pin,
      JSON.stringify(switchOptionsOf(testCase)),
    ].join(' ')
  );
}

/** What is left of the trials that are expected to take equally long: those of one group with equal phases. */
interface Share {
  group: string;
  expectedMs: number;
  left: number;
}

/** What is still to be run on a testbed: of each trial, in order, the share to which it belongs. There may be very many. */
interface Queue {
  order: Share[];
  shares: Map<string, Share>;
  done: number;
}

/**
 * Time left of a campaign. It begins with the plain estimate and learns by how much the trials done missed it: each
 * switch on each testbed for itself, and the mean of all for one that has not had its turn.
 */
export class RemainingTime {
  private readonly queues = new Map<string, Queue>();
  private readonly cases: readonly TestCase[];
  private readonly timing: Timing;
  private readonly overheads: Overheads;
  private readonly turnOf: TurnOf;
  private readonly all = { count: 0, sumMs: 0 };
  private readonly bySwitch = new Map<string, { count: number; sumMs: number }>();

  /** `order` is what is still to be run; without `cases`, each test case is learned for itself. */
  constructor(
    order: readonly PlannedTrial[],
    timing: Timing,
    cases: readonly TestCase[] = [],
    overheads: Overheads = OVERHEADS_DEFAULT,
    turnOf: TurnOf = EACH_BY_ITSELF,
  ) {
    this.turnOf = turnOf;
    this.cases = cases;
    this.timing = timing;
    this.overheads = overheads;
    this.extend(order);
  }

  /** More is to be run, after the rest. */
  extend(order: readonly PlannedTrial[]): void {
    for (const [testbed, part] of Map.groupBy(order, (planned) => testbedOf(planned, this.cases))) {
      const queue = this.queues.get(testbed) ?? { order: [], shares: new Map<string, Share>(), done: 0 };
      const expected = expectedMs(part, this.cases, this.timing, this.overheads);
      for (const [index, planned] of part.entries()) {
        queue.order.push(shareOf(queue, this.groupOf(planned), expected[index] ?? 0));
      }
      this.queues.set(testbed, queue);
    }
  }

  /** The next trial of a testbed's order has ended, after so long, a switch start included. */
  trialDone(wallMs: number, testbed: string = LOCAL_TESTBED): void {
    const queue = this.queues.get(testbed);
    const share = queue?.order[queue.done];
    if (queue === undefined || share === undefined) return;
    const seen = this.bySwitch.get(share.group) ?? { count: 0, sumMs: 0 };
    for (const tally of [seen, this.all]) {
      tally.count += 1;
      tally.sumMs += wallMs - share.expectedMs;
    }
    this.bySwitch.set(share.group, seen);
    share.left -= 1;
    queue.done += 1;
  }

  /** Expected time of the trials that have not been told as done, ms: of the testbeds that need longest. */
  estimateMs(): number {
    const costs = [...this.queues].map(([testbed, queue]) => ({ testbed, ms: this.leftMs(queue) }));
    return longestMs(costs, this.turnOf);
  }

  private leftMs({ shares }: Queue): number {
    // Each mean is drawn towards the more general one by one pseudo-trial, lest a single odd trial decides.
    const general = this.all.sumMs / (this.all.count + 1);
    return [...shares.values()].reduce((sum, { group, expectedMs, left }) => {
      const seen = this.bySwitch.get(group) ?? { count: 0, sumMs: 0 };
      const missedMs = (seen.sumMs + general) / (seen.count + 1);
      return sum + left * Math.max(0, expectedMs + missedMs);
    }, 0);
  }

  private groupOf(planned: PlannedTrial): string {
    const testCase = this.cases[planned.caseIndex];
    return testCase === undefined ? `case ${planned.caseIndex}` : `${testCase.testbed} ${testCase.switch}`;
  }
}

/** The share of a queue to which one more trial is added. */
function shareOf({ shares }: Queue, group: string, expectedMs: number): Share {
  const key = `${expectedMs} ${group}`;
  const share = shares.get(key) ?? { group, expectedMs, left: 0 };
  share.left += 1;
  shares.set(key, share);
  return share;
}

/** A duration for people, in its two largest units: `350 ms`, `52 s`, `1 min 52 s`, `2 h 5 min`, `1 d 3 h`. */
export function formatDuration(ms: number): string {
  const wholeMs = Math.round(Math.max(0, ms));
  if (wholeMs === 0) return '0 s';
  if (wholeMs < 1000) return `${wholeMs} ms`;
  const seconds = Math.round(wholeMs / 1000);
  const found = UNITS.find((unit) => seconds >= unit.large.s);
  if (found === undefined) return `${seconds} s`;
  const { large, small } = found;
  // In the smaller unit first: rounding may carry into the larger one.
  const total = Math.round(seconds / small.s);
  const ratio = large.s / small.s;
  const head = `${Math.floor(total / ratio)} ${large.name}`;
  return total % ratio === 0 ? head : `${head} ${total % ratio} ${small.name}`;
}

const UNITS = [
  { large: { name: 'd', s: 86_400 }, small: { name: 'h', s: 3600 } },
  { large: { name: 'h', s: 3600 }, small: { name: 'min', s: 60 } },
  { large: { name: 'min', s: 60 }, small: { name: 's', s: 1 } },
] as const;
