// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { inventory } from '../../test/fixtures/campaign.ts';
import { plainCpus } from '../../test/fixtures/cpus.ts';
import { FakeHost } from '../../test/fixtures/host.ts';
import { COUNTER_CLOCKSOURCES, type Inventory } from '../model/inventory.ts';
import { examine, type Finding } from './doctor.ts';

const MOUNTS = 'proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n';

/** A machine of which nothing can be complained. */
const FINE: Partial<Inventory> = {
  knobs: { 'cpufreq.scaling_governor': 'performance' },
  virtualization: null,
  invariantTsc: true,
};

function machine(t: TestContext): FakeHost {
  const hugepages = { '/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages': '5\n' };
  return new FakeHost(t).put({ '/proc/mounts': MOUNTS, ...hugepages }).answer(/^(sh -c (command|for)|test)/);
}

async function find(host: FakeHost, part: Partial<Inventory>, subject: string): Promise<Finding | undefined> {
  return (await examine(host, inventory({ ...FINE, ...part }))).find((finding) => finding.subject === subject);
}

describe('examine', () => {
  it('finds nothing amiss on a good machine, and says so', async (t) => {
    const findings = await examine(machine(t), inventory(FINE));
    assert.deepEqual(
      findings.map(({ subject, state }) => `${subject} ${state}`),
      ['packages ok', 'cgroups ok', 'hugepages ok', 'CPUs ok', 'clock ok', 'frequency ok'],
    );
    assert.ok(findings.every(({ mend }) => mend === undefined));
  });

  it('names missing packages and the mend', async (t) => {
    const finding = await find(machine(t).answer(/command -v .* lxc-execute/, { exitCode: 1 }), {}, 'packages');
    assert.equal(finding?.state, 'missing');
    assert.equal(finding?.text, 'not installed: lxc');
    assert.match(finding?.mend ?? '', /vswbench setup/);
  });

  it('names programs that are BusyBox’s, which have fewer options', async (t) => {
    const finding = await find(machine(t).answer(/^sh -c for p;/, { stdout: 'find\ngrep\n' }), {}, 'packages');
    assert.equal(finding?.state, 'missing');
    assert.equal(finding?.text, "BusyBox's find, grep lack options that vswbench needs");
    assert.match(finding?.mend ?? '', /findutils/);
  });

  it('misses cgroups where none is mounted', async (t) => {
    const finding = await find(machine(t).put({ '/proc/mounts': 'proc /proc proc rw 0 0\n' }), {}, 'cgroups');
    assert.equal(finding?.state, 'missing');
    assert.match(finding?.mend ?? '', /^mount -t cgroup2/);
  });
  it('is content with cgroups of version 1', async (t) => {
    const host = machine(t).put({ '/proc/mounts': 'cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n' });
    assert.equal((await find(host, {}, 'cgroups'))?.state, 'ok');
  });
  it('misses cgroups that can only be read, and says where to mount them anew', async (t) => {
    const host = machine(t).put({ '/proc/mounts': 'cgroup2 /sys/fs/cgroup cgroup2 ro,nosuid 0 0\n' });
    const finding = await find(host, {}, 'cgroups');
    assert.deepEqual([finding?.state, finding?.mend], ['missing', 'mount -o remount,rw /sys/fs/cgroup']);
  });

  it('warns of a quota of CPU time that holds for what it starts, and names its group', async (t) => {
    const group = '/sys/fs/cgroup/job.slice';
    const host = machine(t).put({
      '/proc/100/cgroup': '0::/job.slice\n',
      [`${group}/cpu.max`]: '20000 100000\n',
      [`${group}/cpu.stat`]: 'throttled_usec 5\n',
    });
    const finding = await find(host, {}, 'CPU quota');
    assert.equal(finding?.state, 'warning');
    assert.match(finding?.text ?? '', /^\/sys\/fs\/cgroup\/job\.slice may use no more than 0\.2 CPUs/);
    assert.match(finding?.mend ?? '', /outside of that control group/);
  });

  it('tells of hugepages, and warns where the kernel has none', async (t) => {
    assert.match((await find(machine(t), {}, 'hugepages'))?.text ?? '', /^10 MiB reserved and free/);
    const host = machine(t);
    host.files.delete('/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages');
    assert.equal((await find(host, {}, 'hugepages'))?.state, 'warning');
    const limited = machine(t).put({
      '/proc/100/cgroup': '0::/pod\n',
      '/sys/fs/cgroup/pod/hugetlb.2MB.max': '67108864\n',
    });
    const finding = await find(limited, {}, 'hugepages');
    assert.equal(finding?.state, 'warning');
    assert.match(finding?.text ?? '', /^the control group \/sys\/fs\/cgroup\/pod leaves 64 MiB of 2 MiB/);
    assert.match(finding?.mend ?? '', /raise its hugetlb\.2MB\.max/);
  });

  it('warns of fewer than 3 CPUs', async (t) => {
    const cpus = plainCpus(2);
    assert.equal((await find(machine(t), { cpus }, 'CPUs'))?.state, 'warning');
  });
  it('warns of a clock that may drift', async (t) => {
    assert.equal((await find(machine(t), { invariantTsc: false }, 'clock'))?.state, 'warning');
  });
  it('warns of a kernel that does not trust the counter, with the mend', async (t) => {
    for (const clocksource of ['hpet', 'acpi_pm', 'refined-jiffies', 'unknown']) {
      const finding = await find(machine(t), { clocksource }, 'clock');
      assert.equal(finding?.state, 'warning', clocksource);
      assert.match(finding?.text ?? '', new RegExp(`clock source ${clocksource}: `));
      assert.match(finding?.mend ?? '', /dmesg/);
    }
  });
  it('is content with the counter, bare or through a hypervisor', async (t) => {
    for (const clocksource of COUNTER_CLOCKSOURCES) {
      assert.equal((await find(machine(t), { clocksource }, 'clock'))?.state, 'ok', clocksource);
    }
  });

  it('warns of a governor that changes the clock', async (t) => {
    const finding = await find(machine(t), { knobs: { 'cpufreq.scaling_governor': 'powersave' } }, 'frequency');
    assert.equal(finding?.state, 'warning');
    assert.match(finding?.mend ?? '', /cpupower/);
  });
  it('does not complain of a frequency that is not ours to set', async (t) => {
    assert.equal((await find(machine(t), { knobs: {} }, 'frequency'))?.state, 'ok');
  });

  it('tells that the kernel traces, with the mend', async (t) => {
    const found = await find(machine(t), { knobs: { 'kernel tracing': 'function tracer' } }, 'kernel tracing');
    assert.equal(found?.state, 'warning');
    assert.match(found?.text ?? '', /^the kernel traces \(function tracer\): /);
    assert.match(found?.mend ?? '', /tracing_on$/);
  });

  it('warns of whatever the inventory found of others, with the mend where there is one', async (t) => {
    const foreign = [
      { subject: 'bridge filter', text: 'a rule', mend: 'delete it' },
      { subject: 'SELinux', text: 'a policy', mend: null },
    ];
    assert.deepEqual(await find(machine(t), { foreign }, 'bridge filter'), {
      ...{ state: 'warning', subject: 'bridge filter', text: 'a rule', mend: 'delete it' },
    });
    assert.deepEqual(await find(machine(t), { foreign }, 'SELinux'), {
      ...{ state: 'warning', subject: 'SELinux', text: 'a policy' },
    });
  });

  it('warns of a virtual machine', async (t) => {
    assert.match((await find(machine(t), { virtualization: 'kvm' }, 'machine'))?.text ?? '', /kvm/);
  });
});
