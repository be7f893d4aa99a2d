// SPDX-License-Identifier: Apache-2.0
// Snabb with its learning bridge (apps.bridge.learning), set up and asked by a script of ours (snabb.lua) that it runs. One
// vhost-user port for each application, whose socket Snabb is the client of: as the server it would stand still until somebody connects.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Host, HostError, type HostProcess, lastLine, runOrThrow } from '../host/host.ts';
import { HUGEPAGE_BYTES } from '../host/hugepages.ts';
import { killMarked, startMarked } from '../host/process.ts';
import { Dialogue, type Language } from './dialogue.ts';
import {
  type PortCounters,
  type RunningSwitch,
  SOCKETS,
  type SocketPort,
  type Station,
  type SwitchContext,
  type SwitchDriver,
  type SwitchFigures,
} from './driver.ts';
import { findProgram } from './program.ts';
import { makeSocketFolder, socketAppears } from './sockets.ts';
import { virtioUser } from './virtio.ts';

const SCRIPT = readFileSync(new URL('snabb.lua', import.meta.url), 'utf8');

const PROGRAM = { name: 'snabb', variable: 'VSWBENCH_SNABB' };
const MEND = `build it as https://github.com/snabbco/snabb says (make) and put src/snabb on the PATH, or its path into ${PROGRAM.variable}`;

/** Of Snabb's modules, those that the script is made of. */
const MODULES = ['apps.bridge.learning', 'apps.vhost.vhost_user', 'lib.tsc', 'syscall'];

/** Where every Snabb of a host keeps its counters, and mounts its hugepages. */
const SHARED = '/var/run/snabb';

export const snabb: SwitchDriver = {
  id: 'snabb',
  title: 'Snabb, learning bridge',
  kind: 'user-space',
  learns: true,
  ports: ['vhost-user'],
  locations: ['local'],
  threads: 1,
  hugepageBytes: (ports) => packetPages(ports) * HUGEPAGE_BYTES,

  async probe(host) {
    const path = await findProgram(host, PROGRAM);
    if (path === null) return { available: false, missing: 'Snabb is not installed', mend: MEND };
    const asked = await askVersion(host, path);
    return 'version' in asked
      ? { available: true, version: asked.version }
      : { available: false, missing: `${path} cannot be used: ${asked.reason}`, mend: MEND };
  },

  async start(context) {
    const { host, undo, directory, ports } = context;
    const path = await findProgram(host, PROGRAM);
    if (path === null) throw new HostError('Snabb is gone');
    await host.write(`${directory}/bridge.lua`, SCRIPT);
    for (const index of ports.keys()) await makeSocketFolder(host, folderOf(context, index));
    if ((await host.run(['test', '-d', SHARED])).exitCode !== 0) {
      await undo.push({ kind: 'remove-empty-directory', path: SHARED });
      await host.makeDirectory(SHARED);
    }
    // Where what was reserved for it is not enough, Snabb helps itself.
    const reserved = await host.read('/proc/sys/vm/nr_hugepages');
    if (reserved !== null) {
      await undo.push({ kind: 'restore-knob', path: '/proc/sys/vm/nr_hugepages', value: reserved.trim() });
    }
    const bridge = new Bridge(context, path);
    await bridge.begin();
    const running: RunningSwitch = {
      get ports() {
        return bridge.nextPorts();
      },
      flags: [],
      connect: (signal) => bridge.connect(signal),
      counters: async () => countersOf(context, await bridge.ask()),
      settled: async (stations) => missing(context, await bridge.ask(), stations),
      threads: async () => bridge.pids(),
      health: async () => bridge.ended(),
      observe: async () => {
        const before = await bridge.ask();
        return async () => figuresBetween(before, await bridge.ask());
      },
    };
    return running;
  },
};

/** Packets between two apps, of which a link holds one less than its ring (LINK_RING_SIZE of core/link.h). */
const LINK_PACKETS = 1023;
/** What Snabb makes of packets at first; each time that they run out, twice as many more (core/packet.lua). */
const FIRST_PACKETS = 1000;
/** Bytes of a packet of 10 KiB and its head room of 512, each beginning at a multiple of 512. */
const PACKET_BYTES = 11_264;

/** Hugepages for as many packets as fit in the links to and from so many ports. */
function packetPages(ports: number): number {
  let packets = FIRST_PACKETS;
  for (let step = 2 * FIRST_PACKETS; packets < 2 * LINK_PACKETS * ports; step *= 2) packets += step;
  return Math.ceil(packets / Math.floor(HUGEPAGE_BYTES / PACKET_BYTES)) + 1;
}

/** Any question to it makes Snabb lay out its counters first: in a folder of no one else. */
async function askVersion(host: Host, path: string): Promise<{ version: string } | { reason: string }> {
  const folder = (await runOrThrow(host, ['mktemp', '--directory', '--tmpdir', 'vswbench-snabb-XXXXXX'])).trim();
  const ask = (...args: string[]) => host.run(['env', `SNABB_SHM_ROOT=${folder}`, path, ...args]);
  try {
    const told = await ask('--version');
    const version = parseVersion(told.stdout);
    if (told.exitCode !== 0 || version === null)
      return { reason: reasonOf(told.stderr) || 'it does not tell its version' };
    const modules = await ask('snsh', '--eval', MODULES.map((name) => `require('${name}')`).join(' '));
    return modules.exitCode === 0 && modules.stderr === ''
      ? { version }
      : { reason: `Snabb ${version} is too old (${reasonOf(modules.stderr) || `exit code ${modules.exitCode}`})` };
  } finally {
    await host.remove(folder);
  }
}

/** Parses what `snabb --version` prints: its release, and how many commits after that it is where it is no release. Null where it is not that. */
export function parseVersion(text: string): string | null {
  return /^snabb (\d+\.\d+(?: \([\w.-]+\))?)$/m.exec(text)?.[1] ?? null;
}

/** Snabb says what is wrong, and then how it came there. */
function reasonOf(stderr: string): string {
  return lastLine(stderr.split(/^stack traceback/im)[0] ?? '');
}

const count = z.int().nonnegative();
const LineSchema = z.discriminatedUnion('type', [
  z.strictObject({ v: z.literal(1), type: z.literal('ready') }),
  z.strictObject({
    v: z.literal(1),
    type: z.literal('counters'),
    ports: z.array(
      z.strictObject({
        /** Its application has told where its rings are. */
        up: z.boolean(),
        in_packets: count,
        /** Of `in_packets`, those that the link to the bridge had no room for. */
        in_dropped: count,
        out_packets: count,
        /** For which the link from the bridge had no room, because the application's ring had none. */
        out_dropped: count,
      }),
    ),
    /** Which port each address is behind, counted from 0. */
    addresses: z.array(z.strictObject({ mac: z.string().regex(/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/), port: count })),
    /** Of the time stamp counter, in breaths that moved packets and in others. */
    busy_cycles: count,
    idle_cycles: count,
    busy_breaths: count,
  }),
]);
export type SnabbCounters = Extract<z.infer<typeof LineSchema>, { type: 'counters' }>;

/** Parses a line of snabb.lua. Throws where it is not one. */
export function parseLine(line: string): 'ready' | SnabbCounters {
  const parsed = LineSchema.parse(JSON.parse(line));
  return parsed.type === 'ready' ? 'ready' : parsed;
}

function folderOf({ directory }: SwitchContext, index: number): string {
  return `${directory}/port${index}`;
}

/**
 * A Snabb for each trial: an app whose peer has gone does not take another one, and one that is replaced leaves that one's memory
 * mapped. It starts in hundredths of a second. All of it is in a mount namespace of its own, which ends with it: no other Snabb sees
 * its counters and hugepages, and none of them is left.
 */
class Bridge {
  private readonly context: SwitchContext;
  private readonly path: string;
  private current: { process: HostProcess; dialogue: Dialogue<SnabbCounters> } | null = null;
  private generation = 0;
  /** The present one has served a trial. */
  private used = false;

  constructor(context: SwitchContext, path: string) {
    this.context = context;
    this.path = path;
  }

  /** Starts one in place of what there was. Throws HostError where it does not come up. */
  async begin(): Promise<void> {
    const { host, undo, directory, cpus } = this.context;
    const [cpu] = cpus;
    if (cpu === undefined) throw new RangeError('snabb needs a CPU');
    this.current = null;
    const complaint = await killMarked(host, directory);
    if (complaint !== null) throw new HostError(complaint);
    const namespace = ['sh', '-c', 'mount -t tmpfs -o mode=0700 snabb "$0" && exec "$@"', SHARED];
    const program = ['taskset', '--cpu-list', String(cpu), this.path, 'snsh', `${directory}/bridge.lua`];
    const process = await startMarked(host, undo, directory, ['unshare', '--mount', ...namespace, ...program]);
    const language: Language<SnabbCounters> = {
      name: 'snabb',
      ask: () => process.send('counters'),
      take: parseLine,
      reason: reasonOf,
    };
    this.current = { process, dialogue: new Dialogue(process, language) };
    this.used = false;
    await this.current.dialogue.ready;
  }

  /** The ports of the next trial. */
  nextPorts(): SocketPort[] {
    this.generation += 1;
    return this.context.ports.map((request, index) => ({
      ...request,
      kind: 'vhost-user',
      directory: folderOf(this.context, index),
      device: virtioUser({ name: `${SOCKETS}/${this.socketName()}`, server: true }),
    }));
  }

  /** Gives the bridge a port at each socket of the applications, as soon as they are there. */
  async connect(signal: AbortSignal): Promise<void> {
    if (this.used) await this.begin();
    this.used = true;
    const sockets = this.context.ports.map((_, index) => `${folderOf(this.context, index)}/${this.socketName()}`);
    for (const socket of sockets) await socketAppears(this.context.host, socket, signal);
    this.current?.process.send(['connect', ...sockets].join(' '));
  }

  async ask(): Promise<SnabbCounters> {
    if (this.current === null) throw new HostError('snabb is not up');
    return this.current.dialogue.ask();
  }

  pids(): number[] {
    return this.current === null ? [] : [this.current.process.pid];
  }

  /** One line once it has ended by itself. */
  ended(): string | null {
    return this.current?.dialogue.ended ?? null;
  }

  private socketName(): string {
    return `socket-${this.generation}`;
  }
}

function countersOf({ ports }: SwitchContext, counters: SnabbCounters): PortCounters[] {
  return ports.map((request, index) => {
    const port = counters.ports[index];
    if (port === undefined) throw new HostError(`Snabb has no port ${index}`);
    return {
      ...request,
      inPackets: port.in_packets,
      outPackets: port.out_packets,
      drops: [
        { reason: 'link to the bridge full', packets: port.in_dropped },
        { reason: "receiver's ring full", packets: port.out_dropped },
      ],
    };
  });
}

function missing({ ports }: SwitchContext, counters: SnabbCounters, stations: readonly Station[]): string | null {
  for (const { mac, pair, end } of stations) {
    const index = ports.findIndex((port) => port.pair === pair && port.end === end);
    if (counters.ports[index]?.up !== true) return `nobody is connected to port ${index} of Snabb`;
    if (!counters.addresses.some((known) => known.mac === mac && known.port === index)) {
      return `Snabb has not learned ${mac} at port ${index}`;
    }
  }
  return null;
}

/** What a Snabb has done between two answers of it; empty where it moved no packet. */
export function figuresBetween(before: SnabbCounters, after: SnabbCounters): SwitchFigures {
  const packetsOf = ({ ports }: SnabbCounters) => ports.reduce((sum, { in_packets }) => sum + in_packets, 0);
  const packets = packetsOf(after) - packetsOf(before);
  const busy = after.busy_cycles - before.busy_cycles;
  const breaths = after.busy_breaths - before.busy_breaths;
  if (packets <= 0 || breaths <= 0 || busy <= 0) return {};
  return {
    busyRatio: busy / (busy + after.idle_cycles - before.idle_cycles),
    cyclesPerPacket: busy / packets,
    packetsPerBreath: packets / breaths,
  };
}
