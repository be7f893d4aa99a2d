// SPDX-License-Identifier: Apache-2.0
// A host as whoever lives in one of its network namespaces sees it: for undos, which a crash may have left to somebody who is at home in another
// one of the same machine, where an interface of the same name is another's.
import { type CommandResult, type Host, HostError, type HostProcess, lastLine, type RunOptions } from './host.ts';
import { HostView } from './host-view.ts';
import { enter, isOfNetwork } from './namespace.ts';
import { homeOf, pathOf } from './return-link.ts';

/** The host as it is seen from the namespace with this inode; itself where that is its own, or is not known. */
export async function seenFrom(host: Host, home: string | null): Promise<Host> {
  return home === null || home === (await homeOf(host)) ? host : new HomeHost(host, await pathOf(host, home));
}

/** What runs a command that sees the namespace's interfaces in /sys. */
const SEEING = ['unshare', '--mount', 'sh', '-c', 'mount -t sysfs sysfs /sys && exec "$@"', 'sh'];

class HomeHost extends HostView implements Host {
  /** Null where the namespace is gone, with all its interfaces. */
  private readonly path: string | null;

  constructor(host: Host, path: string | null) {
    super(host);
    this.path = path;
  }

  run(command: readonly string[], options?: RunOptions): Promise<CommandResult> {
    return this.host.run(this.within(command), options);
  }

  start(command: readonly string[], environment?: Readonly<Record<string, string>>): Promise<HostProcess> {
    return this.host.start(this.within(command), environment);
  }

  async read(path: string): Promise<string | null> {
    if (!isOfNetwork(path)) return this.host.read(path);
    if (this.path === null) return null;
    const { exitCode, stdout } = await this.run([...SEEING, 'cat', path]);
    return exitCode === 0 ? stdout : null;
  }

  async write(path: string, text: string): Promise<void> {
    if (!isOfNetwork(path)) return this.host.write(path, text);
    if (this.path === null) throw new HostError(`cannot write ${path}: its network namespace is gone`);
    const { exitCode, stderr } = await this.run([...SEEING, 'tee', path], { input: text });
    if (exitCode !== 0) throw new HostError(`cannot write ${path}: ${lastLine(stderr)}`);
  }

  async list(path: string): Promise<string[]> {
    if (!isOfNetwork(path)) return this.host.list(path);
    if (this.path === null) return [];
    const { stdout } = await this.run([...SEEING, 'ls', '-A', path]);
    return stdout.split('\n').filter((name) => name !== '');
  }

  append(path: string, text: string): Promise<void> {
    return this.host.append(path, text);
  }

  makeDirectory(path: string): Promise<void> {
    return this.host.makeDirectory(path);
  }

  remove(path: string): Promise<void> {
    return this.host.remove(path);
  }

  monotonicNs(): Promise<number> {
    return this.host.monotonicNs();
  }

  private within(command: readonly string[]): readonly string[] {
    return this.path === null ? command : [...enter(this.path), ...command];
  }
}
