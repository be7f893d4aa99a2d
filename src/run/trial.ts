// SPDX-License-Identifier: Apache-2.0
// The life of one trial (DESIGN §7): containers up, everybody ready, traffic, senders stop first, receivers drain, and
// what was seen is handed to evaluate.ts, which alone judges it.
import timers from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { HostError } from '../host/host.ts';
import { clocksourceOf } from '../host/inventory.ts';
import { asDeployed } from '../model/background.ts';
import type { Hotplug } from '../model/churn.ts';
import { countsSuperPackets } from '../model/dataplane.ts';
import type { Rates } from '../model/live.ts';
import type { Placement } from '../model/placement.ts';
import type { Flag, Outcome, Trial } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { COOLDOWN_KEPT_MS, COOLDOWN_MS } from './application.ts';
import type { Background } from './background.ts';
import { type Clocksources, clockOffsetNs, toNearClock } from './clocks.ts';
import { allEnded } from './concurrency.ts';
import {
  type InterfaceCounters,
  interfaceDifferences,
  portDifferences,
  type SwitchCounters,
  uplinkDifferences,
} from './counters.ts';
import {
  type ApplicationContext,
  applicationOf,
  awaitEnds,
  type Deployment,
  deploy,
  identify,
  isPeer,
  readInside,
  readReturned,
  receivesFirst,
  settle,
} from './deployments.ts';
import { type ApplicationEvidence, type Evidence, evaluate, type Verdict } from './evaluate.ts';
import { reasonOf, TrialFailure } from './failure.ts';
import type { GuardedSwitch } from './guard.ts';
import { machinesOf } from './machines.ts';
import { Newcomer } from './newcomer.ts';
import { readServed } from './served.ts';
import type { Side } from './testbed.ts';
import { watchTraffic } from './traffic.ts';

const READY_TIMEOUT_MS = 10_000;
/** How much longer than its plan a source may take, and a sink to drain. */
const GRACE_MS = 5_000;
/** Between two looks at counters that are to stand still, and how long that is waited for. */
const QUIET_INTERVAL_MS = 5;
const QUIET_TIMEOUT_MS = 500;
/** Looking takes time itself, and on a busy machine more than waiting does: so long with both. */
const QUIET_LOOKS_MS = 2_000;
/** How often a switch is asked whether it is still there. */
const HEALTH_INTERVAL_MS = 500;

export interface TrialContext {
  /** The hosts share their CPUs and clock. */
  sameMachine: boolean;
  /** Aborted when the user wants to stop; its reason is thrown. */
  signal: AbortSignal;
  warmupMs: number;
  /** It is over as soon as the figures have no trend any more; `warmupMs` is the longest. */
  warmupAuto: boolean;
  durationMs: number;
  /** Told at each sample how fast it goes. */
  tellRates?: (rates: Rates) => void;
}

/** Applications that stay on their ports from one trial to the next of a switch that stays up. The first trial starts them. */
export class KeptApplications {
  private kept: { deployments: readonly Deployment[]; marks: readonly { side: Side; mark: number }[] } | null = null;

  get deployments(): readonly Deployment[] | null {
    return this.kept?.deployments ?? null;
  }

  keep(deployments: readonly Deployment[], marks: readonly { side: Side; mark: number }[]): void {
    this.kept ??= { deployments, marks };
  }

  /** They end as at the end of a trial. Returns what could not be undone, one line each. */
  async end(signal: AbortSignal): Promise<string[]> {
    if (this.kept === null) return [];
    const { deployments } = this.kept;
    try {
      await endDeployments(deployments, signal);
    } catch {
      // What did not end by itself is ended by its undo.
    }
    return this.drop();
  }

  /** They end at once. */
  async drop(): Promise<string[]> {
    const { marks } = this.kept ?? { marks: [] };
    this.kept = null;
    return unwind(marks);
  }
}

/** A switch that is up on one of the testbed's hosts. */
export interface RunningSide {
  side: Side;
  running: GuardedSwitch;
}

export interface TrialPlan {
  testCase: TestCase;
  /** What its other pairs send, which come behind those that are measured; null where there are none. */
  background: Background | null;
  /** It measures what the background can send, and the others are idle. */
  calibrates: boolean;
  /** A container comes and goes beside what is measured. */
  churn: boolean;
  placement: Placement;
  round: number;
  ordinal: number;
  seed: number;
  /** Not that of the trial before (`RUN_TAGS`). */
  runTag: number;
}

/**
 * Runs one trial on a switch that is up on the host or, for `remote`, on both: the near one has the sources, and comes first.
 * Where applications are `kept`, they are those of the trials before, unless something failed. Never throws for what a trial may meet; throws
 * only the signal's reason.
 */
export async function runTrial(
  context: TrialContext,
  plan: TrialPlan,
  sides: readonly RunningSide[],
  kept: KeptApplications | null = null,
): Promise<Trial> {
  const startedAt = new Date().toISOString();
  const began = performance.now();
  const marks = sides.map(({ side }) => ({ side, mark: side.undo.mark() }));
  let verdict: Verdict;
  try {
    verdict = evaluate(await observe(context, plan, sides, kept, marks));
  } catch (error) {
    verdict = { outcome: failureOf(error, sides), measurement: null, histograms: {}, flags: [] };
  }
  const leftovers = kept === null ? await unwind(marks) : [];
  if (kept !== null && verdict.outcome.outcome === 'failed')
    leftovers.push(...(await kept.drop()), ...(await unwind(marks)));
  if (leftovers.length > 0 && verdict.outcome.outcome === 'measured') {
    verdict.outcome = { outcome: 'failed', step: 'clean up', reason: leftovers.join('; ') };
  }
  context.signal.throwIfAborted();
  const wallS = (performance.now() - began) / 1000;
  return {
    ...verdict,
    round: plan.round,
    ordinal: plan.ordinal,
    seed: plan.seed,
    startedAt,
    hostnames: sides.map(({ side }) => side.hostname),
    wallS,
    overheadS: Math.max(
      0,
      wallS - (verdict.measurement?.warmupS ?? context.warmupMs / 1000) - context.durationMs / 1000,
    ),
    placement: plan.placement,
    flags: [
      ...placementFlags(plan.placement),
      ...new Set(sides.flatMap(({ running }) => running.flags)),
      ...(hasSuperPackets(sides, plan.testCase) ? (['super-packets'] as const) : []),
      ...verdict.flags,
    ],
  };
}

async function unwind(marks: readonly { side: Side; mark: number }[]): Promise<string[]> {
  return (await Promise.all(marks.map(({ side, mark }) => side.undo.unwindTo(mark)))).flat();
}

function placementFlags({ sharedCpu, sharedHousekeeping, unlikeCpus }: Placement): Flag[] {
  const shared: Flag[] = sharedCpu ? ['shared-cpu'] : sharedHousekeeping ? ['shared-housekeeping'] : [];
  return unlikeCpus ? [...shared, 'unlike-cpus'] : shared;
}

function hasSuperPackets(sides: readonly RunningSide[], { io }: TestCase): boolean {
  return sides.some(({ side }) => countsSuperPackets(side.artifacts.frameworks, io));
}

function failureOf(error: unknown, sides: readonly RunningSide[]): Outcome {
  // Whatever else is seen of it first: an application that has ended, a counter that cannot be read.
  const lost = sides.find(({ side }) => side.host.lost.aborted);
  if (lost !== undefined) return { outcome: 'failed', step: 'host lost', reason: reasonOf(lost.side.host.lost.reason) };
  const reason = reasonOf(error);
  if (error instanceof TrialFailure) return { outcome: 'failed', step: error.step, reason };
  return { outcome: 'failed', step: error instanceof HostError ? 'host' : 'run', reason };
}

async function observe(
  context: TrialContext,
  plan: TrialPlan,
  sides: readonly RunningSide[],
  kept: KeptApplications | null,
  marks: readonly { side: Side; mark: number }[],
): Promise<Evidence> {
  const goOn = kept?.deployments ?? null;
  const phases = { ...context, cooldownMs: kept === null ? COOLDOWN_MS : COOLDOWN_KEPT_MS };
  for (const { application, side, port } of goOn ?? []) application.next(applicationOf(phases, plan, side, port));
  const deployments = goOn ?? (await deployAll(phases, plan, sides));
  kept?.keep(deployments, marks);
  // Whatever ends too early ends the trial at once, wherever the trial is.
  const watch = new AbortController();
  const trouble = Promise.race([
    ...deployments.map((deployment) => deployment.application.failed()),
    ...sides.map(({ running }) => switchTrouble(running, watch.signal)),
    ...sides.flatMap(({ running }) => (running.trouble === undefined ? [] : [aborted(running.trouble, watch.signal)])),
    ...sides.map(({ side }) => aborted(side.host.lost, watch.signal)),
    aborted(context.signal, watch.signal),
  ]);
  trouble.catch(() => undefined);
  const stage = { deployments, isNew: goOn === null, stays: kept !== null };
  const evidence = exchange(context, plan, sides, stage, watch.signal);
  try {
    return await Promise.race([trouble, evidence]);
  } finally {
    watch.abort();
    // Nothing of this trial goes on beside its own cleaning up, or beside the next one.
    await Promise.allSettled([evidence]);
  }
}

async function deployAll(
  context: ApplicationContext,
  plan: TrialPlan,
  sides: readonly RunningSide[],
): Promise<readonly Deployment[]> {
  // Before anything is made for any of them.
  const ports = await allEnded(sides.map(async ({ running }) => running.nextPorts()));
  return allEnded(
    sides.flatMap(({ side }, index) => (ports[index] ?? []).map((port) => deploy(context, plan, side, port))),
  );
}

/** The applications of a trial, whether they have just been started, and whether they stay for another. */
interface Stage {
  deployments: readonly Deployment[];
  isNew: boolean;
  stays: boolean;
}

/** What was counted before the first packet. */
interface Baseline {
  counters: SwitchCounters;
  interfaces: InterfaceCounters[];
  /** Of the far host's clock; 0 where there is one host. */
  farAheadNs: number;
}

/** The life of a trial, from containers that have been started to what they tell in the end. */
async function exchange(
  context: TrialContext,
  plan: TrialPlan,
  sides: readonly RunningSide[],
  { deployments, isNew, stays }: Stage,
  signal: AbortSignal,
): Promise<Evidence> {
  const { measured, beside, idle, extra } = groupsOf(plan, deployments);
  const newcomer = plan.churn ? newcomerOf(plan, sides, extra, measured) : null;
  await becomeReady(sides, deployments, isNew, signal);
  const announcedNs = await announceAll(deployments, plan.testCase, signal);
  if (plan.testCase.idleMs > 0 && !plan.calibrates)
    await timers.setTimeout(plan.testCase.idleMs, undefined, { signal });
  const served = await readServed(sides, asDeployed(plan.testCase));
  const machines = await machinesOf(sides, deployments, context.sameMachine, plan);
  // Of who comes and goes nobody counts all: it is in no ledger.
  const counted = newcomer === null ? deployments : measured;
  const before = await takeBaseline(context, sides, counted, signal);
  signal.throwIfAborted();
  await startReceivers([...measured, ...beside, ...extra].filter(receivesFirst), signal);
  const traffic = {
    ...{ ...endsOf(measured), beside: endsOf(beside).sources, farAheadNs: before.farAheadNs },
    meanwhile: newcomer === null ? null : (window: TimesNs) => newcomer.comeAndGo(window, signal),
  };
  const watched = await watchTraffic(context, sides, traffic, machines, signal);
  const told = await collect([...measured, ...beside], before.farAheadNs, signal);
  await newcomer?.end(signal);
  const { counters: after } = await quietCounters(sides, counted, signal);
  await endIdle(idle, signal);
  if (!stays) await endDeployments([...counted, ...(newcomer?.present ?? [])], signal);
  const interfaces = await (stays ? readInside(counted) : readReturned(counted));
  // Last of all, as they were read first: what others send by the cable is seen there at least as often as behind it.
  const uplinks = await readUplinks(sides);
  return {
    ...evidenceOf(plan, told),
    placement: plan.placement,
    durationMs: context.durationMs,
    oneClock: sides.length === 1 || context.sameMachine,
    ...watched,
    served,
    announcedNs,
    interfaces: interfaceDifferences(before.interfaces, interfaces),
    ports: portDifferences(ofPairs(before.counters.ports, counted), ofPairs(after.ports, counted)),
    uplinks: uplinkDifferences(before.counters.uplinks, uplinks),
    clocksources: await clocksourcesOf(sides),
    superPackets: hasSuperPackets(sides, plan.testCase),
    churn: newcomer === null ? null : { hotplug: hotplugOf(sides), happenings: newcomer.happenings },
  };
}

type TimesNs = Parameters<Newcomer['comeAndGo']>[0];

/** On one host, both ends of which are there. */
function newcomerOf(
  plan: TrialPlan,
  sides: readonly RunningSide[],
  extra: readonly Deployment[],
  measured: readonly Deployment[],
): Newcomer {
  const [at] = sides;
  const { sources, sinks } = endsOf(extra);
  const [[source], [sink]] = [sources, sinks];
  if (at === undefined || source === undefined || sink === undefined) throw new RangeError('nobody can come or go');
  return new Newcomer(plan, at, { source, sink }, measured.filter(receivesFirst));
}

function hotplugOf(sides: readonly RunningSide[]): Hotplug {
  return sides.some(({ running }) => running.hotplug === undefined) ? 'container' : 'port';
}

function ofPairs(ports: SwitchCounters['ports'], deployments: readonly Deployment[]): SwitchCounters['ports'] {
  return ports === null ? null : ports.filter(({ pair }) => deployments.some(({ port }) => port.pair === pair));
}

/** Who sends and receives in a trial: those that are measured, those beside them, those that have to be there and do nothing, and who comes and goes. */
interface Groups {
  measured: readonly Deployment[];
  beside: readonly Deployment[];
  idle: readonly Deployment[];
  extra: readonly Deployment[];
}

function groupsOf({ testCase, calibrates, churn }: TrialPlan, deployments: readonly Deployment[]): Groups {
  const own = deployments.filter(({ port }) => port.pair < testCase.pairs);
  const others = deployments.filter(({ port }) => port.pair >= testCase.pairs);
  const none = { beside: [], idle: [], extra: [] };
  if (churn) return { ...none, measured: own, extra: others };
  if (testCase.dimension === 'churn') return { ...none, measured: own, idle: others };
  return calibrates ? { ...none, measured: others, idle: own } : { ...none, measured: own, beside: others };
}

interface Ends {
  sources: readonly Deployment[];
  sinks: readonly Deployment[];
}

function endsOf(deployments: readonly Deployment[]): Ends {
  return {
    sources: deployments.filter(({ port }) => port.end === 'source'),
    sinks: deployments.filter(({ port }) => port.end === 'sink'),
  };
}

/** What was told, by those who are measured and by those beside them. */
function evidenceOf(
  { testCase, background, calibrates }: TrialPlan,
  { sources, sinks }: Told,
): Pick<Evidence, 'testCase' | 'sources' | 'sinks' | 'background'> {
  if (background === null) return { testCase, sources, sinks, background: null };
  if (calibrates) return { testCase: background.testCase, sources, sinks, background: null };
  const isMeasured = ({ pair }: ApplicationEvidence) => pair < testCase.pairs;
  const isBeside = (one: ApplicationEvidence) => !isMeasured(one);
  return {
    ...{ testCase, sources: sources.filter(isMeasured), sinks: sinks.filter(isMeasured) },
    background: { ...background, sources: sources.filter(isBeside), sinks: sinks.filter(isBeside) },
  };
}

/** Every application has its port, and the switch knows where everybody is. */
async function becomeReady(
  sides: readonly RunningSide[],
  deployments: readonly Deployment[],
  isNew: boolean,
  signal: AbortSignal,
): Promise<void> {
  await allEnded<unknown>([
    ...deployments.map(({ application }) => application.ready(READY_TIMEOUT_MS, signal)),
    ...(isNew ? sides.map(({ running }) => running.connect?.(signal) ?? Promise.resolve()) : []),
  ]);
  if (isNew) await identify(deployments);
  await Promise.all(sides.map(({ side, running }) => settle(side, running, deployments, signal)));
}

/**
 * Where an end has many addresses, the switch is told of each. Whether it knows them is its own affair, and shows as flooding. Returns what
 * the slowest end took, ns.
 */
async function announceAll(
  deployments: readonly Deployment[],
  { macs, announceRatePps }: TestCase,
  signal: AbortSignal,
): Promise<number> {
  if (macs === 1) return 0;
  // At the rate that is asked for, or at the one for which the CPUs leave time.
  const timeoutMs = READY_TIMEOUT_MS + macs + (1000 * macs) / announceRatePps;
  return Math.max(
    ...(await allEnded(deployments.map(({ application }) => application.announceAll(timeoutMs, signal)))),
  );
}

async function takeBaseline(
  { sameMachine }: TrialContext,
  sides: readonly RunningSide[],
  deployments: readonly Deployment[],
  signal: AbortSignal,
): Promise<Baseline> {
  const { counters, interfaces } = await quietCounters(sides, deployments, signal);
  const [near, far] = sides.map(({ side }) => side.host);
  const farAheadNs = near === undefined || far === undefined ? 0 : await clockOffsetNs(near, far, sameMachine);
  return { counters, interfaces, farAheadNs };
}

/**
 * All counters, when those at the applications' ports stand still: what one hop has counted and the next one has not yet, an announcement at
 * the begin or, at the end, what a switch that was kept from its CPU still held, would look like packets that nobody sent. Where somebody else goes on sending, it is taken as it is, and the ledger has to tell.
 */
async function quietCounters(
  sides: readonly RunningSide[],
  deployments: readonly Deployment[],
  signal: AbortSignal,
): Promise<Pick<Baseline, 'counters' | 'interfaces'>> {
  const read = async () => ({
    counters: await readCounters(sides),
    interfaces: await readInside(deployments),
  });
  let latest = await read();
  const late = performance.now() + QUIET_LOOKS_MS;
  for (let waitedMs = 0; waitedMs < QUIET_TIMEOUT_MS && performance.now() < late; waitedMs += QUIET_INTERVAL_MS) {
    await timers.setTimeout(QUIET_INTERVAL_MS, undefined, { signal });
    const earlier = latest;
    latest = await read();
    if (isDeepStrictEqual(framesOf(earlier), framesOf(latest))) break;
  }
  return latest;
}

/** Frames at the applications' ports, by whoever counts them. The cable may be somebody else's as well. */
function framesOf({ counters: { ports }, interfaces }: Pick<Baseline, 'counters' | 'interfaces'>) {
  return [
    ports?.map(({ inPackets, outPackets }) => [inPackets, outPackets]),
    interfaces.map(({ counters: { rxPackets, txPackets } }) => [rxPackets, txPackets]),
  ];
}

/** Who receives is at work before the first packet is sent, which it says itself: the clocks of two hosts need not agree. */
async function startReceivers(receivers: readonly Deployment[], signal: AbortSignal): Promise<void> {
  for (const { application } of receivers) application.startAt(0);
  await Promise.all(receivers.map(({ application }) => application.started(READY_TIMEOUT_MS, signal)));
}

/** What the applications told in the end. */
type Told = Pick<Evidence, 'sources' | 'sinks'>;

/**
 * Sources end by themselves; only then are sinks told to, which drain first: totals are exact. Peers say when they have sent everything, and are
 * told to end when all have.
 */
async function collect(active: readonly Deployment[], farAheadNs: number, signal: AbortSignal): Promise<Told> {
  const { sources, sinks } = endsOf(active);
  const told = async ({ application, port, side }: Deployment, graceMs: number): Promise<ApplicationEvidence> => ({
    pair: port.pair,
    ready: await application.ready(graceMs, signal),
    final: await application.final(graceMs, signal),
    samples: side.role === 'far' ? toNearClock(application.samples, farAheadNs) : application.samples,
  });
  const [peers, alone] = [[...sources, ...sinks].filter(isPeer), sources.filter((source) => !isPeer(source))];
  const sent = peers.map(({ application }) => application.sent(COOLDOWN_MS + GRACE_MS, signal));
  await Promise.all([...sent, ...alone.map(({ application }) => application.final(COOLDOWN_MS + GRACE_MS, signal))]);
  for (const { application } of new Set([...peers, ...sinks])) application.stop();
  const allTold = (ends: readonly Deployment[]) => Promise.all(ends.map((one) => told(one, GRACE_MS)));
  return { sources: await allTold(sources), sinks: await allTold(sinks) };
}

/** Who has had no traffic is told that it ends, so that the next word is for its port. Both at once would be taken for one. */
async function endIdle(idle: readonly Deployment[], signal: AbortSignal): Promise<void> {
  for (const { application } of idle) application.stop();
  await Promise.all(idle.map(({ application }) => application.final(GRACE_MS, signal)));
}

/** Applications hold their ports until the switch's counters have been read; now they close them. */
async function endDeployments(deployments: readonly Deployment[], signal: AbortSignal): Promise<void> {
  for (const { application } of deployments) application.stop();
  await awaitEnds(deployments, GRACE_MS, signal);
}

/** The kernel may have found a clock to be wrong meanwhile. */
function clocksourcesOf(sides: readonly RunningSide[]): Promise<Clocksources[]> {
  return Promise.all(
    sides.map(async ({ side }) => ({ before: side.clocksource, after: await clocksourceOf(side.host) })),
  );
}

async function readCounters(sides: readonly RunningSide[]): Promise<SwitchCounters> {
  const uplinks = await readUplinks(sides);
  const ports = await Promise.all(sides.map(({ running }) => running.counters()));
  return {
    ports: ports.some((counters) => counters === null) ? null : ports.flatMap((counters) => counters ?? []),
    uplinks,
  };
}

async function readUplinks(sides: readonly RunningSide[]): Promise<SwitchCounters['uplinks']> {
  if (sides.length === 1) return null;
  const uplinks = await Promise.all(sides.map(({ running }) => running.uplinkCounters?.()));
  const known = uplinks.filter((counters) => counters !== undefined);
  return known.length < sides.length ? null : known;
}

/** Rejects with TrialFailure when the switch is no longer there; never resolves. */
async function switchTrouble(running: GuardedSwitch, signal: AbortSignal): Promise<never> {
  for (;;) {
    await timers.setTimeout(HEALTH_INTERVAL_MS, undefined, { signal });
    const trouble = await running.health();
    if (trouble !== null) throw new TrialFailure('switch', trouble);
  }
}

/** Rejects with the signal's reason when the user wants to stop; never resolves. Listens until `watch` is aborted. */
function aborted(signal: AbortSignal, watch: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true, signal: watch });
  });
}
