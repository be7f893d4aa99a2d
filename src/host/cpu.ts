// SPDX-License-Identifier: Apache-2.0
// CPU time as the kernel accounts it. Resolution is one clock tick (10 ms), so windows of seconds are meant.
import type { Host } from './host.ts';
import { parseProcessStat } from './process.ts';

/** Cumulative CPU times of one CPU, in seconds (proc(5), /proc/stat). */
export interface CpuTimes {
  busyS: number;
  softirqS: number;
  stealS: number;
}

/** USER_HZ: clock ticks per second in /proc, the same on every Linux architecture that we serve. */
const TICKS_PER_S = 100;

/** Parses /proc/stat into times by CPU number. */
export function parseCpuTimes(text: string): Map<number, CpuTimes> {
  const table = new Map<number, CpuTimes>();
  for (const match of text.matchAll(/^cpu(\d+) (.+)$/gm)) {
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (match[2] ?? '')
      .split(' ')
      .map(Number);
    table.set(Number(match[1]), {
      busyS: (user + nice + system + irq + softirq) / TICKS_PER_S,
      softirqS: softirq / TICKS_PER_S,
      stealS: steal / TICKS_PER_S,
    });
  }
  return table;
}

/** One look at the machine's CPUs and at some threads, with the time at which it was taken. */
export interface CpuSnapshot {
  /** CLOCK_MONOTONIC. */
  atNs: number;
  cpus: Map<number, CpuTimes>;
  /** CPU seconds of the threads asked for, summed; a thread that is gone counts nothing. */
  threadsS: number;
}

/** Takes a snapshot; `threads` are process or thread ids of the host. */
export async function takeCpuSnapshot(host: Host, threads: readonly number[]): Promise<CpuSnapshot> {
  const atNs = await host.monotonicNs();
  const [stat, ...threadStats] = await Promise.all([
    host.read('/proc/stat'),
    ...threads.map((thread) => host.read(`/proc/${thread}/stat`)),
  ]);
  const ticks = threadStats
    .map((text) => (text === null ? null : parseProcessStat(text)))
    .reduce((sum, parsed) => sum + (parsed === null ? 0 : parsed.userTicks + parsed.systemTicks), 0);
  return { atNs, cpus: parseCpuTimes(stat ?? ''), threadsS: ticks / TICKS_PER_S };
}
