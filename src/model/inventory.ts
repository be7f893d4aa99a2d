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

/** How the keys of `versions` begin whose values are the sums of programs that ran. */
export const PROGRAM_SUM = 'SHA-256 of ';

export const CpuSchema = z.strictObject({
  id: z.int().nonnegative(),
  /** NUMA node; 0 where the kernel does not say. */
  node: z.int().nonnegative(),
  /** Socket and core: CPUs with an equal pair are hyperthreads of one core. Since there are dies and clusters, a core is told by its lowest CPU. */
  socket: z.int(),
  core: z.int(),
  /** Die within the socket, and the lowest CPU of its cluster; null where the kernel does not tell. */
  die: z.int().nullable().default(null),
  cluster: z.int().nullable().default(null),
  /** CPUs of one kind are alike; 0 is the fastest kind. */
  kind: z.int().nonnegative().default(0),
  /** What the kernel says that it does at most, in a unit that all CPUs of the machine share; null where it does not say that of each. */
  capacity: z.number().positive().nullable().default(null),
  /** The lowest CPU of those that share its last cache with it; null where the kernel does not tell. */
  cache: z.int().nonnegative().nullable().default(null),
  /** The scheduler puts nothing on it by itself (`isolcpus`, an isolated cpuset). */
  isolated: z.boolean().default(false),
  /** Its tick stops while one thread runs. */
  nohzFull: z.boolean().default(false),
  /** We may use it: neither the affinity that we were given nor a cpuset forbids it. */
  allowed: z.boolean().default(true),
});
/** A CPU of the kernel: a hyperthread where cores have several. Records of older versions lack what has a default. */
export type Cpu = z.infer<typeof CpuSchema>;

const CacheSchema = z.strictObject({
  level: z.int().positive(),
  type: z.string(),
  sizeKib: z.int().positive().nullable(),
  /** CPUs that share it, in the kernel's list format. */
  cpus: z.string(),
});
/** One cache of a machine. */
export type Cache = z.infer<typeof CacheSchema>;

export const TopologySchema = z.strictObject({
  /** The second level and beyond; no two cores share a first. */
  caches: z.array(CacheSchema),
  /** By node: its distance to each node, 10 being its own memory (ACPI's SLIT). */
  distances: z.record(z.string(), z.array(z.int().nonnegative())),
});
/** What the CPUs of a machine share. */
export type Topology = z.infer<typeof TopologySchema>;

const ForeignSchema = z.strictObject({
  /** What it is of, as `doctor` names its finding. */
  subject: z.string(),
  text: z.string(),
  /** What to do about it; null where nothing is to be done. */
  mend: z.string().nullable(),
});
/** Something of a host that is not ours and can be in the way of packets or containers. */
export type Foreign = z.infer<typeof ForeignSchema>;

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
  /** All that are online. */
  cpus: z.array(CpuSchema),
  /** Null in records of older versions. */
  topology: TopologySchema.nullable().default(null),
  memoryBytes: z.int().nonnegative(),
  clocksource: z.string(),
  invariantTsc: z.boolean(),
  /** The time-stamp counters of any two of the CPUs that may be used are at most so far apart: the error of a one-way delay. Null where nobody knows. */
  clockErrorNs: z.int().nonnegative().nullable(),
  /** File name under /sys/devices/system/cpu/vulnerabilities to what the kernel says. */
  mitigations: z.record(z.string(), z.string()),
  /** Kernel knobs that change the figures, as found (path-like name to value); absent ones are left out. */
  knobs: z.record(z.string(), z.string()),
  /** Programs, libraries, those switches that the campaign names (all where it names none) and network cards, such as lxc, node, `switch ovs`, `NIC eth0`, `SHA-256 of vswload`. */
  versions: z.record(z.string(), z.string()),
  loadAverage: z.number(),
  /** Whatever of the host can be in the way; empty in records of older versions. It is told, and makes no two machines unlike. */
  foreign: z.array(ForeignSchema).default([]),
});
export type Inventory = z.infer<typeof InventorySchema>;
