// SPDX-License-Identifier: Apache-2.0
// Where interrupts and the kernel's own work may run, as settings of whichever knob keeps them off some CPUs.
import { formatCpuList, parseCpuList } from '../../model/cpu-list.ts';
import type { Host } from '../host.ts';
import { fileSettings, type Setting } from './knob.ts';
import { cpusOfMask, maskOf } from './value.ts';

/** The affinity of every interrupt, and of those that come later (Documentation/core-api/irq/irq-affinity.rst). */
export async function interruptSettings(host: Host, to: readonly number[], off: readonly number[]): Promise<Setting[]> {
  const lines = (await host.list('/proc/irq')).filter((name) => /^\d+$/.test(name));
  const each = await fileSettings(
    host,
    lines.map((irq) => `/proc/irq/${irq}/smp_affinity_list`),
    formatCpuList(to),
    (value) => !parseCpuList(value).some((cpu) => off.includes(cpu)),
  );
  return [...(await maskSettings(host, '/proc/irq/default_smp_affinity', to, off)), ...each];
}

/** The kernel's unbound work (Documentation/core-api/workqueue.rst). */
export function workSettings(host: Host, to: readonly number[], off: readonly number[]): Promise<Setting[]> {
  return maskSettings(host, '/sys/devices/virtual/workqueue/cpumask', to, off);
}

function maskSettings(host: Host, path: string, to: readonly number[], off: readonly number[]): Promise<Setting[]> {
  return fileSettings(host, [path], maskOf(to), (value) => !cpusOfMask(value).some((cpu) => off.includes(cpu)));
}

/** CPUs for all that is not measured: hyperthreads beside measured ones only where there is nothing else. */
export function elsewhere({ others, siblings }: { others: readonly number[]; siblings: readonly number[] }) {
  return others.length > 0 ? { to: others, off: siblings } : { to: siblings, off: [] };
}

export const NO_CPU_LEFT = 'every CPU is measured, and none is left for it';
