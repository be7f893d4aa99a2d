// SPDX-License-Identifier: Apache-2.0
// The CPUs of a machine and what they share, by what the kernel says of each (Documentation/ABI/stable/sysfs-devices-system-cpu).
import { parseCpuList } from '../model/cpu-list.ts';
import type { Cache, Cpu, Topology } from '../model/inventory.ts';
import { usableCpuIds } from './affinity.ts';
import type { Host } from './host.ts';
import { kindsOf } from './kinds.ts';

const CPUS = '/sys/devices/system/cpu';
const NODES = '/sys/devices/system/node';

/** The CPUs that are online, with their place in the machine. */
export async function cpusOf(host: Host): Promise<Cpu[]> {
  const online = await listIn(host, `${CPUS}/online`, [0]);
  const [isolated, nohzFull] = [await listIn(host, `${CPUS}/isolated`), await listIn(host, `${CPUS}/nohz_full`)];
  const allowed = await usableCpuIds(host, online, isolated);
  const kinds = await kindsOf(host, online);
  const places = await Promise.all(online.map((id) => placeOf(host, id)));
  return places.map((place) => ({
    ...place,
    ...(kinds.get(place.id) ?? { kind: 0, capacity: null }),
    isolated: isolated.includes(place.id),
    nohzFull: nohzFull.includes(place.id),
    allowed: allowed.includes(place.id),
  }));
}

/** What the CPUs that are online share. */
export async function topologyOf(host: Host): Promise<Topology> {
  const online = await listIn(host, `${CPUS}/online`, [0]);
  const found = (await Promise.all(online.map((id) => cachesOf(host, id)))).flat();
  const shared = found.filter(({ level }) => level > 1);
  const caches = [...new Map(shared.map((cache) => [`${cache.level} ${cache.type} ${cache.cpus}`, cache])).values()];
  const nodes = (await host.list(NODES)).filter((name) => /^node\d+$/.test(name));
  const distances = await Promise.all(
    nodes.map(async (name) => {
      const row = ((await host.read(`${NODES}/${name}/distance`)) ?? '').trim();
      return [name.slice('node'.length), row === '' ? [] : row.split(/\s+/).map(Number)] as const;
    }),
  );
  return { caches: caches.toSorted((a, b) => a.level - b.level), distances: Object.fromEntries(distances) };
}

type Place = Pick<Cpu, 'id' | 'node' | 'socket' | 'core' | 'die' | 'cluster' | 'cache'>;

/** `core_id` is no name of a core: dies and clusters begin again at 0. The lists of CPUs are right everywhere. */
async function placeOf(host: Host, id: number): Promise<Place> {
  const topology = `${CPUS}/cpu${id}/topology`;
  const [socket, die, siblings, cluster, caches, entries] = await Promise.all([
    numberIn(host, `${topology}/physical_package_id`),
    numberIn(host, `${topology}/die_id`),
    // The kernel's older name of the same list is all that kernels before 5.2 have.
    firstIn(host, [`${topology}/core_cpus_list`, `${topology}/thread_siblings_list`]),
    firstIn(host, [`${topology}/cluster_cpus_list`]),
    cachesOf(host, id),
    host.list(`${CPUS}/cpu${id}`),
  ]);
  const last = caches.toSorted((a, b) => b.level - a.level)[0];
  const node = entries.flatMap((name) => /^node(\d+)$/.exec(name)?.[1] ?? [])[0];
  return {
    id,
    node: Number(node ?? 0),
    // -1 is what the kernel says where it does not know.
    socket: Math.max(0, socket ?? 0),
    core: siblings ?? id,
    die: die === null || die < 0 ? null : die,
    cluster,
    cache: last === undefined ? null : (parseCpuList(last.cpus)[0] ?? null),
  };
}

async function cachesOf(host: Host, id: number): Promise<Cache[]> {
  const folder = `${CPUS}/cpu${id}/cache`;
  const indexes = (await host.list(folder)).filter((name) => /^index\d+$/.test(name));
  const caches = await Promise.all(
    indexes.map(async (index): Promise<Cache[]> => {
      const text = async (name: string) => ((await host.read(`${folder}/${index}/${name}`)) ?? '').trim();
      const [level, type, size, cpus] = [
        await text('level'),
        await text('type'),
        await text('size'),
        await text('shared_cpu_list'),
      ];
      if (!(Number(level) > 0) || cpus === '' || type === 'Instruction') return [];
      const kib = /^(\d+)K$/.exec(size)?.[1];
      return [{ level: Number(level), type, sizeKib: Number(kib) > 0 ? Number(kib) : null, cpus }];
    }),
  );
  return caches.flat();
}

async function listIn(host: Host, path: string, otherwise: number[] = []): Promise<number[]> {
  const text = ((await host.read(path)) ?? '').trim();
  // A kernel without nohz_full says `(null)`.
  return /^\d/.test(text) ? parseCpuList(text) : otherwise;
}

async function numberIn(host: Host, path: string): Promise<number | null> {
  const value = Number.parseInt((await host.read(path)) ?? '', 10);
  return Number.isNaN(value) ? null : value;
}

/** The first CPU of the first of these lists that there is. */
async function firstIn(host: Host, paths: readonly string[]): Promise<number | null> {
  for (const path of paths) {
    const [first] = await listIn(host, path);
    if (first !== undefined) return first;
  }
  return null;
}
