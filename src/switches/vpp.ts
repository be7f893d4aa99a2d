// SPDX-License-Identifier: Apache-2.0
// FD.io's VPP: a process of our own with nothing in it but a bridge domain that learns, one vhost-user or memif port for each
// application and, for `remote`, the uplink as an AF_PACKET interface. A system's VPP runs on untouched.
import { HostError, runOrThrow } from '../host/host.ts';
import { FRAME_BYTES_USUAL } from '../model/frame.ts';
import {
  type PortCounters,
  type PortHotplug,
  type PortRequest,
  type RunningSwitch,
  SOCKETS,
  type SocketPort,
  type Station,
  type SwitchContext,
  type SwitchDriver,
  type Uplink,
  type UplinkCounters,
} from './driver.ts';
import { netMemif } from './kit/memif.ts';
import { takeUplink, uplinkMissing } from './kit/uplink.ts';
import { virtioUser } from './kit/virtio.ts';
import { Bridge } from './vpp-bridge.ts';
import { fibFigures, fibOf, parseForwarding, parseLinks } from './vpp-cli.ts';
import { type Cli, connectCli, findVpp, startVpp } from './vpp-daemon.ts';
import { Observer, readCounters } from './vpp-figures.ts';
import { placeQueues, servedQueues, WORKERS } from './vpp-workers.ts';

const MIB = 1024 * 1024;

/** VPP's packet buffers: 16 384 of 2 KiB with their heads, on pages of 2 MiB, as seen. */
export const BUFFERS_BYTES = 19 * 2 * MIB;

export const vpp: SwitchDriver = {
  id: 'vpp',
  title: 'FD.io VPP, bridge domain',
  ports: ['vhost-user', 'memif'],
  locations: ['local', 'remote'],
  threads: 1,
  hotplug: 'port',
  workers: WORKERS,
  frameLimit: () => ({
    bytes: FRAME_BYTES_USUAL,
    why: "its packet buffers and its uplink's ring are set up for no more",
  }),
  hugepageBytes: () => BUFFERS_BYTES,

  async probe(host) {
    const found = await findVpp(host);
    return found.path === null
      ? { available: false, missing: found.missing, mend: found.mend }
      : { available: true, version: found.version, program: found.path };
  },

  async start(context) {
    const found = await findVpp(context.host);
    if (found.path === null) throw new HostError(found.missing);
    // Who may connect to a socket here decides what the switch does.
    await context.host.run(['chmod', '0700', context.directory]);
    for (const [index] of context.ports.entries()) await context.host.makeDirectory(folderOf(context, index));
    const process = await startVpp(context, found.path);
    const cli = await connectCli(context, found.path, process);
    const bridge = new Bridge(cli);
    const interfaces = await addPorts(context, cli, bridge);
    const uplink = await addUplink(context, cli, bridge);
    await bridge.requireMembers([...interfaces, ...(uplink === null ? [] : [uplink])]);
    const ports = context.ports.map((request, index): SocketPort => {
      const name = `${SOCKETS}/${SOCKET}`;
      return {
        ...request,
        kind: kindOf(context),
        directory: folderOf(context, index),
        device:
          kindOf(context) === 'memif'
            ? netMemif({ name, role: 'client', frameBytes: context.frameBytes })
            : virtioUser({ name, queues: context.queues }),
      };
    });
    const observer = new Observer(cli);
    const running: RunningSwitch = {
      nextPorts: () => ports,
      flags: [],
      counters: () => countersOf(context, cli, interfaces),
      settled: async (stations) => {
        await bridge.carry({ tagged: stations.some(({ vlans }) => vlans !== undefined) });
        const lacking = await missing(context, cli, { interfaces, uplink, bridge }, stations);
        if (lacking !== null) return lacking;
        await placeQueues(cli, interfaces, context);
        await observer.learnIdleness();
        return null;
      },
      served: () => servedQueues(cli, interfaces, context),
      hotplug: hotplugOf(context, cli, { interfaces, bridge, ports }),
      threads: async () => [process.pid],
      health: async () => cli.ended,
      observe: async () => {
        const end = await observer.begin();
        return async () => ({ ...(await end()), ...fibFigures(await cli.ask('show l2fib')) });
      },
      caches: async () => [fibOf(await cli.ask('show l2fib'))],
    };
    if (uplink !== null) {
      running.uplinkCounters = () => uplinkCountersOf(cli, uplink);
      let isNew = true;
      running.connect = async () => {
        if (!isNew && context.uplink !== null) await replugUplink(cli, bridge, context.uplink);
        isNew = false;
      };
    }
    return running;
  },
};

/** A port is deleted and made anew, under the same socket; `interfaces` has its new name. */
function hotplugOf(
  context: SwitchContext,
  cli: Cli,
  { interfaces, bridge, ports }: { interfaces: string[]; bridge: Bridge; ports: readonly SocketPort[] },
): PortHotplug {
  const placeOf = (request: PortRequest) => {
    const index = ports.findIndex(({ pair, end }) => pair === request.pair && end === request.end);
    const [name, port] = [interfaces[index], ports[index]];
    if (name === undefined || port === undefined) throw new HostError('VPP has no such port');
    return { index, name, port };
  };
  return {
    async unplug(request) {
      const { name } = placeOf(request);
      await cli.order(kindOf(context) === 'memif' ? `delete interface memif ${name}` : `delete vhost-user ${name}`);
      bridge.forget(name);
    },
    async plug(request) {
      const { index, port } = placeOf(request);
      const name = await makePort(cli, context, `${folderOf(context, index)}/${SOCKET}`, index + 1);
      await bridge.join(name);
      interfaces[index] = name;
      return port;
    },
  };
}

/** Name of a port's socket in its folder. */
const SOCKET = 'port';

/** A container sees the socket of its own port and no other. */
function folderOf({ directory }: SwitchContext, port: number): string {
  return `${directory}/ports/${port}`;
}

function kindOf({ portKind }: SwitchContext): 'vhost-user' | 'memif' {
  if (portKind !== 'vhost-user' && portKind !== 'memif') throw new RangeError('vpp has no such ports');
  return portKind;
}

/** Names of the interfaces, in the order of the ports. */
async function addPorts(context: SwitchContext, cli: Cli, bridge: Bridge): Promise<string[]> {
  await bridge.make();
  const interfaces: string[] = [];
  for (const [index] of context.ports.entries()) {
    const name = await addPort(cli, context, `${folderOf(context, index)}/${SOCKET}`, index + 1);
    await bridge.join(name);
    interfaces.push(name);
  }
  return interfaces;
}

/** VPP serves the socket, so an application may come and go: the port stays, and its counters with it. */
async function addPort(cli: Cli, context: SwitchContext, socket: string, number: number): Promise<string> {
  if (kindOf(context) === 'memif') await cli.order(`create memif socket id ${number} filename ${socket}`);
  return makePort(cli, context, socket, number);
}

async function makePort(cli: Cli, context: SwitchContext, socket: string, number: number): Promise<string> {
  if (kindOf(context) === 'vhost-user')
    return cli.make(`create vhost-user socket ${socket} server`, /^VirtualEthernet\S+$/);
  const { queues } = context;
  // A vhost-user port has as many as its application opens.
  const several = queues === 1 ? '' : ` rx-queues ${queues} tx-queues ${queues}`;
  await cli.order(`create interface memif id 0 socket-id ${number} master${several}`);
  return `memif${number}/0`;
}

/**
 * The second version of the kernel's ring: the third, VPP's own choice, hands packets over by the block, which is full or 1 ms old.
 * 4096 packets have room on receiving; frames of 2 KiB, which is what VPP's buffers hold, and not of 66 KiB for super-packets.
 */
export const PACKET_RING = 'v2 cksum-gso-disable rx-size 2048 rx-per-block 4096 tx-size 2048';

/** The interface stays with the kernel: a driver of VPP's own for the card would take it from there. */
async function addUplink({ host, undo, uplink }: SwitchContext, cli: Cli, bridge: Bridge): Promise<string | null> {
  if (uplink === null) return null;
  await takeUplink(host, undo, uplink, FRAME_BYTES_USUAL);
  const flags = `/sys/class/net/${uplink.interface}/flags`;
  const before = (await host.read(flags))?.trim();
  if (before !== undefined) await undo.push({ kind: 'restore-knob', path: flags, value: before });
  // What comes for a container has an address that is not the interface's.
  await runOrThrow(host, ['ip', 'link', 'set', 'dev', uplink.interface, 'promisc', 'on']);
  return plugUplink(cli, bridge, uplink);
}

/** Its socket is new: what the kernel has not sent of a ring waits there for the next frame, which would be the next trial's. */
async function replugUplink(cli: Cli, bridge: Bridge, uplink: Uplink): Promise<void> {
  await cli.order(`delete host-interface name ${uplink.interface}`);
  bridge.forget(`host-${uplink.interface}`);
  await plugUplink(cli, bridge, uplink);
}

async function plugUplink(cli: Cli, bridge: Bridge, uplink: Uplink): Promise<string> {
  const name = await cli.make(`create host-interface name ${uplink.interface} ${PACKET_RING}`, /^host-\S+$/);
  await bridge.join(name);
  await cli.order(`set interface rx-mode ${name} polling`);
  return name;
}

async function countersOf({ ports }: SwitchContext, cli: Cli, interfaces: readonly string[]): Promise<PortCounters[]> {
  const counters = await readCounters(cli, interfaces);
  return ports.flatMap((request, index) => {
    const seen = counters[index];
    return seen === undefined ? [] : [{ ...request, ...seen }];
  });
}

async function uplinkCountersOf(cli: Cli, uplink: string): Promise<UplinkCounters> {
  const [seen] = await readCounters(cli, [uplink]);
  if (seen === undefined) throw new HostError('VPP has lost its uplink');
  return seen;
}

/** A port's link is up when its application is connected. */
export async function missing(
  context: SwitchContext,
  cli: Cli,
  { interfaces, uplink, bridge }: { interfaces: readonly string[]; uplink: string | null; bridge: Bridge },
  stations: readonly Station[],
): Promise<string | null> {
  const { host, ports } = context;
  const cut = context.uplink === null ? null : await uplinkMissing(host, context.uplink);
  if (cut !== null) return cut;
  const links = parseLinks(await cli.ask('show hardware-interfaces brief'));
  const down = [...interfaces, ...(uplink === null ? [] : [uplink])].find((name) => links.get(name) !== true);
  if (down !== undefined)
    return down === uplink ? `VPP's uplink ${down} is down` : `nobody is connected to ${down} of VPP`;
  const known = parseForwarding(await cli.ask('show l2fib all'));
  for (const { pair, end, mac, at } of stations) {
    const index = ports.findIndex((port) => port.pair === pair && port.end === end);
    const wanted = at === 'uplink' ? uplink : interfaces[index];
    if (wanted === null || wanted === undefined || known.get(mac) !== bridge.memberOf(wanted)) {
      return `VPP has not learned ${mac} at ${wanted ?? 'its uplink'}`;
    }
  }
  return null;
}
