// SPDX-License-Identifier: Apache-2.0
// Open vSwitch with the kernel's datapath: a veth pair for each container. A packet is forwarded in softirq on the CPU of the
// sender; only the first of a flow goes up to the daemon. A kernel has one such datapath a network namespace, whatever daemon asks
// for it, and two daemons would take each other's ports away: with --host-network it is refused where a system's OVS has it.
import { grownBy } from '../host/counter.ts';
import { type Host, HostError, runOrThrow } from '../host/host.ts';
import { ipBatch, linkNames } from '../host/netdev.ts';
import type { NetdevPort, Station, SwitchContext, SwitchDriver, SwitchFigures, UplinkCounters } from './driver.ts';
import { isListed, kernelRelease } from './kit/kernel-feature.ts';
import { ksoftirqds } from './kit/kernel-threads.ts';
import { type Network, openNetwork, registerLink } from './kit/network.ts';
import { daemonCaches, fillFigures } from './kit/ovs-caches.ts';
import {
  addBridge,
  appctl,
  countersOf,
  findDaemon,
  findSchema,
  healthOf,
  type OvsPortStatistics,
  plugInterface,
  portNumber,
  startDaemon,
  startDatabase,
  statistics,
  unlearned,
  uplinkNumber,
} from './kit/ovs-daemons.ts';
import { moveUplink, uplinkMissing } from './kit/uplink.ts';
import { containerPorts, makeVeth, refuseTaken, switchEnd } from './kit/veth.ts';

const BRIDGE = 'vswovsk0';
const MODULE = 'openvswitch';
/** What the kernel calls its datapath, as an interface. */
const DATAPATH = 'ovs-system';

export const ovsKernel: SwitchDriver = {
  id: 'ovs-kernel',
  title: "Open vSwitch, the kernel's datapath",
  ports: ['netdev'],
  locations: ['local', 'remote'],
  threads: 0,
  hotplug: 'container',

  async probe(host) {
    const daemon = await findDaemon(host);
    if (daemon === null || (await findSchema(host)) === null) {
      return {
        available: false,
        missing: 'Open vSwitch is not installed',
        mend: "run 'vswbench setup' (Debian, Ubuntu: openvswitch-switch)",
      };
    }
    const release = await kernelRelease(host);
    if (await hasModule(host)) return { available: true, version: `${daemon.version}, Linux ${release}` };
    return {
      available: false,
      missing: `the kernel has no module ${MODULE}`,
      mend: "use a kernel with CONFIG_OPENVSWITCH, as distributions have it, or the lab: run 'vswbench lab up'",
    };
  },

  async start(context) {
    const { uplink } = context;
    const [daemon, schema] = [await findDaemon(context.host), await findSchema(context.host)];
    if (daemon === null || schema === null) throw new HostError('Open vSwitch is gone');
    await loadModule(context.host);
    const network = await openNetwork(context);
    const { host } = network;
    const ports = containerPorts(context, network);
    await refuseTaken(host, [BRIDGE, ...ports.flatMap((port) => [port.interface, switchEnd(port)])]);
    if (network.namespace === null) await claimDatapath(context);
    const database = await startDatabase(context, schema, {});
    const vswitchd = await startDaemon({ ...context, host }, daemon.path, []);
    const health = healthOf(database, vswitchd);
    await addBridge(context, vswitchd, BRIDGE, 'system');
    for (const [index, port] of ports.entries()) await addPort(context, network, port, portNumber(index));
    if (uplink !== null) {
      await moveUplink(context, network, uplink);
      await plugInterface(context, BRIDGE, uplink.interface, { number: uplinkNumber(context) });
    }
    const softirqThreads = ksoftirqds(context.host);
    return {
      nextPorts: () => ports,
      flags: network.flags,
      counters: () => countersOf(context, BRIDGE, countersIn),
      ...(uplink === null
        ? {}
        : { uplinkCounters: async () => countersIn(await statistics(context, BRIDGE), uplinkNumber(context)) }),
      settled: (stations) => missing(context, network, stations),
      threads: async () => [vswitchd.pid, ...(await softirqThreads())],
      health: async () => (await network.health()) ?? (await health()),
      observe: async () => {
        const before = await missedLookups(context);
        return async () => ({
          ...figuresBetween(before, await missedLookups(context)),
          ...(await fillFigures(context, BRIDGE)),
        });
      },
      caches: () => daemonCaches(context, BRIDGE, null),
    };
  },
};

/** Loaded, built in, or there to be loaded. */
async function hasModule(host: Host): Promise<boolean> {
  return (await host.list(`/sys/module/${MODULE}`)).length > 0 || isListed(host, MODULE);
}

/** It stays loaded, as the bridge's does: whether somebody else uses it by then cannot be known. */
async function loadModule(host: Host): Promise<void> {
  if ((await host.list(`/sys/module/${MODULE}`)).length === 0) await runOrThrow(host, ['modprobe', MODULE]);
}

/**
 * The datapath of the host's own network outlives its daemon, and is ours to remove. Throws HostError where it is somebody else's: two
 * daemons take each other's ports away.
 */
async function claimDatapath({ host, undo }: SwitchContext): Promise<void> {
  if ((await linkNames(host)).includes(DATAPATH)) {
    throw new HostError(
      `Open vSwitch of this system has the kernel's datapath in this network (${DATAPATH}): measure without --host-network, or stop it`,
    );
  }
  const remove = `[ ! -e /sys/class/net/${DATAPATH} ] || ovs-dpctl del-dp ${DATAPATH}`;
  await undo.push({ kind: 'run', command: ['sh', '-c', remove] });
}

async function addPort(context: SwitchContext, network: Network, port: NetdevPort, number: number): Promise<void> {
  const end = switchEnd(port);
  await registerLink(context, network, end);
  await makeVeth(network, port, context.frameBytes);
  await ipBatch(network.host, [`link set dev ${end} up`]);
  await plugInterface(context, BRIDGE, end, { number });
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

async function missing(context: SwitchContext, network: Network, stations: readonly Station[]): Promise<string | null> {
  const { uplink } = context;
  const cut = uplink === null ? null : await uplinkMissing(network.host, uplink);
  return cut ?? unlearned(context, BRIDGE, stations);
}
