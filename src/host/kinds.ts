// SPDX-License-Identifier: Apache-2.0
// Which CPUs of a machine are alike. Kernels say it in several ways, of which most machines have one or two.
import { parseCpuList } from '../model/cpu-list.ts';
import type { Cpu } from '../model/inventory.ts';
import type { Host } from './host.ts';

/** Units for counting events, by which kernels on hybrid x86 machines tell kinds of cores; the fastest first. */
const HYBRID_UNITS = ['cpu_core', 'cpu_atom', 'cpu_lowpower'];

/** Where the kernel says what a CPU does at most; in each the unit is another, and the same for all CPUs. */
const CAPACITY_FILES = ['cpu_capacity', 'acpi_cppc/highest_perf', 'cpufreq/cpuinfo_max_freq'];

/**
 * Of CPUs sorted by what they do at most, one that does less than this of the one before is of another kind. Cores of one make that may be
 * clocked higher than others ("favoured" or "preferred" ones) lie a few percent apart; of two makes, a quarter and more.
 */
const ALIKE_RATIO = 0.9;

type KindOf = Pick<Cpu, 'kind' | 'capacity'>;

interface Known {
  id: number;
  /** What make its core is; equal for all where the kernel does not say. */
  make: string;
  capacity: number | null;
}

/** The kind of each CPU, 0 the fastest. */
export async function kindsOf(host: Host, ids: readonly number[]): Promise<Map<number, KindOf>> {
  const [makes, capacities] = [await makesOf(host), await capacitiesOf(host, ids)];
  const known = ids.map((id) => ({ id, make: makes.get(id) ?? '', capacity: capacities?.get(id) ?? null }));
  const kinds = [...Map.groupBy(known, ({ make }) => make).values()]
    .flatMap(splitAtGaps)
    .toSorted((a, b) => fastest(b) - fastest(a) || rank(a) - rank(b));
  return new Map(
    kinds.flatMap((members, kind) => members.map(({ id, capacity }): [number, KindOf] => [id, { kind, capacity }])),
  );
}

/** CPUs of one make, those apart that do much less than others. */
function splitAtGaps(members: readonly Known[]): Known[][] {
  const groups: Known[][] = [];
  for (const cpu of members.toSorted((a, b) => (b.capacity ?? 0) - (a.capacity ?? 0))) {
    const group = groups.at(-1);
    const before = group?.at(-1)?.capacity ?? 0;
    if (group !== undefined && (cpu.capacity ?? 0) >= ALIKE_RATIO * before) group.push(cpu);
    else groups.push([cpu]);
  }
  return groups;
}

function fastest(members: readonly Known[]): number {
  return members[0]?.capacity ?? 0;
}

function rank(members: readonly Known[]): number {
  return HYBRID_UNITS.indexOf(members[0]?.make ?? '');
}

async function makesOf(host: Host): Promise<Map<number, string>> {
  const hybrid = await Promise.all(
    HYBRID_UNITS.map(async (unit) => {
      const cpus = (await host.read(`/sys/devices/${unit}/cpus`)) ?? '';
      return parseCpuList(cpus).map((id) => [id, unit] as const);
    }),
  );
  if (hybrid.flat().length > 0) return new Map(hybrid.flat());
  return new Map(
    armParts((await host.read('/proc/cpuinfo')) ?? '').map(({ id, implementer, part }) => [
      id,
      `${implementer} ${part}`,
    ]),
  );
}

/** Who designed a core of an Arm machine, and which of theirs it is (MIDR_EL1, as /proc/cpuinfo tells it). */
export interface ArmPart {
  id: number;
  implementer: string;
  part: string;
}

/** The core of each CPU of an Arm machine; none of others. */
export function armParts(cpuinfo: string): ArmPart[] {
  return cpuinfo.split(/\n\s*\n/).flatMap((block) => {
    const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(\\S+)$`, 'm').exec(block)?.[1];
    const [id, implementer, part] = [field('processor'), field('CPU implementer'), field('CPU part')];
    return id === undefined || implementer === undefined || part === undefined
      ? []
      : [{ id: Number(id), implementer, part }];
  });
}

/** By the first of the sources that knows all CPUs; null where none does. */
async function capacitiesOf(host: Host, ids: readonly number[]): Promise<Map<number, number> | null> {
  for (const file of CAPACITY_FILES) {
    const values = await Promise.all(
      ids.map(async (id) => [id, Number((await host.read(`/sys/devices/system/cpu/cpu${id}/${file}`)) ?? '')] as const),
    );
    if (values.every(([, value]) => value > 0)) return new Map(values);
  }
  return null;
}
