// SPDX-License-Identifier: Apache-2.0
// Which CPU runs what. The order of giving up, as CPUs run out: a core for housekeeping alone, a core for each thread, a
// hyperthread for each thread, and only then a CPU for each traffic application.
import type { Cpu } from '../model/inventory.ts';
import type { Placement } from '../model/placement.ts';
import type { TestCase } from '../model/testcase.ts';

/** A core: its hyperthreads, the one with the lowest number first. */
interface Core {
  primary: Cpu;
  siblings: Cpu[];
}

/** The hosts of a testbed as far as placing needs to know them; `cpus` are those that may be used. */
export interface PlacementHosts {
  near: { cpus: readonly Cpu[] };
  far: { cpus: readonly Cpu[] } | null;
  /** They are namespaces of one machine and share its CPUs: those of `near` are those of both. */
  sameMachine: boolean;
}

/**
 * Places the threads of a test case on the hosts of its testbed; `switchThreads` are those of the switch on one host. A `remote`
 * case has a switch on each: on two machines each places its own and the ends of its side; on one machine all are placed
 * together, lest they meet on a CPU. Deterministic: the order of CPUs does not matter.
 *
 * Throws RangeError where there is no CPU, less than one pair, or no far host for a `remote` case.
 */
export function placeCase(
  { location, pairs }: Pick<TestCase, 'location' | 'pairs'>,
  { near, far, sameMachine }: PlacementHosts,
  switchThreads: number,
): Placement {
  if (location === 'local') return placeTrial(near.cpus, pairs, switchThreads);
  if (far === null) throw new RangeError('a remote case needs a far host');
  if (sameMachine) {
    const placed = placeTrial(near.cpus, pairs, 2 * switchThreads);
    return {
      ...placed,
      switch: placed.switch.slice(0, switchThreads),
      far: { switch: placed.switch.slice(switchThreads), housekeeping: placed.housekeeping },
    };
  }
  const [sources, sinks] = [near, far].map(({ cpus }) => place(cpus, switchThreads, singleEnds(pairs)));
  if (sources === undefined || sinks === undefined) throw new RangeError('a remote case needs two hosts');
  return {
    pairs: sources.placed.map((source, pair) => ({ source, sink: sinks.placed[pair] ?? source })),
    switch: sources.switch,
    housekeeping: sources.housekeeping,
    far: { switch: sinks.switch, housekeeping: sinks.housekeeping },
    sharedCpu: sources.sharedCpu || sinks.sharedCpu,
    sharedHousekeeping: sources.sharedHousekeeping || sinks.sharedHousekeeping,
  };
}

/**
 * Places the threads of a trial on one host: the switch's first, then each pair's source and sink. Deterministic: the order of
 * `cpus` does not matter. The lowest CPU is kept for housekeeping (on most machines it serves the interrupts) as long
 * as that leaves a CPU for each thread of the trial.
 *
 * Throws RangeError where there is no CPU, or less than one pair.
 */
export function placeTrial(cpus: readonly Cpu[], pairs: number, switchThreads: number): Placement {
  const { placed, ...rest } = place(cpus, switchThreads, wholePairs(pairs));
  return { pairs: placed, ...rest, far: null };
}

/** What shares a host with a switch: the pairs of applications, or one end of each. */
interface Occupants<T> {
  units: number;
  /** Threads of one. */
  threads: number;
  /** Takes the CPUs of the next one out of a pool that has enough. */
  take(pool: Cpu[]): T;
  /** Spreads all of them over fewer CPUs than they have threads. */
  spread(cpus: readonly number[]): T[];
  cpusOf(unit: T): number[];
}

function wholePairs(pairs: number): Occupants<Placement['pairs'][number]> {
  return {
    units: pairs,
    threads: 2,
    take: takePair,
    spread: (cpus) => spreadPairs(cpus, pairs),
    cpusOf: ({ source, sink }) => [source, sink],
  };
}

function singleEnds(ends: number): Occupants<number> {
  return {
    units: ends,
    threads: 1,
    take: (pool) => takeAt(pool, 0),
    spread: (cpus) => Array.from({ length: ends }, (_, end) => cpus[end % cpus.length] ?? 0),
    cpusOf: (cpu) => [cpu],
  };
}

type Placed<T> = Omit<Placement, 'pairs' | 'far'> & { placed: T[] };

function place<T>(cpus: readonly Cpu[], switchThreads: number, occupants: Occupants<T>): Placed<T> {
  const { units, threads } = occupants;
  if (cpus.length === 0) throw new RangeError('no CPU to place a trial on');
  if (units < 1 || switchThreads < 0) throw new RangeError(`cannot place ${units} pairs and ${switchThreads} threads`);
  const cores = coresOf(cpus);
  const needed = switchThreads + threads * units;
  return needed <= cpus.length
    ? placeApart(cores, occupants, switchThreads, needed)
    : placeShared(cores, occupants, switchThreads);
}

function coresOf(cpus: readonly Cpu[]): Core[] {
  const byCore = Map.groupBy(
    cpus.toSorted((a, b) => a.id - b.id),
    (cpu) => `${cpu.socket}/${cpu.core}`,
  );
  return [...byCore.values()].flatMap(([primary, ...siblings]) =>
    primary === undefined ? [] : [{ primary, siblings }],
  );
}

/** A CPU for each thread: cores first; second hyperthreads where there are fewer cores than threads. */
function placeApart<T>(
  cores: readonly Core[],
  { units, take, cpusOf }: Occupants<T>,
  switchThreads: number,
  threads: number,
): Placed<T> {
  const [lowest, ...others] = cores;
  const ordered = nodeOrder(
    lowest !== undefined && cores.length > threads ? others : lowestLast(cores, switchThreads),
    threads,
  );
  const primaries = ordered.map((core) => core.primary);
  // The cores that were given last are the first to be shared: a switch thread serves all pairs and keeps its own longest.
  const siblings = ordered.toReversed().flatMap((core) => core.siblings);
  const pool = [...primaries, ...siblings.slice(0, Math.max(0, threads - primaries.length))];
  const ownSwitch = Array.from({ length: switchThreads }, () => takeAt(pool, 0));
  const placed = Array.from({ length: units }, () => take(pool));
  return {
    placed,
    switch: ownSwitch,
    ...placeHousekeeping(cores, ownSwitch, [...ownSwitch, ...placed.flatMap(cpusOf)]),
    sharedCpu: false,
  };
}

/** Cores of the first NUMA node that holds all threads; failing that, of the fullest nodes first. */
function nodeOrder(cores: readonly Core[], threads: number): Core[] {
  const nodes = [...Map.groupBy(cores, (core) => core.primary.node)]
    .sort(([a], [b]) => a - b)
    .map(([, members]) => members);
  const enough = nodes.find((members) => members.length >= threads);
  return enough ?? nodes.toSorted((a, b) => b.length - a.length).flat();
}

/** Where CPU 0 has to be used, a switch thread, on which all pairs depend, is the last to be put beside housekeeping. */
function lowestLast(cores: readonly Core[], switchThreads: number): Core[] {
  return switchThreads === 0 ? [...cores] : [...cores.slice(1), ...cores.slice(0, 1)];
}

/** Takes the next two CPUs of one NUMA node; of two nodes where none has two left. */
function takePair(pool: Cpu[]): { source: number; sink: number } {
  const index = pool.findIndex((cpu, at) => pool.some((other, later) => later > at && other.node === cpu.node));
  const node = pool[Math.max(0, index)]?.node;
  const source = takeAt(pool, Math.max(0, index));
  const mate = pool.findIndex((cpu) => cpu.node === node);
  return { source, sink: takeAt(pool, Math.max(0, mate)) };
}

function takeAt(pool: Cpu[], index: number): number {
  const [taken] = pool.splice(index, 1);
  if (taken === undefined) throw new RangeError('the pool of CPUs is empty');
  return taken.id;
}

/**
 * The lowest CPU on an idle core; failing that, an idle hyperthread of a busy core; failing that, every CPU on which no
 * switch thread polls: a switch's own management thread starves beside its poller, which never gives its CPU up.
 */
function placeHousekeeping(
  cores: readonly Core[],
  ownSwitch: readonly number[],
  busy: readonly number[],
): Pick<Placement, 'housekeeping' | 'sharedHousekeeping'> {
  const all = cores.map(({ primary, siblings }) => [primary.id, ...siblings.map((cpu) => cpu.id)]);
  const idleCore = all.find((core) => !core.some((cpu) => busy.includes(cpu)));
  if (idleCore !== undefined) return { housekeeping: idleCore.slice(0, 1), sharedHousekeeping: false };
  const ids = all.flat().sort((a, b) => a - b);
  const idleThread = ids.find((cpu) => !busy.includes(cpu));
  if (idleThread !== undefined) return { housekeeping: [idleThread], sharedHousekeeping: true };
  const unpolled = ids.filter((cpu) => !ownSwitch.includes(cpu));
  return { housekeeping: unpolled.length > 0 ? unpolled : ids, sharedHousekeeping: true };
}

/** More threads than CPUs: switch threads keep CPUs of their own, and the applications, which can yield, share the rest. */
function placeShared<T>(cores: readonly Core[], { spread, cpusOf }: Occupants<T>, switchThreads: number): Placed<T> {
  const ordered = lowestLast(cores, switchThreads);
  const ids = [...ordered.map((core) => core.primary), ...ordered.flatMap((core) => core.siblings)].map(({ id }) => id);
  const switchCpus = ids.slice(0, Math.min(switchThreads, Math.max(1, ids.length - 1)));
  const ownSwitch = Array.from(
    { length: switchThreads },
    (_, thread) => switchCpus.at(thread % switchCpus.length) ?? 0,
  );
  const rest = ids.length === 1 ? ids : ids.slice(switchCpus.length);
  const placed = spread(rest.sort((a, b) => a - b));
  const busy = [...ownSwitch, ...placed.flatMap(cpusOf)];
  return { placed, switch: ownSwitch, ...placeHousekeeping(cores, ownSwitch, busy), sharedCpu: true };
}

/** Pairs over fewer CPUs than they have ends: ends apart, the same number on each CPU, sources and sinks mixed. */
function spreadPairs(cpus: readonly number[], pairs: number): Placement['pairs'] {
  const load = cpus.map((cpu) => ({ cpu, source: 0, sink: 0 }));
  const give = (end: 'source' | 'sink', not: number | null): number => {
    const others = load.filter(({ cpu }) => cpu !== not);
    const [least] = (others.length > 0 ? others : load).toSorted(
      (a, b) => a.source + a.sink - (b.source + b.sink) || a[end] - b[end],
    );
    if (least === undefined) throw new RangeError('no CPU for the applications');
    least[end] += 1;
    return least.cpu;
  };
  return Array.from({ length: pairs }, () => {
    const source = give('source', null);
    return { source, sink: give('sink', source) };
  });
}
