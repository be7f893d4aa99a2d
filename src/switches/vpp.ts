// SPDX-License-Identifier: Apache-2.0
// FD.io's VPP: a process of our own with nothing in it but a bridge domain that learns, one vhost-user or memif port for each
// application and, for `remote`, the uplink as an AF_PACKET interface. A system's VPP runs on untouched.
import { setTimeout as sleep } from 'node:timers/promises';
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
import { netMemif } from './memif.ts';
import { findProgram } from './program.ts';
import { takeUplink, uplinkMissing } from './uplink.ts';
import { virtioUser } from './virtio.ts';
import {
  type InterfaceCounters,
  type NodeError,
  parseErrors,
  parseForwarding,
  parseInterfaces,
  parseLinks,
  parseMembers,
  parseRuntime,
  parseVersion,
  type ThreadRuntime,
} from './vpp-cli.ts';

const BRIDGE = 1;
const MIB = 1024 * 1024;

/** VPP's packet buffers: 16 384 of 2 KiB with their heads, on pages of 2 MiB, as seen. */
const BUFFERS_BYTES = 19 * 2 * MIB;

/** Its tables, in pages of 4 KiB that are taken as they are touched. */
const HEAP_MIB = 512;

/** The oldest whose tables are those that vpp-cli.ts reads: YY.MM. */
const OLDEST = { year: 22, month: 6, text: '22.06' };

const PLUGINS = ['vhost', 'memif', 'af_packet'];

const START_TIMEOUT_MS = 20_000;
const START_POLL_MS = 10;
const ANSWER_TIMEOUT_MS = 5_000;

export const vpp: SwitchDriver = {
  id: 'vpp',
  title: 'FD.io VPP, bridge domain',
  ports: ['vhost-user', 'memif'],
  locations: ['local', 'remote'],
  threads: 1,
  hugepageBytes: () => BUFFERS_BYTES,

  async probe(host) {
    const found = await find(host);
    return found.path === null
      ? { available: false, missing: found.missing, mend: found.mend }
      : { available: true, version: found.version };
  },

  async start(context) {
    const found = await find(context.host);
    if (found.path === null) throw new HostError(found.missing);
    const process = await startDaemon(context, found.path);
    const cli = new Cli(context, controlOf(found.path), process);
    await cli.comesUp();
    const interfaces = await addPorts(context, cli);
    const uplink = await addUplink(context, cli);
    await isComplete(cli, [...interfaces, ...(uplink === null ? [] : [uplink])]);
    const ports = context.ports.map((request, index): SocketPort => {
      const name = `${SOCKETS}/${SOCKET}`;
      return {
        ...request,
        kind: kindOf(context),
        directory: folderOf(context, index),
        device: kindOf(context) === 'memif' ? netMemif({ name, role: 'client' }) : virtioUser({ name }),
      };
    });
    const observer = new Observer(cli);
    const running: RunningSwitch = {
      ports,
      flags: [],
      counters: () => countersOf(context, cli, interfaces),
      settled: async (stations) => {
        const lacking = await missing(context, cli, interfaces, uplink, stations);
        if (lacking === null) await observer.learnIdleness();
        return lacking;
      },
      threads: async () => [process.pid],
      health: async () => cli.ended,
      observe: () => observer.begin(),
    };
    if (uplink !== null) {
      running.uplinkCounters = () => uplinkCountersOf(cli, uplink);
      let isNew = true;
      running.connect = async () => {
        if (!isNew && context.uplink !== null) await replugUplink(cli, context.uplink);
        isNew = false;
      };
    }
    return running;
  },
};

type Found = { path: string; version: string } | { path: null; missing: string; mend: string };

const MEND =
  'install vpp and vpp-plugin-core as FD.io documents it (https://packagecloud.io/fdio/release), or build it and set VSWBENCH_VPP to the path of vpp';

async function find(host: Host): Promise<Found> {
  const lacking = (missing: string): Found => ({ path: null, missing, mend: MEND });
  const path = await findProgram(host, { name: 'vpp', variable: 'VSWBENCH_VPP' });
  if (path === null) {
    return lacking('VPP is not installed (it would show what vectors of packets gain, over vhost-user and memif)');
  }
  const { exitCode, stdout, stderr } = await host.run([path, '--version'], { timeoutMs: ANSWER_TIMEOUT_MS });
  const version = parseVersion(stdout);
  if (exitCode !== 0 || version === null) {
    return lacking(`${path} does not tell a version of VPP: ${lastLine(stderr) || lastLine(stdout) || 'no answer'}`);
  }
  const { year, month } = version;
  if (year < OLDEST.year || (year === OLDEST.year && month < OLDEST.month)) {
    return lacking(`${path} is VPP ${version.text}, and at least ${OLDEST.text} is needed`);
  }
  if ((await host.run(['test', '-x', controlOf(path)])).exitCode !== 0) {
    return lacking(`${controlOf(path)} is missing, by which VPP ${version.text} is talked to`);
  }
  return { path, version: version.text };
}

/** The program that talks to it lies beside it, wherever that is. */
function controlOf(path: string): string {
  return `${path.slice(0, path.lastIndexOf('/') + 1)}vppctl`;
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

async function startDaemon(context: SwitchContext, path: string): Promise<HostProcess> {
  const { host, undo, directory, cpus, housekeeping } = context;
  // Who may connect to a socket here decides what the switch does.
  await host.run(['chmod', '0700', directory]);
  for (const [index] of context.ports.entries()) await host.makeDirectory(folderOf(context, index));
  await keepHugepages(context);
  // A system's VPP has segments of the same names but for the prefix, and one that starts removes what it finds under its own.
  const prefix = directory.replaceAll(/\W+/g, '-').replace(/^-/, '');
  for (const segment of ['global_vm', 'vpe-api']) {
    await undo.push({ kind: 'remove-path', path: `/dev/shm/${prefix}-${segment}` });
  }
  const configuration = `${directory}/startup.conf`;
  await host.write(configuration, startupFile({ directory, prefix, ...threadsOf(context) }));
  const allowed = [...new Set([...cpus, ...housekeeping])].sort((a, b) => a - b);
  // VPP may use no CPU that whoever starts it may not.
  return startMarked(host, undo, directory, ['taskset', '--cpu-list', allowed.join(','), path, '-c', configuration]);
}

/**
 * The main thread manages and, beside a worker, sleeps until it is asked: so it goes to a housekeeping CPU, and the worker has the
 * CPU that is meant for polling. Where there is no other CPU, the main thread polls itself.
 */
function threadsOf({ cpus, housekeeping }: SwitchContext): { mainCpu: number; workerCpus: number[] } {
  const [first] = cpus;
  if (first === undefined) throw new RangeError('vpp needs a CPU');
  const mainCpu = housekeeping.find((cpu) => !cpus.includes(cpu));
  return mainCpu === undefined ? { mainCpu: first, workerCpus: [] } : { mainCpu, workerCpus: [...new Set(cpus)] };
}

function startupFile(plan: { directory: string; prefix: string; mainCpu: number; workerCpus: number[] }): string {
  const { directory, prefix, mainCpu, workerCpus } = plan;
  const workers = workerCpus.length === 0 ? '' : ` corelist-workers ${workerCpus.join(',')}`;
  const plugins = PLUGINS.map((name) => `plugin ${name}_plugin.so { enable }`).join(' ');
  return [
    `unix { nodaemon nosyslog nocolor nobanner runtime-dir ${directory}/run cli-listen ${directory}/cli.sock }`,
    `api-segment { prefix ${prefix} }`,
    `statseg { socket-name ${directory}/stats.sock }`,
    // Of what the kernel has for hugepages by default, which may be 1 GiB, only 2 MiB is reserved for it.
    `memory { main-heap-size ${HEAP_MIB}M main-heap-page-size 4k default-hugepage-size 2M }`,
    `cpu { main-core ${mainCpu}${workers} }`,
    `plugins { plugin default { disable } ${plugins} }`,
    '',
  ].join('\n');
}

/** VPP itself reserves what hugepages it misses, on every NUMA node, and does not give them back. */
async function keepHugepages({ host, undo }: SwitchContext): Promise<void> {
  const nodes = '/sys/devices/system/node';
  const folders = (await host.list(nodes)).filter((name) => /^node\d+$/.test(name)).map((name) => `${nodes}/${name}`);
  for (const folder of folders.length > 0 ? folders : ['/sys/kernel/mm']) {
    const path = `${folder}/hugepages/hugepages-2048kB/nr_hugepages`;
    const value = (await host.read(path))?.trim();
    if (value !== undefined) await undo.push({ kind: 'restore-knob', path, value });
  }
}

/** Questions to VPP, and its answers. */
class Cli {
  /** One line once VPP has ended. */
  ended: string | null = null;
  private readonly host: Host;
  private readonly socket: string;
  private readonly program: string;

  constructor({ host, directory }: SwitchContext, program: string, process: HostProcess) {
    this.host = host;
    this.socket = `${directory}/cli.sock`;
    this.program = program;
    void process.ended.then(({ exitCode, stderr }) => {
      this.ended = `VPP has ended: ${lastLine(stderr) || `exit code ${exitCode ?? 'none'}`}`;
    });
  }

  /** Throws HostError where VPP does not answer. Whether it is content is in the answer. */
  async ask(question: string): Promise<string> {
    const result = await this.host.run([this.program, '-s', this.socket, ...question.split(' ')], {
      timeoutMs: ANSWER_TIMEOUT_MS,
    });
    if (result.exitCode === 0) return result.stdout;
    throw new HostError(this.ended ?? `VPP does not answer '${question}': ${lastLine(result.stderr) || 'no reason'}`);
  }

  /** A command that says nothing where it is obeyed. Throws HostError with what VPP says else. */
  async order(command: string): Promise<void> {
    const answer = (await this.ask(command)).trim();
    if (answer !== '') throw new HostError(`VPP refuses '${command}': ${lastLine(answer)}`);
  }

  /** A command that says nothing but the name of what it made, which is returned. */
  async make(command: string, name: RegExp): Promise<string> {
    const answer = (await this.ask(command)).trim();
    if (!name.test(answer)) throw new HostError(`VPP refuses '${command}': ${lastLine(answer) || 'no answer'}`);
    return answer;
  }

  /** Waits for the first answer. Throws HostError where VPP ends before, or takes too long. */
  async comesUp(): Promise<void> {
    let answer = 'none';
    for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += START_POLL_MS) {
      if (this.ended !== null) throw new HostError(this.ended);
      if ((await this.host.run(['test', '-S', this.socket])).exitCode === 0) {
        answer = await this.ask('show version').catch((error: unknown) => String(error));
        if (/^vpp v/m.test(answer)) return;
      }
      await sleep(START_POLL_MS);
    }
    throw new HostError(
      `VPP does not come up within ${START_TIMEOUT_MS / 1000} s: its last answer was ${lastLine(answer)}`,
    );
  }
}

/** Names of the interfaces, in the order of the ports. */
async function addPorts(context: SwitchContext, cli: Cli): Promise<string[]> {
  await cli.make(`create bridge-domain ${BRIDGE}`, /^bridge-domain \d+$/);
  const interfaces: string[] = [];
  for (const [index] of context.ports.entries()) {
    const name = await addPort(cli, kindOf(context), `${folderOf(context, index)}/${SOCKET}`, index + 1);
    await join(cli, name);
    interfaces.push(name);
  }
  return interfaces;
}

/** VPP serves the socket, so an application may come and go: the port stays, and its counters with it. */
async function addPort(cli: Cli, kind: 'vhost-user' | 'memif', socket: string, number: number): Promise<string> {
  if (kind === 'vhost-user') return cli.make(`create vhost-user socket ${socket} server`, /^VirtualEthernet\S+$/);
  await cli.order(`create memif socket id ${number} filename ${socket}`);
  await cli.order(`create interface memif id 0 socket-id ${number} master`);
  return `memif${number}/0`;
}

/**
 * The second version of the kernel's ring: the third, VPP's own choice, hands packets over by the block, which is full or 1 ms old.
 * 4096 packets have room on receiving; frames of 2 KiB, which is what VPP's buffers hold, and not of 66 KiB for super-packets.
 */
const UPLINK_RING = 'v2 cksum-gso-disable rx-size 2048 rx-per-block 4096 tx-size 2048';

/** The interface stays with the kernel: a driver of VPP's own for the card would take it from there. */
async function addUplink({ host, undo, uplink }: SwitchContext, cli: Cli): Promise<string | null> {
  if (uplink === null) return null;
  await takeUplink(host, undo, uplink);
  const flags = `/sys/class/net/${uplink.interface}/flags`;
  const before = (await host.read(flags))?.trim();
  if (before !== undefined) await undo.push({ kind: 'restore-knob', path: flags, value: before });
  // What comes for a container has an address that is not the interface's.
  await runOrThrow(host, ['ip', 'link', 'set', 'dev', uplink.interface, 'promisc', 'on']);
  return plugUplink(cli, uplink);
}

/** Its socket is new: what the kernel has not sent of a ring waits there for the next frame, which would be the next trial's. */
async function replugUplink(cli: Cli, uplink: Uplink): Promise<void> {
  await cli.order(`delete host-interface name ${uplink.interface}`);
  await plugUplink(cli, uplink);
}

async function plugUplink(cli: Cli, uplink: Uplink): Promise<string> {
  const name = await cli.make(`create host-interface name ${uplink.interface} ${UPLINK_RING}`, /^host-\S+$/);
  await join(cli, name);
  await cli.order(`set interface rx-mode ${name} polling`);
  return name;
}

async function join(cli: Cli, name: string): Promise<void> {
  await cli.order(`set interface state ${name} up`);
  await cli.order(`set interface l2 bridge ${name} ${BRIDGE}`);
}

async function isComplete(cli: Cli, interfaces: readonly string[]): Promise<void> {
  const members = parseMembers(await cli.ask(`show bridge-domain ${BRIDGE} detail`));
  const absent = interfaces.find((name) => !members.includes(name));
  if (absent !== undefined) throw new HostError(`${absent} did not become a port of VPP's bridge`);
}

/** What an interface's output counts beside packets: tries, and calls that went wrong. */
const NO_PACKETS = new Set(['no enough space in tx buffers', 'tx sendto temporary failure', 'tx sendto fatal failure']);

/** VPP's reasons for drops at an output, as far as it shows them, and what they mean. */
const REASONS = new Map([
  ['tx packet drops (no available descr', "receiver's ring full"],
  ['no free tx slots', "receiver's ring full"],
  ['tx ring overrun', "uplink's ring full"],
  ['tx frame not ready', "uplink's ring full"],
]);

/**
 * VPP counts a packet as sent before it looks whether there is room for it; what there was none for is among the errors of the
 * output. Its own counter of drops has those of vhost-user in it as well, and for each kind of port what its graph dropped of
 * what came in there.
 */
function passed(
  name: string,
  counters: InterfaceCounters | undefined,
  errors: readonly NodeError[],
): UplinkCounters<bigint> {
  if (counters === undefined) throw new HostError(`VPP has lost its interface ${name}`);
  const count = (counter: string) => counters.get(counter) ?? 0n;
  const ours = errors.filter(({ node, reason }) => node === `${name}-tx` && !NO_PACKETS.has(reason));
  const unsent = ours.reduce((sum, error) => sum + error.count, 0n);
  const counted = name.startsWith('VirtualEthernet') ? unsent : 0n;
  const inGraph = count('drops') - counted;
  const byReason = Map.groupBy(ours, ({ reason }) => REASONS.get(reason) ?? reason);
  return {
    inPackets: count('rx packets'),
    outPackets: count('tx packets') - unsent,
    drops: [
      ...[...byReason].map(([reason, group]) => ({
        reason,
        packets: group.reduce((sum, error) => sum + error.count, 0n),
      })),
      { reason: 'in its graph', packets: inGraph > 0n ? inGraph : 0n },
    ],
  };
}

/** Counters of these interfaces, read in one go. */
async function read(cli: Cli, interfaces: readonly string[]): Promise<UplinkCounters<bigint>[]> {
  const table = parseInterfaces(await cli.ask('show interface'));
  const errors = parseErrors(await cli.ask('show errors'));
  return interfaces.map((name) => passed(name, table.get(name), errors));
}

async function countersOf({ ports }: SwitchContext, cli: Cli, interfaces: readonly string[]): Promise<PortCounters[]> {
  const counters = await read(cli, interfaces);
  return ports.flatMap((request, index) => {
    const seen = counters[index];
    return seen === undefined ? [] : [{ ...request, ...seen }];
  });
}

async function uplinkCountersOf(cli: Cli, uplink: string): Promise<UplinkCounters> {
  const [seen] = await read(cli, [uplink]);
  if (seen === undefined) throw new HostError('VPP has lost its uplink');
  return seen;
}

/** A port's link is up when its application is connected. */
async function missing(
  context: SwitchContext,
  cli: Cli,
  interfaces: readonly string[],
  uplink: string | null,
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
    if (wanted === null || wanted === undefined || known.get(mac) !== wanted) {
      return `VPP has not learned ${mac} at ${wanted ?? 'its uplink'}`;
    }
  }
  return null;
}

/** How often it is looked at a VPP that has nothing to do, before each trial. */
const IDLE_LOOKS = 3;

/** Where a packet enters the bridge, once for each. */
const BRIDGE_NODE = 'l2-input';

/** What the worker does: all threads but the main one, or the main one where it polls itself. */
function pollers(threads: readonly ThreadRuntime[]): ThreadRuntime[] {
  const workers = threads.filter(({ name }) => name !== 'vpp_main');
  return workers.length > 0 ? workers : [...threads];
}

/**
 * VPP tells the cycles of each node, but not which of the input's were spent on finding nothing. What that costs is learned
 * when everybody is connected and quiet, and taken off.
 */
class Observer {
  private readonly cli: Cli;
  /** Cycles of an input's call that finds nothing, by node. */
  private readonly idleCycles = new Map<string, number>();

  constructor(cli: Cli) {
    this.cli = cli;
  }

  /**
   * Learns it from the time that asking takes: some milliseconds, thousands of calls. The least of several counts, as a worker whose
   * CPU was taken from it meanwhile has that time among its cycles.
   */
  async learnIdleness(): Promise<void> {
    for (let look = 0; look < IDLE_LOOKS; look += 1) {
      await this.cli.order('clear runtime');
      for (const { nodes } of pollers(parseRuntime(await this.cli.ask('show runtime')))) {
        for (const { name, state, calls, packets, cycles } of nodes) {
          if (state !== 'polling' || packets > 0 || calls === 0) continue;
          this.idleCycles.set(name, Math.min(cycles / calls, this.idleCycles.get(name) ?? Number.POSITIVE_INFINITY));
        }
      }
    }
  }

  async begin(): Promise<() => Promise<SwitchFigures>> {
    await this.cli.order('clear runtime');
    return async () => figures(parseRuntime(await this.cli.ask('show runtime')), this.idleCycles);
  }
}

/**
 * Of `show runtime` since the last clear, all polling threads together: packets that the bridge took at a time, clock cycles that
 * went into one, and which part of the pollers' cycles that was. Empty where they saw no packet.
 */
export function figures(threads: readonly ThreadRuntime[], idleCycles: ReadonlyMap<string, number>): SwitchFigures {
  let [packets, vectors, busy, all] = [0, 0, 0, 0];
  for (const { nodes } of pollers(threads)) {
    const bridge = nodes.find(({ name }) => name === BRIDGE_NODE);
    packets += bridge?.packets ?? 0;
    vectors += bridge?.calls ?? 0;
    for (const node of nodes) {
      if (node.state !== 'polling' && node.state !== 'active') continue;
      all += node.cycles;
      if (node.state === 'active') busy += node.cycles;
      else if (node.packets > 0) {
        // As many of its calls found something as gave the bridge a vector.
        const inVain = Math.max(0, node.calls - (bridge?.calls ?? 0));
        busy += Math.max(0, node.cycles - inVain * (idleCycles.get(node.name) ?? 0));
      }
    }
  }
  if (packets === 0) return {};
  return { busyRatio: busy / all, cyclesPerPacket: busy / packets, packetsPerVector: packets / vectors };
}
