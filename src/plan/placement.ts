// SPDX-License-Identifier: Apache-2.0
// Which CPU runs what. The order of giving up, as CPUs run out: a core for housekeeping alone, a core for each thread, a
// hyperthread for each thread, and only then a CPU for each traffic application.
import type { Cpu } from '../model/inventory.ts';
import type { Placement } from '../model/placement.ts';
import type { TestCase } from '../model/testcase.ts';
import type { Parsed } from '../model/units.ts';
import type { Workers } from '../model/workers.ts';
import { acrossSockets, onSameCore, underSameCache, withHousekeeping } from './close.ts';
import { type Core, coresFor, coresOf, likeCores, lowestLast, placeHousekeeping, takeAt, takePair } from './cores.ts';

/** CPUs of a host that may be used, and the NUMA node of its uplink where that is known. */
interface PlacementHost {
  cpus: readonly Cpu[];
  uplinkNode?: number | null;
}

/** The hosts of a testbed as far as placing needs to know them; `cpus` are those that may be used. */
export interface PlacementHosts {
  near: PlacementHost;
  far: PlacementHost | null;
  /** They are namespaces of one machine and share its CPUs: those of `near` are those of both. */
  sameMachine: boolean;
}

/**
 * Places the threads of a test case on the hosts of its testbed; `switchThreads` are those of the switch on one host. A `remote`
 * case has a switch on each: on two machines each places its own and the ends of its side; on one machine all are placed
 * together, lest they meet on a CPU. Threads that have to be `apart` have a CPU each, be it one of applications, as long as there are as many CPUs. Deterministic: the order of CPUs does not matter.
 *
 * Throws RangeError where there is no CPU, less than one pair, no far host for a `remote` case, or where placementObstacle has a reason.
 */
export function placeCase(
  testCase: PlacedCase,
  hosts: PlacementHosts,
  switchThreads: number,
  workers?: Pick<Workers, 'apart'>,
): Placement {
  const placed = tryToPlace(testCase, hosts, switchThreads, workers?.apart === true);
  if (!placed.ok) throw new RangeError(placed.error);
  return placed.value;
}

/** Why a test case cannot have the placement that was asked for; null where it can. `spread` every machine can. */
export function placementObstacle(testCase: PlacedCase, hosts: PlacementHosts, switchThreads: number): string | null {
  if (testCase.placement === 'spread') return null;
  const placed = tryToPlace(testCase, hosts, switchThreads, false);
  return placed.ok ? null : placed.error;
}

type PlacedCase = Pick<TestCase, 'location' | 'pairs' | 'placement'>;

function tryToPlace(
  { location, pairs, placement }: PlacedCase,
  hosts: PlacementHosts,
  switchThreads: number,
  apart: boolean,
): Parsed<Placement> {
  const threads = { pairs, switchThreads };
  if (placement !== 'spread' && location === 'remote') {
    return {
      ok: false,
      error: `placement ${placement}: sender and receiver are on two hosts; give --placement spread`,
    };
  }
  const cores = coresOf(hosts.near.cpus);
  const asPlaced = (placed: ReturnType<typeof onSameCore>): Parsed<Placement> =>
    placed.ok ? { ok: true, value: withUnlike(withHousekeeping(cores, placed.value), hosts) } : placed;
  switch (placement) {
    case 'spread':
      return { ok: true, value: withUnlike(spreadCase({ location, pairs }, hosts, switchThreads, apart), hosts) };
    case 'same-core':
      return asPlaced(onSameCore(cores, threads));
    case 'same-cache':
      return asPlaced(underSameCache(cores, threads));
    case 'cross-socket':
      return asPlaced(acrossSockets(cores, threads));
    default:
      return placement satisfies never;
  }
}

/** Tells whether the threads of one host are on CPUs of several kinds. */
function withUnlike(placed: Omit<Placement, 'unlikeCpus'>, { near, far, sameMachine }: PlacementHosts): Placement {
  const kinds = (cpus: readonly Cpu[], used: readonly number[]) =>
    new Set(cpus.flatMap(({ id, kind }) => (used.includes(id) ? [kind] : []))).size;
  const [sources, sinks] = [placed.pairs.map(({ source }) => source), placed.pairs.map(({ sink }) => sink)];
  const apart = placed.far !== null && !sameMachine;
  const here = [...placed.switch, ...sources, ...(apart ? [] : [...sinks, ...(placed.far?.switch ?? [])])];
  const there = apart ? [...(placed.far?.switch ?? []), ...sinks] : [];
  return { ...placed, unlikeCpus: kinds(near.cpus, here) > 1 || kinds(far?.cpus ?? [], there) > 1 };
}

function spreadCase(
  { location, pairs }: Pick<TestCase, 'location' | 'pairs'>,
  { near, far, sameMachine }: PlacementHosts,
  switchThreads: number,
  apart: boolean,
): Omit<Placement, 'unlikeCpus'> {
  const apartMin = apart ? switchThreads : 1;
  if (location === 'local') return placeTrial(near.cpus, pairs, switchThreads, apartMin);
  if (far === null) throw new RangeError('a remote case needs a far host');
  if (sameMachine) {
    const placed = placeTrial(near.cpus, pairs, 2 * switchThreads, apartMin);
    return {
      ...placed,
      switch: placed.switch.slice(0, switchThreads),
      far: { switch: placed.switch.slice(switchThreads), housekeeping: placed.housekeeping },
    };
  }
  const [sources, sinks] = [near, far].map(({ cpus, uplinkNode }) =>
    place(cpus, { count: switchThreads, apartMin }, singleEnds(pairs), uplinkNode ?? null),
  );
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
 * Spreads the threads of a trial over one host: the switch's first, then each pair's source and sink. Deterministic: the order of
 * `cpus` does not matter. The lowest CPU is kept for housekeeping (on most machines it serves the interrupts) as long
 * as that leaves a CPU for each thread of the trial.
 *
 * Throws RangeError where there is no CPU, or less than one pair.
 */
export function placeTrial(
  cpus: readonly Cpu[],
  pairs: number,
  switchThreads: number,
  apartMin = 1,
): Omit<Placement, 'unlikeCpus'> {
  const { placed, ...rest } = place(cpus, { count: switchThreads, apartMin }, wholePairs(pairs), null);
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

/** The polling threads of the switches on one host. */
interface Pollers {
  count: number;
  /** So many that follow each other may not share a CPU with each other, though they may with applications. */
  apartMin: number;
}

type Placed<T> = Omit<Placement, 'pairs' | 'far' | 'unlikeCpus'> & { placed: T[] };

/** `home` is the node where the network card is, null where that does not matter. */
function place<T>(cpus: readonly Cpu[], pollers: Pollers, occupants: Occupants<T>, home: number | null): Placed<T> {
  const { units, threads } = occupants;
  const switchThreads = pollers.count;
  if (cpus.length === 0) throw new RangeError('no CPU to place a trial on');
  if (units < 1 || switchThreads < 0) throw new RangeError(`cannot place ${units} pairs and ${switchThreads} threads`);
  const cores = coresOf(cpus);
  const needed = switchThreads + threads * units;
  return needed <= cpus.length
    ? placeApart(cores, occupants, switchThreads, home)
    : placeShared(cores, occupants, pollers);
}

/** A CPU for each thread: cores first; second hyperthreads where there are fewer cores than threads. */
function placeApart<T>(
  cores: readonly Core[],
  { units, threads: each, take, cpusOf }: Occupants<T>,
  switchThreads: number,
  home: number | null,
): Placed<T> {
  const threads = switchThreads + each * units;
  const ordered = coresFor(cores, threads, switchThreads, home);
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

/**
 * More threads than CPUs: switch threads keep CPUs of their own, and the applications, which can yield, share the rest, or all where
 * pollers that have to be apart leave none.
 */
function placeShared<T>(
  cores: readonly Core[],
  { spread, cpusOf }: Occupants<T>,
  { count: switchThreads, apartMin }: Pollers,
): Placed<T> {
  const ordered = likeCores(lowestLast(cores, switchThreads)).flat();
  const ids = [...ordered.map((core) => core.primary), ...ordered.flatMap((core) => core.siblings)].map(({ id }) => id);
  const switchCpus = ids.slice(0, Math.min(switchThreads, Math.max(apartMin, ids.length - 1)));
  const ownSwitch = Array.from(
    { length: switchThreads },
    (_, thread) => switchCpus.at(thread % switchCpus.length) ?? 0,
  );
  const rest = switchCpus.length === ids.length ? ids : ids.slice(switchCpus.length);
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
