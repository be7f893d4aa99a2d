// SPDX-License-Identifier: Apache-2.0
import { fileSettings, found, type Knob } from './knob.ts';

const CPU = '/sys/devices/system/cpu';

/** Boost above the base clock: off by the switch of intel_pstate, of cpufreq, or of each policy (amd_pstate), whichever there is. */
export const turbo: Knob = {
  id: 'turbo',
  title: 'boost above the base clock off',
  cost: 'how far a CPU boosts depends on its heat and on how many others are at work',
  paper: true,
  async look(host) {
    const intel = await fileSettings(host, [`${CPU}/intel_pstate/no_turbo`], '1');
    if (intel.length > 0) return found(intel);
    const whole = await fileSettings(host, [`${CPU}/cpufreq/boost`], '0');
    if (whole.length > 0) return found(whole);
    const policies = (await host.list(`${CPU}/cpufreq`)).filter((name) => /^policy\d+$/.test(name));
    const each = await fileSettings(
      host,
      policies.map((policy) => `${CPU}/cpufreq/${policy}/boost`),
      '0',
    );
    if (each.length > 0) return found(each);
    return { state: 'unavailable', note: 'this kernel has no switch for boost; in a guest the hypervisor has it' };
  },
};
