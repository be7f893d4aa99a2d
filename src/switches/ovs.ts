// SPDX-License-Identifier: Apache-2.0
// Open vSwitch with its user-space datapath (DPDK): one vhost-user port for each application.
import { setTimeout as sleep } from 'node:timers/promises';
import { HostError, type HostProcess } from '../host/host.ts';
import { FRAME_BYTES_USUAL, mtuOf } from '../model/frame.ts';
import { type ServedQueue, servedAsAsked } from '../model/workers.ts';
import {
  type PortRequest,
  type RunningSwitch,
  SOCKETS,
  type SocketPort,
  type Station,
  type SwitchContext,
  type SwitchDriver,
  type SwitchFigures,
  type Uplink,
  type UplinkCounters,
} from './driver.ts';
import { daemonCaches, fillFigures, pollerCaches } from './kit/ovs-caches.ts';
import {
  addBridge,
  appctl,
  countersOf,
  findDaemon,
  findSchema,
  healthOf,
  type OvsPortStatistics,
  ovsVersion,
  portNumber,
  startDaemon,
  startDatabase,
  statistics,
  unlearned,
  uplinkNumber,
  vsctl,
} from './kit/ovs-daemons.ts';
import { parsePmdQueues, parsePmdStatistics } from './kit/ovs-pmd.ts';
import { socketAppears } from './kit/sockets.ts';
import { takeUplink, uplinkMissing } from './kit/uplink.ts';
import { refuseTaken } from './kit/veth.ts';
import { virtioUser } from './kit/virtio.ts';

const BRIDGE = 'vswovs0';

/** Debian and Ubuntu put the daemon with DPDK beside the plain one; elsewhere there is but one. */
const DAEMONS = ['/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk', 'ovs-vswitchd'];

/** Enough for 65 536 packet buffers; OVS halves its wish of 262 144 until it fits. */
const MEMORY_MIB = 256;

export const ovs: SwitchDriver = {
  id: 'ovs',
  title: 'Open vSwitch, user-space datapath (DPDK)',
  ports: ['vhost-user'],
  locations: ['local', 'remote'],
  threads: 1,
  hotplug: 'port',
  // One polling thread (PMD) a CPU, by a mask of CPUs.
  workers: { threadsMax: 64, apart: true, pinned: true, queuesMax: 8 },
  frameLimit: (_, location) =>
    location === 'local' ? null : { bytes: FRAME_BYTES_USUAL, why: "its uplink's ring is set up for no more" },
  hugepageBytes: () => MEMORY_MIB * 1024 * 1024,

  async probe(host) {
    const found = await findDaemon(host, DAEMONS, versionWithDpdk);
    const schema = await findSchema(host);
    if (found !== null && schema !== null) return { available: true, version: found.version, program: found.path };
    return {
      available: false,
      missing: 'Open vSwitch with DPDK is not installed',
      mend: "run 'vswbench setup' (Debian, Ubuntu: openvswitch-switch-dpdk)",
    };
  },

  async start(context) {
    const { host, directory } = context;
    const daemon = await findDaemon(host, DAEMONS, versionWithDpdk);
    const schema = await findSchema(host);
    if (daemon === null || schema === null) throw new HostError('Open vSwitch with DPDK is gone');
    await host.makeDirectory(`${directory}/ports`);
    const database = await startDatabase(context, schema, await settings(context));
    const vswitchd = await startVswitchd(context, daemon.path);
    const health = healthOf(database, vswitchd);
    await addBridge(context, vswitchd, BRIDGE, 'netdev');
    if (context.uplink !== null) await addUplink(context, context.uplink);
    const connections = new Connections(context);
    const running: RunningSwitch = {
      nextPorts() {
        return connections.next();
      },
      flags: [],
      connect: (signal) => connections.renew(signal),
      counters: () => countersOf(context, BRIDGE, countersIn),
      ...(context.uplink === null ? {} : { uplinkCounters: () => countersAt(context, uplinkNumber(context)) }),
      settled: (stations) => missing(context, stations),
      served: () => connections.assignment(),
      threads: async () => [vswitchd.pid],
      hotplug: connections,
      health,
      observe: () => observe(context),
      caches: async () => [
        ...(await pollerCaches(context)),
        ...(await daemonCaches(context, BRIDGE, 'megaflowHitRatio')),
      ],
    };
    return running;
  },
};

/** One without DPDK is none. */
function versionWithDpdk(told: string): string | undefined {
  const version = ovsVersion(told);
  const [, dpdk] = /^DPDK (\S+)/m.exec(told) ?? [];
  return version === undefined || dpdk === undefined ? undefined : `${version}, DPDK ${dpdk}`;
}

/** A poller on each of the CPUs, memory on their node, and no device of the host but the uplink. */
async function settings(context: SwitchContext): Promise<Record<string, string>> {
  const memory = [...Array.from({ length: context.node }, () => 0), MEMORY_MIB].join(',');
  const mask = context.cpus.reduce((bits, cpu) => bits | (1n << BigInt(cpu)), 0n);
  return {
    'dpdk-init': 'true',
    'dpdk-socket-mem': memory,
    'dpdk-socket-limit': memory,
    'pmd-cpu-mask': `0x${mask.toString(16)}`,
    // In memory: no file on a hugetlbfs that outlives it, none that another DPDK has. No device of the host is touched.
    'dpdk-extra': `--in-memory ${await devices(context)} --no-telemetry`,
  };
}

/**
 * Its own threads stay beside the poller's CPU, which it does not get back. A user-space datapath has an interface of a fixed name
 * (`ovs-netdev`) that a system's OVS may have as well, and the bridge has one: both are kept in a network namespace that
 * lives as long as the daemon. Not where it has to reach an uplink that stays with the kernel: there it is refused beside another.
 */
async function startVswitchd(context: SwitchContext, path: string): Promise<HostProcess> {
  const { host, undo } = context;
  const stays = await kernelKeepsUplink(context);
  if (stays) {
    // Both outlive the daemon.
    await refuseTaken(host, [BRIDGE, 'ovs-netdev']);
    for (const name of [BRIDGE, 'ovs-netdev']) await undo.push({ kind: 'delete-link', name });
  }
  return startDaemon(context, path, stays ? [] : ['unshare', '--net']);
}

/** Drivers that hand a device to a program: DPDK then drives it itself. */
const HANDED_OVER = ['vfio-pci', 'uio_pci_generic', 'igb_uio'];

/** The uplink is an interface of the kernel, and not a device that DPDK drives. */
async function kernelKeepsUplink({ host, uplink }: SwitchContext): Promise<boolean> {
  if (uplink === null || uplink.pci === null) return uplink !== null;
  const driver = await host.run(['readlink', `/sys/bus/pci/devices/${uplink.pci}/driver`]);
  return !HANDED_OVER.includes(driver.stdout.trim().split('/').at(-1) ?? '');
}

async function devices(context: SwitchContext): Promise<string> {
  const { uplink } = context;
  return uplink?.pci == null || (await kernelKeepsUplink(context)) ? '--no-pci' : `--allow ${uplink.pci}`;
}

/** Frames that each ring of an AF_PACKET uplink holds; DPDK's own 512 are 0.4 ms of a gigabit. */
const UPLINK_FRAMES = 4096;

/** A device that is bound to DPDK, or an interface of the kernel by AF_PACKET. */
async function addUplink(context: SwitchContext, uplink: Uplink): Promise<void> {
  const { host, undo } = context;
  const stays = await kernelKeepsUplink(context);
  if (stays) await takeUplink(host, undo, uplink, FRAME_BYTES_USUAL);
  await plugUplink(context, uplink);
}

/**
 * Makes its port anew where there is one. Frames that the kernel had no room for stay in the ring of an AF_PACKET socket until the next one
 * is sent, which would be in the next trial: they go with the socket.
 */
async function plugUplink(context: SwitchContext, uplink: Uplink): Promise<void> {
  await vsctl(context, '--if-exists', 'del-port', BRIDGE, 'uplink');
  const stays = await kernelKeepsUplink(context);
  const device = stays ? `net_af_packet0,iface=${uplink.interface},framecnt=${UPLINK_FRAMES}` : uplink.pci;
  await vsctl(
    context,
    ...['add-port', BRIDGE, 'uplink', '--', 'set', 'Interface', 'uplink', 'type=dpdk'],
    ...[`options:dpdk-devargs="${device}"`, `ofport_request=${uplinkNumber(context)}`],
  );
  const error = (await vsctl(context, 'get', 'Interface', 'uplink', 'error')).trim();
  if (error !== '[]' && error !== '""') throw new HostError(`OVS cannot use the uplink ${uplink.interface}: ${error}`);
}

const SERVED_TIMEOUT_MS = 8_000;
const SERVED_POLL_MS = 5;

/**
 * OVS is the client of the applications' sockets (`dpdkvhostuserclient`: the other way round has no counters). By itself it looks
 * for a socket once a second; ports that are made anew for each trial connect at once. Ports and sockets have names of their
 * own each time: OVS tells ports by them, and forgets one that was deleted only after a while.
 */
class Connections {
  private readonly context: SwitchContext;
  /** No two ports ever have one name. */
  private generation = 0;
  /** Ports of the bridge. */
  private present: string[] = [];
  /** Which thread is to poll which queue; null where OVS decides. */
  private readonly asked: readonly ServedQueue[] | null;

  constructor(context: SwitchContext) {
    this.context = context;
    const { pin, ports, cpus, queues } = context;
    this.asked = servedAsAsked(pin, ports, { threads: cpus.length, queues });
  }

  /** The ports of the next trial. */
  next(): SocketPort[] {
    this.generation += 1;
    return this.context.ports.map((request, index) => this.portOf(request, this.nameOf(index)));
  }

  private portOf(request: PortRequest, name: string): SocketPort {
    const { directory, queues } = this.context;
    const device = virtioUser({ name: `${SOCKETS}/${name}`, server: true, queues });
    return { ...request, kind: 'vhost-user', directory: `${directory}/ports`, device };
  }

  /** Replaces the ports of the trial before by those of this one, as soon as their sockets are there. */
  async renew(signal: AbortSignal): Promise<void> {
    const { host, ports, directory, uplink } = this.context;
    const names = ports.map((_, index) => this.nameOf(index));
    if (uplink !== null && this.present.length > 0) await plugUplink(this.context, uplink);
    for (const name of names) await socketAppears(host, `${directory}/ports/${name}`, signal);
    const deleted = this.present.flatMap((name) => ['--', '--if-exists', 'del-port', BRIDGE, name]);
    const [first = [], ...others] = names.map((name, index) => this.adding(name, index));
    const isFirstTime = this.present.length === 0;
    this.present = names;
    // Without waiting for the daemon: whether it has come so far is seen by what arrives at its ports.
    const change = (...commands: string[]) => vsctl(this.context, '--no-wait', ...commands);
    if (!isFirstTime) {
      await change(...deleted, ...first, ...others.flat());
      return;
    }
    await change(...first);
    await this.served(portNumber(0), signal);
    if (others.length > 0) await change(...others.flat());
  }

  /** Takes a port off the bridge, and has it forgotten before its application may come back. */
  async unplug(request: PortRequest): Promise<void> {
    await vsctl(this.context, '--if-exists', 'del-port', BRIDGE, this.present[this.indexOf(request)] ?? '');
  }

  /** Under a new name, and a new socket. */
  plug(request: PortRequest): Promise<SocketPort> {
    this.generation += 1;
    const index = this.indexOf(request);
    const name = this.nameOf(index);
    this.present[index] = name;
    return Promise.resolve(this.portOf(request, name));
  }

  /** As soon as its socket is there. */
  async connect(request: PortRequest, signal: AbortSignal): Promise<void> {
    const { host, directory } = this.context;
    const index = this.indexOf(request);
    const name = this.nameOf(index);
    await socketAppears(host, `${directory}/ports/${name}`, signal);
    await vsctl(this.context, '--no-wait', ...this.adding(name, index));
  }

  private indexOf(request: PortRequest): number {
    return this.context.ports.findIndex(({ pair, end }) => pair === request.pair && end === request.end);
  }

  /** The commands that add a port. */
  private adding(name: string, index: number): string[] {
    const { directory, frameBytes } = this.context;
    return [
      ...['--', 'add-port', BRIDGE, name, '--', 'set', 'Interface', name, 'type=dpdkvhostuserclient'],
      ...[`options:vhost-server-path=${directory}/ports/${name}`, `ofport_request=${portNumber(index)}`],
      `mtu_request=${mtuOf(frameBytes)}`,
      ...this.affinity(index),
    ];
  }

  /**
   * Resolves when OVS serves a port. With the first it allocates the buffers for all, and takes for a moment all the memory that it may have: a
   * connection that needs some then fails ("failed to allocate memory for dev->mem"), and OVS never tries it again.
   * Throws HostError, or the signal's reason.
   */
  private async served(port: number, signal: AbortSignal): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += SERVED_POLL_MS) {
      const table = await statistics(this.context, BRIDGE);
      if (typeof table.get(port)?.rxPackets === 'bigint') return;
      if (waitedMs >= SERVED_TIMEOUT_MS) throw new HostError(`OVS does not serve port ${port}`);
      await sleep(SERVED_POLL_MS, undefined, { signal });
    }
  }

  /** Which thread polls which port, by the thread's CPU. */
  async assignment(): Promise<ServedQueue[]> {
    const { cpus, ports } = this.context;
    return parsePmdQueues(await appctl(this.context, 'dpif-netdev/pmd-rxq-show')).flatMap(({ cpu, port, queue }) => {
      const request = ports[this.present.indexOf(port)];
      return request === undefined ? [] : [{ ...request, queue, thread: cpus.indexOf(cpu) }];
    });
  }

  /** What tells OVS which CPU polls each queue of a port; nothing where it decides. */
  private affinity(index: number): string[] {
    const { ports, cpus } = this.context;
    const own = this.asked?.filter(({ pair, end }) => pair === ports[index]?.pair && end === ports[index]?.end);
    const pins = own?.map(({ queue, thread }) => `${queue}:${cpus[thread]}`).join(',');
    return pins === undefined ? [] : [`other_config:pmd-rxq-affinity="${pins}"`];
  }

  private nameOf(index: number): string {
    return `p${index}-${this.generation}`;
  }
}

async function countersAt(context: SwitchContext, port: number): Promise<UplinkCounters> {
  return countersIn(await statistics(context, BRIDGE), port);
}

/** OVS's counters of dropped packets, and what they mean. */
const DROPS: Record<string, string> = {
  ovs_tx_failure_drops: "receiver's ring full",
  ovs_tx_mtu_exceeded_drops: 'larger than the MTU',
  ovs_tx_qos_drops: 'egress QoS',
  ovs_rx_qos_drops: 'ingress QoS',
  ovs_tx_invalid_hwol_drops: 'invalid offload',
};

function countersIn(table: Map<number, OvsPortStatistics>, port: number): UplinkCounters {
  const found = table.get(port);
  if (found === undefined || found.rxPackets === null || found.txPackets === null) {
    throw new HostError(`OVS has no counters of port ${port}: its application is gone`);
  }
  const { rxPackets, rxDropped, txPackets, custom } = found;
  const drops = Object.entries(DROPS).map(([name, reason]) => ({ reason, packets: custom[name] ?? 0n }));
  return {
    inPackets: rxPackets,
    outPackets: txPackets,
    drops: [...drops, { reason: 'on receiving', packets: rxDropped }],
  };
}

async function missing(context: SwitchContext, stations: readonly Station[]): Promise<string | null> {
  const { host, uplink } = context;
  const cut = uplink !== null && (await kernelKeepsUplink(context)) ? await uplinkMissing(host, uplink) : null;
  return cut ?? unlearned(context, BRIDGE, stations);
}

async function observe(context: SwitchContext): Promise<() => Promise<SwitchFigures>> {
  await appctl(context, 'dpif-netdev/pmd-stats-clear');
  return async () => ({
    ...parsePmdStatistics(await appctl(context, 'dpif-netdev/pmd-stats-show'), context.cpus),
    ...(await fillFigures(context, BRIDGE)),
  });
}
