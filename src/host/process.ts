// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host, HostProcess, UndoStack } from './host.ts';

/** What /proc/PID/stat says of a process or thread. CPU times in clock ticks of 10 ms (USER_HZ, 100 on every Linux port we serve). */
export interface ProcessStat {
  name: string;
  /** One letter: R, S, D, …; Z is a zombie. */
  state: string;
  userTicks: number;
  systemTicks: number;
  /** On which it ran last. */
  cpu: number;
  /** Start time in clock ticks since boot: with the id, the identity of a process. */
  startTicks: string;
}

/** Parses /proc/PID/stat (proc(5)); null where the text is not of that form. */
export function parseProcessStat(text: string): ProcessStat | null {
  // The name stands in parentheses and may hold spaces and parentheses itself: the last ')' ends it.
  const nameEnd = text.lastIndexOf(')');
  const name = text.slice(text.indexOf('(') + 1, nameEnd);
  const fields = text.slice(nameEnd + 2).split(' ');
  // Fields are numbered from 1 in proc(5), and the third (state) is the first one here.
  const field = (number: number) => fields[number - 3];
  const [userTicks, systemTicks, startTicks] = [Number(field(14)), Number(field(15)), field(22)];
  return nameEnd < 0 || startTicks === undefined || Number.isNaN(userTicks + systemTicks)
    ? null
    : { name, state: field(3) ?? '', userTicks, systemTicks, cpu: Number(field(39) ?? 0), startTicks };
}

/**
 * Start time of a process; null where none of that id is alive. A zombie is not: it has ended, but may keep its entry for as
 * long as its parent does not ask for it, which a container's first process may never do. It is as long as it has other threads:
 * they hold its memory.
 */
export async function startTicksOf(host: Host, pid: number): Promise<string | null> {
  const text = await host.read(`/proc/${pid}/stat`);
  const stat = text === null ? null : parseProcessStat(text);
  if (stat === null || stat.state === 'X') return null;
  const ended = stat.state === 'Z' && (await host.list(`/proc/${pid}/task`)).length <= 1;
  return ended ? null : stat.startTicks;
}

const MARK = 'VSWBENCH_MARK';
/** A killed process is gone when its memory is: milliseconds, more for gigabytes of it. */
const DEATH_TIMEOUT_MS = 10_000;
const DEATH_POLL_MS = 5;

/**
 * Starts a program that is found and ended by its mark, whatever becomes of us: the undo is on record before there is
 * a process id to write down. `environment` is added to that of the host.
 */
export async function startMarked(
  host: Host,
  undo: UndoStack,
  mark: string,
  command: readonly string[],
  environment: Record<string, string> = {},
): Promise<HostProcess> {
  await undo.push({ kind: 'kill-marked', mark });
  const variables = Object.entries({ ...environment, [MARK]: mark }).map(([name, value]) => `${name}=${value}`);
  return await host.start(['env', ...variables, ...command]);
}

/** Asks each child of this name to end, and waits until it is gone. Returns one line where that failed. */
export async function endChildren(host: Host, parent: number, name: string): Promise<string | null> {
  for (let waitedMs = 0; ; waitedMs += DEATH_POLL_MS) {
    const alive: number[] = [];
    for (const pid of await childrenOfAll(host, parent)) {
      const named = (await host.read(`/proc/${pid}/comm`))?.trim() === name;
      if (named && (await startTicksOf(host, pid)) !== null) alive.push(pid);
    }
    if (alive.length === 0) return null;
    if (waitedMs >= DEATH_TIMEOUT_MS) return `cannot end process ${alive.join(', ')}`;
    if (waitedMs === 0) await host.run(['kill', '-TERM', ...alive.map(String)]);
    await sleep(DEATH_POLL_MS);
  }
}

async function childrenOfAll(host: Host, parent: number): Promise<number[]> {
  const threads = (await host.list(`/proc/${parent}/task`)).map(Number);
  return (await Promise.all(threads.map((thread) => childrenOf(host, parent, thread)))).flat();
}

/** The children that a thread of a process has started, its first one unless another is named; none where the kernel does not tell. */
export async function childrenOf(host: Host, parent: number, thread = parent): Promise<number[]> {
  const text = (await host.read(`/proc/${parent}/task/${thread}/children`)) ?? '';
  return (text.match(/\d+/g) ?? []).map(Number);
}

/** Kills every process that bears a mark, in this variable of its environment, and waits until they are gone. Returns one line where that failed. */
export async function killMarked(host: Host, mark: string, variable = MARK): Promise<string | null> {
  // One that is about to end has no environment any more, but still its memory: hugepages, which the host is to have back.
  const seen = new Map<number, string>();
  for (let waitedMs = 0; ; waitedMs += DEATH_POLL_MS) {
    for (const [pid, ticks] of await marked(host, mark, variable)) seen.set(pid, ticks);
    const pids: number[] = [];
    for (const [pid, ticks] of seen) if ((await startTicksOf(host, pid)) === ticks) pids.push(pid);
    if (pids.length === 0) return null;
    if (waitedMs >= DEATH_TIMEOUT_MS) return `cannot end process ${pids.join(', ')}`;
    await host.run(['kill', '-KILL', ...pids.map(String)]);
    await sleep(DEATH_POLL_MS);
  }
}

/** Those alive that bear a mark: process id and start time. */
async function marked(host: Host, mark: string, variable: string): Promise<[number, string][]> {
  const alive: [number, string][] = [];
  for (const pid of await processesWith(host, 'environ', `${variable}=${mark}`)) {
    const ticks = await startTicksOf(host, pid);
    if (ticks !== null) alive.push([pid, ticks]);
  }
  return alive;
}

/** Ids of the processes that have exactly this variable in their environment, or this word in their command line. */
export async function processesWith(host: Host, file: 'environ' | 'cmdline', text: string): Promise<number[]> {
  const pids = (await host.list('/proc')).filter((name) => /^\d+$/.test(name));
  // Each entry of either file ends in a NUL. That some are gone meanwhile is no error of ours.
  const found = await host.run([
    ...['grep', '--files-with-matches', '--no-messages', '--null-data', '--line-regexp', '--fixed-strings'],
    ...['--regexp', text, ...pids.map((pid) => `/proc/${pid}/${file}`)],
  ]);
  return found.stdout.split('\n').flatMap((line) => {
    const pid = /^\/proc\/(\d+)\//.exec(line)?.[1];
    return pid === undefined ? [] : [Number(pid)];
  });
}
