// SPDX-License-Identifier: Apache-2.0
import { fileKnob } from './knob.ts';

/** Timers stay where they were set (Documentation/admin-guide/sysctl/kernel.rst, timer_migration). */
export const timerMigration = fileKnob({
  id: 'timer-migration',
  title: 'timers stay on their CPU',
  cost: 'idle CPUs leave their timers to busy ones, and the busy ones are those that are measured',
  paper: false,
  path: '/proc/sys/kernel/timer_migration',
  wanted: '0',
});
