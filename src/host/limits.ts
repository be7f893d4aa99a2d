// SPDX-License-Identifier: Apache-2.0
// What takes CPU time away without running itself: quotas of control groups, caps of a CPU's clock, heat.
import { groupsOf } from './control-groups.ts';
import type { Host } from './host.ts';

/** A quota of CPU time that holds for some process, at its own group or at one above. */
export interface Quota {
  /** The group's folder on the host. */
  group: string;
  /** CPUs that the group may use on average: 0.2 is a fifth of one. */
  cpus: number;
  /** Time that its threads were held back so far, in seconds, those of several CPUs added up. */
  throttledS: number;
}

/** Limits of a host at one instant. */
export interface Limits {
  quotas: Quota[];
  /** CPUs whose clock is held below what they do by themselves, as a ratio of that. */
  clockCaps: Map<number, number>;
  /** How often each CPU was slowed down by its heat so far; CPUs that do not tell are left out. */
  hotCounts: Map<number, number>;
}

/** Reads the limits of some processes and CPUs. What the host does not tell is no limit. */
export async function readLimits(host: Host, processes: readonly number[], cpus: readonly number[]): Promise<Limits> {
  const [quotas, capped, hot] = await Promise.all([
    quotasOf(host, processes),
    Promise.all(cpus.map(async (cpu) => [cpu, await clockCap(host, cpu)] as const)),
    Promise.all(cpus.map(async (cpu) => [cpu, await hotCount(host, cpu)] as const)),
  ]);
  const known = (pairs: readonly (readonly [number, number | null])[]) =>
    new Map(pairs.flatMap(([cpu, value]) => (value === null ? [] : [[cpu, value] as const])));
  return { quotas, clockCaps: known(capped), hotCounts: known(hot) };
}

/** The quotas that hold for some processes: of their groups and of all above (cgroups(7), CFS bandwidth control). */
export async function quotasOf(host: Host, processes: readonly number[]): Promise<Quota[]> {
  const folders = await groupsOf(host, processes, 'cpu');
  const quotas = await Promise.all(folders.map((folder) => quotaOf(host, folder)));
  return quotas.filter((quota) => quota !== null);
}

async function quotaOf(host: Host, group: string): Promise<Quota | null> {
  const read = async (name: string) => (await host.read(`${group}/${name}`))?.trim() ?? '';
  const [max, quotaUs, periodUs, stat] = await Promise.all([
    read('cpu.max'),
    read('cpu.cfs_quota_us'),
    read('cpu.cfs_period_us'),
    read('cpu.stat'),
  ]);
  const [quota = Number.NaN, period = Number.NaN] =
    max === '' ? [Number(quotaUs || Number.NaN), Number(periodUs)] : max.split(' ').map(Number);
  // None is `max`, or -1.
  if (!(quota > 0 && period > 0)) return null;
  const throttledNs = Number(/^throttled_time (\d+)$/m.exec(stat)?.[1] ?? 0);
  const throttledUs = Number(/^throttled_usec (\d+)$/m.exec(stat)?.[1] ?? 0);
  return { group, cpus: quota / period, throttledS: throttledUs / 1e6 + throttledNs / 1e9 };
}

/** What may be used of a CPU's clock; null where that is all, or nobody says. Above its base it is boost, which many forgo on purpose. */
async function clockCap(host: Host, cpu: number): Promise<number | null> {
  const folder = `/sys/devices/system/cpu/cpu${cpu}/cpufreq`;
  const number = async (name: string) => Number.parseInt((await host.read(`${folder}/${name}`)) ?? '', 10);
  const [cap, base, most] = [
    await number('scaling_max_freq'),
    await number('base_frequency'),
    await number('cpuinfo_max_freq'),
  ];
  const own = base > 0 ? base : most;
  return cap > 0 && own > 0 && cap < own ? cap / own : null;
}

async function hotCount(host: Host, cpu: number): Promise<number | null> {
  const text = await host.read(`/sys/devices/system/cpu/cpu${cpu}/thermal_throttle/core_throttle_count`);
  return text === null ? null : Number(text.trim());
}
