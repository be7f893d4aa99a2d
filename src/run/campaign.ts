// SPDX-License-Identifier: Apache-2.0
// The life of a campaign: trials in their order, a switch kept up while consecutive trials need the same one, each trial
// saved as soon as it ends.
import { bootIdOf } from '../host/boot.ts';
import { type Host, HostLostError } from '../host/host.ts';
import { type HugepageNeed, reserveHugepages } from '../host/hugepages.ts';
import { localHost } from '../host/local.ts';
import { asDeployed } from '../model/background.ts';
import type { BurstLoad } from '../model/burst.ts';
import type { Framework } from '../model/dataplane.ts';
import { FRAME_BYTES_USUAL } from '../model/frame.ts';
import type { Cpu } from '../model/inventory.ts';
import type { Rates } from '../model/live.ts';
import type { Placement } from '../model/placement.ts';
import type { Repeat } from '../model/repetition.ts';
import type { Outcome, Trial } from '../model/result.ts';
import type { Found, SearchLoad, SearchSettings } from '../model/search.ts';
import { switchOptionsOf } from '../model/switch-options.ts';
import { applicationsKey, type TestCase } from '../model/testcase.ts';
import { type PlannedTrial, repetitionOf, withRepetitions } from '../plan/order.ts';
import { placeCase } from '../plan/placement.ts';
import type { LongestBounds } from '../search/longest.ts';
import { type PortRequest, type SwitchDriver, threadsFor } from '../switches/driver.ts';
import { RUN_TAGS } from './application.ts';
import { CALIBRATION, type Capacities, runBeside } from './background.ts';
import { runBurst } from './burst.ts';
import { runChurn } from './churn.ts';
import { allEnded } from './concurrency.ts';
import { SETTLE } from './deployments.ts';
import { ANSWERS, checkAnswer } from './driver-answers.ts';
import { CALL_LIMITS_MS, callDriver } from './driver-call.ts';
import { reasonOf, TrialFailure } from './failure.ts';
import { namingObstacles } from './host-rules.ts';
import { ReusedApplications } from './reused.ts';
import { runSearch } from './search.ts';
import type { DriversAtWork } from './strangers.ts';
import type { HostRole, Side, Testbed } from './testbed.ts';
import { KeptApplications, type RunningSide, runTrial } from './trial.ts';
import { Visit } from './visit.ts';

export interface CampaignContext {
  testbed: Testbed;
  signal: AbortSignal;
  warmupMs: number;
  warmupAuto: boolean;
  durationMs: number;
  /** By location, the largest frame of those test cases that run on this testbed, without FCS. */
  frameBytes: Readonly<Record<TestCase['location'], number>>;
  /** Kernel switches are in the host's own network. */
  hostNetwork: boolean;
  /** What capacities have to meet; null where none is searched for. */
  search: SearchSettings | null;
  /** Which trials are repeated. */
  repeat: Repeat;
  /** Applications stay from trial to trial. */
  reuse: boolean;
  /** Of which backgrounds are shares, as far as they are known from before. */
  capacities: Capacities;
  /** Repetitions of disturbed trials that are owed from before. */
  owed: readonly PlannedTrial[];
  drivers: readonly SwitchDriver[];
  /** Told whose switch is up. */
  atWork: DriversAtWork;
}

/** What a campaign tells while it runs. */
export type CampaignEvent =
  | { event: 'switch-starting'; driver: SwitchDriver }
  /** It is up, and the trial for which it was started begins. */
  | { event: 'switch-started'; driver: SwitchDriver; testbed: string }
  /** It has not learned where everybody is, and is started anew for the same trial. */
  | { event: 'switch-restarting'; driver: SwitchDriver; reason: string }
  /** Of which the background of a case is to be a share. */
  | { event: 'capacity-measured'; testCase: TestCase; capacityPps: number }
  /** A trial of a search has ended, and so near are the bounds. */
  | { event: 'load-measured'; testCase: TestCase; load: SearchLoad; found: readonly Found[] }
  /** Trains of one length have been sent, and so near are the bounds of the longest. */
  | { event: 'trains-measured'; testCase: TestCase; load: BurstLoad; bounds: LongestBounds }
  /** The present trial of a testbed has sampled. */
  | { event: 'sampled'; testCase: TestCase; rates: Rates }
  | { event: 'trial-starting'; planned: PlannedTrial; testCase: TestCase }
  | { event: 'trial-ended'; planned: PlannedTrial; testCase: TestCase; trial: Trial }
  /** A trial was disturbed: it is repeated at the end of its round. */
  | { event: 'repetition-planned'; planned: PlannedTrial; reasons: readonly string[] }
  | { event: 'leftover'; complaint: string }
  /** A driver left something without an undo; `kept` is null where it was put right, else why it still stands. Told once of each. */
  | { event: 'left-behind'; driver: SwitchDriver; role: HostRole; what: string; kept: string | null };

export interface CampaignListener {
  /** Called as soon as a trial has ended, before the next begins: whatever it keeps is safe from a crash. */
  save(planned: PlannedTrial, trial: Trial): void;
  /** The same for a trial of a search, and those of it that were saved before the search was cut short. */
  saveLoad(planned: PlannedTrial, load: SearchLoad): void;
  loadsOf(planned: PlannedTrial): readonly SearchLoad[];
  tell(event: CampaignEvent): void;
}

/**
 * Runs the planned trials of a testbed in order, and those that were disturbed once more at the end of their round; each is asked
 * for only when the one before is saved, so that an order may depend on what was measured. What goes wrong with a host, with a
 * switch or in a trial is that trial's outcome. Throws the signal's reason and what `listener.save` throws; the switch is down by
 * then.
 */
export async function runCampaign(
  context: CampaignContext,
  cases: readonly TestCase[],
  order: Iterable<PlannedTrial>,
  listener: CampaignListener,
  run: typeof runTrial = runTrial,
): Promise<void> {
  const slot = new SwitchSlot(context, listener);
  const reused = new ReusedApplications((complaint) => listener.tell({ event: 'leftover', complaint }));
  const owed = [...context.owed];
  // Counted here and not taken from the order, in which trials that follow each other may stand a multiple of all tags apart.
  let tags = 0;
  const nextTag = () => tags++ % RUN_TAGS;
  try {
    for (const planned of withRepetitions(order, owed)) {
      context.signal.throwIfAborted();
      const testCase = cases[planned.caseIndex];
      if (testCase === undefined) throw new RangeError(`no test case ${planned.caseIndex}`);
      listener.tell({ event: 'trial-starting', planned, testCase });
      const trial = await runPlanned({ ...context, run, nextTag, reused }, planned, testCase, slot, listener);
      // What the user's wish to stop broke is not the trial's own failure, and is to be run again.
      if (trial.outcome.outcome === 'failed') context.signal.throwIfAborted();
      listener.save(planned, trial);
      listener.tell({ event: 'trial-ended', planned, testCase, trial });
      const repetition = isToBeRepeated(trial, context.repeat) ? repetitionOf(planned) : null;
      if (repetition === null) continue;
      owed.push(repetition);
      const reasons = trial.measurement?.noise.reasons ?? [];
      listener.tell({ event: 'repetition-planned', planned: repetition, reasons });
    }
  } finally {
    await reused.end(context.signal);
    await slot.empty();
  }
}

function isToBeRepeated({ flags }: Pick<Trial, 'flags'>, repeat: Repeat): boolean {
  return repeat === 'disturbed' && flags.includes('disturbed');
}

async function runPlanned(
  context: CampaignContext & { run: typeof runTrial; nextTag: () => number; reused: ReusedApplications },
  planned: PlannedTrial,
  testCase: TestCase,
  slot: SwitchSlot,
  listener: CampaignListener,
): Promise<Trial> {
  const driver = context.drivers.find((candidate) => candidate.id === testCase.switch);
  if (driver === undefined) throw new RangeError(`no driver for ${testCase.switch}`);
  const { testbed, signal, capacities } = context;
  const startedAt = new Date().toISOString();
  const { round, ordinal, seed, caseIndex } = planned;
  const capacity = {
    knownPps: capacities.get(caseIndex),
    learned(capacityPps: number) {
      capacities.set(caseIndex, capacityPps);
      listener.tell({ event: 'capacity-measured', testCase, capacityPps });
    },
  };
  let placement = NOT_PLACED;
  let step = 'host lost';
  try {
    const sides = await testbed.sides(testCase.location, signal);
    step = 'placement';
    placement = placeOn(sides, testbed.sameMachine, testCase, driver);
    const plan = { placement, round, ordinal, seed };
    const measure = async (asked: TestCase, phases: Phases, kept: KeptApplications | null = null) => {
      step = `start ${driver.id}`;
      const running = await slot.hold(driver, asDeployed(testCase), plan.placement, sides);
      signal.throwIfAborted();
      const tellRates = (rates: Rates) => listener.tell({ event: 'sampled', testCase, rates });
      const timing = { ...context, sameMachine: testbed.sameMachine, tellRates };
      const runTag = context.nextTag();
      // Of neither the trial itself nor those around it, both ways.
      const apart = (runTag + RUN_TAGS / 4) % RUN_TAGS;
      const trial = await runBeside(asked, capacity, (background, calibrates) => {
        const own = { ...plan, testCase: asked, background, calibrates, churn: phases.churn === true };
        return calibrates
          ? context.run({ ...timing, ...CALIBRATION }, { ...own, runTag: apart }, running, kept)
          : context.run({ ...timing, ...phases }, { ...own, runTag }, running, kept);
      });
      // A switch that took part in a failure is not trusted with the next trial.
      if (trial.outcome.outcome === 'failed') {
        await context.reused.drop();
        await slot.empty();
      }
      return trial;
    };
    /** With applications that stay for all of its parts. */
    const inParts = async (whole: (kept: KeptApplications) => Promise<Trial>) => {
      await context.reused.end(signal);
      const kept = new KeptApplications();
      try {
        return await whole(kept);
      } finally {
        for (const complaint of await kept.end(signal)) listener.tell({ event: 'leftover', complaint });
      }
    };
    const { durationMs, search: settings } = context;
    const atRate = (kept: KeptApplications) => (rate: TestCase['rate'], loadMs: number) =>
      measure({ ...testCase, rate }, { durationMs: loadMs }, kept);
    const alone = async () => {
      const key = context.reuse ? applicationsKey(testCase) : null;
      const kept = await context.reused.of(key, signal);
      const trial = await measure(testCase, { durationMs }, kept);
      return kept === null ? trial : { ...trial, flags: [...trial.flags, 'applications-reused' as const] };
    };
    const trialOf: Record<TestCase['dimension'], () => Promise<Trial>> = {
      throughput: alone,
      latency: alone,
      capacity: () => {
        if (settings === null) throw new RangeError('a capacity has objectives');
        return inParts((kept) =>
          runSearch({
            ...{ testCase, settings, durationMs, known: listener.loadsOf(planned) },
            run: atRate(kept),
            save: (load) => listener.saveLoad(planned, load),
            tell: (load, found) => listener.tell({ event: 'load-measured', testCase, load, found }),
          }),
        );
      },
      burst: () =>
        inParts((kept) =>
          runBurst({
            ...{ testCase, durationMs },
            run: (asked, phases) => measure(asked, phases, kept),
            tell: (load, bounds) => listener.tell({ event: 'trains-measured', testCase, load, bounds }),
          }),
        ),
      churn: () =>
        runChurn({
          ...{ testCase, capacity },
          run: (asked) => measure(asked, { durationMs, churn: true }),
          search: (search) => inParts((kept) => runSearch({ ...search, run: atRate(kept) })),
          tell: (load, found) => listener.tell({ event: 'load-measured', testCase, load, found }),
        }),
    };
    const attempt = async () => {
      const trial = await trialOf[testCase.dimension]();
      const way = { hostNetwork: context.hostNetwork, remote: testCase.location === 'remote' };
      const outcome = await namingObstacles(trial.outcome, sides, way);
      return { trial: { ...trial, outcome }, isExplained: outcome !== trial.outcome };
    };
    const { trial, isExplained } = await attempt();
    // What is in the way of packets will be in their way again.
    if (isExplained || !slot.startsAnew(driver, trial.outcome)) return trial;
    const { trial: second } = await attempt();
    slot.startedAnew(driver, second.outcome);
    return { ...second, flags: [...second.flags, 'started-twice'] };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof HostLostError) step = 'host lost';
    else if (error instanceof TrialFailure) step = error.step;
    await context.reused.drop();
    await slot.empty();
    return notRun({ placement, round, ordinal, seed }, startedAt, { outcome: 'failed', step, reason: reasonOf(error) });
  }
}

/** What is of its own in the timing of a trial. */
interface Phases {
  durationMs: number;
  warmupMs?: number;
  /** A container comes and goes meanwhile. */
  churn?: boolean;
}

/** Of a trial whose hosts were not there to be looked at. */
const NOT_PLACED: Placement = {
  ...{ pairs: [], switch: [], housekeeping: [], far: null },
  ...{ sharedCpu: false, sharedHousekeeping: false, unlikeCpus: false },
};

/** Where a test case runs on the hosts of its testbed, the near one first. */
export function placeOn(
  sides: readonly Pick<Side, 'cpus' | 'uplinkNode'>[],
  sameMachine: boolean,
  testCase: TestCase,
  driver: Pick<SwitchDriver, 'id' | 'threads' | 'workers'> | undefined,
): Placement {
  const [near, far = null] = sides;
  if (near === undefined) throw new RangeError('a trial needs a host');
  const deployed = asDeployed(testCase);
  const threads = driver === undefined ? 0 : threadsFor(driver, deployed);
  return placeCase(deployed, { near, far, sameMachine }, threads, driver?.workers);
}

function isUnsettled(outcome: Outcome): outcome is Extract<Outcome, { outcome: 'failed' }> {
  return outcome.outcome === 'failed' && outcome.step === SETTLE;
}

function notRun(
  plan: Pick<Trial, 'placement' | 'round' | 'ordinal' | 'seed'>,
  startedAt: string,
  outcome: Outcome,
): Trial {
  const { placement, round, ordinal, seed } = plan;
  return {
    placement,
    round,
    ordinal,
    seed,
    startedAt,
    wallS: 0,
    overheadS: 0,
    hostnames: [],
    flags: [],
    outcome,
    measurement: null,
    histograms: {},
  };
}

/** What stands on a host for the sake of a switch, and is to be undone. */
interface Up {
  side: Side;
  /** Height of the undo stack before anything was done. */
  mark: number;
  /** Null where it has not come to that. */
  visit: Visit | null;
}

/** Holds the one switch that is up: on each host of the testbed that takes part. */
class SwitchSlot {
  private readonly context: CampaignContext;
  private readonly listener: CampaignListener;
  private held: { key: string; running: RunningSide[]; up: Up[] } | null = null;
  /** Switches that did not learn where everybody is when they were started anew, either. */
  private readonly deaf = new Set<string>();
  /** What drivers have left, and was told. */
  private readonly leftBehind = new Set<string>();
  /** Where our own processes were last told to stay, by host. */
  private readonly kept = new Map<Host, string>();

  constructor(context: CampaignContext, listener: CampaignListener) {
    this.context = context;
    this.listener = listener;
  }

  /** Whether a trial that ended like this is worth another start of its switch: nothing was measured, and it may have been bad luck. */
  startsAnew(driver: SwitchDriver, outcome: Outcome): boolean {
    if (!isUnsettled(outcome) || this.deaf.has(driver.id)) return false;
    this.listener.tell({ event: 'switch-restarting', driver, reason: outcome.reason });
    return true;
  }

  /** Takes note of what came of it. */
  startedAnew(driver: SwitchDriver, outcome: Outcome): void {
    if (isUnsettled(outcome)) this.deaf.add(driver.id);
  }

  /** The switch with these ports, started where another is up or none. Throws whatever its driver does where it does not start. */
  async hold(
    driver: SwitchDriver,
    testCase: TestCase,
    placement: Placement,
    sides: readonly Side[],
  ): Promise<RunningSide[]> {
    for (const side of sides) await this.keepTo(side, placement);
    const { frameBytes, hostNetwork } = this.context;
    const deployed = { testCase, placement, frameBytes: frameBytes[testCase.location], hostNetwork };
    const needs: HugepageNeed[][] = [];
    for (const side of sides) needs.push(await hugepageNeeds(side, driver, deployed, this.context.signal));
    const { location, port, pairs, io, switchThreads, queues, pin } = testCase;
    const cpus = sides.map(({ role }) => switchCpus(placement, role).join(',')).join('/');
    // Other ports or CPUs make another switch of it: an idle port costs a polling switch time.
    const key = [
      driver.id,
      location,
      port,
      pairs,
      switchThreads,
      queues,
      pin,
      JSON.stringify(switchOptionsOf(testCase)),
      cpus,
      needs.flat().length > 0 ? io : '',
    ].join(' ');
    const { held } = this;
    if (held?.key === key && held.running.every(({ side }, index) => side === sides[index])) return held.running;
    await this.empty();
    this.listener.tell({ event: 'switch-starting', driver });
    const up = sides.map((side): Up => ({ side, mark: side.undo.mark(), visit: null }));
    try {
      await reserve(sides, this.context.testbed.sameMachine, needs);
      for (const one of up) {
        one.visit = await Visit.begin(one.side, driver);
        this.context.atWork.enter(one.visit);
      }
      const running = await allEnded(
        up.map(async ({ side, visit }) => {
          if (visit === null) throw new RangeError('a switch is started on a visit');
          const running = await visit.start(switchContext(side, deployed), this.context.signal);
          return { side, running };
        }),
      );
      this.held = { key, running, up };
      this.listener.tell({ event: 'switch-started', driver, testbed: testCase.testbed });
      return running;
    } catch (error) {
      await this.unwind(up);
      throw error;
    }
  }

  async empty(): Promise<void> {
    const { held } = this;
    this.held = null;
    if (held === null) return;
    await this.unwind(held.up);
  }

  /** The last host first: on one machine its undos stand on top of the first's. */
  private async unwind(up: readonly Up[]): Promise<void> {
    for (const { side, mark, visit } of up.toReversed()) {
      if (visit !== null) this.context.atWork.leave(visit);
      // What is left on a host that is lost is told once, by the trial that lost it.
      if (side.host.lost.aborted) continue;
      const { complaints, leftovers } = (await visit?.end()) ?? { complaints: [], leftovers: [] };
      for (const complaint of [...complaints, ...(await side.undo.unwindTo(mark))]) {
        this.listener.tell({ event: 'leftover', complaint });
      }
      if (visit === null) continue;
      for (const { what, kept } of leftovers) {
        // Of another process, the same.
        const thing = `${visit.driver.id} ${what.replace(/ \(\d+\)$/, '')}`;
        if (kept === null && this.leftBehind.has(thing)) continue;
        this.leftBehind.add(thing);
        this.listener.tell({ event: 'left-behind', driver: visit.driver, role: side.role, what, kept });
      }
    }
  }

  /** Keeps our own processes, and what they start, off the CPUs that measure, where there are enough CPUs for that. */
  private async keepTo({ host, role, cpus }: Side, placement: Placement): Promise<void> {
    const all = cpus.map((cpu) => cpu.id).join(',');
    const list = placement.sharedHousekeeping ? all : housekeepingCpus(placement, role).join(',');
    if ((this.kept.get(host) ?? all) === list) return;
    this.kept.set(host, list);
    const starter = host.starterPid === undefined ? [] : [host.starterPid];
    const pids = new Set([host.ownerPid, ...starter, ...(await ownPidOn(host))]);
    for (const pid of pids) await host.run(['taskset', '--all-tasks', '--cpu-list', '--pid', list, String(pid)]);
  }
}

/** This process, where it runs on the host. */
async function ownPidOn(host: Host): Promise<number[]> {
  return (await bootIdOf(host)) === (await bootIdOf(localHost)) ? [process.pid] : [];
}

function switchCpus(placement: Placement, role: HostRole): readonly number[] {
  return role === 'far' ? (placement.far?.switch ?? []) : placement.switch;
}

function housekeepingCpus(placement: Placement, role: HostRole): readonly number[] {
  return role === 'far' ? (placement.far?.housekeeping ?? []) : placement.housekeeping;
}

/** The ends of the pairs that are on a host. */
function endsOn({ role }: Side, { location }: TestCase): readonly PortRequest['end'][] {
  if (location === 'local') return ['source', 'sink'];
  return role === 'near' ? ['source'] : ['sink'];
}

/** What a switch is started for. */
interface Deployed {
  testCase: TestCase;
  placement: Placement;
  /** Its ports have to hold so much. */
  frameBytes: number;
  hostNetwork: boolean;
}

/** What a visit tells its driver of the trials to come. */
function switchContext(
  side: Side,
  { testCase, placement, frameBytes, hostNetwork }: Deployed,
): Parameters<Visit['start']>[0] {
  const ports = Array.from({ length: testCase.pairs }, (_, pair) =>
    endsOn(side, testCase).map((end): PortRequest => ({ pair, end })),
  ).flat();
  const own = switchCpus(placement, side.role);
  const housekeeping = housekeepingCpus(placement, side.role);
  return {
    ...{ ports, housekeeping, frameBytes, hostNetwork },
    portKind: testCase.port,
    queues: testCase.queues,
    pin: testCase.pin,
    options: switchOptionsOf(testCase),
    uplink: testCase.location === 'remote' ? side.uplink : null,
    cpus: own,
    node: nodeOf(side.cpus, own[0] ?? housekeeping[0]),
  };
}

/** On one machine for both hosts at once: each would find the pages free that the other is about to take. */
async function reserve(sides: readonly Side[], sameMachine: boolean, needs: readonly HugepageNeed[][]): Promise<void> {
  const [first] = sides;
  if (sameMachine && first !== undefined) return reserveHugepages(first.host, first.undo, needs.flat());
  for (const [index, { host, undo }] of sides.entries()) await reserveHugepages(host, undo, needs[index] ?? []);
}

/** What the switch and each application are going to take on a host, on the nodes of their CPUs. */
async function hugepageNeeds(
  side: Side,
  driver: SwitchDriver,
  { testCase, placement, frameBytes }: Deployed,
  signal: AbortSignal,
): Promise<HugepageNeed[]> {
  const isJumbo = frameBytes > FRAME_BYTES_USUAL;
  const { artifacts, cpus } = side;
  const framework = artifacts.frameworks.find(({ name }) => name === testCase.io);
  const each = framework?.built === true ? applicationBytes(framework, isJumbo, testCase.queues) : 0;
  const ends = endsOn(side, testCase);
  const ports = ends.length * testCase.pairs;
  const own = {
    node: nodeOf(cpus, switchCpus(placement, side.role)[0]),
    bytes: await hugepageBytesOf(driver, ports, frameBytes, signal),
    inContainer: false,
  };
  const applications = placement.pairs.flatMap((pair) => ends.map((end) => pair[end]));
  return [own, ...applications.map((cpu) => ({ node: nodeOf(cpus, cpu), bytes: each, inContainer: true }))].filter(
    ({ bytes }) => bytes > 0,
  );
}

/** Hugepages that an application takes, in bytes. */
function applicationBytes(framework: Extract<Framework, { built: true }>, isJumbo: boolean, queues: number): number {
  const [first, other] = isJumbo
    ? [framework.jumbo_hugepage_bytes, framework.jumbo_queue_hugepage_bytes]
    : [framework.hugepage_bytes, framework.queue_hugepage_bytes];
  return first + (queues - 1) * other;
}

/** Throws TrialFailure where the driver does not say a number. */
function hugepageBytesOf(
  driver: SwitchDriver,
  ports: number,
  frameBytes: number,
  signal: AbortSignal,
): Promise<number> {
  const step = `hugepageBytes() of ${driver.id}`;
  return callDriver({ step, limitMs: CALL_LIMITS_MS.hugepageBytes, signals: [signal] }, async () =>
    checkAnswer(step, ANSWERS.hugepageBytes, (await driver.hugepageBytes?.(ports, frameBytes)) ?? 0),
  );
}

function nodeOf(cpus: readonly Cpu[], id: number | undefined): number {
  return cpus.find((cpu) => cpu.id === id)?.node ?? 0;
}
