// SPDX-License-Identifier: Apache-2.0
// Open vSwitch with its user-space datapath on interfaces of the kernel: what containers with plain sockets can have of it without a module, and without
// DPDK's ports. The drivers differ in how the daemon gets at the packets, by the type of its ports (ovs-vswitchd.conf.db(5)).
import { type Host, HostError, runOrThrow } from '../../host/host.ts';
import { ipBatch } from '../../host/netdev.ts';
import { frameBytesOf, mtuOf } from '../../model/frame.ts';
import type {
  NetdevPort,
  PortCounters,
  Probe,
  Station,
  SwitchContext,
  SwitchDriver,
  SwitchFigures,
} from '../driver.ts';
import { hasFeature, kernelRelease } from './kernel-feature.ts';
import { ksoftirqds } from './kernel-threads.ts';
import { type Network, openNetwork, registerLink } from './network.ts';
import { daemonCaches, fillFigures, pollerCaches } from './ovs-caches.ts';
import {
  addBridge,
  appctl,
  findDaemon,
  findSchema,
  healthOf,
  plugInterface,
  portNumber,
  startDaemon,
  startDatabase,
  unlearned,
  unlearnedInTable,
} from './ovs-daemons.ts';
import { parseMainThread, parsePmdStatistics } from './ovs-pmd.ts';
import { containerPorts, countersAtEnd, makeVeth, refuseTaken, switchEnd } from './veth.ts';

const BRIDGE = 'vswovsn0';
/** The user-space datapath has an interface of this name, whatever its bridges are called. */
const DATAPATH = 'ovs-netdev';

export interface OvsPortType {
  type: 'afxdp' | 'afxdp-nonpmd' | 'system' | 'tap';
  title: string;
  /** A polling thread has its ports; else the daemon's main thread, between its other work. */
  polls: boolean;
  /** Further settings of each port, as `options:xdp-mode=native`. */
  settings?: readonly string[];
}

/** What a driver of such a type adds of its own: what it cannot carry. */
type Limits = Pick<SwitchDriver, 'unserved' | 'uncarried' | 'frameLimit'>;

/** Of types that take frames as they are in memory: a device that was to finish a super-packet's checksums has not. */
export const UNFINISHED = { 'udp-gso': 'it hands on checksums that the kernel left unfinished' };

/** Before the frame the kernel keeps 256 bytes of a page, and behind it what it knows of an skb: 3506 is the MTU that it leaves a veth then. */
const XDP_MTU_MAX = 3506;

export const AFXDP_LIMITS = {
  unserved: UNFINISHED,
  frameLimit: () => ({ bytes: frameBytesOf(XDP_MTU_MAX), why: 'a veth pair takes no more with XDP' }),
};

/** The veth's own mode, with a copy; OVS would fall back to generic mode by itself, and say so in its log alone. */
export const NATIVE = ['options:xdp-mode=native'];

/** The driver whose ports are of such a type. */
export function ovsOn(port: OvsPortType, limits: Limits = {}): SwitchDriver {
  return {
    id: `ovs-${port.type}`,
    title: `Open vSwitch, user-space datapath, ${port.title}`,
    ports: ['netdev'],
    locations: ['local'],
    threads: port.polls ? 1 : 0,
    hotplug: 'container',
    ...limits,
    probe: (host) => probe(host, port),
    start: (context) => start(context, port),
  };
}

async function probe(host: Host, { type }: OvsPortType): Promise<Probe> {
  const daemon = await findDaemon(host);
  if (daemon === null || (await findSchema(host)) === null) {
    return {
      available: false,
      missing: 'Open vSwitch is not installed',
      mend: "run 'vswbench setup' (Debian, Ubuntu: openvswitch-switch-dpdk)",
    };
  }
  const lacking = type === 'system' ? null : type === 'tap' ? await withoutTap(host) : await withoutXdp(host, daemon);
  return lacking ?? { available: true, version: `${daemon.version}, Linux ${await kernelRelease(host)}` };
}

async function withoutTap(host: Host): Promise<Probe | null> {
  if ((await host.run(['test', '-r', '/dev/net/tun'])).exitCode === 0) return null;
  return { available: false, missing: 'there is no /dev/net/tun', mend: 'use a kernel with CONFIG_TUN' };
}

async function withoutXdp(host: Host, { path }: { path: string }): Promise<Probe | null> {
  if (!(await hasFeature(host, { module: 'xsk', symbol: 'xsk_bind' }))) {
    return { available: false, missing: 'the kernel has no AF_XDP', mend: 'use a kernel with CONFIG_XDP_SOCKETS' };
  }
  // It tells what it was built with only when it runs.
  const file = (await host.run(['sh', '-c', 'command -v "$0"', path])).stdout.trim();
  if ((await host.run(['grep', '-qs', 'afxdp-nonpmd', file])).exitCode === 0) return null;
  return {
    available: false,
    missing: `${path} is built without AF_XDP`,
    mend: 'use one that is built with it (Debian 12: openvswitch-switch)',
  };
}

async function start(context: SwitchContext, port: OvsPortType) {
  const [daemon, schema] = [await findDaemon(context.host), await findSchema(context.host)];
  if (daemon === null || schema === null) throw new HostError('Open vSwitch is gone');
  const network = await openNetwork(context);
  const { host } = network;
  const ports = containerPorts(context, network);
  const links = ports.flatMap((one) => [one.interface, switchEnd(one)]);
  await refuseTaken(host, [BRIDGE, DATAPATH, ...links]);
  // Both outlive the daemon.
  for (const name of [BRIDGE, DATAPATH]) await registerLink(context, network, name);
  const database = await startDatabase(context, schema, settings(context));
  const vswitchd = await startDaemon({ ...context, host }, daemon.path, []);
  const health = healthOf(database, vswitchd);
  await addBridge(context, vswitchd, BRIDGE, 'netdev');
  for (const [index, one] of ports.entries()) await addPort(context, network, port, one, portNumber(index));
  const softirqThreads = ksoftirqds(context.host);
  return {
    nextPorts: () => ports,
    flags: network.flags,
    counters: () => countersOf(host, port, ports),
    settled: (stations: readonly Station[]) => missing(context, port, stations),
    threads: async () => [vswitchd.pid, ...(await softirqThreads())],
    health: async () => (await network.health()) ?? (await health()),
    observe: () => observe(context, port),
    caches: async () => [
      ...(await pollerCaches(context)),
      ...(await daemonCaches(context, BRIDGE, 'megaflowHitRatio')),
    ],
  };
}

/** A poller on each of its CPUs; without, none is started. */
function settings({ cpus }: SwitchContext): Record<string, string> {
  const mask = cpus.reduce((bits, cpu) => bits | (1n << BigInt(cpu)), 0n);
  return mask === 0n ? {} : { 'pmd-cpu-mask': `0x${mask.toString(16)}` };
}

/** The switch's end of a cable; of `tap`, which the daemon makes itself, the interface that the container gets. */
async function addPort(
  context: SwitchContext,
  network: Network,
  { type, settings = [] }: OvsPortType,
  port: NetdevPort,
  number: number,
): Promise<void> {
  const name = type === 'tap' ? port.interface : switchEnd(port);
  await registerLink(context, network, name);
  if (type !== 'tap') {
    await makeVeth(network, port, context.frameBytes);
    await ipBatch(network.host, [`link set dev ${name} up`]);
  }
  // What no port asks for is the usual MTU, or the least of all taps'.
  const asked = [`type=${type}`, `mtu_request=${mtuOf(context.frameBytes)}`, ...settings];
  await plugInterface(context, BRIDGE, name, { number, settings: asked });
}

/**
 * By the kernel at the switch's ends: OVS does not tell what the rings in between had no room for. Null for `tap`: its interface is in the container by
 * then, and counted there.
 */
function countersOf(host: Host, { type }: OvsPortType, ports: readonly NetdevPort[]): Promise<PortCounters[]> | null {
  switch (type) {
    case 'tap':
      return null;
    case 'system':
      return countersBesideSockets(host, ports);
    case 'afxdp':
    case 'afxdp-nonpmd':
      return Promise.all(ports.map((port) => countersAtEnd(host, port)));
    default:
      return type satisfies never;
  }
}

/** What is lost before a packet socket is read is no interface's drop, but the socket's. */
async function countersBesideSockets(host: Host, ports: readonly NetdevPort[]): Promise<PortCounters[]> {
  const sockets = parseSocketDrops(await runOrThrow(host, SHOW_SOCKETS));
  const counted = await Promise.all(ports.map((port) => countersAtEnd(host, port)));
  return counted.map((port) => {
    const packets = sockets.get(switchEnd(port)) ?? 0n;
    return { ...port, drops: [...port.drops, { reason: 'packet socket full', packets }] };
  });
}

/** Packet sockets with their memory, a line each (ss(8)). */
const SHOW_SOCKETS = ['ss', '--packet', '--memory', '--oneline', '--no-header'];

/** Parses what ss(8) tells of packet sockets: how many packets each interface's dropped, which is the last of `skmem`. */
export function parseSocketDrops(text: string): Map<string, bigint> {
  const drops = new Map<string, bigint>();
  for (const [, name = '', packets = '0'] of text.matchAll(/^p_\S+ .*?\*:(\S+) .*skmem:\(.*,d(\d+)\)/gm)) {
    drops.set(name, (drops.get(name) ?? 0n) + BigInt(packets));
  }
  return drops;
}

function missing(context: SwitchContext, { type }: OvsPortType, stations: readonly Station[]): Promise<string | null> {
  return type === 'tap' ? unlearnedInTable(context, BRIDGE, stations) : unlearned(context, BRIDGE, stations);
}

async function observe(context: SwitchContext, { polls }: OvsPortType): Promise<() => Promise<SwitchFigures>> {
  await appctl(context, 'dpif-netdev/pmd-stats-clear');
  return async () => {
    const told = await appctl(context, 'dpif-netdev/pmd-stats-show');
    return {
      ...(polls ? parsePmdStatistics(told, context.cpus) : parseMainThread(told)),
      ...(await fillFigures(context, BRIDGE)),
    };
  };
}
