// SPDX-License-Identifier: Apache-2.0
// A network namespace of a host, seen as a host: the same machine and the same files, but for what the kernel shows of a network.
import { type CommandResult, type Host, HostError, type HostProcess, lastLine, type RunOptions } from './host.ts';
import { HostView } from './host-view.ts';

/** What starts a command within a network namespace, which is given as a path. The command has the process id that was started. */
export function enter(namespace: string): string[] {
  return ['nsenter', `--net=${namespace}`, '--'];
}

/** Files that are one per network: shown as a process within sees them, whose files in /proc anybody can read. */
const SEEN: readonly { path: RegExp; of: (witness: number) => string }[] = [
  { path: /^\/proc\/(self\/)?net(?=\/|$)/, of: (witness) => `/proc/${witness}/net` },
  { path: /^\/sys\/class\/net(?=\/|$)/, of: (witness) => `/proc/${witness}/root/sys/class/net` },
];
/** These the kernel shows of the network of whoever asks. */
const KNOB = /^\/proc\/sys\/net(\/|$)/;

/** Whether a path shows something else in each network namespace. */
export function isOfNetwork(path: string): boolean {
  return KNOB.test(path) || SEEN.some((files) => files.path.test(path));
}

/** The host as it is seen from within one of its network namespaces. */
export class NamespaceHost extends HostView implements Host {
  private readonly namespace: string;
  private readonly witness: number;

  /**
   * `witness` is the id of a process within, started by `ip netns exec`, whose mount of /sys is the namespace's too: what is read through
   * its files in /proc, as counters are many times a trial, takes no command.
   */
  constructor(host: Host, namespace: string, witness: number) {
    super(host);
    this.namespace = namespace;
    this.witness = witness;
  }

  run(command: readonly string[], options?: RunOptions): Promise<CommandResult> {
    return this.host.run([...enter(this.namespace), ...command], options);
  }

  start(command: readonly string[], environment?: Readonly<Record<string, string>>): Promise<HostProcess> {
    return this.host.start([...enter(this.namespace), ...command], environment);
  }

  async read(path: string): Promise<string | null> {
    if (!KNOB.test(path)) return this.host.read(this.seen(path));
    const { exitCode, stdout } = await this.run(['cat', path]);
    return exitCode === 0 ? stdout : null;
  }

  async write(path: string, text: string): Promise<void> {
    if (!KNOB.test(path)) return this.host.write(this.seen(path), text);
    const { exitCode, stderr } = await this.run(['tee', path], { input: text });
    if (exitCode !== 0) throw new HostError(`cannot write ${path}: ${lastLine(stderr)}`);
  }

  append(path: string, text: string): Promise<void> {
    return this.host.append(this.seen(path), text);
  }

  makeDirectory(path: string): Promise<void> {
    return this.host.makeDirectory(path);
  }

  async list(path: string): Promise<string[]> {
    if (!KNOB.test(path)) return this.host.list(this.seen(path));
    const { stdout } = await this.run(['ls', '-A', path]);
    return stdout.split('\n').filter((name) => name !== '');
  }

  remove(path: string): Promise<void> {
    return this.host.remove(path);
  }

  monotonicNs(): Promise<number> {
    return this.host.monotonicNs();
  }

  private seen(path: string): string {
    const found = SEEN.find((files) => files.path.test(path));
    return found === undefined ? path : path.replace(found.path, found.of(this.witness));
  }
}
