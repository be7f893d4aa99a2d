// SPDX-License-Identifier: Apache-2.0
// Snabb with its learning bridge (apps.bridge.learning), set up and asked by a script of ours (snabb.lua) that it runs. One
// vhost-user port for each application, whose socket Snabb is the client of: as the server it would stand still until somebody connects.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Host, HostError, lastLine, runOrThrow } from '../host/host.ts';
import { HUGEPAGE_BYTES } from '../host/hugepages.ts';
import type { PortCounts, RunningSwitch, Station, SwitchContext, SwitchDriver, SwitchFigures } from './driver.ts';
import { findProgram } from './kit/program.ts';
import { announcementsHeld, type Program, SingleUse } from './kit/single-use.ts';

/** Beside this file. */
const SCRIPT = 'snabb.lua';

const PROGRAM = { name: 'snabb', variable: 'VSWBENCH_SNABB' };
const MEND = `build it as https://github.com/snabbco/snabb says (make) and put src/snabb on the PATH, or its path into ${PROGRAM.variable}`;

/** Of Snabb's modules, those that the script is made of. */
const MODULES = ['apps.bridge.learning', 'apps.vhost.vhost_user', 'lib.tsc', 'syscall'];

/** Where every Snabb of a host keeps its counters, and mounts its hugepages. */
const SHARED = '/var/run/snabb';

export const snabb: SwitchDriver = {
  id: 'snabb',
  title: 'Snabb, learning bridge',
  ports: ['vhost-user'],
  locations: ['local'],
  threads: 1,
  workers: { threadsMax: 1, why: 'a process of Snabb has one, and its bridge is within one process' },
  hugepageBytes: (ports) => packetPages(ports) * HUGEPAGE_BYTES,

  async probe(host) {
    const path = await findProgram(host, PROGRAM);
    if (path === null) return { available: false, missing: 'Snabb is not installed', mend: MEND };
    const asked = await askVersion(host, path);
    return 'version' in asked
      ? { available: true, version: asked.version, program: path }
      : { available: false, missing: `${path} cannot be used: ${asked.reason}`, mend: MEND };
  },

  async start(context) {
    const { host, undo, directory } = context;
    const path = await findProgram(host, PROGRAM);
    if (path === null) throw new HostError('Snabb is gone');
    await host.write(`${directory}/${SCRIPT}`, await readFile(new URL(SCRIPT, import.meta.url), 'utf8'));
    if ((await host.run(['test', '-d', SHARED])).exitCode !== 0) {
      await undo.push({ kind: 'remove-empty-directory', path: SHARED });
      await host.makeDirectory(SHARED);
    }
    // Where what was reserved for it is not enough, Snabb helps itself.
    const reserved = await host.read('/proc/sys/vm/nr_hugepages');
    if (reserved !== null) {
      await undo.push({ kind: 'restore-knob', path: '/proc/sys/vm/nr_hugepages', value: reserved.trim() });
    }
    const bridge = await SingleUse.start(context, program(context, path));
    const running: RunningSwitch = {
      nextPorts() {
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
      // `resize_max` and `size` of apps/bridge/mac_table.lua.
      caches: async () => [
        {
          ...{ name: 'address table', entries: 65_536, of: 'macs' },
          ...{
            note: 'for 256 at first, and looked at once a minute whether it has to grow',
            hitRatio: null,
            held: null,
          },
        },
      ],
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

/** Parses a line of snabb.lua. Throws HostError where it is not one. */
export function parseLine(line: string): 'ready' | SnabbCounters {
  const parsed = LineSchema.safeParse(jsonOf(line));
  if (!parsed.success) throw new HostError('it is no line of our script');
  return parsed.data.type === 'ready' ? 'ready' : parsed.data;
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function program({ directory, cpus }: SwitchContext, path: string): Program<SnabbCounters> {
  const [cpu] = cpus;
  if (cpu === undefined) throw new RangeError('snabb needs a CPU');
  // What Snabb keeps where others do is in a mount namespace that ends with it: no other Snabb sees it, and none of it is left.
  const namespace = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs -o mode=0700 snabb "$0" && exec "$@"', SHARED];
  const bridge = ['taskset', '--cpu-list', String(cpu), path, 'snsh', `${directory}/${SCRIPT}`];
  return {
    command: (sockets) => [...namespace, ...bridge, ...sockets],
    language: (process) => ({
      name: 'snabb',
      ask: () => process.send('counters'),
      take: parseLine,
      reason: reasonOf,
    }),
  };
}

function countersOf({ ports }: SwitchContext, counters: SnabbCounters): PortCounts[] {
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

function missing(context: SwitchContext, counters: SnabbCounters, stations: readonly Station[]): string | null {
  for (const { mac, pair, end } of stations) {
    const index = context.ports.findIndex((port) => port.pair === pair && port.end === end);
    if (counters.ports[index]?.up !== true) return `nobody is connected to port ${index} of Snabb`;
    if (!counters.addresses.some((known) => known.mac === mac && known.port === index)) {
      return `Snabb has not learned ${mac} at port ${index}`;
    }
  }
  const held = announcementsHeld(countersOf(context, counters));
  return held === 0 ? null : `Snabb holds ${held} announcements`;
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
