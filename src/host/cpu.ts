// SPDX-License-Identifier: Apache-2.0
// CPU time as the kernel accounts it. Resolution is one clock tick (10 ms), so windows of seconds are meant.
import type { Host } from './host.ts';
import { parseProcessStat } from './process.ts';

/** Cumulative CPU times of one CPU, in seconds (proc(5), /proc/stat). */
export interface CpuTimes {
  busyS: number;
  /** Nothing to do, or nothing but to wait for a disk. */
  idleS: number;
  /** Interrupts and what they leave to be done; part of `busyS`. */
  irqS: number;
  softirqS: number;
  stealS: number;
}

/** USER_HZ: clock ticks per second in /proc, the same on every Linux architecture that we serve. */
const TICKS_PER_S = 100;

/** Parses /proc/stat into times by CPU number. */
export function parseCpuTimes(text: string): Map<number, CpuTimes> {
  const table = new Map<number, CpuTimes>();
  for (const match of text.matchAll(/^cpu(\d+) (.+)$/gm)) {
    const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = (match[2] ?? '')
      .split(' ')
      .map(Number);
    table.set(Number(match[1]), {
      busyS: (user + nice + system + irq + softirq) / TICKS_PER_S,
      idleS: (idle + iowait) / TICKS_PER_S,
      irqS: irq / TICKS_PER_S,
      softirqS: softirq / TICKS_PER_S,
      stealS: steal / TICKS_PER_S,
    });
  }
  return table;
}

/** Parses /proc/interrupts into interrupts served so far, by CPU number. Rows that count for no CPU, such as ERR, are left out. */
export function parseInterrupts(text: string): Map<number, number> {
  const [head = '', ...rows] = text.split('\n');
  const cpus = [...head.matchAll(/CPU(\d+)/g)].map((match) => Number(match[1]));
  const table = new Map(cpus.map((cpu) => [cpu, 0]));
  for (const row of rows) {
    const counts = (/^\s*\S+:((?:\s+\d+)+)/.exec(row)?.[1] ?? '').trim().split(/\s+/).map(Number);
    if (counts.length < cpus.length) continue;
    for (const [index, cpu] of cpus.entries()) table.set(cpu, (table.get(cpu) ?? 0) + (counts[index] ?? 0));
  }
  return table;
}

/**
 * Interrupts between two readings. The kernel counts each kind in 32 bits, which a timer of 1000 Hz fills in 50 days; so a sum of them is
 * exact but for multiples of 2^32, more than any CPU serves in a trial.
 */
export function interruptsBetween(before: number, after: number): number {
  return (after - before + 2 ** 52) % 2 ** 32;
}

/** Parses the `total` of /proc/pressure/cpu's first line, in seconds; null where the kernel does not keep it. */
export function parsePressureS(text: string): number | null {
  const micros = /^some .*total=(\d+)$/m.exec(text)?.[1];
  return micros === undefined ? null : Number(micros) / 1e6;
}

/** The present frequency in MHz of each CPU asked for, from cpufreq or, where there is none, from /proc/cpuinfo. */
export async function frequencies(host: Host, cpus: readonly number[]): Promise<Map<number, number>> {
  const read = await Promise.all(
    cpus.map(async (cpu) => {
      const kHz = await host.read(`/sys/devices/system/cpu/cpu${cpu}/cpufreq/scaling_cur_freq`);
      return [cpu, Number.parseInt(kHz ?? '', 10) / 1000] as const;
    }),
  );
  const known = new Map(read.filter(([, mhz]) => mhz > 0));
  if (known.size === cpus.length) return known;
  const cpuinfo = (await host.read('/proc/cpuinfo')) ?? '';
  for (const match of cpuinfo.matchAll(/^processor\s*:\s*(\d+)$(?:\n.+)*?\ncpu MHz\s*:\s*([\d.]+)$/gm)) {
    const cpu = Number(match[1]);
    if (cpus.includes(cpu) && !known.has(cpu)) known.set(cpu, Number(match[2]));
  }
  return known;
}

/**
 * Whether a kernel counts interrupts, and what they leave to be done, beside the time of the threads that they interrupt, and not within it:
 * its configuration says so (CONFIG_IRQ_TIME_ACCOUNTING). Null where that is not to be found.
 */
export async function countsInterruptsApart(host: Host): Promise<boolean | null> {
  const release = (await host.read('/proc/sys/kernel/osrelease'))?.trim() ?? '';
  const config = (await host.read(`/boot/config-${release}`)) ?? (await host.run(['zcat', '/proc/config.gz'])).stdout;
  return /^CONFIG_/m.test(config) ? /^CONFIG_IRQ_TIME_ACCOUNTING=y$/m.test(config) : null;
}

/** What a thread has used of CPUs so far, and the one that it ran on last. */
export interface ThreadTime {
  cpu: number;
  runS: number;
  /** One of the kernel's own for softirqs: what it runs, the kernel counts as softirq as well, and elsewhere nothing twice. */
  ksoftirqd: boolean;
  /** For how long it was ready and had to wait for a CPU; null where the kernel does not keep that. */
  waitedS: number | null;
}

/**
 * All threads of some processes, by thread id. Times are those of /proc/TID/schedstat, in nanoseconds, where the kernel keeps it, and else
 * clock ticks.
 */
export async function threadTimes(host: Host, processes: readonly number[]): Promise<Map<number, ThreadTime>> {
  const tasks = await Promise.all(
    processes.map(async (pid) => (await host.list(`/proc/${pid}/task`)).map((tid) => `/proc/${pid}/task/${tid}`)),
  );
  const read = await Promise.all(
    tasks.flat().map(async (task): Promise<[number, ThreadTime][]> => {
      const [stat, schedstat] = await Promise.all([host.read(`${task}/stat`), host.read(`${task}/schedstat`)]);
      const parsed = stat === null ? null : parseProcessStat(stat);
      if (parsed === null) return [];
      const exact = schedstatS(schedstat);
      const time: ThreadTime = {
        cpu: parsed.cpu,
        runS: exact?.runS ?? (parsed.userTicks + parsed.systemTicks) / TICKS_PER_S,
        ksoftirqd: isKsoftirqd(parsed.name),
        waitedS: exact?.waitedS ?? null,
      };
      return [[Number(task.slice(task.lastIndexOf('/') + 1)), time]];
    }),
  );
  return new Map(read.flat());
}

/** Parses /proc/TID/schedstat: for how long the thread ran, and for how long it was ready and had to wait for a CPU. */
function schedstatS(text: string | null): { runS: number; waitedS: number } | null {
  const [ran, waited] = text?.split(' ').map(Number) ?? [];
  if (ran === undefined || waited === undefined || Number.isNaN(ran + waited)) return null;
  return { runS: ran / 1e9, waitedS: waited / 1e9 };
}

function isKsoftirqd(name: string): boolean {
  return name.startsWith('ksoftirqd/');
}

/** One look at the machine's CPUs and at some threads, with the time at which it was taken. */
export interface CpuSnapshot {
  /** CLOCK_MONOTONIC. */
  atNs: number;
  cpus: Map<number, CpuTimes>;
  /** CPU seconds of the threads asked for, summed; a thread that is gone counts nothing. */
  threadsS: number;
  /** The same, thread by thread, of all threads of the processes asked for. */
  threads: Map<number, ThreadTime>;
  /** Served so far, by CPU number. */
  interrupts: Map<number, number>;
  /** Of the CPUs asked for, as far as the kernel tells. */
  frequencyMhz: Map<number, number>;
  /** Time in which some task waited for a CPU; null where the kernel does not keep it. */
  pressureS: number | null;
}

/** Takes a snapshot; `threads` are process or thread ids of the host, `measured` the CPUs whose frequency matters. */
export async function takeCpuSnapshot(
  host: Host,
  threads: readonly number[],
  measured: readonly number[] = [],
): Promise<CpuSnapshot> {
  const atNs = await host.monotonicNs();
  const [stat, threadStats, times] = await Promise.all([
    host.read('/proc/stat'),
    Promise.all(threads.map((thread) => host.read(`/proc/${thread}/stat`))),
    threadTimes(host, threads),
  ]);
  const [interrupts, pressure, frequencyMhz] = await Promise.all([
    host.read('/proc/interrupts'),
    host.read('/proc/pressure/cpu'),
    frequencies(host, measured),
  ]);
  const ticks = threadStats
    .map((text) => (text === null ? null : parseProcessStat(text)))
    .reduce((sum, parsed) => sum + (parsed === null ? 0 : parsed.userTicks + parsed.systemTicks), 0);
  return {
    atNs,
    cpus: parseCpuTimes(stat ?? ''),
    threadsS: ticks / TICKS_PER_S,
    threads: times,
    interrupts: parseInterrupts(interrupts ?? ''),
    frequencyMhz,
    pressureS: parsePressureS(pressure ?? ''),
  };
}
