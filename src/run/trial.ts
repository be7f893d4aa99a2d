// SPDX-License-Identifier: Apache-2.0
// The life of one trial (DESIGN §7): containers up, everybody ready, traffic, senders stop first, receivers drain, and
// what was seen is handed to evaluate.ts, which alone judges it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Artifacts } from '../host/artifacts.ts';
import { takeCpuSnapshot } from '../host/cpu.ts';
import { type Host, HostError, type UndoStack } from '../host/host.ts';
import { type Attachment, type Container, type ContainerDirectory, initPid, startContainer } from '../host/lxc.ts';
import { counterDelta, type NetdevCounters, readNetdev } from '../host/netdev.ts';
import { countsSuperPackets } from '../model/dataplane.ts';
import type { Placement } from '../model/placement.ts';
import type { Outcome, Trial } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import {
  NETMAP_DEVICE,
  type Port,
  type PortCounters,
  type RunningSwitch,
  SOCKETS,
  type SwitchFigures,
} from '../switches/driver.ts';
import { Application, applicationCommand, COOLDOWN_MS, ipOf, macOf } from './application.ts';
import { type Evidence, evaluate, placedCpus, type Verdict } from './evaluate.ts';
import { reasonOf, TrialFailure } from './failure.ts';

/** From the word `start` to the first packet: time for every application to have read it. */
const START_LEAD_MS = 15;
const READY_TIMEOUT_MS = 10_000;
/** How much longer than its plan a source may take, and a sink to drain. */
const GRACE_MS = 5_000;
/** A switch is asked so often, and for so long, whether it knows where everybody is. */
const SETTLE_INTERVAL_MS = 10;
const SETTLE_TIMEOUT_MS = 5_000;
/** How often a switch is asked whether it is still there. */
const HEALTH_INTERVAL_MS = 500;

export interface TrialContext {
  host: Host;
  artifacts: Artifacts;
  containers: ContainerDirectory;
  undo: UndoStack;
  /** Aborted when the user wants to stop; its reason is thrown. */
  signal: AbortSignal;
  warmupMs: number;
  durationMs: number;
}

export interface TrialPlan {
  testCase: TestCase;
  placement: Placement;
  round: number;
  ordinal: number;
  seed: number;
}

/** Runs one trial on a switch that is up. Never throws for what a trial may meet; throws only the signal's reason. */
export async function runTrial(context: TrialContext, plan: TrialPlan, running: RunningSwitch): Promise<Trial> {
  const startedAt = new Date().toISOString();
  const began = await context.host.monotonicNs();
  const mark = context.undo.mark();
  let verdict: Verdict;
  try {
    verdict = evaluate(await observe(context, plan, running));
  } catch (error) {
    verdict = { outcome: failureOf(error), measurement: null, histograms: {}, flags: [] };
  }
  const leftovers = await context.undo.unwindTo(mark);
  if (leftovers.length > 0 && verdict.outcome.outcome === 'measured') {
    verdict.outcome = { outcome: 'failed', step: 'clean up', reason: leftovers.join('; ') };
  }
  context.signal.throwIfAborted();
  const wallS = ((await context.host.monotonicNs()) - began) / 1e9;
  const superPackets = countsSuperPackets(context.artifacts.frameworks, plan.testCase.io);
  return {
    ...verdict,
    round: plan.round,
    ordinal: plan.ordinal,
    seed: plan.seed,
    startedAt,
    wallS,
    overheadS: Math.max(0, wallS - (context.warmupMs + context.durationMs) / 1000),
    placement: plan.placement,
    flags: [
      ...placementFlags(plan.placement),
      ...running.flags,
      ...(superPackets ? (['super-packets'] as const) : []),
      ...verdict.flags,
    ],
  };
}

function placementFlags(placement: Placement): ('shared-cpu' | 'shared-housekeeping')[] {
  if (placement.sharedCpu) return ['shared-cpu'];
  return placement.sharedHousekeeping ? ['shared-housekeeping'] : [];
}

function failureOf(error: unknown): Outcome {
  const reason = reasonOf(error);
  if (error instanceof TrialFailure) return { outcome: 'failed', step: error.step, reason };
  return { outcome: 'failed', step: error instanceof HostError ? 'host' : 'run', reason };
}

/** An application in its container on its port. */
interface Station {
  port: Port;
  container: Container;
  application: Application;
  /** Of the container's first process; known once the application is ready. */
  pid: number;
}

async function observe(context: TrialContext, plan: TrialPlan, running: RunningSwitch): Promise<Evidence> {
  const stations = await settled(running.ports.map((port) => deploy(context, plan, port)));
  // Whatever ends too early ends the trial at once, wherever the trial is.
  const watch = new AbortController();
  const trouble = Promise.race([
    ...stations.map((station) => station.application.failed()),
    switchTrouble(running, watch.signal),
    aborted(context.signal, watch.signal),
  ]);
  trouble.catch(() => undefined);
  const evidence = exchange(context, plan, running, stations, watch.signal);
  try {
    return await Promise.race([trouble, evidence]);
  } finally {
    watch.abort();
    // Nothing of this trial goes on beside its own cleaning up, or beside the next one.
    await Promise.allSettled([evidence]);
  }
}

/** All of them; where one fails, not before the others have ended too: what goes on would escape the undoing. */
async function settled<T>(steps: readonly Promise<T>[]): Promise<Awaited<T>[]> {
  await Promise.allSettled(steps);
  return Promise.all(steps);
}

async function deploy(context: TrialContext, plan: TrialPlan, port: Port): Promise<Station> {
  const { testCase, placement } = plan;
  const cpu = placement.pairs[port.pair]?.[port.end];
  if (cpu === undefined) throw new RangeError(`the placement has no CPU for pair ${port.pair}`);
  const application = {
    testCase,
    pair: port.pair,
    end: port.end,
    device: port.kind === 'netdev' ? 'eth0' : port.device,
    cpu,
    warmupMs: context.warmupMs,
    durationMs: context.durationMs,
  };
  const name = `vswbench-${port.pair}-${port.end}`;
  const container = await startContainer(
    context.host,
    context.containers,
    {
      name,
      root: context.artifacts.root,
      attachment: attachmentOf(port),
      command: applicationCommand(application),
    },
    context.undo,
  );
  return { port, container, application: new Application(name, application, container.process), pid: 0 };
}

function attachmentOf(port: Port): Attachment {
  const [mac, address] = [macOf(port.pair, port.end), `${ipOf(port.pair, port.end)}/24`];
  switch (port.kind) {
    case 'netdev':
      return { kind: 'interface', interface: port.interface, mac, address };
    case 'netmap':
      return { kind: 'namespace', namespace: port.namespace, devices: [NETMAP_DEVICE] };
    default:
      return { kind: 'directory', directory: port.directory, target: SOCKETS };
  }
}

async function exchange(
  { host, artifacts, containers, undo, warmupMs, durationMs }: TrialContext,
  { testCase, placement }: TrialPlan,
  running: RunningSwitch,
  stations: Station[],
  signal: AbortSignal,
): Promise<Evidence> {
  await settled<unknown>([
    ...stations.map(({ application }) => application.ready(READY_TIMEOUT_MS, signal)),
    running.connect?.(signal) ?? Promise.resolve(),
  ]);
  await settled(
    stations.map(async (station) => {
      station.pid = await initPid(host, containers, station.container.name, undo);
    }),
  );
  await settle(running, stations, signal);
  const sources = stations.filter((station) => station.port.end === 'source');
  const sinks = stations.filter((station) => station.port.end === 'sink');
  const threads = await running.threads();
  const portsBefore = await running.counters();
  const before = await readInterfaces(host, stations, 'inside');

  signal.throwIfAborted();
  const startNs = (await host.monotonicNs()) + START_LEAD_MS * 1e6;
  for (const { application } of [...sinks, ...sources]) application.startAt(startNs);
  const until = async (atMs: number) =>
    sleep(Math.max(0, startNs / 1e6 + atMs - (await host.monotonicNs()) / 1e6), undefined, { signal });
  // Asking a switch takes CPU time, which is not to be missing from the measured window.
  await until(warmupMs / 2);
  const endObserving = await running.observe?.();
  await until(warmupMs);
  const measured = placedCpus(placement);
  const cpuBefore = await takeCpuSnapshot(host, threads, measured);
  await until(warmupMs + durationMs);
  const cpuAfter = await takeCpuSnapshot(host, threads, measured);
  const switchFigures: SwitchFigures = (await endObserving?.()) ?? {};

  const told = async ({ application, port }: Station, graceMs: number) => ({
    pair: port.pair,
    ready: await application.ready(graceMs, signal),
    final: await application.final(graceMs, signal),
    samples: application.samples,
  });
  const sourceFinals = await Promise.all(sources.map((source) => told(source, COOLDOWN_MS + GRACE_MS)));
  for (const { application } of sinks) application.stop();
  const sinkFinals = await Promise.all(sinks.map((sink) => told(sink, GRACE_MS)));
  const portsAfter = await running.counters();
  for (const { application } of stations) application.stop();
  await Promise.all(stations.map(({ application }) => application.ended(GRACE_MS, signal)));
  const after = await readInterfaces(host, stations, 'returned');
  return {
    testCase,
    placement,
    startNs,
    durationMs,
    sources: sourceFinals,
    sinks: sinkFinals,
    interfaces: differences(before, after),
    ports: portDifferences(portsBefore, portsAfter),
    switchFigures,
    superPackets: countsSuperPackets(artifacts.frameworks, testCase.io),
    cpuBefore,
    cpuAfter,
  };
}

/** Waits until the switch knows where everybody is, so that nobody is measured while flooding. */
async function settle(running: RunningSwitch, stations: readonly Station[], signal: AbortSignal): Promise<void> {
  const behind = stations.map(({ port }) => ({ ...port, mac: macOf(port.pair, port.end), at: 'port' as const }));
  for (let asked = 1; ; asked += 1) {
    const missing = await running.settled(behind);
    if (missing === null) return;
    if (asked * SETTLE_INTERVAL_MS >= SETTLE_TIMEOUT_MS) throw new TrialFailure('settle switch', missing);
    for (const { application } of stations) application.announce();
    await sleep(SETTLE_INTERVAL_MS, undefined, { signal });
  }
}

interface InterfaceCounters {
  port: Port;
  counters: NetdevCounters;
}

/**
 * Counters of the interfaces that containers have; those with other ports have none. An interface keeps its counters when its
 * container ends and it is moved back, under its old name, to the host: that is where the last word is read.
 */
async function readInterfaces(
  host: Host,
  stations: readonly Station[],
  where: 'inside' | 'returned',
): Promise<InterfaceCounters[]> {
  const counters = stations.map(async ({ port, pid }): Promise<InterfaceCounters[]> => {
    if (port.kind !== 'netdev') return [];
    const read = where === 'inside' ? readNetdev(host, pid, 'eth0') : readNetdev(host, 'self', port.interface);
    return [{ port, counters: await read }];
  });
  return (await Promise.all(counters)).flat();
}

function differences(
  before: readonly InterfaceCounters[],
  after: readonly InterfaceCounters[],
): Evidence['interfaces'] {
  return before.map(({ port, counters }, index) => {
    const later = after[index]?.counters ?? counters;
    return { pair: port.pair, end: port.end, counters: counterDelta(counters, later) };
  });
}

function portDifferences(before: PortCounters[] | null, after: PortCounters[] | null): PortCounters[] | null {
  if (before === null || after === null) return null;
  return after.map((later) => {
    const earlier = before.find((port) => port.pair === later.pair && port.end === later.end);
    return {
      ...later,
      ...(later.inBytes === undefined ? {} : { inBytes: later.inBytes - (earlier?.inBytes ?? 0) }),
      ...(later.outBytes === undefined ? {} : { outBytes: later.outBytes - (earlier?.outBytes ?? 0) }),
      inPackets: later.inPackets - (earlier?.inPackets ?? 0),
      outPackets: later.outPackets - (earlier?.outPackets ?? 0),
      drops: later.drops.map(({ reason, packets }) => ({
        reason,
        packets: packets - (earlier?.drops.find((drop) => drop.reason === reason)?.packets ?? 0),
      })),
    };
  });
}

/** Rejects with TrialFailure when the switch is no longer there; never resolves. */
async function switchTrouble(running: RunningSwitch, signal: AbortSignal): Promise<never> {
  for (;;) {
    await sleep(HEALTH_INTERVAL_MS, undefined, { signal });
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
