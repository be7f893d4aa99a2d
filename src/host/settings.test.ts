// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cpu, plainCpus } from '../../test/fixtures/cpus.ts';
import { FakeHost } from '../../test/fixtures/host.ts';
import { settingsOf } from './settings.ts';

const of = (id: number, file: string) => `/sys/devices/system/cpu/cpu${id}/${file}`;

describe('settingsOf', () => {
  it('is empty where the host tells nothing', async (t) => {
    assert.deepEqual(await settingsOf(new FakeHost(t), plainCpus(2)), {});
  });

  it('tells what all CPUs have once, and else the worst first, of those that may be used', async (t) => {
    const host = new FakeHost(t).put({
      ...Object.fromEntries([0, 1, 2].map((id) => [of(id, 'cpufreq/scaling_driver'), 'intel_pstate\n'])),
      [of(0, 'cpufreq/scaling_governor')]: 'performance\n',
      [of(1, 'cpufreq/scaling_governor')]: 'powersave\n',
      [of(2, 'cpufreq/scaling_governor')]: 'performance\n',
      [of(3, 'cpufreq/scaling_governor')]: 'ondemand\n',
      [of(2, 'cpufreq/scaling_max_freq')]: '2400000\n',
      [of(2, 'cpufreq/cpuinfo_max_freq')]: '3000000\n',
    });
    const cpus = [...plainCpus(3), cpu({ id: 3, allowed: false })];
    assert.deepEqual(await settingsOf(host, cpus), {
      'cpufreq.scaling_driver': 'intel_pstate',
      'cpufreq.scaling_governor': 'powersave (CPU 1), performance (CPU 0,2)',
      'cpufreq.capped': 'at most 2400 of 3000 MHz (CPU 2)',
    });
  });

  it('tells which states of sleep are off', async (t) => {
    const host = new FakeHost(t).put({
      [of(0, 'cpuidle/state0/name')]: 'POLL\n',
      [of(0, 'cpuidle/state0/disable')]: '0\n',
      [of(0, 'cpuidle/state1/name')]: 'C6\n',
      [of(0, 'cpuidle/state1/disable')]: '1\n',
    });
    assert.deepEqual(await settingsOf(host, plainCpus(1)), { 'cpuidle.states': 'POLL C6(off)' });
  });

  it('tells hugepages of all sizes, and where they are mounted', async (t) => {
    const host = new FakeHost(t).put({
      '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages': '0\n',
      '/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages': '8\n',
      '/proc/mounts': 'tmpfs /run tmpfs rw 0 0\nhugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=1024M 0 0\n',
    });
    assert.deepEqual(await settingsOf(host, []), {
      'hugepages-2048kB.nr': '0',
      'hugepages-1048576kB.nr': '8',
      'hugetlbfs.mounts': '/dev/hugepages (1024M)',
    });
  });

  it('tells what moves the work of packets to other CPUs, and who serves interrupts', async (t) => {
    const eth0 = '/sys/class/net/eth0';
    const host = new FakeHost(t).put({
      [`${eth0}/device/uevent`]: 'DRIVER=ixgbe\n',
      [`${eth0}/queues/rx-0/rps_cpus`]: '00000000,0000000f\n',
      [`${eth0}/queues/rx-0/rps_flow_cnt`]: '0\n',
      [`${eth0}/queues/tx-0/xps_cpus`]: '00000001\n',
      [`${eth0}/queues/tx-1/xps_cpus`]: '00000002\n',
      [`${eth0}/threaded`]: '1\n',
      [`${eth0}/device/msi_irqs/24`]: 'msix\n',
      [`${eth0}/device/msi_irqs/25`]: 'msix\n',
      '/proc/irq/24/effective_affinity_list': '3\n',
      '/proc/irq/25/effective_affinity_list': '4\n',
      '/proc/sys/net/core/rps_default_mask': '0\n',
      '/sys/class/net/lo/queues/rx-0/rps_cpus': 'f\n',
    });
    assert.deepEqual(await settingsOf(host, []), {
      'NIC eth0 RPS': 'f',
      'NIC eth0 XPS': '1, 2',
      'NIC eth0 threaded NAPI': '1',
      'NIC eth0 interrupts on': 'CPU 3-4',
    });
  });

  it('tells that the kernel traces, and nothing where it does not', async (t) => {
    const of = (tracer: string) =>
      settingsOf(new FakeHost(t).put({ '/sys/kernel/tracing/current_tracer': `${tracer}\n` }), []);
    assert.deepEqual(await of('function'), { 'kernel tracing': 'function tracer' });
    assert.deepEqual(await of('nop'), {});
  });
});
