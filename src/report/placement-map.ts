// SPDX-License-Identifier: Apache-2.0
// Who sits where, drawn: sockets, nodes and caches as lines, cores as brackets, hyperthreads in them.
import { formatCpuList } from '../model/cpu-list.ts';
import type { Cpu } from '../model/inventory.ts';
import type { Placement } from '../model/placement.ts';
import { wrapParts } from './text.ts';

/** What the letters mean; S0 is that of pair 0 where there are several. */
export const MAP_LEGEND = 'S sends, R receives, W is the switch, o the rest, – idle; [ ] a core';

/** What of a placement is on the machine that is drawn: one of two hosts, or both. */
export type DrawnHost = 'near' | 'far' | 'both';

/** More idle cores than this in a row are counted, not drawn. */
const IDLE_DRAWN_MAX = 2;

interface Core {
  cpus: Cpu[];
  text: string;
  busy: boolean;
}

/** The CPUs of a machine that may be used, with what a placement puts on each, in lines of a width. */
export function placementMap(cpus: readonly Cpu[], placement: Placement, drawn: DrawnHost, columns: number): string[] {
  const roles = rolesOf(placement, drawn);
  const usable = cpus.filter(({ allowed }) => allowed).toSorted((a, b) => a.id - b.id);
  const titleOf = titles(usable);
  const groups = [...Map.groupBy(usable, titleOf)].map(([title, members]) => ({
    title,
    cores: [...Map.groupBy(members, ({ socket, core }) => `${socket}/${core}`).values()].map((core) =>
      drawCore(core, roles),
    ),
  }));
  const isBusy = ({ cores }: { cores: Core[] }) => cores.some(({ busy }) => busy);
  const idle = groups.filter((group) => !isBusy(group)).flatMap(({ cores }) => cores);
  return [
    ...groups.filter(isBusy).flatMap(({ title, cores }) => {
      const [first = '', ...others] = drawCores(cores);
      return wrapParts([title === '' ? first : `${title}: ${first}`, ...others], columns, 2);
    }),
    ...(idle.length === 0 ? [] : wrapParts([`elsewhere: ${idleCores(idle)}`], columns, 2)),
  ];
}

/** `W` by the CPU that it is on. */
function rolesOf({ pairs, switch: own, housekeeping, far }: Placement, drawn: DrawnHost): Map<number, string[]> {
  const roles = new Map<number, string[]>();
  const put = (cpu: number, role: string) => {
    const there = roles.get(cpu) ?? [];
    if (!there.includes(role)) roles.set(cpu, [...there, role]);
  };
  const [here, there] = [drawn !== 'far', drawn !== 'near'];
  for (const cpu of [...(here ? own : []), ...(there ? (far?.switch ?? []) : [])]) put(cpu, 'W');
  for (const [pair, { source, sink }] of pairs.entries()) {
    const number = pairs.length === 1 ? '' : `${pair}`;
    if (here) put(source, `S${number}`);
    if (there || far === null) put(sink, `R${number}`);
  }
  for (const cpu of [...(here ? housekeeping : []), ...(there ? (far?.housekeeping ?? []) : [])]) put(cpu, 'o');
  return roles;
}

/** Tells only what differs between the CPUs of this machine. */
function titles(cpus: readonly Cpu[]): (cpu: Cpu) => string {
  const several = (of: (cpu: Cpu) => unknown) => new Set(cpus.map(of)).size > 1;
  const cores = new Set(cpus.map(({ socket, core }) => `${socket}/${core}`)).size;
  const slowest = Math.max(...cpus.map(({ kind }) => kind));
  const caches = Map.groupBy(cpus, ({ cache }) => cache);
  const places = new Set(cpus.map(({ socket, node }) => `${socket}/${node}`)).size;
  // A cache that all of a node share, or that no two cores do, tells nothing more.
  const drawCaches = caches.size > places && caches.size < cores;
  const parts: ((cpu: Cpu) => string)[] = [
    ...(several(({ socket }) => socket) ? [({ socket }: Cpu) => `socket ${socket}`] : []),
    ...(several(({ node }) => node) ? [({ node }: Cpu) => `node ${node}`] : []),
    ...(drawCaches
      ? [({ cache }: Cpu) => `cache of CPU ${formatCpuList((caches.get(cache) ?? []).map(({ id }) => id))}`]
      : []),
    ...(slowest > 0 ? [({ kind }: Cpu) => (kind === 0 ? 'fast' : kind === slowest ? 'slow' : `kind ${kind}`)] : []),
    ...(cpus.some(({ isolated }) => isolated) ? [({ isolated }: Cpu) => (isolated ? 'isolated' : 'not isolated')] : []),
  ];
  return (cpu) => parts.map((part) => part(cpu)).join(', ');
}

function drawCore(cpus: Cpu[], roles: ReadonlyMap<number, string[]>): Core {
  const threads = cpus.map(({ id }) => `${id} ${roles.get(id)?.join('+') ?? '–'}`);
  return { cpus, text: `[${threads.join(' | ')}]`, busy: cpus.some(({ id }) => roles.has(id)) };
}

/** Each core, or for many idle ones in a row how many they are. */
function drawCores(cores: readonly Core[]): string[] {
  const texts: string[] = [];
  let idle: Core[] = [];
  const flush = () => {
    texts.push(...(idle.length > IDLE_DRAWN_MAX ? [idleCores(idle)] : idle.map(({ text }) => text)));
    idle = [];
  };
  for (const core of cores) {
    if (core.busy) flush();
    if (core.busy) texts.push(core.text);
    else idle.push(core);
  }
  flush();
  return texts;
}

function idleCores(cores: readonly Core[]): string {
  const list = formatCpuList(cores.flatMap(({ cpus }) => cpus.map(({ id }) => id)));
  return `${cores.length} idle (${list})`;
}
