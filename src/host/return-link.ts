// SPDX-License-Identifier: Apache-2.0
// An interface of the host's own comes back out of a network namespace of ours, whoever does that: the run that took it, or one that
// comes after a crash, and is perhaps at home in another namespace of the same machine.
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

/**
 * Returns one line where that failed. Where the namespace is gone, a card has come home by itself and lacks only its settings; a virtual
 * interface is no more.
 */
export async function returnLink(host: Host, undo: Extract<Undo, { kind: 'return-link' }>): Promise<string | null> {
  const { name, namespace, up, settings, mtu, addresses = [] } = undo;
  const home = await pathOf(host, undo.home);
  if (home === null) return null;
  if ((await host.run([...enter(namespace), 'ip', 'link', 'show', 'dev', name])).exitCode === 0) {
    const moved = await host.run([...enter(namespace), 'ip', 'link', 'set', 'dev', name, 'netns', home]);
    if (moved.exitCode !== 0) return `cannot fetch interface ${name} back from ${namespace}: ${lastLine(moved.stderr)}`;
  }
  if ((await host.run([...enter(home), 'ip', 'link', 'show', 'dev', name])).exitCode !== 0) return null;
  if (settings.length > 0) {
    const pairs = settings.flatMap(({ path, value }) => [path, value]);
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

/** A path of the namespace with this inode: that of whoever looks, of the machine's first process, or one that has a name. */
export async function pathOf(host: Host, inode: string): Promise<string | null> {
  const names = (await host.list('/run/netns')).map((name) => `/run/netns/${name}`);
  const paths = [`/proc/${host.ownerPid}/ns/net`, '/proc/1/ns/net', ...names];
  const { stdout } = await host.run(['stat', '--dereference', '--format=%i %n', ...paths]);
  const found = stdout.split('\n').find((line) => line.startsWith(`${inode} `));
  return found === undefined ? null : found.slice(inode.length + 1);
}
