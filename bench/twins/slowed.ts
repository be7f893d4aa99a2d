// SPDX-License-Identifier: Apache-2.0
// `direct` with a part of each sender's CPU time taken away by the scheduler's quota. A sender that is never idle then sends as much
// less, whatever a packet costs it: a twin that is slower by a known amount.
import { HostError } from '../../src/host/host.ts';
import { direct } from '../../src/switches/direct.ts';
import type { SwitchDriver } from '../../src/switches/driver.ts';

const PERIOD_US = 10_000;

/** A twin whose senders get only so much of a CPU. */
export function slowed(id: string, title: string, cpuRatio: number): SwitchDriver {
  return {
    ...direct,
    id,
    title,

    async start(context) {
      const { host } = context;
      const running = await direct.start(context);
      return {
        ...running,
        // When the applications are ready and nothing is sent yet. The group is gone with its container, and the quota with it.
        async settled() {
          for (const root of ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/cpu,cpuacct', '/sys/fs/cgroup']) {
            const senders = (await host.list(root)).filter((name) => /^lxc\.payload\..*source/.test(name));
            for (const name of senders) {
              const folder = `${root}/${name}`;
              if ((await host.read(`${folder}/cpu.max`)) !== null) {
                await host.write(`${folder}/cpu.max`, `${PERIOD_US * cpuRatio} ${PERIOD_US}`);
                return null;
              }
              if ((await host.read(`${folder}/cpu.cfs_quota_us`)) !== null) {
                await host.write(`${folder}/cpu.cfs_period_us`, String(PERIOD_US));
                await host.write(`${folder}/cpu.cfs_quota_us`, String(PERIOD_US * cpuRatio));
                return null;
              }
            }
          }
          throw new HostError('no control group of a sender has a CPU quota');
        },
      };
    },
  };
}
