// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** What the machines of `vswbench lab` say that they are, in their firmware (DMI product name). */
export const LAB_PRODUCT = 'vswbench-lab';

/** How the virtualization of such a machine is recorded. */
export const LAB_VIRTUALIZATION = 'a machine of vswbench lab';

/** Machines whose network cards, or whose CPUs as well, are emulated: QEMU's own emulator is what systemd-detect-virt(1) calls qemu. */
export const EMULATED: readonly string[] = ['qemu', LAB_VIRTUALIZATION];

/**
 * The kernel's clock sources (/sys/devices/system/clocksource) that are the CPU's own counter, by which the applications time packets, or
 * a hypervisor's reading of it. A kernel that uses another one has none of it, or has found it to be wrong.
 */
export const COUNTER_CLOCKSOURCES: readonly string[] = [
  'tsc',
  'kvm-clock',
  'hyperv_clocksource_tsc_page',
  'hyperv_clocksource_msr',
  'arch_sys_counter',
];

const CpuSchema = z.strictObject({
  id: z.int().nonnegative(),
  /** NUMA node; 0 where the kernel does not say. */
  node: z.int().nonnegative(),
  /** Socket and core: CPUs with an equal pair are hyperthreads of one core. */
  socket: z.int(),
  core: z.int(),
});
export type Cpu = z.infer<typeof CpuSchema>;

/** What a reader needs to judge a figure: recorded with each campaign, never inferred later. */
export const InventorySchema = z.strictObject({
  hostname: z.string(),
  recordedAt: z.string(),
  vswbenchVersion: z.string(),
  /** Commit of the checkout, `-dirty` where it has changes; null outside a git checkout. */
  vswbenchCommit: z.string().nullable(),
  os: z.string(),
  kernel: z.string(),
  kernelCommandLine: z.string(),
  architecture: z.string(),
  virtualization: z.string().nullable(),
  cpuModel: z.string(),
  microcode: z.string().nullable(),
  cpus: z.array(CpuSchema),
  memoryBytes: z.int().nonnegative(),
  clocksource: z.string(),
  invariantTsc: z.boolean(),
  /** The time-stamp counters of any two of the CPUs that may be used are at most so far apart: the error of a one-way delay. Null where nobody knows. */
  clockErrorNs: z.int().nonnegative().nullable(),
  /** File name under /sys/devices/system/cpu/vulnerabilities to what the kernel says. */
  mitigations: z.record(z.string(), z.string()),
  /** Kernel knobs that change the figures, as found (path-like name to value); absent ones are left out. */
  knobs: z.record(z.string(), z.string()),
  /** Programs, libraries, switches and network cards, such as lxc, node, `switch ovs`, `NIC eth0`. */
  versions: z.record(z.string(), z.string()),
  loadAverage: z.number(),
});
export type Inventory = z.infer<typeof InventorySchema>;
