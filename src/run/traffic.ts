// SPDX-License-Identifier: Apache-2.0
// What happens while packets flow: the warm-up, and looks at the machines where the measured window begins and where it ends.
import timers from 'node:timers/promises';
import type { Host } from '../host/host.ts';
import type { Cache } from '../model/cache.ts';
import type { SwitchFigures } from '../switches/driver.ts';
import { sampleIntervalMs } from './application.ts';
import { toNearClock } from './clocks.ts';
import { joinFigures } from './counters.ts';
import { type Deployment, isPeer } from './deployments.ts';
import type { Evidence } from './evaluate.ts';
import { lookAt, lookAtFrequencies, type Machine, windowsOf } from './machines.ts';
import { ratesOf } from './rates.ts';
import type { RunningSide, TrialContext } from './trial.ts';
import { isWarm, TREND_INTERVALS, type WarmupProgress } from './warmup.ts';

/** From the word `start` to the first packet: time for every application to have read it. */
const START_LEAD_MS = 15;

/** Sources that send, from a time of the near host's clock on, to sinks that receive. */
interface Traffic {
  sources: readonly Deployment[];
  sinks: readonly Deployment[];
  /** Sources of the background, which begin and end with the others and are not looked at. */
  beside: readonly Deployment[];
  startNs: number;
  farAheadNs: number;
  /** What goes on within the measured window, which is told by the near host's clock. */
  meanwhile: ((window: { fromNs: number; untilNs: number }) => Promise<void>) | null;
}

/** What was begun to be looked at in the warm-up. */
interface WarmupLook {
  /** What ends the observing of each side's switch. */
  endings: ((() => Promise<SwitchFigures>) | undefined)[];
  fromNs: number;
  frequencies: Map<number, number>[];
}

/** What was seen while traffic ran. */
export interface Watched {
  /** Of the near host's clock. */
  startNs: number;
  machines: Evidence['machines'];
  switchFigures: SwitchFigures;
  observedS: number;
  caches: readonly Cache[];
}

/** Starts the sources, and looks at the machines where the measured window begins and where it ends. */
export async function watchTraffic(
  context: TrialContext,
  sides: readonly RunningSide[],
  deployments: Omit<Traffic, 'startNs'>,
  machines: readonly Machine[],
  signal: AbortSignal,
): Promise<Watched> {
  const near = sides[0]?.side.host;
  if (near === undefined) throw new RangeError('a trial needs a host');
  const startNs = (await near.monotonicNs()) + START_LEAD_MS * 1e6;
  const traffic = { ...deployments, startNs };
  startSending(traffic);
  tellRates(context, traffic);
  const until = async (atMs: number) =>
    timers.setTimeout(Math.max(0, startNs / 1e6 + atMs - (await near.monotonicNs()) / 1e6), undefined, { signal });
  const look = async (): Promise<WarmupLook> => {
    const endings = await Promise.all(sides.map(({ running }) => running.observe?.()));
    return { endings, fromNs: await near.monotonicNs(), frequencies: await lookAtFrequencies(machines) };
  };
  const { beginMs, endings, fromNs, frequencies } = context.warmupAuto
    ? await warmUpUntilQuiet(context, traffic, near, until, look)
    : await warmUp(context, until, look);
  await until(beginMs);
  const before = await lookAt(machines);
  const endMs = beginMs + context.durationMs;
  const window = { fromNs: startNs + beginMs * 1e6, untilNs: startNs + endMs * 1e6 };
  await Promise.all([until(endMs), deployments.meanwhile?.(window)]);
  const after = await lookAt(machines);
  const observedS = ((await near.monotonicNs()) - fromNs) / 1e9;
  const figures = await Promise.all(endings.map(async (end) => (await end?.()) ?? {}));
  return {
    startNs,
    machines: windowsOf(machines, frequencies, before, after),
    switchFigures: joinFigures(figures),
    observedS,
    // Both hosts have the same switch.
    caches: (await sides[0]?.running.caches?.()) ?? [],
  };
}

/** Tells whoever wants to know how fast it goes, each time that the first sender has sampled: nothing is woken for it. */
function tellRates({ tellRates: tell }: TrialContext, traffic: Traffic): void {
  const senders = sendersOf(traffic);
  const [first] = senders;
  if (tell === undefined || first === undefined) return;
  const samplesOf = ({ application }: Deployment) => application.samples;
  const others = traffic.sinks.filter((sink) => !isPeer(sink)).map(samplesOf);
  const startNs = ownTimeNs(first, traffic.startNs, traffic);
  first.application.onSample(() => {
    const all = { senders: senders.map(samplesOf), receivers: countingOf(traffic).map(samplesOf), others };
    const rates = ratesOf(all, startNs);
    if (rates !== null) tell(rates);
  });
}

/** Whoever counts what has arrived: clients their echoes. */
function countingOf({ sources, sinks }: Pick<Traffic, 'sources' | 'sinks'>): Deployment[] {
  const isLatency = sources.some(({ application }) => application.plan.testCase.dimension === 'latency');
  return isLatency ? [...sources] : [...sinks, ...sources.filter(isPeer)];
}

/** Whoever sends packets of its own. */
function sendersOf({ sources, sinks }: Pick<Traffic, 'sources' | 'sinks'>): Deployment[] {
  return [...sources, ...sinks.filter(isPeer)];
}

/** Whoever is told when to begin. */
function toldOf(traffic: Traffic): Deployment[] {
  return [...sendersOf(traffic), ...traffic.beside];
}

/** All at one instant, as far as the clocks of two hosts can be compared. Peers receive already. */
function startSending(traffic: Traffic): void {
  for (const one of toldOf(traffic)) {
    const atNs = ownTimeNs(one, traffic.startNs, traffic);
    if (isPeer(one)) one.application.sendAt(atNs);
    else one.application.startAt(atNs);
  }
}

/** A time of the near host's clock by that of the application's host. */
function ownTimeNs({ side }: Deployment, nearNs: number, { farAheadNs }: Traffic): number {
  return side.role === 'far' ? nearNs + farAheadNs : nearNs;
}

/** Looks in the middle of a warm-up of fixed length: asking a switch takes CPU time, which is not to be missing from the measured window. */
async function warmUp(
  { warmupMs }: TrialContext,
  until: (atMs: number) => Promise<void>,
  look: () => Promise<WarmupLook>,
): Promise<WarmupLook & { beginMs: number }> {
  await until(warmupMs / 2);
  return { ...(await look()), beginMs: warmupMs };
}

/** Looks when the figures of the last intervals have no trend, and has the sources measure from then on; or when the longest warm-up is over. */
async function warmUpUntilQuiet(
  { warmupMs, durationMs }: TrialContext,
  traffic: Traffic,
  near: Host,
  until: (atMs: number) => Promise<void>,
  look: () => Promise<WarmupLook>,
): Promise<WarmupLook & { beginMs: number }> {
  const intervalMs = sampleIntervalMs(durationMs);
  let atMs = TREND_INTERVALS * intervalMs;
  while (atMs < warmupMs) {
    await until(atMs);
    if (isWarm(progressOf(traffic, intervalMs))) {
      const seen = await look();
      const beginNs = (await near.monotonicNs()) + START_LEAD_MS * 1e6;
      for (const one of toldOf(traffic)) one.application.measureAt(ownTimeNs(one, beginNs, traffic));
      return { ...seen, beginMs: (beginNs - traffic.startNs) / 1e6 };
    }
    atMs += intervalMs;
  }
  return { ...(await look()), beginMs: warmupMs };
}

function progressOf({ sources, sinks, startNs, farAheadNs }: Traffic, intervalMs: number): WarmupProgress {
  const samplesOf = ({ application, side }: Deployment) =>
    side.role === 'far' ? toNearClock(application.samples, farAheadNs) : application.samples;
  return {
    sources: sendersOf({ sources, sinks }).map(samplesOf),
    sinks: countingOf({ sources, sinks }).map(samplesOf),
    ...{ startNs, intervalNs: intervalMs * 1e6 },
  };
}
