// SPDX-License-Identifier: Apache-2.0
// What somebody has put on an interface that packets meet there before any switch, or that is lost when the interface moves to another network
// namespace: XDP programs, filters of tc(8), queueing disciplines. Nothing is changed. What is attached by tcx (Linux 6.6) neither ip nor tc tells.
import { z } from 'zod';
import type { Host } from './host.ts';

export interface InterfacePrograms {
  /** It may drop, change and redirect whatever arrives. */
  xdp: boolean;
  /** Sides that have filters of tc: these go with the queues, when the interface moves. */
  filters: ('ingress' | 'egress')[];
  /** Kinds of queueing disciplines that the kernel does not give by itself. */
  queues: string[];
}

const LinkSchema = z.array(
  z.looseObject({ ifname: z.string(), xdp: z.looseObject({ mode: z.union([z.int(), z.string()]) }).optional() }),
);
const QdiscSchema = z.array(z.looseObject({ kind: z.string(), dev: z.string() }));
const FiltersSchema = z.array(z.unknown());

/** Queueing disciplines that the kernel gives an interface by itself: they neither shape nor filter. */
const PLAIN_QDISCS = ['noqueue', 'noop', 'pfifo_fast', 'mq', 'fq', 'fq_codel', 'pfifo'];
/** Where filters are, which themselves queue nothing. */
const HOOKS = ['clsact', 'ingress'];

/** Of each of these interfaces; nothing of what the host does not tell. */
export async function programsOn(host: Host, names: readonly string[]): Promise<Map<string, InterfacePrograms>> {
  if (names.length === 0) return new Map();
  const [links, queues] = await Promise.all([
    answer(host, ['ip', '-details', '-json', 'link'], LinkSchema),
    ownQueues(host),
  ]);
  const each = names.map(async (name) => {
    const own = queues.filter(({ dev }) => dev === name).map(({ kind }) => kind);
    const hooked = own.some((kind) => HOOKS.includes(kind));
    const found: InterfacePrograms = {
      xdp: links?.some(({ ifname, xdp }) => ifname === name && xdp !== undefined) === true,
      filters: hooked ? await filteredSides(host, name) : [],
      queues: own.filter((kind) => !HOOKS.includes(kind)),
    };
    return [name, found] as const;
  });
  return new Map(await Promise.all(each));
}

/** All that is on the host's interfaces and was put there. */
async function ownQueues(host: Host): Promise<z.infer<typeof QdiscSchema>> {
  const usual = (await host.read('/proc/sys/net/core/default_qdisc'))?.trim() ?? '';
  const all = (await answer(host, ['tc', '-json', 'qdisc', 'show'], QdiscSchema)) ?? [];
  return all.filter(({ kind }) => kind !== usual && !PLAIN_QDISCS.includes(kind));
}

async function filteredSides(host: Host, name: string): Promise<('ingress' | 'egress')[]> {
  const sides = await Promise.all(
    (['ingress', 'egress'] as const).map(async (side) => {
      const filters = await answer(host, ['tc', '-json', 'filter', 'show', 'dev', name, side], FiltersSchema);
      return filters === null || filters.length === 0 ? [] : [side];
    }),
  );
  return sides.flat();
}

async function answer<T>(host: Host, command: readonly string[], schema: z.ZodType<T>): Promise<T | null> {
  const { exitCode, stdout } = await host.run(command);
  if (exitCode !== 0) return null;
  try {
    const parsed = schema.safeParse(JSON.parse(stdout.trim() || '[]'));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
