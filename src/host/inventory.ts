// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';
import { z } from 'zod';
import { type Inventory, LAB_PRODUCT, LAB_VIRTUALIZATION } from '../model/inventory.ts';
import { allowedCpus } from './affinity.ts';
import { cpuModelOf } from './cpu-model.ts';
import { foreignOf } from './foreign.ts';
import type { Host } from './host.ts';
import { networkCard } from './network-card.ts';
import { settingsOf } from './settings.ts';
import { cpusOf, topologyOf } from './topology.ts';

/** Knobs that change what is measured, by the name under which a report shows them. */
const KNOBS: Record<string, string> = {
  'net.bridge.bridge-nf-call-iptables': '/proc/sys/net/bridge/bridge-nf-call-iptables',
  'net.bridge.bridge-nf-call-ip6tables': '/proc/sys/net/bridge/bridge-nf-call-ip6tables',
  'net.bridge.bridge-nf-call-arptables': '/proc/sys/net/bridge/bridge-nf-call-arptables',
  'net.core.netdev_max_backlog': '/proc/sys/net/core/netdev_max_backlog',
  'net.core.netdev_budget': '/proc/sys/net/core/netdev_budget',
  'net.core.default_qdisc': '/proc/sys/net/core/default_qdisc',
  'net.core.bpf_jit_enable': '/proc/sys/net/core/bpf_jit_enable',
  'kernel.sched_rt_runtime_us': '/proc/sys/kernel/sched_rt_runtime_us',
  'cpufreq.boost': '/sys/devices/system/cpu/cpufreq/boost',
  'intel_pstate.no_turbo': '/sys/devices/system/cpu/intel_pstate/no_turbo',
  'smt.control': '/sys/devices/system/cpu/smt/control',
  'transparent_hugepage.enabled': '/sys/kernel/mm/transparent_hugepage/enabled',
  isolcpus: '/sys/devices/system/cpu/isolated',
  nohz_full: '/sys/devices/system/cpu/nohz_full',
};

const VERSION_COMMANDS: Record<string, string[]> = {
  lxc: ['lxc-execute', '--version'],
  busybox: ['busybox'],
  iproute2: ['ip', '-V'],
  compiler: ['cc', '--version'],
};

/** The vswbench that measures. */
export interface Build {
  version: string;
  commit: string | null;
}

/**
 * Describes a host as found, for the record. Nothing is changed, and what cannot be read is left out. `clockErrorNs` is what `clockErrorOf`
 * has found; null where it was not asked. `uplinks` are interfaces of a testbed's.
 */
export async function takeInventory(
  host: Host,
  { version, commit }: Build,
  clockErrorNs: number | null,
  uplinks: readonly string[] = [],
): Promise<Inventory> {
  const text = async (path: string) => ((await host.read(path)) ?? '').trim();
  const cpuinfo = await text('/proc/cpuinfo');
  const cpus = await cpusOf(host);
  const flags = new Set((field(cpuinfo, 'flags') ?? '').split(' '));
  const [virtualization, versions, foreign] = await Promise.all([
    virtualizationOf(host, flags),
    versionsOf(host),
    foreignOf(host, uplinks),
  ]);
  return {
    hostname: await hostnameOf(host),
    recordedAt: new Date().toISOString(),
    vswbenchVersion: version,
    vswbenchCommit: commit,
    os: /^PRETTY_NAME="?([^"\n]*)/m.exec(await text('/etc/os-release'))?.[1] ?? 'unknown',
    kernel: await text('/proc/sys/kernel/osrelease'),
    kernelCommandLine: await text('/proc/cmdline'),
    architecture: architectureOf(cpuinfo),
    virtualization,
    cpuModel: (await cpuModelOf(host, cpuinfo)) ?? architectureOf(cpuinfo),
    microcode: field(cpuinfo, 'microcode') ?? null,
    cpus,
    topology: await topologyOf(host),
    memoryBytes: Number(/^MemTotal:\s+(\d+) kB/m.exec(await text('/proc/meminfo'))?.[1] ?? 0) * 1024,
    clocksource: (await clocksourceOf(host)) ?? 'unknown',
    // arm64's generic timer is invariant by its architecture.
    invariantTsc: architectureOf(cpuinfo) === 'arm64' || (flags.has('constant_tsc') && flags.has('nonstop_tsc')),
    clockErrorNs,
    mitigations: await readAll(host, await vulnerabilities(host)),
    knobs: { ...(await readAll(host, KNOBS)), ...(await settingsOf(host, cpus)) },
    versions,
    foreign,
    loadAverage: Number((await text('/proc/loadavg')).split(' ')[0] ?? 0),
  };
}

/** What a host calls itself. */
export async function hostnameOf(host: Host): Promise<string> {
  return ((await host.read('/proc/sys/kernel/hostname')) ?? '').trim();
}

/** What the kernel tells the time by, now: it may change its mind. Null where it does not say. */
export async function clocksourceOf(host: Host): Promise<string | null> {
  const name = await host.read('/sys/devices/system/clocksource/clocksource0/current_clocksource');
  return name?.trim() || null;
}

const ClockErrorSchema = z.looseObject({ error_ns: z.int().nonnegative().nullable() });

/**
 * What dataplane/clock_error.c, in the host's folder of built programs, finds of the CPUs that may be used; null where it is not built. It
 * compares the CPUs' clocks, which whatever else is started meanwhile would make less exact.
 */
export async function clockErrorOf(host: Host, programs: string): Promise<number | null> {
  const cpus = await allowedCpus(host);
  const { exitCode, stdout } = await host.run([`${programs}/clock-error`, cpus.join(',')]);
  return exitCode === 0 ? ClockErrorSchema.parse(JSON.parse(stdout)).error_ns : null;
}

/** In Node's words, of the host, which need not be that of the machine that vswbench runs on. */
function architectureOf(cpuinfo: string): string {
  if (/^CPU implementer\s*:/m.test(cpuinfo)) return 'arm64';
  return /^vendor_id\s*:/m.test(cpuinfo) ? 'x64' : process.arch;
}

function field(cpuinfo: string, name: string): string | undefined {
  // A value may be empty: the next line is then not the value.
  return new RegExp(`^${name}[ \\t]*:[ \\t]*(\\S.*)$`, 'm').exec(cpuinfo)?.[1];
}

/** Commit of a checkout, `-dirty` where it has changes; null where it is none. */
export async function commitOf(host: Host, { root }: { root: string }): Promise<string | null> {
  const { exitCode, stdout } = await host.run([
    ...['git', '-c', `safe.directory=${root}`, '-C', root],
    // Looking must not write: without the option, `git status` refreshes the index, as root, beside the user's own git.
    ...['--no-optional-locks', 'status', '--porcelain=v2', '--branch', '--untracked-files=no'],
  ]);
  const [, commit = null] = /^# branch\.oid ([0-9a-f]{12})/m.exec(stdout) ?? [];
  if (exitCode !== 0 || commit === null) return null;
  return /^[^#]/m.test(stdout) ? `${commit}-dirty` : commit;
}

async function virtualizationOf(host: Host, flags: Set<string>): Promise<string | null> {
  if ((await host.read('/sys/class/dmi/id/product_name'))?.trim() === LAB_PRODUCT) return LAB_VIRTUALIZATION;
  const detected = (await host.run(['systemd-detect-virt', '--vm'])).stdout.trim();
  if (detected !== '' && detected !== 'none') return detected;
  return flags.has('hypervisor') ? 'hypervisor (unnamed)' : null;
}

async function vulnerabilities(host: Host): Promise<Record<string, string>> {
  const folder = '/sys/devices/system/cpu/vulnerabilities';
  return Object.fromEntries((await host.list(folder)).map((name) => [basename(name), `${folder}/${name}`]));
}

async function readAll(host: Host, paths: Record<string, string>): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const [name, path] of Object.entries(paths)) {
    const value = (await host.read(path))?.trim();
    if (value !== undefined && value !== '' && value !== '(null)') values[name] = value;
  }
  return values;
}

async function versionsOf(host: Host): Promise<Record<string, string>> {
  const asked = Object.entries(VERSION_COMMANDS).map(async ([name, command]): Promise<[string, string][]> => {
    const { exitCode, stdout, stderr } = await host.run(command);
    const line = (stdout.trim() || stderr.trim()).split('\n')[0] ?? '';
    return exitCode === 0 && line !== '' ? [[name, line]] : [];
  });
  const versions = Object.fromEntries((await Promise.all(asked)).flat());
  return { node: process.versions.node, ...versions, ...(await networkCards(host)) };
}

/** Driver and speed of each interface that is a device, by `NIC name`. */
async function networkCards(host: Host): Promise<Record<string, string>> {
  const cards: Record<string, string> = {};
  for (const name of await host.list('/sys/class/net')) {
    const { driver, speedMbps } = await networkCard(host, name);
    if (driver !== null) cards[`NIC ${name}`] = speedMbps === null ? driver : `${driver}, ${speedMbps} Mbit/s`;
  }
  return cards;
}
