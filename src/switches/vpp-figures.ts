// SPDX-License-Identifier: Apache-2.0
// What VPP tells of itself in figures: packets in, out and dropped of its interfaces, and how busy its worker is.
import { HostError } from '../host/host.ts';
import type { SwitchFigures, UplinkCounters } from './driver.ts';
import { subinterfaceOf } from './vpp-bridge.ts';
import {
  type InterfaceCounters,
  type NodeError,
  type NodeRuntime,
  parseErrors,
  parseInterfaces,
  parseRuntime,
  type ThreadRuntime,
} from './vpp-cli.ts';
import type { Cli } from './vpp-daemon.ts';

/** What an interface's output counts beside packets: tries, and calls that went wrong. */
const NO_PACKETS = new Set([
  'no enough space in tx buffers',
  'tx sendto temporary failure',
  'tx sendto fatal failure',
  'syscall required',
  'syscall failures',
]);

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
  table: ReadonlyMap<string, InterfaceCounters>,
  errors: readonly NodeError[],
): UplinkCounters<bigint> {
  const counters = table.get(name);
  if (counters === undefined) throw new HostError(`VPP has lost its interface ${name}`);
  const count = (counter: string) => counters.get(counter) ?? 0n;
  const ours = errors.filter(({ node, reason }) => node === `${name}-tx` && !NO_PACKETS.has(reason));
  const unsent = ours.reduce((sum, error) => sum + error.count, 0n);
  const counted = name.startsWith('VirtualEthernet') ? unsent : 0n;
  const ofTagged = table.get(subinterfaceOf(name))?.get('drops') ?? 0n;
  const inGraph = count('drops') + ofTagged - counted;
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
export async function readCounters(cli: Cli, interfaces: readonly string[]): Promise<UplinkCounters<bigint>[]> {
  const table = parseInterfaces(await cli.ask('show interface'));
  const errors = parseErrors(await cli.ask('show errors'));
  return interfaces.map((name) => passed(name, table, errors));
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
export class Observer {
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
 * went into one, and which part of the pollers' cycles that was; of several also of each, by its number. Empty where they saw no packet.
 */
export function figures(threads: readonly ThreadRuntime[], idleCycles: ReadonlyMap<string, number>): SwitchFigures {
  const sums = pollers(threads).map(({ nodes }) => spentBy(nodes, idleCycles));
  const sum = (count: (one: Spent) => number) => sums.reduce((total, one) => total + count(one), 0);
  const packets = sum((one) => one.packets);
  if (packets === 0) return {};
  const busy = sum((one) => one.busy);
  const each = sums.map((one, thread) => [`thread${thread}BusyRatio`, one.busy / Math.max(1, one.all)]);
  return {
    ...{ busyRatio: busy / sum(({ all }) => all), cyclesPerPacket: busy / packets },
    ...{ packetsPerVector: packets / sum(({ vectors }) => vectors) },
    ...(sums.length > 1 ? Object.fromEntries(each) : {}),
  };
}

/** Packets and vectors that a thread's bridge had, and clock cycles that went into packets, and in all. */
interface Spent {
  packets: number;
  vectors: number;
  busy: number;
  all: number;
}

function spentBy(nodes: readonly NodeRuntime[], idleCycles: ReadonlyMap<string, number>): Spent {
  const bridge = nodes.find(({ name }) => name === BRIDGE_NODE);
  const vectors = bridge?.calls ?? 0;
  let [busy, all] = [0, 0];
  for (const { name, state, calls, packets, cycles } of nodes) {
    if (state !== 'polling' && state !== 'active') continue;
    all += cycles;
    if (state === 'active') busy += cycles;
    else if (packets > 0) {
      // As many of its calls found something as gave the bridge a vector.
      const inVain = Math.max(0, calls - vectors);
      busy += Math.max(0, cycles - inVain * (idleCycles.get(name) ?? 0));
    }
  }
  return { packets: bridge?.packets ?? 0, vectors, busy, all };
}
