// SPDX-License-Identifier: Apache-2.0
import { fileKnob } from './knob.ts';

/** The hard-lockup detector (Documentation/admin-guide/lockup-watchdogs.rst). */
export const nmiWatchdog = fileKnob({
  id: 'nmi-watchdog',
  title: 'NMI watchdog off',
  cost: 'it takes a performance counter, and interrupts each CPU every few seconds whatever it does',
  paper: false,
  path: '/proc/sys/kernel/nmi_watchdog',
  wanted: '0',
});
