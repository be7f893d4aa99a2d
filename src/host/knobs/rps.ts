// SPDX-License-Identifier: Apache-2.0
import { fileSettings, found, type Knob } from './knob.ts';

/** Receive packet steering of the uplinks (Documentation/networking/scaling.rst). */
export const rps: Knob = {
  id: 'rps',
  title: 'packets of the uplink handled where they arrive',
  cost: 'each packet wakes another CPU by an interrupt between CPUs, and is handled with cold caches',
  paper: false,
  async look(host, { uplinks }) {
    const files: string[] = [];
    for (const uplink of uplinks) {
      const folder = `/sys/class/net/${uplink}/queues`;
      const queues = (await host.list(folder)).filter((name) => name.startsWith('rx-'));
      files.push(...queues.map((queue) => `${folder}/${queue}/rps_cpus`));
    }
    const settings = await fileSettings(host, files, '0');
    return settings.length === 0 ? found([], 'no uplink is used') : found(settings);
  },
};
