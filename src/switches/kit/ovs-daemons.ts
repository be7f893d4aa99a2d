// SPDX-License-Identifier: Apache-2.0
// What an Open vSwitch of ours is, whatever its datapath: a database and a daemon in a folder of their own, beside which a system's
// OVS runs on untouched, one bridge that learns addresses (NORMAL), and what the daemon tells of it.
import { type Host, HostError, type HostProcess, lastLine, runOrThrow } from '../../host/host.ts';
import { startMarked } from '../../host/process.ts';
import type { PortCounters, Station, SwitchContext, UplinkCounters } from '../driver.ts';

const SCHEMAS = ['/usr/share/openvswitch/vswitch.ovsschema', '/usr/local/share/openvswitch/vswitch.ovsschema'];
const START_TIMEOUT_S = 20;

/** Debian and Ubuntu put the plain daemon aside where the one with DPDK is installed as well; either can do it. */
const DAEMONS = [
  'ovs-vswitchd',
  '/usr/lib/openvswitch-switch/ovs-vswitchd',
  '/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk',
];

/** The version in what a daemon says of itself. */
export function ovsVersion(told: string): string | undefined {
  return /\(Open vSwitch\) (\S+)/.exec(told)?.[1];
}

/** The first of these daemons of a host that tells its version, with DPDK or without where nothing else is said; null where there is none. */
export async function findDaemon(
  host: Host,
  paths: readonly string[] = DAEMONS,
  versionIn: (told: string) => string | undefined = ovsVersion,
): Promise<{ path: string; version: string } | null> {
  for (const path of paths) {
    const { exitCode, stdout } = await host.run([path, '--version']);
    const version = versionIn(stdout);
    if (exitCode === 0 && version !== undefined) return { path, version };
  }
  return null;
}

/** Path of the database's schema; null where OVS is not installed. */
export async function findSchema(host: Host): Promise<string | null> {
  for (const path of SCHEMAS) if ((await host.run(['test', '-r', path])).exitCode === 0) return path;
  return null;
}

/** OpenFlow's number of a port; 0 is none. */
export function portNumber(index: number): number {
  return index + 1;
}

/** The uplink comes behind the ports. */
export function uplinkNumber({ ports }: SwitchContext): number {
  return portNumber(ports.length);
}

/**
 * Everything that OVS's programs would else share with a system's OVS. libxdp's dispatcher would pin its maps to a file system of the host's, where
 * they outlive whatever is killed; one program an interface needs none.
 */
function environment(directory: string): Record<string, string> {
  const folders = { OVS_RUNDIR: directory, OVS_LOGDIR: directory, OVS_DBDIR: directory, OVS_SYSCONFDIR: directory };
  return { ...folders, LIBXDP_SKIP_DISPATCHER: '1' };
}

/** Changes the database, and waits until the daemon has done it unless told otherwise. Throws HostError. */
export function vsctl({ host, directory }: SwitchContext, ...command: string[]): Promise<string> {
  return runOrThrow(host, [
    ...['ovs-vsctl', `--db=unix:${directory}/db.sock`, `--timeout=${START_TIMEOUT_S}`],
    ...command,
  ]);
}

/** Asks the daemon. Throws HostError. */
export function appctl({ host, directory }: SwitchContext, ...command: string[]): Promise<string> {
  return runOrThrow(host, ['ovs-appctl', '--timeout=5', '-t', `${directory}/vswitchd.ctl`, ...command]);
}

/** Starts a database with these settings (`other_config` of ovs-vswitchd.conf.db(5)). */
export async function startDatabase(
  context: SwitchContext,
  schema: string,
  settings: Record<string, string>,
): Promise<HostProcess> {
  const { host, undo, directory } = context;
  await runOrThrow(host, ['ovsdb-tool', 'create', `${directory}/conf.db`, schema]);
  const server = ['ovsdb-server', `${directory}/conf.db`, `--remote=punix:${directory}/db.sock`];
  const database = await startMarked(
    ...([host, undo, directory] as const),
    [...server, `--unixctl=${directory}/ovsdb.ctl`, `--log-file=${directory}/ovsdb.log`, '-vconsole:off'],
    environment(directory),
  );
  const values = Object.entries(settings).map(([name, value]) => `other_config:${name}=${JSON.stringify(value)}`);
  const set = values.length === 0 ? [] : ['--', 'set', 'Open_vSwitch', '.', ...values];
  await vsctl(context, '--retry', '--no-wait', 'init', ...set);
  return database;
}

/** Starts the daemon, on the housekeeping CPUs; `within` is what it is started by, such as unshare(1). */
export function startDaemon(context: SwitchContext, path: string, within: readonly string[]): Promise<HostProcess> {
  const { host, undo, directory, housekeeping } = context;
  const daemon = [path, `unix:${directory}/db.sock`, `--unixctl=${directory}/vswitchd.ctl`];
  return startMarked(
    ...([host, undo, directory] as const),
    [
      ...within,
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

/** Null while both run; one line on the first that has ended. */
export function healthOf(database: HostProcess, vswitchd: HostProcess): () => Promise<string | null> {
  let ended: string | null = null;
  for (const [name, process] of Object.entries({ 'ovsdb-server': database, 'ovs-vswitchd': vswitchd })) {
    void process.ended.then(({ exitCode, stderr }) => {
      ended ??= `${name} has ended: ${lastLine(stderr) || `exit code ${exitCode}`}`;
    });
  }
  return async () => ended;
}

/** Makes the bridge, with which the daemon opens its datapath. Throws HostError where that fails. */
export async function addBridge(
  context: SwitchContext,
  vswitchd: HostProcess,
  bridge: string,
  datapath: 'netdev' | 'system',
): Promise<void> {
  // It waits until the daemon has done it: a daemon that ends has to end the waiting.
  const early = vswitchd.ended.then(async ({ stderr }) => {
    throw new HostError(`ovs-vswitchd has ended at its start: ${(await firstError(context)) || lastLine(stderr)}`);
  });
  const done = vsctl(context, 'add-br', bridge, '--', 'set', 'bridge', bridge, `datapath_type=${datapath}`);
  done.catch(() => undefined);
  early.catch(() => undefined);
  await Promise.race([done, early]);
}

/**
 * Adds an interface to the bridge, under its OpenFlow number and with what `settings` are of it (`type=afxdp`, see ovs-vswitchd.conf.db(5)).
 * Throws HostError where the daemon cannot use it.
 */
export async function plugInterface(
  context: SwitchContext,
  bridge: string,
  name: string,
  { number, settings = [] }: { number: number; settings?: readonly string[] },
): Promise<void> {
  const set = ['set', 'Interface', name, ...settings, `ofport_request=${number}`];
  await vsctl(context, 'add-port', bridge, name, '--', ...set);
  const error = (await vsctl(context, 'get', 'Interface', name, 'error')).trim();
  if (error !== '[]' && error !== '""') throw new HostError(`OVS cannot use the interface ${name}: ${error}`);
}

/** What the daemon's log complains of; empty where it does not. */
async function firstError({ host, directory }: SwitchContext): Promise<string> {
  const log = (await host.read(`${directory}/vswitchd.log`)) ?? '';
  return /\|(?:ERR|EMER)\|(.*)$/m.exec(log)?.[1] ?? '';
}

/** Counters of one port as `ovs-ofctl dump-ports` (OpenFlow 1.4) prints them; null while nobody is connected to it. */
export interface OvsPortStatistics {
  rxPackets: bigint | null;
  rxBytes: bigint | null;
  rxDropped: bigint;
  txPackets: bigint | null;
  txBytes: bigint | null;
  txDropped: bigint;
  /** OVS's own reasons, by name: `ovs_tx_failure_drops`, … */
  custom: Record<string, bigint>;
}

/** Parses the answer of `ovs-ofctl -O OpenFlow14 dump-ports`, by port number; the bridge's own port is left out. */
export function parsePortStatistics(text: string): Map<number, OvsPortStatistics> {
  const table = new Map<number, OvsPortStatistics>();
  for (const block of text.split(/^ +port +(?=\S+:)/m).slice(1)) {
    const number = Number(/^(\d+):/.exec(block)?.[1] ?? Number.NaN);
    if (Number.isNaN(number)) continue;
    const counter = (pattern: RegExp) => {
      const value = pattern.exec(block)?.[1];
      return value === undefined || value === '?' ? null : BigInt(value);
    };
    const custom = (block.split('CUSTOM Statistics')[1] ?? '').matchAll(/(\w+)=(\d+)/g);
    table.set(number, {
      rxPackets: counter(/rx pkts=(\d+|\?)/),
      rxBytes: counter(/rx pkts=.*?bytes=(\d+|\?)/),
      rxDropped: counter(/rx pkts=.*?drop=(\d+|\?)/) ?? 0n,
      txPackets: counter(/tx pkts=(\d+|\?)/),
      txBytes: counter(/tx pkts=.*?bytes=(\d+|\?)/),
      txDropped: counter(/tx pkts=.*?drop=(\d+|\?)/) ?? 0n,
      custom: Object.fromEntries([...custom].map(([, name = '', value]) => [name, BigInt(value ?? 0)])),
    });
  }
  return table;
}

/** Counters of all ports of a bridge, by number. Throws HostError. */
export async function statistics(
  { host, directory }: SwitchContext,
  bridge: string,
): Promise<Map<number, OvsPortStatistics>> {
  const socket = `unix:${directory}/${bridge}.mgmt`;
  return parsePortStatistics(await runOrThrow(host, ['ovs-ofctl', '-O', 'OpenFlow14', 'dump-ports', socket]));
}

/** Of one port, by its number: OVS's own reading of what it counted. */
export type PortReading = (table: Map<number, OvsPortStatistics>, port: number) => UplinkCounters;

/** Counters of the containers' ports. */
export async function countersOf(
  context: SwitchContext,
  bridge: string,
  reading: PortReading,
): Promise<PortCounters[]> {
  const table = await statistics(context, bridge);
  return context.ports.map((request, index) => ({ ...request, ...reading(table, portNumber(index)) }));
}

/** Parses the answer of `ovs-appctl fdb/show`: port numbers by MAC address and VLAN, 0 where there is no tag, as `02:… 100`. */
export function parseFdb(text: string): Map<string, number> {
  const rows = [...text.matchAll(/^ *(\d+) +(\d+) +([0-9a-f:]{17}) /gm)];
  return new Map(rows.map(([, port, vlan, mac]) => [`${mac} ${vlan}`, Number(port)]));
}

/**
 * Null when every station is known at its port; else one line. Counters of a port begin anew with each application that connects to
 * shared memory: a packet in them shows that this one's announcement has come through, where the address may still be known from
 * the one before.
 */
export async function unlearned(
  context: SwitchContext,
  bridge: string,
  stations: readonly Station[],
): Promise<string | null> {
  const table = await statistics(context, bridge);
  const silent = stations.find((station) => (table.get(numberOf(context, station))?.rxPackets ?? 0n) === 0n);
  if (silent === undefined) return unlearnedInTable(context, bridge, stations);
  const error = await firstError(context);
  return `OVS has not heard of ${silent.mac} at port ${numberOf(context, silent)}${error === '' ? '' : ` (${error})`}`;
}

/** The same by its table of addresses alone. */
export async function unlearnedInTable(
  context: SwitchContext,
  bridge: string,
  stations: readonly Station[],
): Promise<string | null> {
  const known = parseFdb(await appctl(context, 'fdb/show', bridge));
  const stranger = stations.flatMap((station) => unknownAt(known, station, numberOf(context, station)) ?? [])[0];
  return stranger === undefined ? null : `OVS has not learned ${stranger}`;
}

function numberOf(context: SwitchContext, station: Station): number {
  if (station.at === 'uplink') return uplinkNumber(context);
  return portNumber(context.ports.findIndex(({ pair, end }) => pair === station.pair && end === station.end));
}

/** What is not known of a station at its port, as `02:… at port 2 in VLAN 100`; null where nothing is missing. OVS learns in each VLAN by itself. */
export function unknownAt(
  known: ReadonlyMap<string, number>,
  { mac, vlans = [0] }: Pick<Station, 'mac' | 'vlans'>,
  port: number,
): string | null {
  const unknown = vlans.find((vlan) => known.get(`${mac} ${vlan}`) !== port);
  if (unknown === undefined) return null;
  return `${mac} at port ${port}${unknown === 0 ? '' : ` in VLAN ${unknown}`}`;
}
