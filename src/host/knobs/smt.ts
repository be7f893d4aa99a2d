// SPDX-License-Identifier: Apache-2.0
import { formatCpuList } from '../../model/cpu-list.ts';
import { parseCpuTimes } from '../cpu.ts';
import type { Host } from '../host.ts';
import { interruptSettings, workSettings } from './interrupts.ts';
import { found, type Knob, type KnobContext } from './knob.ts';

/** Of its time, a hyperthread beside a measured one may be at work: what is more is told. */
const BUSY_MAX = 0.01;

/**
 * Hyperthreads beside measured ones are idle. They are not taken offline: that cannot be undone for others (docs/decisions/0017-tuning.md). Nothing of
 * ours runs there, interrupts and the kernel's own work are kept off, and what others did there is measured and told.
 */
export const smt: Knob = {
  id: 'smt',
  title: 'hyperthreads beside the measured ones idle',
  cost: 'two hyperthreads share the units and caches of one core, and either slows the other',
  paper: true,
  async look(host, { coresShared, measured, siblings, others }) {
    if (coresShared.length > 0) {
      const note = `CPUs ${formatCpuList(coresShared)} share cores, and each is measured: there are too few cores`;
      return { state: 'unavailable', note };
    }
    if (siblings.length === 0) return found([], 'no measured CPU has a second hyperthread');
    if (others.length === 0) return { state: 'unavailable', note: 'no core is left for interrupts' };
    const elsewhere = [...measured, ...others];
    return found([
      ...(await interruptSettings(host, elsewhere, siblings)),
      ...(await workSettings(host, elsewhere, siblings)),
    ]);
  },
  async watch(host, context) {
    const before = await timesOf(host, context);
    return async () => {
      const after = await timesOf(host, context);
      const busy = context.siblings.flatMap((cpu) => {
        const [a, b] = [before.get(cpu), after.get(cpu)];
        if (a === undefined || b === undefined) return [];
        const [worked, idle] = [b.busyS - a.busyS, b.idleS - a.idleS];
        const ratio = worked / Math.max(worked + idle, Number.EPSILON);
        return ratio > BUSY_MAX ? [`CPU ${cpu} for ${(100 * ratio).toFixed(0)} %`] : [];
      });
      return busy.length === 0 ? null : `others were at work on them (${busy.join(', ')} of the time)`;
    };
  },
};

async function timesOf(host: Host, { siblings }: KnobContext) {
  return siblings.length === 0 ? new Map() : parseCpuTimes((await host.read('/proc/stat')) ?? '');
}
