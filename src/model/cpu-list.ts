// SPDX-License-Identifier: Apache-2.0
// The kernel's list format of CPUs, as `0-3,8`.
import type { Parsed } from './units.ts';

/** The numbers of a list. What the kernel writes is taken as it is: see parseCpuNames for what people write. */
export function parseCpuList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

/** The highest number that a list may have: the kernel serves 8192 CPUs at most (CONFIG_NR_CPUS). */
const CPU_MAX = 8191;

/** What stands for the last CPU that there is, and for all of them, in lists of the kernel (Documentation/admin-guide/kernel-parameters.rst). */
const LAST = 'N';
export const ALL_CPUS = 'all';

/**
 * A range, and of it so many of each group of so many: `0-7:2/4` is 0, 1, 4 and 5 to the kernel. `0-7:2` is every second one to taskset(1).
 */
const PART = /^(\d{1,4}|N)(?:-(\d{1,4}|N)(?::(\d{1,4})(?:\/(\d{1,4}))?)?)?$/;

/**
 * A list as a person writes it: numbers, ranges, the kernel's and taskset's groups, `N` and `all`. `last` is the number that these stand for; where
 * it is not known yet, the highest that there may be.
 */
export function parseCpuNames(text: string, last: number = CPU_MAX): Parsed<number[]> {
  const refused = { ok: false, error: `'${text.trim()}' ${whyNoList(text.trim())}` } as const;
  if (text.trim() === ALL_CPUS) return parseCpuNames(`0-${LAST}`, last);
  const number = (word: string | undefined) => (word === LAST ? last : Number(word));
  const cpus: number[] = [];
  for (const part of text.split(',')) {
    const [, from, to = from, step, group] = PART.exec(part.trim()) ?? [];
    if (from === undefined) return refused;
    const [first, end] = [number(from), number(to)];
    const [used, size] = group === undefined ? [1, Number(step ?? 1)] : [Number(step), Number(group)];
    if (end < first || end > CPU_MAX || used < 1 || used > size) return refused;
    for (let cpu = first; cpu <= end; cpu += 1) if ((cpu - first) % size < used) cpus.push(cpu);
  }
  return { ok: true, value: [...new Set(cpus)].sort((a, b) => a - b) };
}

/** Whether what a list means depends on the machine. */
export function dependsOnMachine(text: string): boolean {
  return /N|all/.test(text);
}

function whyNoList(text: string): string {
  const mask = /^0x([0-9a-f]{1,64}|[0-9a-f]{1,8}(?:,[0-9a-f]{8}){1,32})$/i.exec(text)?.[1];
  if (mask === undefined) return 'is not a list of CPUs, such as 2-15 or 0,2,4-7';
  const bits = BigInt(`0x${mask.replaceAll(',', '')}`);
  const cpus = Array.from({ length: bits.toString(2).length }, (_, cpu) => cpu).filter(
    (cpu) => (bits >> BigInt(cpu)) & 1n,
  );
  return `is a mask, and not a list of CPUs: ${cpus.length === 0 ? 'it names none' : `give ${formatCpuList(cpus)}`}`;
}

/** The list of some numbers, ascending. */
export function formatCpuList(cpus: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const cpu of [...new Set(cpus)].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === cpu - 1) run[1] = cpu;
    else runs.push([cpu, cpu]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
