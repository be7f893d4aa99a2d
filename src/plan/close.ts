// SPDX-License-Identifier: Apache-2.0
// Where sender, receiver and switch sit on purpose: on one core, under one cache, or on two sockets. Each either gives all threads such
// a place, or says why the machine cannot.
import type { Placement } from '../model/placement.ts';
import type { Parsed } from '../model/units.ts';
import { type Core, groupFor, likeCores, placeHousekeeping, takePair } from './cores.ts';

/** The threads of a trial on one host. */
export interface Threads {
  pairs: number;
  switchThreads: number;
}

type Placed = Parsed<Pick<Placement, 'pairs' | 'switch'>>;

/** The ends of each pair are hyperthreads of one core; a switch thread has a core of its own. */
export function onSameCore(cores: readonly Core[], { pairs, switchThreads }: Threads): Placed {
  const double = cores.filter(({ siblings }) => siblings.length > 0);
  if (double.length === 0) return refused('same-core', 'no core has two hyperthreads that may be used');
  const needed = pairs + switchThreads;
  const order = groupFor(
    [...likeCores(double), double].map((members) => [members]),
    cores,
    needed,
    switchThreads,
  );
  if (order === null) {
    return refused(
      'same-core',
      `it takes ${counted(needed, 'core')} with two hyperthreads, and there are ${double.length}`,
    );
  }
  const ends = order.slice(switchThreads, needed);
  return {
    ok: true,
    value: {
      switch: order.slice(0, switchThreads).map(({ primary }) => primary.id),
      pairs: ends.map(({ primary, siblings }) => ({ source: primary.id, sink: siblings[0]?.id ?? primary.id })),
    },
  };
}

/** Every thread has a core of its own, and all of these share their last cache. */
export function underSameCache(cores: readonly Core[], { pairs, switchThreads }: Threads): Placed {
  const needed = 2 * pairs + switchThreads;
  const tiers = [...likeCores(cores), [...cores]].map(byCache);
  const order = groupFor(tiers, cores, needed, switchThreads);
  if (order === null) {
    const most = Math.max(0, ...tiers.flat().map(({ length }) => length));
    const why =
      most < 2
        ? 'the kernel tells of no cache that two cores share'
        : `it takes ${counted(needed, 'core')} under one last-level cache, and there are ${most} at most`;
    return refused('same-cache', why);
  }
  const pool = order.map(({ primary }) => primary);
  const own = pool.splice(0, switchThreads).map(({ id }) => id);
  return { ok: true, value: { switch: own, pairs: Array.from({ length: pairs }, () => takePair(pool)) } };
}

/** Sources, and the switch with them, on one socket, and sinks on another; every thread has a core of its own. */
export function acrossSockets(cores: readonly Core[], { pairs, switchThreads }: Threads): Placed {
  const sockets = bySocket(cores);
  if (sockets.length < 2) return refused('cross-socket', 'all CPUs that may be used are on one socket');
  const near = groupFor(likeCores(cores).map(bySocket), cores, pairs + switchThreads, switchThreads);
  const others = cores.filter(({ primary }) => primary.socket !== near?.[0]?.primary.socket);
  const far = groupFor(likeCores(others).map(bySocket), cores, pairs, 0);
  if (near === null || far === null) {
    const needs = `it takes ${counted(pairs + switchThreads, 'core')} on one socket and ${pairs} on another`;
    return refused('cross-socket', `${needs}, and there are ${sockets.map(({ length }) => length).join(' and ')}`);
  }
  const sources = near.slice(switchThreads);
  return {
    ok: true,
    value: {
      switch: near.slice(0, switchThreads).map(({ primary }) => primary.id),
      pairs: Array.from({ length: pairs }, (_, pair) => ({
        source: sources[pair]?.primary.id ?? 0,
        sink: far[pair]?.primary.id ?? 0,
      })),
    },
  };
}

/** What such a placement leaves for everything else. */
export function withHousekeeping(
  cores: readonly Core[],
  placed: Pick<Placement, 'pairs' | 'switch'>,
): Omit<Placement, 'unlikeCpus'> {
  const busy = [...placed.switch, ...placed.pairs.flatMap(({ source, sink }) => [source, sink])];
  return { ...placed, ...placeHousekeeping(cores, placed.switch, busy), far: null, sharedCpu: false };
}

function bySocket(cores: readonly Core[]): Core[][] {
  return [...Map.groupBy(cores, ({ primary }) => primary.socket).values()];
}

/** Cores that share their last cache; those of which the kernel says nothing share none. */
function byCache(cores: readonly Core[]): Core[][] {
  return [...Map.groupBy(cores, ({ primary: { id, cache } }) => (cache === null ? `own ${id}` : cache)).values()];
}

function refused(placement: string, why: string): { ok: false; error: string } {
  return { ok: false, error: `placement ${placement}: ${why}` };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
