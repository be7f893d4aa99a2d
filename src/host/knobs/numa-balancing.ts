// SPDX-License-Identifier: Apache-2.0
import { fileKnob } from './knob.ts';

/** Automatic NUMA balancing (Documentation/admin-guide/sysctl/kernel.rst, numa_balancing). */
export const numaBalancing = fileKnob({
  id: 'numa-balancing',
  title: 'automatic NUMA balancing off',
  cost: 'it unmaps pages to see who touches them: faults, and copies, within what is measured',
  paper: false,
  path: '/proc/sys/kernel/numa_balancing',
  wanted: '0',
});
