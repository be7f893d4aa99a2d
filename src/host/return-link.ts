// SPDX-License-Identifier: Apache-2.0
// An interface of the host's own comes back out of a network namespace of ours, whoever does that: the run that took it, or one that
// comes after a crash, and is perhaps at home in another namespace of the same machine.
import { z } from 'zod';
import { type Host, HostError, lastLine, type Undo } from './host.ts';
import { enter } from './namespace.ts';

/** The network namespace of the host's own, by its inode: what it is known by for as long as it is there. Throws HostError. */
export async function homeOf(host: Host): Promise<string> {
  const { exitCode, stdout, stderr } = await host.run(['stat', '--dereference', '--format=%i', '/proc/self/ns/net']);
  if (exitCode !== 0) throw new HostError(`cannot tell the network namespace of ${host.name}: ${lastLine(stderr)}`);
  return stdout.trim();
}

/** Writes each value to its path where that is there. */
const WRITE = 'while [ $# -gt 0 ]; do [ ! -e "$1" ] || echo "$2" > "$1"; shift 2; done';

type ReturnLink = Extract<Undo, { kind: 'return-link' }>;

/**
 * Returns one line where that failed. Where the namespace is gone, a card has come home by itself and lacks only its settings; a virtual
 * interface is no more. Where another interface has its name by now, it comes back under another one: what is somebody's is never lost for a name.
 */
export async function returnLink(host: Host, undo: ReturnLink): Promise<string | null> {
  const home = await pathOf(host, undo.home);
  if (home === null) return null;
  const fetched = (await isAway(host, undo)) ? await fetchLink(host, undo, home) : await nameAt(host, undo, home);
  if (fetched === null) return null;
  if ('complaint' in fetched) return fetched.complaint;
  const name = await withItsName(host, undo.name, fetched.name, home);
  const complaint = await restore(host, undo, name, home);
  if (complaint !== null || name === undo.name) return complaint;
  return `interface ${undo.name} is back as ${name}, for another one has its name by now: rename that one, and run 'vswbench clean'`;
}

/** It is in the namespace that it was moved into. */
export async function isAway(host: Host, { name, namespace }: ReturnLink): Promise<boolean> {
  return hasLink(host, namespace, name);
}

async function hasLink(host: Host, namespace: string, name: string): Promise<boolean> {
  return (await host.run([...enter(namespace), 'ip', 'link', 'show', 'dev', name])).exitCode === 0;
}

/** An interface's name has 15 bytes (IFNAMSIZ of linux/if.h is 16, with the NUL at its end). */
const NAME_MAX = 15;
const SUFFIXES = ['-vswbench', ...Array.from({ length: 9 }, (_, index) => `-vswbench${index + 1}`)];

/** What it is called where its own name is taken. */
function otherNames(name: string): string[] {
  return SUFFIXES.map((suffix) => `${name.slice(0, NAME_MAX - suffix.length)}${suffix}`);
}

/** Under its own name, or the first that is free: the kernel moves and renames it in one step, or not at all. */
async function fetchLink(host: Host, { name, namespace }: ReturnLink, home: string): Promise<Fetched> {
  let why = '';
  for (const as of [name, ...otherNames(name)]) {
    const named = as === name ? [] : ['name', as];
    const moved = await host.run([...enter(namespace), 'ip', 'link', 'set', 'dev', name, 'netns', home, ...named]);
    if (moved.exitCode === 0) return { name: as };
    why = lastLine(moved.stderr);
    if (!(await hasLink(host, home, as))) break;
  }
  return { complaint: `cannot fetch interface ${name} back from ${namespace}: ${why}` };
}

/** What it is called at home. */
type Fetched = { name: string } | { complaint: string };

const LinksSchema = z.array(z.looseObject({ ifname: z.string(), address: z.string().optional() }));
/** What the kernel calls a card that it takes back from a namespace that goes, where its name is taken. */
const KERNEL_NAME = /^dev\d+$/;

/** Null where it is not there: another one that has its name is not it. */
async function nameAt(host: Host, { name, mac }: ReturnLink, home: string): Promise<Fetched | null> {
  if (mac === undefined) return (await hasLink(host, home, name)) ? { name } : null;
  const { exitCode, stdout } = await host.run([...enter(home), 'ip', '-json', 'link', 'show']);
  const links = exitCode === 0 ? LinksSchema.parse(JSON.parse(stdout)) : [];
  const same = links.filter(({ address }) => address === mac).map(({ ifname }) => ifname);
  // One that stands on it, such as a VLAN, has its address, too.
  const found =
    [name, ...otherNames(name)].find((one) => same.includes(one)) ?? same.find((one) => KERNEL_NAME.test(one));
  return found === undefined ? null : { name: found };
}

/** Gives it its own name where that is free again; what it is called then. */
async function withItsName(host: Host, name: string, now: string, home: string): Promise<string> {
  if (now === name || (await hasLink(host, home, name))) return now;
  // Kernels before 6.2 rename only what is down.
  const set = [...enter(home), 'ip', 'link', 'set', 'dev', now];
  await host.run([...set, 'down']);
  return (await host.run([...set, 'name', name])).exitCode === 0 ? name : now;
}

/** Returns one line where that failed. */
async function restore(host: Host, undo: ReturnLink, name: string, home: string): Promise<string | null> {
  const { up, settings, mtu, addresses = [] } = undo;
  if (settings.length > 0) {
    const pairs = settings.flatMap(({ path, value }) => [settingOf(path, name), value]);
    await host.run([...enter(home), 'sh', '-c', WRITE, 'sh', ...pairs]);
  }
  // Before it is up: what the kernel queues for it by is as large as its MTU is then.
  const as = ['nomaster', ...(mtu === undefined ? [] : ['mtu', String(mtu)]), up ? 'up' : 'down'];
  const set = await host.run([...enter(home), 'ip', 'link', 'set', 'dev', name, ...as]);
  if (set.exitCode !== 0) return `cannot set interface ${name} as it was: ${lastLine(set.stderr)}`;
  for (const address of addresses) {
    const given = await host.run([...enter(home), 'ip', 'address', 'replace', address, 'dev', name]);
    if (given.exitCode !== 0) return `cannot give interface ${name} back ${address}: ${lastLine(given.stderr)}`;
  }
  return null;
}

/** The same setting, as in /proc/sys/net/ipv4/conf/NAME/KNOB, of the interface under the name that it has. */
function settingOf(path: string, name: string): string {
  const parts = path.split('/');
  return parts.with(-2, name).join('/');
}

/** A path of the namespace with this inode: that of whoever looks, of the machine's first process, or one that has a name. */
export async function pathOf(host: Host, inode: string): Promise<string | null> {
  const names = (await host.list('/run/netns')).map((name) => `/run/netns/${name}`);
  const paths = [`/proc/${host.ownerPid}/ns/net`, '/proc/1/ns/net', ...names];
  const { stdout } = await host.run(['stat', '--dereference', '--format=%i %n', ...paths]);
  const found = stdout.split('\n').find((line) => line.startsWith(`${inode} `));
  return found === undefined ? null : found.slice(inode.length + 1);
}
