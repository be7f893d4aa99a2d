// SPDX-License-Identifier: Apache-2.0
// Open vSwitch with the kernel's datapath: a veth pair for each container. A packet is forwarded in softirq on the CPU of the
// sender; only the first of a flow goes up to the daemon. A kernel has one such datapath a network namespace, whatever daemon asks
// for it, and two daemons would take each other's ports away: ours has a namespace of its own, into which the ports and the
// uplink are moved.
import { z } from 'zod';
import { grownBy } from '../host/counter.ts';
import { type Host, HostError, runOrThrow } from '../host/host.ts';
import { ipBatch, silenceIpv6 } from '../host/netdev.ts';
import type {
  NetdevPort,
  Station,
  SwitchContext,
  SwitchDriver,
  SwitchFigures,
  Uplink,
  UplinkCounters,
} from './driver.ts';
import { ksoftirqds } from './kit/kernel-threads.ts';
import {
  addBridge,
  appctl,
  countersOf,
  findSchema,
  healthOf,
  type OvsPortStatistics,
  portNumber,
  startDaemon,
  startDatabase,
  statistics,
  unlearned,
  uplinkNumber,
  vsctl,
} from './kit/ovs-daemons.ts';
import { takeUplink } from './kit/uplink.ts';
import { containerEnd, refuseTaken, switchEnd, vethPair } from './kit/veth.ts';

const BRIDGE = 'vswovsk0';
const MODULE = 'openvswitch';

/** Debian and Ubuntu put the plain daemon aside where the one with DPDK is installed as well; either can do it. */
const DAEMONS = [
  'ovs-vswitchd',
  '/usr/lib/openvswitch-switch/ovs-vswitchd',
  '/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk',
];

export const ovsKernel: SwitchDriver = {
  id: 'ovs-kernel',
  title: "Open vSwitch, the kernel's datapath",
  ports: ['netdev'],
  locations: ['local', 'remote'],
  threads: 0,

  async probe(host) {
    const daemon = await findDaemon(host);
    if (daemon === null || (await findSchema(host)) === null) {
      return {
        available: false,
        missing: 'Open vSwitch is not installed',
        mend: "run 'vswbench setup' (Debian, Ubuntu: openvswitch-switch)",
      };
    }
    const release = (await host.read('/proc/sys/kernel/osrelease'))?.trim() ?? '';
    if (await hasModule(host, release)) return { available: true, version: `${daemon.version}, Linux ${release}` };
    return {
      available: false,
      missing: `the kernel has no module ${MODULE}`,
      mend: "use a kernel with CONFIG_OPENVSWITCH, as distributions have it, or the lab: run 'vswbench lab up'",
    };
  },

  async start(context) {
    const { host, uplink } = context;
    const [daemon, schema] = [await findDaemon(host), await findSchema(host)];
    if (daemon === null || schema === null) throw new HostError('Open vSwitch is gone');
    const ports = context.ports.map(
      (request): NetdevPort => ({ ...request, kind: 'netdev', interface: containerEnd(request) }),
    );
    await refuseTaken(
      host,
      ports.map((port) => port.interface),
    );
    await loadModule(host);
    const namespace = await makeNamespace(context);
    const database = await startDatabase(context, schema, {});
    const vswitchd = await startDaemon(context, daemon.path, ['nsenter', `--net=${namespace.path}`]);
    const health = healthOf(database, vswitchd);
    await addBridge(context, vswitchd, BRIDGE, 'system');
    for (const [index, port] of ports.entries()) await addPort(context, namespace, port, portNumber(index));
    if (uplink !== null) await addUplink(context, namespace, uplink);
    return {
      nextPorts: () => ports,
      flags: [],
      counters: () => countersOf(context, BRIDGE, countersIn),
      ...(uplink === null
        ? {}
        : { uplinkCounters: async () => countersIn(await statistics(context, BRIDGE), uplinkNumber(context)) }),
      settled: (stations) => missing(context, namespace, stations),
      threads: async () => [vswitchd.pid, ...(await ksoftirqds(host))],
      health,
      observe: async () => {
        const before = await missedLookups(context);
        return async () => figuresBetween(before, await missedLookups(context));
      },
    };
  },
};

async function findDaemon(host: Host): Promise<{ path: string; version: string } | null> {
  for (const path of DAEMONS) {
    const { exitCode, stdout } = await host.run([path, '--version']);
    const [, version] = /\(Open vSwitch\) (\S+)/.exec(stdout) ?? [];
    if (exitCode === 0 && version !== undefined) return { path, version };
  }
  return null;
}

/** Loaded, built in, or there to be loaded. */
async function hasModule(host: Host, release: string): Promise<boolean> {
  if ((await host.list(`/sys/module/${MODULE}`)).length > 0) return true;
  for (const list of ['modules.builtin', 'modules.dep']) {
    const text = (await host.read(`/lib/modules/${release}/${list}`)) ?? '';
    if (new RegExp(`/${MODULE}\\.ko(\\.\\w+)?(:|$)`, 'm').test(text)) return true;
  }
  return false;
}

/** It stays loaded, as the bridge's does: whether somebody else uses it by then cannot be known. */
async function loadModule(host: Host): Promise<void> {
  if ((await host.list(`/sys/module/${MODULE}`)).length === 0) await runOrThrow(host, ['modprobe', MODULE]);
}

interface Namespace {
  name: string;
  path: string;
}

/** With a name, by which an uplink can still be fetched out of it when daemon and vswbench were killed. */
async function makeNamespace({ host, undo }: SwitchContext): Promise<Namespace> {
  // Two hosts may be two namespaces of one machine.
  const name = `vswovsk${host.ownerPid}`;
  await undo.push({ kind: 'delete-namespace', name });
  await runOrThrow(host, ['ip', 'netns', 'add', name]);
  const namespace = { name, path: `/run/netns/${name}` };
  // Of all that will come into it. Neighbour discovery is not the traffic that we count.
  const knob = '/proc/sys/net/ipv6/conf/default/disable_ipv6';
  await inside(host, namespace, ['sh', '-c', `[ ! -e ${knob} ] || echo 1 > ${knob}`]);
  return namespace;
}

function inside(host: Host, { path }: Namespace, command: readonly string[]): Promise<string> {
  return runOrThrow(host, ['nsenter', `--net=${path}`, ...command]);
}

async function addPort(context: SwitchContext, namespace: Namespace, port: NetdevPort, number: number): Promise<void> {
  const { host, undo, frameBytes } = context;
  const end = switchEnd(port);
  await undo.push({ kind: 'delete-link', name: port.interface });
  await ipBatch(host, [`link add ${vethPair(end, port.interface, frameBytes, namespace.name)}`]);
  await silenceIpv6(host, port.interface);
  await inside(host, namespace, ['ip', 'link', 'set', 'dev', end, 'up']);
  await plug(context, end, number);
}

async function plug(context: SwitchContext, name: string, number: number): Promise<void> {
  await vsctl(context, ...['add-port', BRIDGE, name, '--', 'set', 'Interface', name, `ofport_request=${number}`]);
  const error = (await vsctl(context, 'get', 'Interface', name, 'error')).trim();
  if (error !== '[]' && error !== '""') throw new HostError(`OVS cannot use the interface ${name}: ${error}`);
}

async function addUplink(context: SwitchContext, namespace: Namespace, uplink: Uplink): Promise<void> {
  const { host, undo, frameBytes } = context;
  await takeUplink(host, undo, uplink, frameBytes);
  const name = uplink.interface;
  // Back to where the shell is that does it: the host's namespace, which has no other name. Nothing to do where it is back already.
  const back = `! ip -netns ${namespace.name} link show dev ${name} || ip -netns ${namespace.name} link set dev ${name} netns $$`;
  await undo.push({ kind: 'run', command: ['sh', '-c', `{ ${back}; } > /dev/null 2>&1`] });
  await runOrThrow(host, ['ip', 'link', 'set', 'dev', name, 'netns', namespace.name]);
  await inside(host, namespace, ['ip', 'link', 'set', 'dev', name, 'up']);
  await plug(context, name, uplinkNumber(context));
}

/** Of one port, seen from the switch, as the kernel's datapath counts them. */
export function countersIn(table: Map<number, OvsPortStatistics>, port: number): UplinkCounters {
  const found = table.get(port);
  if (found === undefined || found.rxPackets === null || found.txPackets === null) {
    throw new HostError(`OVS has no counters of port ${port}: its interface is gone`);
  }
  return {
    inPackets: found.rxPackets,
    ...(found.rxBytes === null ? {} : { inBytes: found.rxBytes }),
    outPackets: found.txPackets,
    ...(found.txBytes === null ? {} : { outBytes: found.txBytes }),
    drops: [
      { reason: 'on receiving, by the kernel', packets: found.rxDropped },
      { reason: 'on sending, by the kernel', packets: found.txDropped },
    ],
  };
}

/** Packets for which the kernel's datapath knew no flow, and asked the daemon; null where it does not say. */
async function missedLookups(context: SwitchContext): Promise<bigint | null> {
  const missed = /^ *lookups: hit:\d+ missed:(\d+) /m.exec(await appctl(context, 'dpctl/show'))?.[1];
  return missed === undefined ? null : BigInt(missed);
}

function figuresBetween(before: bigint | null, after: bigint | null): SwitchFigures {
  return before === null || after === null ? {} : { cacheMisses: grownBy('missed lookups of OVS', before, after) };
}

const LinkSchema = z.array(z.looseObject({ flags: z.array(z.string()) }));

async function missing(
  context: SwitchContext,
  namespace: Namespace,
  stations: readonly Station[],
): Promise<string | null> {
  const { host, uplink } = context;
  if (uplink !== null) {
    const shown = await inside(host, namespace, ['ip', '-json', 'link', 'show', 'dev', uplink.interface]);
    if (LinkSchema.parse(JSON.parse(shown))[0]?.flags.includes('LOWER_UP') !== true) {
      return `uplink ${uplink.interface} of host ${host.name} has no carrier: is the cable in, and the other end up?`;
    }
  }
  return unlearned(context, BRIDGE, stations);
}
