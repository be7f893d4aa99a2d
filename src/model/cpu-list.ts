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

/** A list as a person writes it. */
export function parseCpuNames(text: string): Parsed<number[]> {
  const refused = { ok: false, error: `'${text.trim()}' is not a list of CPUs, such as 2-15 or 0,2,4-7` } as const;
  const parts = text.split(',').map((part) => /^\s*(\d{1,4})(?:-(\d{1,4}))?\s*$/.exec(part));
  const cpus: number[] = [];
  for (const part of parts) {
    if (part === null) return refused;
    const [first, last] = [Number(part[1]), Number(part[2] ?? part[1])];
    if (last < first || last > CPU_MAX) return refused;
    cpus.push(...Array.from({ length: last - first + 1 }, (_, index) => first + index));
  }
  return { ok: true, value: [...new Set(cpus)].sort((a, b) => a - b) };
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
