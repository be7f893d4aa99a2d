// SPDX-License-Identifier: Apache-2.0
import { elsewhere, interruptSettings, NO_CPU_LEFT } from './interrupts.ts';
import { tellIrqbalance } from './irqbalance.ts';
import type { Knob } from './knob.ts';

/** Interrupts are served by CPUs that are not measured. */
export const irqs: Knob = {
  id: 'irqs',
  title: 'interrupts off the measured CPUs',
  cost: 'each interrupt stops the thread that polls there for some microseconds, and cools its caches',
  paper: false,
  async look(host, context) {
    const { to, off } = elsewhere(context);
    if (to.length === 0) return { state: 'unavailable', note: NO_CPU_LEFT };
    const banned = [...context.measured, ...off];
    const settings = await interruptSettings(host, to, banned);
    if (settings.length === 0) return { state: 'unavailable', note: '/proc/irq is not there' };
    return { state: 'found', settings, first: (undo) => tellIrqbalance(host, undo, banned) };
  },
};
