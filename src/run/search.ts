// SPDX-License-Identifier: Apache-2.0
// A search as a trial of a campaign: trials of a second or so on a switch that stays up, and one more at the rate that was found, of which
// all is kept. docs/decisions/0027-searches.md.
import type { Flag, Measurement, Trial } from '../model/result.ts';
import {
  bindingOf,
  type Found,
  limitOf,
  type Objective,
  objectiveName,
  type SearchLoad,
  type SearchSettings,
} from '../model/search.ts';
import { sendersOf, type TestCase } from '../model/testcase.ts';
import type { SearchGoal } from '../search/goal.ts';
import { type GoalResult, type SearchPlan, type SearchResult, search } from '../search/search.ts';
import type { Measured } from '../search/trial.ts';
import { packetsNeeded } from '../stats/percentiles.ts';
import { disturbancesOf, type MeasuredTrial, Parts } from './part-trial.ts';

/** What a search needs of the campaign around it. */
export interface SearchContext {
  testCase: TestCase;
  settings: SearchSettings;
  /** Of each of its trials. */
  durationMs: number;
  /** Its trials that were measured before it was cut short. */
  known: readonly SearchLoad[];
  /** Runs a trial at this rate of each sender. */
  run(rate: TestCase['rate'], durationMs: number): Promise<Trial>;
  /** Called with each trial as soon as it has ended. */
  save(load: SearchLoad): void;
  /** Told how near the bounds are. */
  tell(load: SearchLoad, found: readonly Found[]): void;
}

/** The lowest rate that is looked at: so much below the highest there is nothing to be found by seconds of traffic. */
const RANGE = 1000;

/** Searches, and returns what it found as one trial; a trial of it that fails twice is its own failure. */
export async function runSearch(context: SearchContext): Promise<Trial> {
  const loads = new Loads(context);
  return loads.parts.whole(async () => {
    const plan = planOf(context, await highestPps(context, loads));
    const result = await search(
      plan,
      (loadPps, durationMs) => loads.measure(loadPps, durationMs),
      (goals) => loads.tell(goals),
    );
    const found = foundIn(context, result);
    const rate = lowerRate(result) ?? plan.minPps;
    return concluded(await loads.trial(rate, context.durationMs), found, loads.all);
  });
}

/** The trials of a search: those from before first, as long as it asks for the same. */
class Loads {
  readonly all: SearchLoad[] = [];
  readonly parts = new Parts();
  private readonly context: SearchContext;
  private readonly known: SearchLoad[];

  constructor(context: SearchContext) {
    this.context = context;
    this.known = [...context.known];
  }

  /**
   * A load that is not offered is tried once more: a sender that was kept from its CPU for once is no limit. What lies within half the width
   * of the load is that load.
   */
  async measure(loadPps: number, durationMs: number): Promise<Measured> {
    const first = await this.load(loadPps, durationMs);
    if (this.isOffered(first)) return { kind: 'measured', ...figuresOf(first) };
    const second = await this.load(loadPps, durationMs);
    if (this.isOffered(second)) return { kind: 'measured', ...figuresOf(second) };
    const offeredPps = Math.max(first.offeredPps, second.offeredPps);
    return { kind: 'not-reached', reachedPps: offeredPps / sendersOf(this.context.testCase) };
  }

  /** One that is not measured is run once more. */
  async load(ratePps: number | null, durationMs: number): Promise<SearchLoad> {
    const known = this.known.shift();
    if (known?.ratePps === ratePps && known.durationMs === durationMs) {
      this.all.push(known);
      return known;
    }
    this.known.length = 0;
    const trial = await this.trial(ratePps ?? 'max', durationMs);
    const { measurement } = trial;
    if (measurement.latencyNs?.oneWay === undefined && this.context.settings.objectives.some(isOfDelays)) {
      const reason = 'an objective is of delays, which need one clock: search between two hosts for loss alone';
      this.parts.fail(trial, { outcome: 'failed', step: 'search', reason });
    }
    const load = loadOf(ratePps, durationMs, measurement);
    this.context.save(load);
    this.all.push(load);
    return load;
  }

  trial(rate: TestCase['rate'], durationMs: number): Promise<MeasuredTrial> {
    const where = `at ${rate === 'max' ? 'the highest rate' : `${rate} packets/s`}`;
    return this.parts.measured(() => this.context.run(rate, durationMs), where);
  }

  tell(goals: GoalResult[]): void {
    const last = this.all.at(-1);
    if (last !== undefined) this.context.tell(last, foundIn(this.context, { goals }));
  }

  private isOffered({ intendedPackets, offeredPackets }: SearchLoad): boolean {
    return offeredPackets > 0 && offeredPackets >= intendedPackets * (1 - this.context.settings.widthRatio / 2);
  }
}

function loadOf(ratePps: number | null, durationMs: number, measurement: Measurement): SearchLoad {
  const { steadyOfferedPackets: offeredPackets, steadyReceivedPackets, steadyCorruptedPackets } = measurement;
  return {
    ...{ ratePps, durationMs, offeredPackets },
    intendedPackets: offeredPackets + measurement.steadyGivenUpPackets,
    lostPackets: Math.max(0, offeredPackets - steadyReceivedPackets - steadyCorruptedPackets),
    duplicatedPackets: measurement.duplicatedPackets,
    reorderedPackets: measurement.reorderedPackets,
    receivedPps: measurement.throughputPps,
    offeredPps: measurement.offeredPps,
    cpus: measurement.cpu.total,
    p99Ns: measurement.latencyNs?.oneWay?.p99 ?? null,
    p999Ns: measurement.latencyNs?.oneWay?.p999 ?? null,
    disturbances: measurement.noise.reasons,
  };
}

/** Loss is of what was put on the ports: packets that were not sent are neither lost nor carried. */
function figuresOf({ offeredPackets, lostPackets, cpus, p99Ns, p999Ns }: SearchLoad) {
  const delays = { ...(p99Ns === null ? {} : { p99: p99Ns }), ...(p999Ns === null ? {} : { p999: p999Ns }) };
  return { lossRatio: lostPackets / offeredPackets, figures: { cpu: cpus, ...delays } };
}

type OfDelays = Extract<Objective, { mostNs: number }>;

function isOfDelays(objective: Objective): objective is OfDelays {
  return 'mostNs' in objective;
}

/** What was asked for, or else what a sender can put on its port without a pace; of each sender. */
async function highestPps({ testCase, durationMs }: SearchContext, loads: Loads): Promise<number> {
  if (testCase.rate !== 'max') return testCase.rate;
  const { offeredPps } = await loads.load(null, durationMs);
  return Math.floor(offeredPps / sendersOf(testCase));
}

function planOf({ testCase, settings, durationMs }: SearchContext, maxPps: number): SearchPlan {
  // Two bursts fit a trial: else it has no rate. And so many packets that it has the percentile that is asked for.
  const packets = settings.objectives.filter(isOfDelays).map(({ figure }) => packetsNeeded(figure));
  const needed = Math.max(2 * testCase.burst, ...packets.map((all) => (1.1 * all) / sendersOf(testCase)));
  const leastPps = Math.ceil((1000 * needed) / durationMs);
  return {
    goals: settings.objectives.map((objective) => goalOf(objective, settings, durationMs)),
    minPps: Math.min(Math.max(1, maxPps), Math.max(leastPps, Math.ceil(maxPps / RANGE))),
    maxPps: Math.max(1, maxPps),
    budgetMs: settings.budgetMs,
  };
}

function goalOf(objective: Objective, settings: SearchSettings, durationMs: number): SearchGoal {
  const { widthRatio, exceedRatio } = settings;
  const { figure } = objective;
  const most = limitOf(objective);
  return {
    ...{ name: objectiveName(objective), widthRatio, exceedRatio },
    // Objectives of other figures have nothing to say of loss.
    ...(figure === 'loss' ? { lossRatio: most } : { lossRatio: 1, limit: { figure, most } }),
    ...{ initialTrialMs: durationMs, finalTrialMs: durationMs },
    durationSumMs: Math.max(durationMs, settings.durationSumMs),
  };
}

function foundIn(context: SearchContext, { goals }: Pick<SearchResult, 'goals'>): Found[] {
  return goals.map((goal, index) => foundOf(context, goal, index));
}

function foundOf({ testCase, settings }: SearchContext, goal: GoalResult, index: number): Found {
  const objective = settings.objectives[index];
  if (objective === undefined) throw new RangeError(`the search has no objective ${index}`);
  const ofAll = (pps: number | null) => (pps === null ? null : pps * sendersOf(testCase));
  // What the sender could do without a pace is not what was asked for.
  const ended = goal.ended === 'max-load' && testCase.rate === 'max' ? 'tool-limited' : goal.ended;
  return {
    ...{ objective, ended, lowerPps: ofAll(goal.lowerPps), upperPps: ofAll(goal.upperPps) },
    throughputPps: ofAll(goal.conditionalThroughputPps),
  };
}

/** Of each sender, at the lower bound that all goals allow; null where one allows none. */
function lowerRate({ goals }: SearchResult): number | null {
  const lower = goals.flatMap(({ lowerPps }) => lowerPps ?? []);
  return lower.length < goals.length ? null : Math.min(...lower);
}

/** The search as a trial: its figure is what was found for the objective that binds, all else is of the trial at that rate. */
function concluded(last: MeasuredTrial, found: Found[], loads: SearchLoad[]): Trial {
  const throughputPps = bindingOf(found)?.throughputPps ?? 0;
  const { measurement } = last;
  const share = measurement.throughputPps === 0 ? 0 : throughputPps / measurement.throughputPps;
  const reasons = disturbancesOf(loads);
  const flags = last.flags.filter((flag) => flag !== 'disturbed');
  return {
    ...last,
    flags: [...flags, ...(reasons.length > 0 ? (['disturbed'] as const) : []), ...flagsOf(found)],
    measurement: {
      ...measurement,
      throughputPps,
      throughputBps: measurement.throughputBps * share,
      noise: { ...measurement.noise, reasons },
      search: { found, loads },
    },
  };
}

function flagsOf(found: readonly Found[]): Flag[] {
  const has = (ended: Found['ended']) => found.some((one) => one.ended === ended);
  return [
    ...(has('tool-limited') ? (['load-not-offered'] as const) : []),
    ...(has('min-load') ? (['lowest-load-lost'] as const) : []),
    ...(has('budget') ? (['search-cut-short'] as const) : []),
  ];
}
