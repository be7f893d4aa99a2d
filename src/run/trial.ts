// SPDX-License-Identifier: Apache-2.0
// The life of one trial (DESIGN §7): containers up, everybody ready, traffic, senders stop first, receivers drain, and
// what was seen is handed to evaluate.ts, which alone judges it.
import { setTimeout as sleep } from 'node:timers/promises';
import { type CpuSnapshot, takeCpuSnapshot } from '../host/cpu.ts';
import { type Host, HostError } from '../host/host.ts';
import { type Attachment, type Container, initPid, startContainer } from '../host/lxc.ts';
import { counterDelta, type NetdevCounters, readNetdev } from '../host/netdev.ts';
import { countsSuperPackets } from '../model/dataplane.ts';
import type { Placement } from '../model/placement.ts';
import type { Outcome, Trial } from '../model/result.ts';
import { macOf } from '../model/station.ts';
import type { TestCase } from '../model/testcase.ts';
import {
  NETMAP_DEVICE,
  type Port,
  type PortCounters,
  type RunningSwitch,
  SOCKETS,
  type SwitchFigures,
  type UplinkCounters,
} from '../switches/driver.ts';
import { Application, applicationCommand, COOLDOWN_MS, ipOf } from './application.ts';
import { clockOffsetNs, toNearClock } from './clocks.ts';
import { type ApplicationEvidence, type Evidence, evaluate, type Verdict } from './evaluate.ts';
import { reasonOf, TrialFailure } from './failure.ts';
import type { Side } from './testbed.ts';

/** From the word `start` to the first packet: time for every application to have read it. */
const START_LEAD_MS = 15;
const READY_TIMEOUT_MS = 10_000;
/** How much longer than its plan a source may take, and a sink to drain. */
const GRACE_MS = 5_000;
/** A switch is asked so often, and for so long, whether it knows where everybody is. */
const SETTLE_INTERVAL_MS = 10;
const SETTLE_TIMEOUT_MS = 5_000;
/** A network card that was down needs seconds to agree on its speed with the other end. */
const SETTLE_UPLINK_TIMEOUT_MS = 20_000;
/** How often a switch is asked whether it is still there. */
const HEALTH_INTERVAL_MS = 500;

export interface TrialContext {
  /** The hosts share their CPUs and clock. */
  sameMachine: boolean;
  /** Aborted when the user wants to stop; its reason is thrown. */
  signal: AbortSignal;
  warmupMs: number;
  durationMs: number;
}

/** A switch that is up on one of the testbed's hosts. */
export interface RunningSide {
  side: Side;
  running: RunningSwitch;
}

export interface TrialPlan {
  testCase: TestCase;
  placement: Placement;
  round: number;
  ordinal: number;
  seed: number;
}

/**
 * Runs one trial on a switch that is up on the host or, for `remote`, on both: the near one has the sources, and comes first.
 * Never throws for what a trial may meet; throws only the signal's reason.
 */
export async function runTrial(context: TrialContext, plan: TrialPlan, sides: readonly RunningSide[]): Promise<Trial> {
  const startedAt = new Date().toISOString();
  const began = performance.now();
  const marks = sides.map(({ side }) => side.undo.mark());
  let verdict: Verdict;
  try {
    verdict = evaluate(await observe(context, plan, sides));
  } catch (error) {
    verdict = { outcome: failureOf(error, sides), measurement: null, histograms: {}, flags: [] };
  }
  const leftovers = (await Promise.all(sides.map(({ side }, index) => side.undo.unwindTo(marks[index] ?? 0)))).flat();
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
    wallS,
    overheadS: Math.max(0, wallS - (context.warmupMs + context.durationMs) / 1000),
    placement: plan.placement,
    flags: [
      ...placementFlags(plan.placement),
      ...new Set(sides.flatMap(({ running }) => running.flags)),
      ...(hasSuperPackets(sides, plan.testCase) ? (['super-packets'] as const) : []),
      ...verdict.flags,
    ],
  };
}

function placementFlags(placement: Placement): ('shared-cpu' | 'shared-housekeeping')[] {
  if (placement.sharedCpu) return ['shared-cpu'];
  return placement.sharedHousekeeping ? ['shared-housekeeping'] : [];
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

/** An application in its container on its port. */
interface Station {
  side: Side;
  port: Port;
  container: Container;
  application: Application;
  /** Of the container's first process; known once the application is ready. */
  pid: number;
}

async function observe(context: TrialContext, plan: TrialPlan, sides: readonly RunningSide[]): Promise<Evidence> {
  const stations = await settled(
    sides.flatMap(({ side, running }) => running.ports.map((port) => deploy(context, plan, side, port))),
  );
  // Whatever ends too early ends the trial at once, wherever the trial is.
  const watch = new AbortController();
  const trouble = Promise.race([
    ...stations.map((station) => station.application.failed()),
    ...sides.map(({ running }) => switchTrouble(running, watch.signal)),
    ...sides.map(({ side }) => aborted(side.host.lost, watch.signal)),
    aborted(context.signal, watch.signal),
  ]);
  trouble.catch(() => undefined);
  const evidence = exchange(context, plan, sides, stations, watch.signal);
  try {
    return await Promise.race([trouble, evidence]);
  } finally {
    watch.abort();
    // Nothing of this trial goes on beside its own cleaning up, or beside the next one.
    await Promise.allSettled([evidence]);
  }
}

/** All of them; where one fails, not before the others have ended too: what goes on would escape the undoing. */
export async function settled<T>(steps: readonly Promise<T>[]): Promise<Awaited<T>[]> {
  await Promise.allSettled(steps);
  return Promise.all(steps);
}

async function deploy(context: TrialContext, plan: TrialPlan, side: Side, port: Port): Promise<Station> {
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
    side.host,
    side.containers,
    {
      name,
      root: side.artifacts.root,
      attachment: attachmentOf(port),
      command: applicationCommand(application),
    },
    side.undo,
  );
  return { side, port, container, application: new Application(name, application, container.process), pid: 0 };
}

function attachmentOf(port: Port): Attachment {
  const [mac, address] = [macOf(port.pair, port.end), `${ipOf(port.pair, port.end)}/24`];
  switch (port.kind) {
    case 'netdev':
      return { kind: 'interface', interface: port.interface, mac, address };
    case 'netmap':
      return { kind: 'namespace', namespace: port.namespace, devices: [NETMAP_DEVICE] };
    case 'vf':
      return { kind: 'devices', devices: port.devices };
    case 'vhost-user':
    case 'memif':
      return { kind: 'directory', directory: port.directory, target: SOCKETS };
    default:
      return port satisfies never;
  }
}

async function exchange(
  { sameMachine, warmupMs, durationMs }: TrialContext,
  { testCase, placement }: TrialPlan,
  sides: readonly RunningSide[],
  stations: Station[],
  signal: AbortSignal,
): Promise<Evidence> {
  await settled<unknown>([
    ...stations.map(({ application }) => application.ready(READY_TIMEOUT_MS, signal)),
    ...sides.map(({ running }) => running.connect?.(signal) ?? Promise.resolve()),
  ]);
  await settled(
    stations.map(async (station) => {
      const { host, containers, undo } = station.side;
      station.pid = await initPid(host, containers, station.container.name, undo);
    }),
  );
  await Promise.all(sides.map(({ side, running }) => settle(side, running, stations, signal)));
  const sources = stations.filter((station) => station.port.end === 'source');
  const sinks = stations.filter((station) => station.port.end === 'sink');
  const machines = await machinesOf(sides, sameMachine, placement);
  const before = await readCounters(sides);
  const interfacesBefore = await readInterfaces(stations, 'inside');
  const [near, far] = sides.map(({ side }) => side.host);
  if (near === undefined) throw new RangeError('a trial needs a host');
  const farAheadNs = far === undefined || sameMachine ? 0 : await clockOffsetNs(near, far);

  signal.throwIfAborted();
  // Who receives is at work before the first packet is sent, which it says itself: the clocks of two hosts need not agree.
  for (const { application } of sinks) application.startAt(0);
  await Promise.all(sinks.map(({ application }) => application.started(READY_TIMEOUT_MS, signal)));
  const startNs = (await near.monotonicNs()) + START_LEAD_MS * 1e6;
  for (const { application } of sources) application.startAt(startNs);
  const until = async (atMs: number) =>
    sleep(Math.max(0, startNs / 1e6 + atMs - (await near.monotonicNs()) / 1e6), undefined, { signal });
  // Asking a switch takes CPU time, which is not to be missing from the measured window.
  await until(warmupMs / 2);
  const endings = await Promise.all(sides.map(({ running }) => running.observe?.()));
  await until(warmupMs);
  const snapshots = () =>
    Promise.all(machines.map((machine) => takeCpuSnapshot(machine.host, machine.threads, machine.cpus)));
  const cpuBefore = await snapshots();
  await until(warmupMs + durationMs);
  const cpuAfter = await snapshots();
  const switchFigures = joinFigures(await Promise.all(endings.map(async (end) => (await end?.()) ?? {})));

  const told = async ({ application, port, side }: Station, graceMs: number): Promise<ApplicationEvidence> => ({
    pair: port.pair,
    ready: await application.ready(graceMs, signal),
    final: await application.final(graceMs, signal),
    samples: side.role === 'far' ? toNearClock(application.samples, farAheadNs) : application.samples,
  });
  const sourceFinals = await Promise.all(sources.map((source) => told(source, COOLDOWN_MS + GRACE_MS)));
  for (const { application } of sinks) application.stop();
  const sinkFinals = await Promise.all(sinks.map((sink) => told(sink, GRACE_MS)));
  const after = await readCounters(sides);
  for (const { application } of stations) application.stop();
  await Promise.all(stations.map(({ application }) => application.ended(GRACE_MS, signal)));
  const interfacesAfter = await readInterfaces(stations, 'returned');
  return {
    testCase,
    placement,
    startNs,
    durationMs,
    oneClock: far === undefined || sameMachine,
    sources: sourceFinals,
    sinks: sinkFinals,
    interfaces: differences(interfacesBefore, interfacesAfter),
    ports: portDifferences(before.ports, after.ports),
    uplinks: uplinkDifferences(before.uplinks, after.uplinks),
    switchFigures,
    superPackets: hasSuperPackets(sides, testCase),
    machines: machines.map(({ cpus }, index) => windowOf(cpus, cpuBefore[index], cpuAfter[index])),
  };
}

function windowOf(cpus: number[], before: CpuSnapshot | undefined, after: CpuSnapshot | undefined) {
  if (before === undefined || after === undefined) throw new RangeError('a snapshot of each machine');
  return { cpus, before, after };
}

/** A machine that takes part, with the threads of its switch and the CPUs whose work is measured. */
interface Machine {
  host: Host;
  threads: number[];
  cpus: number[];
}

async function machinesOf(
  sides: readonly RunningSide[],
  sameMachine: boolean,
  placement: Placement,
): Promise<Machine[]> {
  const machines = await Promise.all(
    sides.map(async ({ side, running }): Promise<Machine> => {
      const isFar = side.role === 'far';
      const ends = sides.length === 1 ? (['source', 'sink'] as const) : ([isFar ? 'sink' : 'source'] as const);
      const applications = placement.pairs.flatMap((pair) => ends.map((end) => pair[end]));
      const own = isFar ? (placement.far?.switch ?? []) : placement.switch;
      return { host: side.host, threads: await running.threads(), cpus: [...new Set([...applications, ...own])] };
    }),
  );
  const [near, far] = machines;
  if (!sameMachine || near === undefined || far === undefined) return machines;
  const threads = [...new Set([...near.threads, ...far.threads])];
  return [{ host: near.host, threads, cpus: [...new Set([...near.cpus, ...far.cpus])] }];
}

/** What the far host's switch tells of itself is named so: `farBusyRatio`. */
function joinFigures([near = {}, far = {}]: readonly SwitchFigures[]): SwitchFigures {
  const named = Object.entries(far).map(([name, value]) => [
    `far${name.slice(0, 1).toUpperCase()}${name.slice(1)}`,
    value,
  ]);
  return { ...near, ...Object.fromEntries(named) };
}

/** Counters of the switch on all hosts. */
interface SwitchCounters {
  ports: PortCounters[] | null;
  /** The near host's and the far one's; null for `local`. */
  uplinks: UplinkCounters[] | null;
}

async function readCounters(sides: readonly RunningSide[]): Promise<SwitchCounters> {
  const ports = await Promise.all(sides.map(({ running }) => running.counters()));
  const uplinks = sides.length === 1 ? [] : await Promise.all(sides.map(({ running }) => running.uplinkCounters?.()));
  const known = uplinks.filter((counters) => counters !== undefined);
  return {
    ports: ports.some((counters) => counters === null) ? null : ports.flatMap((counters) => counters ?? []),
    uplinks: sides.length === 1 || known.length < sides.length ? null : known,
  };
}

/** Waits until the switch knows where everybody is, so that nobody is measured while flooding. */
async function settle(
  side: Side,
  running: RunningSwitch,
  stations: readonly Station[],
  signal: AbortSignal,
): Promise<void> {
  const behind = stations.map((station) => ({
    ...station.port,
    mac: macOf(station.port.pair, station.port.end),
    at: station.side === side ? ('port' as const) : ('uplink' as const),
  }));
  const isAlone = stations.every((station) => station.side === side);
  const timeoutMs = isAlone ? SETTLE_TIMEOUT_MS : SETTLE_UPLINK_TIMEOUT_MS;
  const began = performance.now();
  for (;;) {
    const missing = await running.settled(behind);
    if (missing === null) return;
    if (performance.now() - began >= timeoutMs) throw new TrialFailure('settle switch', missing);
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
  stations: readonly Station[],
  where: 'inside' | 'returned',
): Promise<InterfaceCounters[]> {
  const counters = stations.map(async ({ side: { host }, port, pid }): Promise<InterfaceCounters[]> => {
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
    return { ...later, ...grown(earlier, later) };
  });
}

function uplinkDifferences(
  before: UplinkCounters[] | null,
  after: UplinkCounters[] | null,
): { near: UplinkCounters; far: UplinkCounters } | null {
  const [near, far] = (after ?? []).map((later, index) => grown(before?.[index], later));
  return before === null || near === undefined || far === undefined ? null : { near, far };
}

/** What has been counted in between. */
function grown(earlier: UplinkCounters | undefined, later: UplinkCounters): UplinkCounters {
  return {
    ...(later.inBytes === undefined ? {} : { inBytes: later.inBytes - (earlier?.inBytes ?? 0) }),
    ...(later.outBytes === undefined ? {} : { outBytes: later.outBytes - (earlier?.outBytes ?? 0) }),
    inPackets: later.inPackets - (earlier?.inPackets ?? 0),
    outPackets: later.outPackets - (earlier?.outPackets ?? 0),
    drops: later.drops.map(({ reason, packets }) => ({
      reason,
      packets: packets - (earlier?.drops.find((drop) => drop.reason === reason)?.packets ?? 0),
    })),
  };
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
