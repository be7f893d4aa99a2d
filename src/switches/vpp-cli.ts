// SPDX-License-Identifier: Apache-2.0
// What VPP's command line answers, as tables for people to read: docs/decisions/0010-vpp-cli.md says why it is asked there.
// The tables are the same from 22.06 to 26.06; whatever is not of their form is refused, for a guess would be a wrong counter.
import { HostError } from '../host/host.ts';
import type { Cache } from '../model/cache.ts';
import type { SwitchFigures } from './driver.ts';

/** Parses the answer of `vpp --version`; null where it is none. */
export function parseVersion(text: string): { text: string; year: number; month: number } | null {
  const [, version, year, month] = /^vpp v((\d\d)\.(\d\d)\S*) /m.exec(text) ?? [];
  return version === undefined ? null : { text: version, year: Number(year), month: Number(month) };
}

/** Counters of one interface by VPP's own names, such as `rx packets`, `tx packets`, `drops`; one that is not there is 0. */
export type InterfaceCounters = ReadonlyMap<string, bigint>;

/** Parses `show interface`: counters by interface. Throws HostError. */
export function parseInterfaces(answer: string): Map<string, InterfaceCounters> {
  const table = new Map<string, Map<string, bigint>>();
  let counters: Map<string, bigint> | undefined;
  for (const line of rowsBehind(answer, /^ *Name +Idx +State +MTU \(L3\/IP4\/IP6\/MPLS\) +Counter +Count *$/)) {
    // An interface has its first counter beside its name, and the others below.
    const begins = /^(\S+) +\d+ +(?:up|down) +\d+(?:\/\d+){3}(.*)$/.exec(line);
    if (begins !== null) counters = enter(table, begins[1] ?? '', new Map(), line);
    const rest = begins === null ? line : (begins[2] ?? '');
    if (begins !== null && rest.trim() === '') continue;
    const [, name = '', count = ''] = /^(\S+(?: \S+)*) +(\d+)$/.exec(rest.trim()) ?? [];
    // Both have their columns: a number that was cut off is a number as well.
    if (counters === undefined || rest.trim() !== name.padEnd(16) + count.padStart(16)) throw unexpected(line);
    enter(counters, name, BigInt(count), line);
  }
  return table;
}

/** What a node of the graph counted. That of an interface's output is called `NAME-tx`. */
export interface NodeError {
  node: string;
  /** VPP's words, of which it shows the first 35 characters. */
  reason: string;
  count: bigint;
}

/** Parses `show errors`: those of all threads summed up. Throws HostError. */
export function parseErrors(answer: string): NodeError[] {
  const sums = new Map<string, NodeError>();
  for (const line of rowsBehind(answer, /^ *Count +Node +Reason +Severity *$/)) {
    const [, count, node, reason] =
      /^ *(\d+) +(\S+) +(\S(?:[ -~]*\S)?) +(?:error|warn|info|unknown) *$/.exec(line) ?? [];
    if (count === undefined || node === undefined || reason === undefined) throw unexpected(line);
    const key = `${node} ${reason}`;
    sums.set(key, { node, reason, count: (sums.get(key)?.count ?? 0n) + BigInt(count) });
  }
  return [...sums.values()];
}

/** Parses `show hardware-interfaces brief`: whether the link of each interface is up. Throws HostError. */
export function parseLinks(answer: string): Map<string, boolean> {
  const table = new Map<string, boolean>();
  for (const line of rowsBehind(answer, /^ *Name +Idx +Link +Hardware *$/)) {
    // Below each interface stand its speed and queues, indented.
    if (/^ +\S/.test(line)) continue;
    const [, name = '', state] = /^(\S+) +\d+ +(up|down) +\S/.exec(line) ?? [];
    if (state === undefined) throw unexpected(line);
    enter(table, name, state === 'up', line);
  }
  return table;
}

/** Parses `show l2fib all`: interfaces by MAC address. Throws HostError. */
export function parseForwarding(answer: string): Map<string, string> {
  if (answer.trim() === 'no l2fib entries') return new Map();
  const table = new Map<string, string>();
  const rows = rowsBehind(
    answer,
    /^ *Mac-Address +BD-Idx +If-Idx +BSN-ISN +Age\(min\) +static +filter +bvi +Interface-Name *$/,
  );
  const end = rows.findIndex((line) => /^L2FIB total\/learned entries: \d+\/\d+ /.test(line));
  if (end < 0) throw new HostError('VPP answered a table of MAC addresses without an end');
  for (const line of rows.slice(0, end)) {
    const row = /^ *((?:[0-9a-f]{2}:){5}[0-9a-f]{2}) +\d+ +-?\d+ +\d+\/\d+ +\S+ +[-*] +[-*] +[-*] +(\S+) *$/.exec(line);
    if (row === null) throw unexpected(line);
    enter(table, row[1] ?? '', row[2] ?? '', line);
  }
  return table;
}

/** Parses `show bridge-domain ID detail`: the interfaces that are in it. Throws HostError. */
export function parseMembers(answer: string): string[] {
  // A bridge without an interface has no table of them.
  if (/^ *BD-ID +Index /.test(answer) && !/^ *Interface /m.test(answer)) return [];
  const head = /^ *Interface +If-idx +ISN +SHG +BVI +TxFlood +VLAN-Tag-Rewrite *$/;
  return rowsBehind(answer, head).map((line) => {
    const name = /^ *(\S+) +\d+ +\d+ +\d+ +[-*] +[-*] +\S+ *$/.exec(line)?.[1];
    if (name === undefined) throw unexpected(line);
    return name;
  });
}

/** Who polls a receive queue: a worker, counted from 0, or the main thread (null). */
export interface QueuePlacement {
  name: string;
  queue: number;
  worker: number | null;
}

/** Parses `show interface rx-placement`; empty where nothing is polled. Throws HostError. */
export function parsePlacement(answer: string): QueuePlacement[] {
  const placed: QueuePlacement[] = [];
  let worker: number | null | undefined;
  for (const line of answer.replaceAll('\r', '').split('\n')) {
    // A node stands but once where several threads run it.
    if (line.trim() === '' || /^ *node \S+:$/.test(line)) continue;
    const [, thread] = /^Thread \d+ \((vpp_main|vpp_wk_\d+)\):$/.exec(line) ?? [];
    const [, name, queue] = /^ +(\S+) queue (\d+) \((?:polling|interrupt|adaptive)\)$/.exec(line) ?? [];
    if (thread !== undefined) worker = thread === 'vpp_main' ? null : Number(thread.slice('vpp_wk_'.length));
    else if (name !== undefined && worker !== undefined) placed.push({ name, queue: Number(queue), worker });
    else throw unexpected(line);
  }
  return placed;
}

/** What one node of the graph did in one thread. */
export interface NodeRuntime {
  name: string;
  /** `polling` asks for packets, `active` is given some; others wait. */
  state: string;
  calls: number;
  packets: number;
  /** Clock cycles in all its calls, to three digits. */
  cycles: number;
}

export interface ThreadRuntime {
  /** `vpp_main`, `vpp_wk_0`, … */
  name: string;
  nodes: NodeRuntime[];
}

/** Parses `show runtime`, by thread. Throws HostError. */
export function parseRuntime(answer: string): ThreadRuntime[] {
  return answer
    .split(/^-+ *$/m)
    .filter((part) => part.trim() !== '')
    .map(parseThread);
}

function parseThread(part: string): ThreadRuntime {
  // Without workers there is but one thread, which is not named.
  const name = /^Thread \d+ (\S+) \(lcore \d+\)$/m.exec(part)?.[1] ?? 'vpp_main';
  const rows = rowsBehind(part, /^ *Name +State +Calls +Vectors +Suspends +(?:Packet-)?Clocks +Vectors\/Call *$/);
  const nodes = rows
    // Of processes that have events to come.
    .filter((line) => !/^ +events pending, *$/.test(line))
    .map((line): NodeRuntime => {
      const row = /^(\S+) +(\S+(?: \S+)*) +(\d+) +(\d+) +(\d+) +(\d*\.\d+e-?\d+) +\d*\.\d+ *$/.exec(line);
      const [, node, state, calls, packets, suspends, clocks] = row ?? [];
      if (node === undefined || state === undefined || clocks === undefined) throw unexpected(line);
      const [perCall, perPacket] = [counted(calls, line), counted(packets, line)];
      // It tells clocks of a packet; of a call, where none came; of a suspension, where it is not called.
      const times = perPacket || perCall || counted(suspends, line);
      return { name: node, state, calls: perCall, packets: perPacket, cycles: Number(clocks) * times };
    });
  return { name, nodes };
}

/** The lines below a table's head that say something. Throws HostError where that head is not there. */
function rowsBehind(answer: string, head: RegExp): string[] {
  // Its lines end with a carriage return as well; a host takes only the last newline off.
  const lines = answer.replaceAll('\r', '').split('\n');
  const begin = lines.findIndex((line) => head.test(line));
  if (begin < 0) throw unexpected(lines.find((line) => line.trim() !== '') ?? 'nothing');
  return lines.slice(begin + 1).filter((line) => line.trim() !== '');
}

/** Adds a row to a table that must not have it yet. */
function enter<T>(table: Map<string, T>, name: string, value: T, line: string): T {
  if (name === '' || table.has(name)) throw unexpected(line);
  table.set(name, value);
  return value;
}

/** A number of VPP's that is counted since a moment ago, as one of ours, which is exact up to 2^53. */
function counted(digits: string | undefined, line: string): number {
  const value = Number(digits ?? Number.NaN);
  if (!Number.isSafeInteger(value)) throw unexpected(line);
  return value;
}

function unexpected(line: string): HostError {
  return new HostError(`VPP answered what is not understood: ${JSON.stringify(line.trim().slice(0, 100))}`);
}

/** The line at the end of `show l2fib`, absent while it knows no address. */
const FIB = /L2FIB total\/learned entries: (\d+)\/\d+ .*Learn limit: (\d+)/;

/** How many addresses VPP knows. */
export function fibFigures(answer: string): SwitchFigures {
  return { fdbEntries: Number(FIB.exec(answer)?.[1] ?? 0) };
}

/** The table of addresses, with VPP's limit for what it learns, where it tells that. */
export function fibOf(answer: string): Cache {
  const limit = FIB.exec(answer)?.[2];
  return {
    ...{ name: 'address table', entries: limit === undefined ? null : Number(limit), of: 'macs' },
    ...{ note: 'L2FIB, learn limit', hitRatio: null, held: 'fdbEntries' },
  };
}
