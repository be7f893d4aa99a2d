// SPDX-License-Identifier: Apache-2.0
// How long a campaign takes, as far as that is known before it begins.
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

export const EACH_BY_ITSELF: TurnOf = (testbed) => testbed;

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
export function longestMs(costs: readonly { testbed: string; ms: number }[], turnOf: TurnOf): number {
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
    const testCase = cases[caseIndex];
    const needed = switchSetup(testCase);
    const startMs = needed !== undefined && needed !== up ? overheads.switchStartMs : 0;
    up = needed;
    const onceMs = rated.has(caseIndex) ? 0 : rateSearchMs(testCase);
    rated.add(caseIndex);
    return startMs + expectedTrialMs(testCase, timing, overheads) + onceMs;
  });
}

/** Of one trial on a switch that is up. */
export function expectedTrialMs(testCase: TestCase | undefined, timing: Timing, overheads: Overheads): number {
  const warmupMs = timing.warmupAuto ? Math.min(AUTO_WARMUP_MS, timing.warmupMs) : timing.warmupMs;
  const trialMs = warmupMs + timing.durationMs + overheads.trialMs + toldMs(testCase);
  // A burst is looked for in each trial.
  return trialMs * trialsOf(testCase, timing) + (testCase?.dimension === 'burst' ? TRAINS_MS : 0);
}

/** What it takes to find the longest train, beside the look before it; and the highest rate that loses nothing, to half of which others are sent. */
const TRAINS_MS = 8000;
const NDR_MS = 15_000;

/** Before the first trial of a churn whose rate is not given. */
export function rateSearchMs(testCase: TestCase | undefined): number {
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

export function switchSetup(testCase: TestCase | undefined): string | undefined {
  return (
    testCase &&
    [
      testCase.switch,
      testCase.location,
      testCase.port,
      asDeployed(testCase).pairs,
      testCase.switchThreads,
      testCase.queues,
      testCase.pin,
      JSON.stringify(switchOptionsOf(testCase)),
    ].join(' ')
  );
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
