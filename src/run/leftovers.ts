// SPDX-License-Identifier: Apache-2.0
// What a switch driver leaves on its host without an undo. A host has other users, whose interfaces and processes come and go: only that
// is the driver's which was not there before its visit, and which its own commands named, or which bears the visit's mark.
import { type Host, HostError } from '../host/host.ts';
import { killMarked } from '../host/process.ts';
import { type Deeds, VISIT_VARIABLE } from './driver-host.ts';

/** What a host has, as far as drivers may add to it. */
export interface HostState {
  links: ReadonlySet<string>;
  namespaces: ReadonlySet<string>;
  /** Process ids. */
  processes: ReadonlySet<string>;
  mounts: ReadonlySet<string>;
}

/** Something that a driver left. */
export interface Leftover {
  what: string;
  /** Null where it was put right, else why it still stands. */
  kept: string | null;
}

export async function stateOf(host: Host): Promise<HostState> {
  const [links, namespaces, processes, mounts] = await Promise.all([
    host.list('/sys/class/net'),
    host.list('/run/netns'),
    host.list('/proc'),
    host.read('/proc/self/mounts'),
  ]);
  return {
    links: new Set(links),
    namespaces: new Set(namespaces),
    processes: new Set(processes.filter((name) => /^\d+$/.test(name))),
    mounts: new Set((mounts ?? '').split('\n').flatMap((line) => line.split(' ')[1] ?? [])),
  };
}

/** Ends every process that bears the visit's mark; those that were there, by name. */
export async function endProcesses(host: Host, before: HostState, visit: string): Promise<Leftover[]> {
  const names: string[] = [];
  for (const pid of await host.list('/proc')) {
    if (!/^\d+$/.test(pid) || before.processes.has(pid)) continue;
    const environment = (await host.read(`/proc/${pid}/environ`)) ?? '';
    if (!environment.split('\0').includes(`${VISIT_VARIABLE}=${visit}`)) continue;
    names.push(`${(await host.read(`/proc/${pid}/comm`))?.trim() ?? 'unknown'} (${pid})`);
  }
  if (names.length === 0) return [];
  const kept = await killMarked(host, visit, VISIT_VARIABLE);
  return names.map((name) => ({ what: `process ${name}`, kept }));
}

/** Takes away what a driver left, but for its processes, and tells what that was. */
export async function takeAway(host: Host, before: HostState, deeds: Deeds, directory: string): Promise<Leftover[]> {
  const now = await stateOf(host);
  const found: Leftover[] = [];
  const isInside = (path: string) => path.startsWith(`${directory}/`);
  const mounts = [...now.mounts.difference(before.mounts)].filter((path) => isInside(path) || deeds.words.has(path));
  // What was mounted last may be within what was mounted before.
  for (const path of mounts.toReversed()) found.push(await remove(host, `mount ${path}`, ['umount', path]));
  for (const name of named(now.namespaces, before.namespaces, deeds)) {
    const away = before.links.difference(now.links);
    const fetched = deeds.created.has(name) ? await fetchOut(host, name, away) : [];
    found.push(...fetched);
    const what = `network namespace ${name}`;
    const held = fetched.find(({ kept }) => kept !== null);
    if (held !== undefined) found.push({ what, kept: `${held.what} would go with it` });
    else found.push(await removeNamed(host, deeds, name, what, ['ip', 'netns', 'delete', name]));
  }
  for (const name of named(now.links, before.links, deeds)) {
    // The other end of a cable goes with the first.
    if (!(await host.list('/sys/class/net')).includes(name)) found.push({ what: `interface ${name}`, kept: null });
    else found.push(await removeNamed(host, deeds, name, `interface ${name}`, ['ip', 'link', 'delete', 'dev', name]));
  }
  for (const [path, value] of deeds.knobs) found.push(...(await turnBack(host, path, value)));
  for (const path of deeds.files) found.push(...(await removeFile(host, path)));
  return found;
}

/** Interfaces of the host's own come back out of a network namespace that is about to go: a virtual one would go with it. */
async function fetchOut(host: Host, namespace: string, away: ReadonlySet<string>): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const name of away) {
    const there = ['ip', '-netns', namespace, 'link'];
    if ((await host.run([...there, 'show', 'dev', name])).exitCode !== 0) continue;
    const what = `the host's interface ${name} in network namespace ${namespace}`;
    found.push(await remove(host, what, [...there, 'set', 'dev', name, 'netns', String(host.ownerPid)]));
  }
  return found;
}

function named(now: ReadonlySet<string>, before: ReadonlySet<string>, { words }: Deeds): string[] {
  return [...now.difference(before)].filter((name) => words.has(name));
}

/** A name that the driver only mentioned may be of somebody else's making. */
async function removeNamed(host: Host, { created }: Deeds, name: string, what: string, command: string[]) {
  return created.has(name) ? remove(host, what, command) : { what, kept: `remove it: ${command.join(' ')}` };
}

async function remove(host: Host, what: string, command: string[]): Promise<Leftover> {
  const { exitCode, stderr } = await host.run(command);
  return { what, kept: exitCode === 0 ? null : stderr.trim() || `${command.join(' ')} fails` };
}

/** The knob of an interface, or of a module, has gone with it. */
async function turnBack(host: Host, path: string, before: string): Promise<Leftover[]> {
  const now = (await host.read(path))?.trim();
  if (now === undefined || now === before) return [];
  return [{ what: `${path} at ${now} instead of ${before}`, kept: await failureOf(host.write(path, before)) }];
}

async function removeFile(host: Host, path: string): Promise<Leftover[]> {
  const [folder, name] = [path.slice(0, path.lastIndexOf('/')), path.slice(path.lastIndexOf('/') + 1)];
  if (!(await host.list(folder === '' ? '/' : folder)).includes(name)) return [];
  return [{ what: path, kept: await failureOf(host.remove(path)) }];
}

async function failureOf(step: Promise<void>): Promise<string | null> {
  try {
    await step;
    return null;
  } catch (error) {
    if (error instanceof HostError) return error.message;
    throw error;
  }
}
