// SPDX-License-Identifier: Apache-2.0
// The cores of a machine, and in which order they are given out: isolated ones before others, fast ones before slow ones, like ones
// together, and those of one node together.
import type { Cpu } from '../model/inventory.ts';
import type { Placement } from '../model/placement.ts';

/** A core: its hyperthreads, the one with the lowest number first. */
export interface Core {
  primary: Cpu;
  siblings: Cpu[];
}

/** The cores of some CPUs, by their lowest. */
export function coresOf(cpus: readonly Cpu[]): Core[] {
  const byCore = Map.groupBy(
    cpus.toSorted((a, b) => a.id - b.id),
    (cpu) => `${cpu.socket}/${cpu.core}`,
  );
  return [...byCore.values()].flatMap(([primary, ...siblings]) =>
    primary === undefined ? [] : [{ primary, siblings }],
  );
}

/** Cores that are alike: isolated ones first, then by their kind, the fastest first. */
export function likeCores(cores: readonly Core[]): Core[][] {
  const key = ({ primary: { isolated, kind } }: Core) => (isolated ? 0 : 1_000) + kind;
  return [...Map.groupBy(cores, key)].sort(([a], [b]) => a - b).map(([, members]) => members);
}

/**
 * The first group of cores that has a core for each thread; `tiers` are groups that are equally good, the best tier first. The lowest core
 * of the machine, which on most serves the interrupts, is left to housekeeping, unless only a group that needs it is of its tier.
 */
export function groupFor(
  tiers: readonly (readonly Core[][])[],
  cores: readonly Core[],
  threads: number,
  switchThreads: number,
): Core[] | null {
  const kept = housekeepingCore(cores);
  for (const groups of tiers) {
    const spared = groups.map((group) => group.filter((core) => core !== kept));
    const enough = spared.find(({ length }) => length >= threads);
    if (enough !== undefined) return enough;
    const whole = groups.find(({ length }) => length >= threads);
    if (whole !== undefined) return lowestLast(whole, switchThreads);
  }
  return null;
}

/** The cores on which `threads` threads are put, in order; where there are fewer, all of them. */
export function coresFor(cores: readonly Core[], threads: number, switchThreads: number, home: number | null): Core[] {
  const enough = groupFor(
    likeCores(cores).map((members) => [members]),
    cores,
    threads,
    switchThreads,
  );
  if (enough !== null) return nodeOrder(enough, threads, home);
  const kept = housekeepingCore(cores);
  const free = cores.length > threads ? cores.filter((core) => core !== kept) : lowestLast(cores, switchThreads);
  return likeCores(free).flatMap((members) => nodeOrder(members, threads, home));
}

/** The scheduler moves nothing to or from an isolated CPU: what shares one waits for the others. */
function housekeepingCore(cores: readonly Core[]): Core | undefined {
  return cores.find(({ primary }) => !primary.isolated) ?? cores[0];
}

/** Cores of the first NUMA node that holds all threads, `home` before others; failing that, of home and then of the fullest nodes. */
function nodeOrder(cores: readonly Core[], threads: number, home: number | null): Core[] {
  const away = (node: number) => (node === home ? 0 : 1);
  const nodes = [...Map.groupBy(cores, (core) => core.primary.node)].sort(([a], [b]) => away(a) - away(b) || a - b);
  const enough = nodes.find(([, members]) => members.length >= threads);
  if (enough !== undefined) return enough[1];
  return nodes
    .toSorted(([a, one], [b, other]) => away(a) - away(b) || other.length - one.length)
    .flatMap(([, members]) => members);
}

/** Where CPU 0 has to be used, a switch thread, on which all pairs depend, is the last to be put beside housekeeping. */
export function lowestLast(cores: readonly Core[], switchThreads: number): Core[] {
  return switchThreads === 0 ? [...cores] : [...cores.slice(1), ...cores.slice(0, 1)];
}

/**
 * The lowest CPU on an idle core; failing that, an idle hyperthread of a busy core; failing that, every CPU on which no
 * switch thread polls: a switch's own management thread starves beside its poller, which never gives its CPU up. Isolated CPUs come last.
 */
export function placeHousekeeping(
  cores: readonly Core[],
  ownSwitch: readonly number[],
  busy: readonly number[],
): Pick<Placement, 'housekeeping' | 'sharedHousekeeping'> {
  const all = cores
    .toSorted((a, b) => Number(a.primary.isolated) - Number(b.primary.isolated))
    .map(({ primary, siblings }) => [primary.id, ...siblings.map((cpu) => cpu.id)]);
  const idleCore = all.find((core) => !core.some((cpu) => busy.includes(cpu)));
  if (idleCore !== undefined) return { housekeeping: idleCore.slice(0, 1), sharedHousekeeping: false };
  const ids = all.flat().sort((a, b) => a - b);
  const idleThread = ids.find((cpu) => !busy.includes(cpu));
  if (idleThread !== undefined) return { housekeeping: [idleThread], sharedHousekeeping: true };
  const unpolled = ids.filter((cpu) => !ownSwitch.includes(cpu));
  return { housekeeping: unpolled.length > 0 ? unpolled : ids, sharedHousekeeping: true };
}

/** Takes the next two CPUs that are near each other: of one kind and under one cache; failing that of one kind and node; failing that of one node. */
export function takePair(pool: Cpu[]): { source: number; sink: number } {
  const near: ((a: Cpu, b: Cpu) => boolean)[] = [
    (a, b) => a.kind === b.kind && a.node === b.node && a.cache === b.cache,
    (a, b) => a.kind === b.kind && a.node === b.node,
    (a, b) => a.node === b.node,
  ];
  for (const isNear of near) {
    const first = pool.findIndex((cpu, at) => pool.some((other, later) => later > at && isNear(cpu, other)));
    const cpu = pool[first];
    if (cpu === undefined) continue;
    const source = takeAt(pool, first);
    return {
      source,
      sink: takeAt(
        pool,
        pool.findIndex((other) => isNear(cpu, other)),
      ),
    };
  }
  return { source: takeAt(pool, 0), sink: takeAt(pool, 0) };
}

export function takeAt(pool: Cpu[], index: number): number {
  const [taken] = pool.splice(index, 1);
  if (taken === undefined) throw new RangeError('the pool of CPUs is empty');
  return taken.id;
}
