// SPDX-License-Identifier: Apache-2.0
// Open vSwitch with its user-space datapath (DPDK): a database and a daemon of our own, beside which a system's OVS runs on
// untouched. One bridge that learns addresses (NORMAL), one vhost-user port for each application.
import { type Host, HostError, type HostProcess, lastLine, runOrThrow } from '../host/host.ts';
import { startMarked } from '../host/process.ts';
import {
  type PortCounters,
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
import { socketAppears } from './sockets.ts';
import { takeUplink, uplinkMissing } from './uplink.ts';
import { refuseTaken } from './veth.ts';
import { virtioUser } from './virtio.ts';

const BRIDGE = 'vswovs0';

/** Debian and Ubuntu put the daemon with DPDK beside the plain one; elsewhere there is but one. */
const DAEMONS = ['/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk', 'ovs-vswitchd'];
const SCHEMAS = ['/usr/share/openvswitch/vswitch.ovsschema', '/usr/local/share/openvswitch/vswitch.ovsschema'];

/** Enough for 65 536 packet buffers; OVS halves its wish of 262 144 until it fits. */
const MEMORY_MIB = 256;
const START_TIMEOUT_S = 20;

export const ovs: SwitchDriver = {
  id: 'ovs',
  title: 'Open vSwitch, user-space datapath (DPDK)',
  kind: 'user-space',
  learns: true,
  ports: ['vhost-user'],
  locations: ['local', 'remote'],
  threads: 1,
  hugepageBytes: () => MEMORY_MIB * 1024 * 1024,

  async probe(host) {
    const found = await findDaemon(host);
    const schema = await findSchema(host);
    if (found !== null && schema !== null) return { available: true, version: found.version };
    return {
      available: false,
      missing: 'Open vSwitch with DPDK is not installed',
      mend: "run 'vswbench setup' (Debian, Ubuntu: openvswitch-switch-dpdk)",
    };
  },

  async start(context) {
    const { host, directory } = context;
    const daemon = await findDaemon(host);
    const schema = await findSchema(host);
    if (daemon === null || schema === null) throw new HostError('Open vSwitch with DPDK is gone');
    await host.makeDirectory(`${directory}/ports`);
    const database = await startDatabase(context, schema);
    const vswitchd = await startDaemon(context, daemon.path);
    let ended: string | null = null;
    for (const [name, process] of Object.entries({ 'ovsdb-server': database, 'ovs-vswitchd': vswitchd })) {
      void process.ended.then(({ exitCode, stderr }) => {
        ended ??= `${name} has ended: ${lastLine(stderr) || `exit code ${exitCode}`}`;
      });
    }
    await addBridge(context, vswitchd);
    if (context.uplink !== null) await addUplink(context, context.uplink);
    const connections = new Connections(context);
    const running: RunningSwitch = {
      get ports() {
        return connections.next();
      },
      flags: [],
      connect: (signal) => connections.renew(signal),
      counters: () => countersOf(context),
      ...(context.uplink === null ? {} : { uplinkCounters: () => countersAt(context, uplinkNumber(context)) }),
      settled: (stations) => missing(context, stations),
      threads: async () => [vswitchd.pid],
      health: async () => ended,
      observe: () => observe(context),
    };
    return running;
  },
};

async function findDaemon(host: Host): Promise<{ path: string; version: string } | null> {
  for (const path of DAEMONS) {
    const { exitCode, stdout } = await host.run([path, '--version']);
    const [, version] = /\(Open vSwitch\) (\S+)/.exec(stdout) ?? [];
    const [, dpdk] = /^DPDK (\S+)/m.exec(stdout) ?? [];
    if (exitCode === 0 && version !== undefined && dpdk !== undefined) {
      return { path, version: `${version}, DPDK ${dpdk}` };
    }
  }
  return null;
}

async function findSchema(host: Host): Promise<string | null> {
  for (const path of SCHEMAS) if ((await host.run(['test', '-r', path])).exitCode === 0) return path;
  return null;
}

/** OpenFlow's number of a port; 0 is none. */
function portNumber(index: number): number {
  return index + 1;
}

/** The uplink comes behind the ports. */
function uplinkNumber({ ports }: SwitchContext): number {
  return portNumber(ports.length);
}

/** Everything that OVS's programs would else share with a system's OVS. */
function environment(directory: string): Record<string, string> {
  return { OVS_RUNDIR: directory, OVS_LOGDIR: directory, OVS_DBDIR: directory, OVS_SYSCONFDIR: directory };
}

function vsctl({ host, directory }: SwitchContext, ...command: string[]): Promise<string> {
  return runOrThrow(host, [
    ...['ovs-vsctl', `--db=unix:${directory}/db.sock`, `--timeout=${START_TIMEOUT_S}`],
    ...command,
  ]);
}

function appctl({ host, directory }: SwitchContext, ...command: string[]): Promise<string> {
  return runOrThrow(host, ['ovs-appctl', '--timeout=5', '-t', `${directory}/vswitchd.ctl`, ...command]);
}

async function startDatabase(context: SwitchContext, schema: string): Promise<HostProcess> {
  const { host, undo, directory, cpus, node } = context;
  await runOrThrow(host, ['ovsdb-tool', 'create', `${directory}/conf.db`, schema]);
  const server = ['ovsdb-server', `${directory}/conf.db`, `--remote=punix:${directory}/db.sock`];
  const database = await startMarked(
    ...([host, undo, directory] as const),
    [...server, `--unixctl=${directory}/ovsdb.ctl`, `--log-file=${directory}/ovsdb.log`, '-vconsole:off'],
    environment(directory),
  );
  const memory = [...Array.from({ length: node }, () => 0), MEMORY_MIB].join(',');
  const mask = cpus.reduce((bits, cpu) => bits | (1n << BigInt(cpu)), 0n);
  const settings = {
    'dpdk-init': 'true',
    'dpdk-socket-mem': memory,
    'dpdk-socket-limit': memory,
    'pmd-cpu-mask': `0x${mask.toString(16)}`,
    // In memory: no file on a hugetlbfs that outlives it, none that another DPDK has. No device of the host is touched.
    'dpdk-extra': `--in-memory ${await devices(context)} --no-telemetry`,
  };
  const values = Object.entries(settings).map(([name, value]) => `other_config:${name}=${JSON.stringify(value)}`);
  await vsctl(context, '--retry', '--no-wait', 'init', '--', 'set', 'Open_vSwitch', '.', ...values);
  return database;
}

/**
 * Its own threads stay beside the poller's CPU, which it does not get back. A user-space datapath has an interface of a fixed name
 * (`ovs-netdev`) that a system's OVS may have as well, and the bridge has one: both are kept in a network namespace that
 * lives as long as the daemon. Not where it has to reach an uplink that stays with the kernel: there it is refused beside another.
 */
async function startDaemon(context: SwitchContext, path: string): Promise<HostProcess> {
  const { host, undo, directory, housekeeping } = context;
  const stays = await kernelKeepsUplink(context);
  if (stays) {
    // Both outlive the daemon.
    await refuseTaken(host, [BRIDGE, 'ovs-netdev']);
    for (const name of [BRIDGE, 'ovs-netdev']) await undo.push({ kind: 'delete-link', name });
  }
  const daemon = [path, `unix:${directory}/db.sock`, `--unixctl=${directory}/vswitchd.ctl`];
  return startMarked(
    ...([host, undo, directory] as const),
    [
      ...(stays ? [] : ['unshare', '--net']),
      'taskset',
      '--cpu-list',
      housekeeping.join(','),
      ...daemon,
      `--log-file=${directory}/vswitchd.log`,
      '-vconsole:off',
    ],
    environment(directory),
  );
}

async function addBridge(context: SwitchContext, vswitchd: HostProcess): Promise<void> {
  // It waits until the daemon has done it: a daemon that ends has to end the waiting.
  const early = vswitchd.ended.then(async ({ stderr }) => {
    throw new HostError(`ovs-vswitchd has ended at its start: ${(await firstError(context)) || lastLine(stderr)}`);
  });
  const done = vsctl(context, 'add-br', BRIDGE, '--', 'set', 'bridge', BRIDGE, 'datapath_type=netdev');
  done.catch(() => undefined);
  early.catch(() => undefined);
  await Promise.race([done, early]);
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
  if (stays) await takeUplink(host, undo, uplink);
  const device = stays ? `net_af_packet0,iface=${uplink.interface},framecnt=${UPLINK_FRAMES}` : uplink.pci;
  await vsctl(
    context,
    ...['add-port', BRIDGE, 'uplink', '--', 'set', 'Interface', 'uplink', 'type=dpdk'],
    ...[`options:dpdk-devargs="${device}"`, `ofport_request=${uplinkNumber(context)}`],
  );
  const error = (await vsctl(context, 'get', 'Interface', 'uplink', 'error')).trim();
  if (error !== '[]' && error !== '""') throw new HostError(`OVS cannot use the uplink ${uplink.interface}: ${error}`);
}

/**
 * OVS is the client of the applications' sockets (`dpdkvhostuserclient`: the other way round has no counters). By itself it looks
 * for a socket once a second; ports that are made anew for each trial connect at once. Ports and sockets have names of their
 * own each time: OVS tells ports by them, and forgets one that was deleted only after a while.
 */
class Connections {
  private readonly context: SwitchContext;
  private generation = 0;
  /** Ports of the bridge. */
  private present: string[] = [];

  constructor(context: SwitchContext) {
    this.context = context;
  }

  /** The ports of the next trial. */
  next(): SocketPort[] {
    this.generation += 1;
    const { ports, directory } = this.context;
    return ports.map((request, index) => ({
      ...request,
      kind: 'vhost-user',
      directory: `${directory}/ports`,
      device: virtioUser({ name: `${SOCKETS}/${this.nameOf(index)}`, server: true }),
    }));
  }

  /** Replaces the ports of the trial before by those of this one, as soon as their sockets are there. */
  async renew(signal: AbortSignal): Promise<void> {
    const { host, ports, directory } = this.context;
    const names = ports.map((_, index) => this.nameOf(index));
    for (const name of names) await socketAppears(host, `${directory}/ports/${name}`, signal);
    const deleted = this.present.flatMap((name) => ['--', '--if-exists', 'del-port', BRIDGE, name]);
    this.present = names;
    const added = names.flatMap((name, index) => [
      ...['--', 'add-port', BRIDGE, name, '--', 'set', 'Interface', name, 'type=dpdkvhostuserclient'],
      ...[`options:vhost-server-path=${directory}/ports/${name}`, `ofport_request=${portNumber(index)}`],
    ]);
    // Without waiting for the daemon: whether it has come so far is seen by what arrives at its ports.
    await vsctl(this.context, '--no-wait', ...deleted, ...added);
  }

  private nameOf(index: number): string {
    return `p${index}-${this.generation}`;
  }
}

/** What the daemon's log complains of; empty where it does not. */
async function firstError({ host, directory }: SwitchContext): Promise<string> {
  const log = (await host.read(`${directory}/vswitchd.log`)) ?? '';
  return /\|(?:ERR|EMER)\|(.*)$/m.exec(log)?.[1] ?? '';
}

/** Counters of one port as `ovs-ofctl dump-ports` (OpenFlow 1.4) prints them; null while nobody is connected to it. */
export interface OvsPortStatistics {
  rxPackets: number | null;
  rxDropped: number;
  txPackets: number | null;
  /** OVS's own reasons, by name: `ovs_tx_failure_drops`, … */
  custom: Record<string, number>;
}

/** Parses the answer of `ovs-ofctl -O OpenFlow14 dump-ports`, by port number; the bridge's own port is left out. */
export function parsePortStatistics(text: string): Map<number, OvsPortStatistics> {
  const table = new Map<number, OvsPortStatistics>();
  for (const block of text.split(/^ +port +(?=\S+:)/m).slice(1)) {
    const number = Number(/^(\d+):/.exec(block)?.[1] ?? Number.NaN);
    if (Number.isNaN(number)) continue;
    const counter = (pattern: RegExp) => {
      const value = pattern.exec(block)?.[1];
      return value === undefined || value === '?' ? null : Number(value);
    };
    const custom = (block.split('CUSTOM Statistics')[1] ?? '').matchAll(/(\w+)=(\d+)/g);
    table.set(number, {
      rxPackets: counter(/rx pkts=(\d+|\?)/),
      rxDropped: counter(/rx pkts=.*?drop=(\d+|\?)/) ?? 0,
      txPackets: counter(/tx pkts=(\d+|\?)/),
      custom: Object.fromEntries([...custom].map(([, name = '', value]) => [name, Number(value)])),
    });
  }
  return table;
}

/** OVS's counters of dropped packets, and what they mean. */
const DROPS: Record<string, string> = {
  ovs_tx_failure_drops: "receiver's ring full",
  ovs_tx_mtu_exceeded_drops: 'larger than the MTU',
  ovs_tx_qos_drops: 'egress QoS',
  ovs_rx_qos_drops: 'ingress QoS',
  ovs_tx_invalid_hwol_drops: 'invalid offload',
};

async function statistics({ host, directory }: SwitchContext): Promise<Map<number, OvsPortStatistics>> {
  const bridge = `unix:${directory}/${BRIDGE}.mgmt`;
  return parsePortStatistics(await runOrThrow(host, ['ovs-ofctl', '-O', 'OpenFlow14', 'dump-ports', bridge]));
}

async function countersOf(context: SwitchContext): Promise<PortCounters[]> {
  const table = await statistics(context);
  return context.ports.map((request, index) => ({ ...request, ...countersIn(table, portNumber(index)) }));
}

async function countersAt(context: SwitchContext, port: number): Promise<UplinkCounters> {
  return countersIn(await statistics(context), port);
}

function countersIn(table: Map<number, OvsPortStatistics>, port: number): UplinkCounters {
  const { rxPackets, rxDropped, txPackets, custom } = table.get(port) ?? NO_STATISTICS;
  if (rxPackets === null || txPackets === null) {
    throw new HostError(`OVS has no counters of port ${port}: its application is gone`);
  }
  const drops = Object.entries(DROPS).map(([name, reason]) => ({ reason, packets: custom[name] ?? 0 }));
  return {
    inPackets: rxPackets,
    outPackets: txPackets,
    drops: [...drops, { reason: 'on receiving', packets: rxDropped }],
  };
}

const NO_STATISTICS: OvsPortStatistics = { rxPackets: null, rxDropped: 0, txPackets: null, custom: {} };

/** Parses the answer of `ovs-appctl fdb/show`: port numbers by MAC address. */
export function parseFdb(text: string): Map<string, number> {
  const rows = [...text.matchAll(/^ *(\d+) +\d+ +([0-9a-f:]{17}) /gm)];
  return new Map(rows.map(([, port, mac = '']) => [mac, Number(port)]));
}

/**
 * Counters of a port begin anew with each application that connects: a packet in them shows that this one's announcement
 * has come through, where the address may still be known from the one before.
 */
async function missing(context: SwitchContext, stations: readonly Station[]): Promise<string | null> {
  const { host, uplink } = context;
  const cut = uplink !== null && (await kernelKeepsUplink(context)) ? await uplinkMissing(host, uplink) : null;
  if (cut !== null) return cut;
  const table = await statistics(context);
  const numberOf = (station: Station) =>
    station.at === 'uplink'
      ? uplinkNumber(context)
      : portNumber(context.ports.findIndex(({ pair, end }) => pair === station.pair && end === station.end));
  for (const station of stations) {
    if ((table.get(numberOf(station))?.rxPackets ?? 0) === 0) {
      return `OVS has not heard of ${station.mac} at port ${numberOf(station)}`;
    }
  }
  const known = parseFdb(await appctl(context, 'fdb/show', BRIDGE));
  const stranger = stations.find((station) => known.get(station.mac) !== numberOf(station));
  return stranger === undefined ? null : `OVS has not learned ${stranger.mac} at port ${numberOf(stranger)}`;
}

async function observe(context: SwitchContext): Promise<() => Promise<SwitchFigures>> {
  await appctl(context, 'dpif-netdev/pmd-stats-clear');
  return async () => parsePmdStatistics(await appctl(context, 'dpif-netdev/pmd-stats-show'));
}

/**
 * Parses the answer of `dpif-netdev/pmd-stats-show` since the last clear, all polling threads together: which part of their
 * cycles they spent on packets, and how many cycles on one. Empty where they saw none.
 */
export function parsePmdStatistics(text: string): SwitchFigures {
  const threads = text.split(/^(?=pmd thread|main thread)/m).filter((part) => part.startsWith('pmd thread'));
  const sum = (pattern: RegExp) => threads.reduce((total, thread) => total + Number(pattern.exec(thread)?.[1] ?? 0), 0);
  const packets = sum(/packets received: (\d+)/);
  const idle = sum(/idle cycles: (\d+)/);
  const processing = sum(/processing cycles: (\d+)/);
  if (packets === 0) return {};
  return { busyRatio: processing / (idle + processing), cyclesPerPacket: processing / packets };
}
