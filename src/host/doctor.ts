// SPDX-License-Identifier: Apache-2.0
// What a host has and lacks for measuring, one finding a fact. Nothing is changed.
import { COUNTER_CLOCKSOURCES, type Inventory } from '../model/inventory.ts';
import { cpuFindings } from './cpu-findings.ts';
import type { Host } from './host.ts';
import { hugepageLimits } from './hugepages.ts';
import { quotasOf } from './limits.ts';
import { cgroupObstacle } from './lxc.ts';
import { packagesMissing } from './packages.ts';
import { TRACING } from './tracing.ts';

export interface Finding {
  /** `missing` prevents measuring, `warning` makes figures worse or less comparable. */
  state: 'ok' | 'warning' | 'missing';
  subject: string;
  text: string;
  /** What to do about it, where something can be done. */
  mend?: string;
}

/** Examines a host; `purpose` is what it is to be used for: all there is to do, or as the other host of a testbed. */
export async function examine(host: Host, inventory: Inventory, purpose: 'run' | 'host' = 'run'): Promise<Finding[]> {
  return [
    await packages(host, purpose),
    await cgroups(host),
    await hugepages(host),
    ...cpuFindings(inventory),
    ...(await quotas(host)),
    clock(inventory),
    frequency(inventory),
    ...tracing(inventory),
    ...foreign(inventory),
    ...virtualMachine(inventory),
  ];
}

async function packages(host: Host, purpose: 'run' | 'host'): Promise<Finding> {
  const subject = 'packages';
  const missing = await packagesMissing(host, [purpose]);
  if (missing.length > 0) {
    return {
      ...{ state: 'missing', subject, text: `not installed: ${missing.join(', ')}` },
      mend: purpose === 'run' ? 'run vswbench setup' : `run vswbench setup --host ${host.name}`,
    };
  }
  const applets = await busyboxApplets(host);
  return applets.length === 0
    ? { state: 'ok', subject, text: 'all that vswbench needs is installed' }
    : {
        state: 'missing',
        subject,
        text: `BusyBox's ${applets.join(', ')} lack options that vswbench needs`,
        mend: 'install coreutils, findutils, grep, tar, util-linux and iproute2 (Alpine: apk add)',
      };
}

/** Programs whose options we use, of which BusyBox has another form with fewer of them. */
const WHOLE_PROGRAMS = ['cp', 'mv', 'mktemp', 'rmdir', 'find', 'grep', 'tar', 'taskset', 'ip'];

/** Those of them that are BusyBox's here, as on Alpine Linux: asked for their version, it says what they are. */
async function busyboxApplets(host: Host): Promise<string[]> {
  const ask = 'for p; do case $("$p" --version 2>&1) in *BusyBox*) echo "$p";; esac; done';
  const { stdout } = await host.run(['sh', '-c', ask, 'sh', ...WHOLE_PROGRAMS]);
  return stdout.split('\n').filter((name) => name !== '');
}

async function cgroups(host: Host): Promise<Finding> {
  const subject = 'cgroups';
  const mounts = ((await host.read('/proc/mounts')) ?? '').split('\n').map((line) => line.split(' '));
  const hierarchies = mounts.filter(([, , type]) => type === 'cgroup' || type === 'cgroup2');
  if (hierarchies.length === 0) {
    return {
      state: 'missing',
      subject,
      text: 'no cgroup hierarchy is mounted, and LXC needs one',
      mend: 'mount -t cgroup2 cgroup2 /sys/fs/cgroup',
    };
  }
  if (hierarchies.some(([, , , options]) => options?.split(',').includes('rw'))) {
    const obstacle = await cgroupObstacle(host);
    if (obstacle !== null) return { state: 'missing', subject, ...obstacle };
    return { state: 'ok', subject, text: 'mounted; containers can be made' };
  }
  const [, folder = '/sys/fs/cgroup'] = hierarchies[0] ?? [];
  return {
    state: 'missing',
    subject,
    text: `mounted read-only at ${folder}, as in a container: LXC cannot make groups there`,
    mend: `mount -o remount,rw ${folder}`,
  };
}

async function hugepages(host: Host): Promise<Finding> {
  const subject = 'hugepages';
  const folder = '/sys/kernel/mm/hugepages/hugepages-2048kB';
  const free = await host.read(`${folder}/free_hugepages`);
  const { own, containers } = await hugepageLimits(host);
  const limit = own ?? containers;
  if (free !== null && limit !== null) {
    const left = Math.floor(limit.leftBytes / 2 ** 20);
    return {
      state: 'warning',
      subject,
      text: `the control group ${limit.group} leaves ${left} MiB of 2 MiB to what runs in it: what needs more is told when it is started`,
      mend: `raise its ${limit.file}, or run vswbench outside of it`,
    };
  }
  return free === null
    ? {
        state: 'warning',
        subject,
        text: 'the kernel has none of 2 MiB, and no DPDK switch runs without',
        mend: 'use a kernel with CONFIG_HUGETLBFS',
      }
    : {
        state: 'ok',
        subject,
        text: `${Number(free) * 2} MiB reserved and free; more is reserved on demand, then released`,
      };
}

/** Quotas that hold for us, and so for what we start here. */
async function quotas(host: Host): Promise<Finding[]> {
  return (await quotasOf(host, [host.ownerPid])).map(({ group, cpus }) => ({
    state: 'warning',
    subject: 'CPU quota',
    text: `${group} may use no more than ${Number(cpus.toFixed(2))} CPUs: what is held back measures the quota, and results say so`,
    mend: 'run vswbench outside of that control group, or lift the quota (cpu.max, cpu.cfs_quota_us)',
  }));
}

function clock({ clocksource, invariantTsc, clockErrorNs }: Inventory): Finding {
  const subject = 'clock';
  const apart = clockErrorNs === null ? '' : `, at most ${clockErrorNs} ns apart between two CPUs`;
  if (!invariantTsc) {
    return {
      state: 'warning',
      subject,
      text: 'the CPU does not promise an invariant time-stamp counter: one-way delays may be wrong',
    };
  }
  return COUNTER_CLOCKSOURCES.includes(clocksource)
    ? { state: 'ok', subject, text: `invariant time-stamp counter${apart}, kernel clock source ${clocksource}` }
    : {
        state: 'warning',
        subject,
        text: `kernel clock source ${clocksource}: the kernel does not trust the time-stamp counter, by which packets are timed`,
        mend: "'dmesg | grep -i clocksource' says why; boot without clocksource= and notsc, mend the firmware, or measure on another machine",
      };
}

function frequency({ knobs }: Inventory): Finding {
  const governor = knobs['cpufreq.scaling_governor'];
  const subject = 'frequency';
  if (governor === undefined) return { state: 'ok', subject, text: 'not under this kernel’s control' };
  return governor === 'performance'
    ? { state: 'ok', subject, text: 'governor performance' }
    : {
        state: 'warning',
        subject,
        text: `governor ${governor}: clocks change while you measure`,
        mend: 'run with --tune governor, or cpupower frequency-set --governor performance (Debian: linux-cpupower)',
      };
}

function tracing({ knobs }: Inventory): Finding[] {
  const on = knobs['kernel tracing'];
  if (on === undefined) return [];
  return [
    {
      state: 'warning',
      subject: 'kernel tracing',
      text: `the kernel traces (${on}): what it traces takes longer, packets perhaps among it`,
      mend: `end it where nobody needs it: echo 0 > ${TRACING[0]}/tracing_on`,
    },
  ];
}

/** What the inventory has found of others, each a warning: whom it concerns stands in its text. */
function foreign({ foreign }: Inventory): Finding[] {
  return foreign.map(({ subject, text, mend }) => ({
    state: 'warning',
    subject,
    text,
    ...(mend === null ? {} : { mend }),
  }));
}

function virtualMachine({ virtualization }: Inventory): Finding[] {
  if (virtualization === null) return [];
  const text = `a virtual machine (${virtualization}): neighbours can take CPU time; it is recorded as steal`;
  return [{ state: 'warning', subject: 'machine', text }];
}
