// SPDX-License-Identifier: Apache-2.0
import type { Host } from './host.ts';

/** What /proc/PID/stat says of a process or thread. CPU times in clock ticks of 10 ms (USER_HZ, 100 on every Linux port we serve). */
export interface ProcessStat {
  name: string;
  /** One letter: R, S, D, …; Z is a zombie. */
  state: string;
  userTicks: number;
  systemTicks: number;
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
    : { name, state: field(3) ?? '', userTicks, systemTicks, startTicks };
}

/**
 * Start time of a process; null where none of that id is alive. A zombie is not: it has ended, but may keep its entry for as
 * long as its parent does not ask for it, which a container's first process may never do.
 */
export async function startTicksOf(host: Host, pid: number): Promise<string | null> {
  const text = await host.read(`/proc/${pid}/stat`);
  const stat = text === null ? null : parseProcessStat(text);
  return stat === null || stat.state === 'Z' || stat.state === 'X' ? null : stat.startTicks;
}
