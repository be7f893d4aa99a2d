// SPDX-License-Identifier: Apache-2.0
// VPP on interfaces of the kernel, for containers with plain sockets: the process and the bridge of `vpp`, and the switch's end of a cable for a port. The
// drivers differ in how VPP gets at its packets.
import { type Host, HostError } from '../host/host.ts';
import { ipBatch } from '../host/netdev.ts';
import { FRAME_BYTES_USUAL } from '../model/frame.ts';
import type { NetdevPort, PortCounters, PortRequest, Probe, SwitchContext, SwitchDriver } from './driver.ts';
import { ksoftirqds } from './kit/kernel-threads.ts';
import { type Network, openNetwork, registerLink } from './kit/network.ts';
import { containerPorts, makeVeth, refuseTaken, switchEnd } from './kit/veth.ts';
import { BUFFERS_BYTES, missing } from './vpp.ts';
import { Bridge } from './vpp-bridge.ts';
import { fibFigures, fibOf } from './vpp-cli.ts';
import { type Cli, connectCli, findVpp, hasPlugin, startVpp } from './vpp-daemon.ts';
import { Observer, readCounters } from './vpp-figures.ts';

/** How VPP has an interface of the kernel for a port. */
export interface VppWay {
  id: string;
  title: string;
  plugin: string;
  /** A part of VPP, and no plugin, before it became one. */
  wasBuiltIn: boolean;
  /** Makes VPP's interface on one of the kernel's, and returns its name. */
  make(cli: Cli, link: string): Promise<string>;
  nameOf(link: string): string;
  /** The command that deletes it. */
  deletion(link: string): string;
}

/** The driver of such a way. */
export function vppOn(way: VppWay): SwitchDriver {
  return {
    id: way.id,
    title: way.title,
    ports: ['netdev'],
    locations: ['local'],
    threads: 1,
    hotplug: 'container',
    unserved: { 'udp-gso': 'it hands on checksums that the kernel left unfinished' },
    frameLimit: () => ({ bytes: FRAME_BYTES_USUAL, why: 'its packet buffers are set up for no more' }),
    hugepageBytes: () => BUFFERS_BYTES,
    probe: (host) => probe(host, way),
    start: (context) => start(context, way),
  };
}

async function probe(host: Host, { plugin, wasBuiltIn }: VppWay): Promise<Probe> {
  const found = await findVpp(host);
  if (found.path === null) return { available: false, missing: found.missing, mend: found.mend };
  if (wasBuiltIn || (await hasPlugin(host, found.path, plugin)))
    return { available: true, version: found.version, program: found.path };
  return {
    available: false,
    missing: `${found.path} has no plugin ${plugin}`,
    mend: `install vpp-plugin-core, or build VPP with ${plugin}`,
  };
}

async function start(context: SwitchContext, way: VppWay) {
  const found = await findVpp(context.host);
  if (found.path === null) throw new HostError(found.missing);
  await context.host.run(['chmod', '0700', context.directory]);
  const network = await openNetwork(context);
  const ports = containerPorts(context, network);
  await refuseTaken(
    network.host,
    ports.flatMap((port) => [port.interface, switchEnd(port)]),
  );
  const process = await startVpp({ ...context, host: network.host }, found.path, [way.plugin]);
  const cli = await connectCli(context, found.path, process);
  const bridge = new Bridge(cli);
  const interfaces = await addPorts(context, network, { way, cli, bridge, ports });
  const observer = new Observer(cli);
  let isNew = true;
  const softirqThreads = ksoftirqds(context.host);
  return {
    nextPorts: () => ports,
    flags: network.flags,
    async connect() {
      if (!isNew)
        for (const [index, port] of ports.entries()) interfaces[index] = await replug({ way, cli, bridge }, port);
      isNew = false;
    },
    counters: () => countersOf(cli, ports, interfaces),
    async settled(stations: Parameters<typeof missing>[3]) {
      await bridge.carry({ tagged: stations.some(({ vlans }) => vlans !== undefined) });
      const lacking = await missing(context, cli, { interfaces, uplink: null, bridge }, stations);
      if (lacking === null) await observer.learnIdleness();
      return lacking;
    },
    threads: async () => [process.pid, ...(await softirqThreads())],
    health: async () => (await network.health()) ?? cli.ended,
    observe: async () => {
      const end = await observer.begin();
      return async () => ({ ...(await end()), ...fibFigures(await cli.ask('show l2fib')) });
    },
    caches: async () => [fibOf(await cli.ask('show l2fib'))],
  };
}

/** Names of VPP's interfaces, in the order of the ports. */
async function addPorts(
  context: SwitchContext,
  network: Network,
  { way, cli, bridge, ports }: { way: VppWay; cli: Cli; bridge: Bridge; ports: readonly NetdevPort[] },
): Promise<string[]> {
  await bridge.make();
  const interfaces: string[] = [];
  for (const port of ports) {
    const end = switchEnd(port);
    await registerLink(context, network, end);
    await makeVeth(network, port, context.frameBytes);
    // What comes for a container has an address that is not the interface's.
    await ipBatch(network.host, [`link set dev ${end} promisc on up`]);
    interfaces.push(await plug({ way, cli, bridge }, end));
  }
  await bridge.requireMembers(interfaces);
  return interfaces;
}

interface Plugged {
  way: VppWay;
  cli: Cli;
  bridge: Bridge;
}

async function plug({ way, cli, bridge }: Plugged, link: string): Promise<string> {
  const name = await way.make(cli, link);
  await bridge.join(name);
  await cli.order(`set interface rx-mode ${name} polling`);
  return name;
}

/** With a new socket: what the kernel has not sent of a ring waits there for the next frame, which would be the next trial's. */
async function replug(plugged: Plugged, port: PortRequest): Promise<string> {
  const { way, cli, bridge } = plugged;
  const link = switchEnd(port);
  await cli.order(way.deletion(link));
  bridge.forget(way.nameOf(link));
  return plug(plugged, link);
}

/**
 * By VPP itself, all ports in one go: what a ring of the kernel's had no room for is lost in front of VPP, and what the kernel did not send behind it. The
 * kernel's counters at these ends are read at another time, and would not agree about a packet on its way.
 */
async function countersOf(
  cli: Cli,
  ports: readonly PortRequest[],
  interfaces: readonly string[],
): Promise<PortCounters[]> {
  const seen = await readCounters(cli, interfaces);
  return ports.flatMap(({ pair, end }, index) => {
    const counters = seen[index];
    return counters === undefined ? [] : [{ pair, end, ...counters }];
  });
}
