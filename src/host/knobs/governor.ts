// SPDX-License-Identifier: Apache-2.0
import { fileSettings, found, type Knob } from './knob.ts';

/** Frequency scaling: the clock of every CPU that is used stays at its top (Documentation/admin-guide/pm/cpufreq.rst). */
export const governor: Knob = {
  id: 'governor',
  title: 'frequency governor performance',
  cost: 'a clock that follows the load is slow at first, and another one from trial to trial',
  paper: true,
  async look(host, { measured }) {
    // CPUs of one policy show the same file: writing it twice, and back twice, is the same as once.
    const files = measured.map((cpu) => `/sys/devices/system/cpu/cpu${cpu}/cpufreq/scaling_governor`);
    const settings = await fileSettings(host, files, 'performance');
    if (settings.length > 0) return found(settings);
    return {
      state: 'unavailable',
      note: 'this kernel does not control the frequency; in a guest the hypervisor does',
    };
  },
};
