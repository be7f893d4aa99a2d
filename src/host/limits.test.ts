// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeHost } from '../../test/fixtures/host.ts';
import { quotasOf, readLimits } from './limits.ts';

const V1 = 'cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu,cpuacct 0 0\n';
const V2 = 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n';

describe('quotas of CPU time', () => {
  it('are found in version 1 of control groups, at the group of a process and above it', async (t) => {
    const host = new FakeHost(t).put({
      '/proc/mounts': V1,
      '/proc/7/cgroup': '9:name=systemd:/\n2:cpu,cpuacct:/slurm/job\n0::/\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/slurm/cpu.cfs_quota_us': '20000\n',
      '/sys/fs/cgroup/cpu/slurm/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/cpu/slurm/cpu.stat': 'nr_periods 30\nnr_throttled 29\nthrottled_time 2400000000\n',
      '/sys/fs/cgroup/cpu/slurm/job/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/slurm/job/cpu.cfs_period_us': '100000\n',
    });
    assert.deepEqual(await quotasOf(host, [7]), [{ group: '/sys/fs/cgroup/cpu/slurm', cpus: 0.2, throttledS: 2.4 }]);
  });
  it('are found in version 2, also of more than one CPU, and once for several processes', async (t) => {
    const host = new FakeHost(t).put({
      '/proc/mounts': V2,
      '/proc/7/cgroup': '0::/a.slice/b.scope\n',
      '/proc/8/cgroup': '0::/a.slice\n',
      '/sys/fs/cgroup/a.slice/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/a.slice/cpu.stat': 'usage_usec 1\nnr_throttled 3\nthrottled_usec 70000\n',
      '/sys/fs/cgroup/a.slice/b.scope/cpu.max': 'max 100000\n',
    });
    assert.deepEqual(await quotasOf(host, [7, 8]), [{ group: '/sys/fs/cgroup/a.slice', cpus: 1.5, throttledS: 0.07 }]);
  });
  it('are none where there are none, where a process is gone, and where nothing is mounted', async (t) => {
    assert.deepEqual(await quotasOf(new FakeHost(t), [7]), []);
    const host = new FakeHost(t).put({ '/proc/mounts': V1 + V2, '/proc/7/cgroup': '2:cpu:/\n0::/\n' });
    assert.deepEqual(await quotasOf(host, [7, 8]), []);
  });
});

describe('limits of a CPU’s clock', () => {
  const folder = (cpu: number) => `/sys/devices/system/cpu/cpu${cpu}`;
  it('are told where it is held below its base, or below its most where no base is told', async (t) => {
    const host = new FakeHost(t).put({
      [`${folder(0)}/cpufreq/scaling_max_freq`]: '2000000\n',
      [`${folder(0)}/cpufreq/base_frequency`]: '2000000\n',
      [`${folder(0)}/cpufreq/cpuinfo_max_freq`]: '3500000\n',
      [`${folder(1)}/cpufreq/scaling_max_freq`]: '1000000\n',
      [`${folder(1)}/cpufreq/base_frequency`]: '2000000\n',
      [`${folder(2)}/cpufreq/scaling_max_freq`]: '1200000\n',
      [`${folder(2)}/cpufreq/cpuinfo_max_freq`]: '4800000\n',
      [`${folder(2)}/thermal_throttle/core_throttle_count`]: '12\n',
    });
    const { clockCaps, hotCounts } = await readLimits(host, [], [0, 1, 2, 3]);
    assert.deepEqual(
      [...clockCaps],
      [
        [1, 0.5],
        [2, 0.25],
      ],
    );
    assert.deepEqual([...hotCounts], [[2, 12]]);
  });
});
