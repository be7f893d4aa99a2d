// SPDX-License-Identifier: Apache-2.0
import { elsewhere, NO_CPU_LEFT, workSettings } from './interrupts.ts';
import { found, type Knob } from './knob.ts';

/** The kernel's unbound work runs on CPUs that are not measured. */
export const workqueues: Knob = {
  id: 'workqueues',
  title: 'the kernel’s own work off the measured CPUs',
  cost: 'kernel threads take turns with the thread that polls there',
  paper: false,
  async look(host, context) {
    const { to, off } = elsewhere(context);
    if (to.length === 0) return { state: 'unavailable', note: NO_CPU_LEFT };
    const settings = await workSettings(host, to, [...context.measured, ...off]);
    return settings.length === 0
      ? { state: 'unavailable', note: 'this kernel does not tell its work where to run' }
      : found(settings);
  },
};
