// SPDX-License-Identifier: Apache-2.0
// Containers are LXC's: a read-only root shared by all, the switch's port as eth0 or as a folder of sockets, and one traffic
// application as the only program. lxc-execute passes standard input and output through, so the application is talked to directly.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Host, HostError, type HostProcess, lastLine, runOrThrow, type Undo, type UndoStack } from './host.ts';
import { enter } from './namespace.ts';
import { childrenOf, processesWith, startTicksOf } from './process.ts';

export interface ContainerSpec {
  /** Unique on the host. */
  name: string;
  /** Folder of the root file system. */
  root: string;
  attachment: Attachment;
  command: readonly string[];
  /** What its threads may run on where an isolated CPU is among it, in the kernel's list format; null where none is. */
  isolated: string | null;
}

export type Attachment =
  /**
   * An interface, moved in and called eth0 there; it comes back when the container ends. It is in the host's own network or in
   * `namespace`, a path: LXC runs there then. `address` is IPv4 with prefix length.
   */
  | { kind: 'interface'; interface: string; namespace?: string; mac: string; address: string }
  /** A network namespace, as a path, that others live in too, and that is left as it is. `devices` are device files of the host that it sees as well. */
  | { kind: 'namespace'; namespace: string; devices: readonly string[] }
  /** A folder of the host, mounted at `target`, which the root has. */
  | { kind: 'directory'; directory: string; target: string }
  /** Device files of the host, which the container sees under the same paths. */
  | { kind: 'devices'; devices: readonly string[] };

export interface Container {
  name: string;
  /** Where LXC runs, if not in the host's own network: its sockets, by which it is asked, are there alone. */
  namespace: string | undefined;
  /** The application, talked to by lines; ends when the container does. */
  process: HostProcess;
  /** The undo that ends it, which has nothing to do once LXC itself has ended well. */
  stop: Undo;
}

/** Where the containers of a run are described; made by `prepareContainers`. */
export interface ContainerDirectory {
  path: string;
  /** The kernel has IPv6, which must be off in a container: its neighbour discovery would be counted as traffic. */
  ipv6: boolean;
  /** The kernel has AppArmor, and LXC knows of it: one that is built without refuses to be told of it (since LXC 5). */
  appArmor: boolean;
}

/**
 * Makes the folder for the run's containers, and registers the removal of what LXC itself leaves behind. Throws HostError, before anything is touched,
 * where this LXC cannot work with the control groups of the host.
 */
export async function prepareContainers(host: Host, path: string, undo: UndoStack): Promise<ContainerDirectory> {
  const obstacle = await cgroupObstacle(host);
  if (obstacle !== null) throw new HostError(`${obstacle.text}: ${obstacle.mend}`);
  // LXC keeps a lock folder that mirrors the containers' path. Its end is ours alone, and an LXC process that was killed, or
  // is just ending, may have left its lock in it; what is above belongs to all who use LXC.
  const locks = `/run/lxc/lock${path}`;
  const parts = locks.split('/');
  const above = parts.slice(3).map((_, index) => parts.slice(0, parts.length - 1 - index).join('/'));
  await undo.push({ kind: 'remove-empty-directories', paths: [...above, ...(await pivotCgroups(host))] });
  await undo.push({ kind: 'remove-path', path: locks });
  await undo.push({ kind: 'remove-path', path });
  await undo.push({ kind: 'end-lxc', directory: path });
  await host.makeDirectory(path);
  return {
    path,
    ipv6: (await host.read('/proc/sys/net/ipv6/conf/all/disable_ipv6')) !== null,
    appArmor: await hasAppArmor(host),
  };
}

/** Version 1 of control groups as LXC 7 cannot use it any more: it enters a cpuset that has no CPU. Null where nothing is in the way. */
export async function cgroupObstacle(host: Host): Promise<{ text: string; mend: string } | null> {
  if (!(await hasCpusetV1(host))) return null;
  const version = await host.run(['lxc-execute', '--version']);
  if (!(Number.parseInt(version.stdout, 10) >= CGROUP2_ONLY)) return null;
  return {
    text: `LXC ${version.stdout.trim()} needs control groups of version 2, and this host has version 1`,
    mend: 'boot with systemd.unified_cgroup_hierarchy=1, or install LXC 6',
  };
}

/** The first LXC that knows version 2 of control groups alone. */
const CGROUP2_ONLY = 7;

async function hasCpusetV1(host: Host): Promise<boolean> {
  return (await host.read('/sys/fs/cgroup/cpuset/cpuset.cpus')) !== null;
}

async function hasAppArmor(host: Host): Promise<boolean> {
  const enabled = await host.read('/sys/module/apparmor/parameters/enabled');
  if (enabled?.startsWith('Y') !== true) return false;
  const libraries = await host.run(['sh', '-c', 'ldd "$(command -v lxc-execute)"']);
  return libraries.exitCode !== 0 || libraries.stdout.includes('libapparmor');
}

/** Cgroups that LXC makes on its first use and never removes; only those that are not there yet. */
async function pivotCgroups(host: Host): Promise<string[]> {
  const absent: string[] = [];
  for (const name of ['.', ...(await host.list('/sys/fs/cgroup'))]) {
    const path = `/sys/fs/cgroup/${name}/lxc.pivot`;
    const isHierarchy = (await host.read(`/sys/fs/cgroup/${name}/cgroup.procs`)) !== null;
    if (isHierarchy && (await host.read(`${path}/cgroup.procs`)) === null) absent.push(path);
  }
  return absent;
}

/** Starts a container. It runs when its application says so; `initPid` tells more of it from then on. */
export async function startContainer(
  host: Host,
  directory: ContainerDirectory,
  spec: ContainerSpec,
  undo: UndoStack,
): Promise<Container> {
  const { name, attachment } = spec;
  const namespace = attachment.kind === 'interface' ? attachment.namespace : undefined;
  const stop: Undo = {
    ...{ kind: 'stop-container', name, directory: directory.path },
    ...(namespace === undefined ? {} : { namespace }),
  };
  await undo.push(stop);
  const config = `${directory.path}/${name}.conf`;
  await host.write(config, `${containerConfig(spec, directory)}${await cpusetConfig(host, spec)}`);
  const process = await host.start([
    ...within(namespace),
    ...['lxc-execute', '--lxcpath', directory.path, '--name', name, '--rcfile', config, '--', ...spec.command],
  ]);
  return { name, namespace, process, stop };
}

function within(namespace: string | undefined): string[] {
  return namespace === undefined ? [] : enter(namespace);
}

function containerConfig(spec: ContainerSpec, { ipv6, appArmor }: ContainerDirectory): string {
  return [
    `lxc.uts.name = ${spec.name}`,
    `lxc.rootfs.path = dir:${spec.root}`,
    'lxc.rootfs.options = ro',
    'lxc.mount.auto = proc:mixed sys:ro',
    'lxc.autodev = 1',
    'lxc.pty.max = 0',
    'lxc.tty.max = 0',
    // A distribution's profile for system containers forbids nothing that we need but would differ between hosts.
    ...(appArmor ? ['lxc.apparmor.profile = unconfined'] : []),
    ...attachmentConfig(spec.attachment),
    ...(ipv6 && spec.attachment.kind !== 'namespace' ? ['lxc.sysctl.net.ipv6.conf.all.disable_ipv6 = 1'] : []),
    '',
  ].join('\n');
}

/**
 * With control groups of version 1, LXC takes isolated CPUs out of the cpuset of a container (lxc/lxc#1282), and no thread of it can then be
 * put on one. Version 2 does not.
 */
async function cpusetConfig(host: Host, { isolated }: ContainerSpec): Promise<string> {
  return isolated !== null && (await hasCpusetV1(host)) ? `lxc.cgroup.cpuset.cpus = ${isolated}\n` : '';
}

function attachmentConfig(attachment: Attachment): string[] {
  switch (attachment.kind) {
    case 'interface':
      return [
        'lxc.net.0.type = phys',
        `lxc.net.0.link = ${attachment.interface}`,
        'lxc.net.0.name = eth0',
        'lxc.net.0.flags = up',
        `lxc.net.0.hwaddr = ${attachment.mac}`,
        `lxc.net.0.ipv4.address = ${attachment.address}`,
      ];
    case 'namespace':
      return [`lxc.namespace.share.net = ${attachment.namespace}`, ...attachment.devices.map(deviceEntry)];
    case 'directory':
      return [
        'lxc.net.0.type = empty',
        `lxc.mount.entry = ${attachment.directory} ${attachment.target.replace(/^\//, '')} none bind,rw 0 0`,
      ];
    case 'devices':
      return ['lxc.net.0.type = empty', ...attachment.devices.map(deviceEntry)];
    default:
      return attachment satisfies never;
  }
}

function deviceEntry(path: string): string {
  return `lxc.mount.entry = ${path} ${path.replace(/^\//, '')} none bind,create=file 0 0`;
}

/** Process id, seen from the host, of a running container's first process. Registers its end with the undo stack. */
export async function initPid(
  host: Host,
  directory: ContainerDirectory,
  { name, namespace, process }: Pick<Container, 'name' | 'namespace'> & { process: Pick<HostProcess, 'pid'> },
  undo: UndoStack,
): Promise<number> {
  const ask = ['lxc-info', '--lxcpath', directory.path, '--name', name, '--pid', '--no-humanize'];
  const pid =
    (await namespaceLeader(host, process.pid)) ??
    Number((await runOrThrow(host, [...within(namespace), ...ask])).trim());
  if (!(pid > 0)) throw new HostError(`container ${name} has no process: it has ended`);
  const startTicks = await startTicksOf(host, pid);
  // The kernel ends all processes of a container with its first one, also where LXC's own monitor is gone.
  if (startTicks !== null) await undo.push({ kind: 'kill-process', pid, startTicks });
  return pid;
}

/** The child that is the first process of a PID namespace of its own, as the container's is of lxc-execute; null where the kernel does not tell. */
async function namespaceLeader(host: Host, parent: number): Promise<number | null> {
  for (const child of await childrenOf(host, parent)) {
    const ids = /^NSpid:\s*(.*)$/m.exec((await host.read(`/proc/${child}/status`)) ?? '')?.[1]?.split(/\s+/) ?? [];
    if (ids.length > 1 && ids.at(-1) === '1') return child;
  }
  return null;
}

/** The process of the command that a container was started with: LXC's own first process is its parent, where there is one. */
export async function commandPid(host: Host, initPid: number): Promise<number> {
  const [command = initPid] = await childrenOf(host, initPid);
  return command;
}

/** Time for processes that were killed to be gone: until then their group cannot be removed. */
const EMPTY_TIMEOUT_MS = 2_000;
const EMPTY_POLL_MS = 10;

/** Looks again and again, so long as processes that were killed are given. */
async function untilEmpty(isEmpty: () => Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; waitedMs < EMPTY_TIMEOUT_MS; waitedMs += EMPTY_POLL_MS) {
    if (await isEmpty()) return;
    await sleep(EMPTY_POLL_MS);
  }
}

async function removeGroup(host: Host, path: string): Promise<void> {
  await untilEmpty(
    async () => (await host.run(['rmdir', path])).exitCode === 0 || (await host.read(`${path}/cgroup.procs`)) === null,
  );
}

/** LXC's own process moves to this group to remove its other ones, and touches its lock folder once more before it ends. */
async function awaitPivot(host: Host, hierarchy: string): Promise<void> {
  const processes = `/sys/fs/cgroup/${hierarchy}/lxc.pivot/cgroup.procs`;
  await untilEmpty(async () => ((await host.read(processes)) ?? '').trim() === '');
}

/** Ends a container at once, if it runs. Returns one line where that failed. */
export async function killContainer(
  host: Host,
  container: { name: string; directory: string; namespace?: string | undefined },
): Promise<string | null> {
  const inside = within(container.namespace);
  const select = ['--lxcpath', container.directory, '--name', container.name];
  const state = await host.run([...inside, 'lxc-info', ...select, '--state', '--no-humanize']);
  if (state.exitCode === 0 && state.stdout.trim() !== 'STOPPED') {
    const stopped = await host.run([...inside, 'lxc-stop', ...select, '--kill'], { timeoutMs: 10_000 });
    if (stopped.exitCode !== 0) return `cannot stop container ${container.name}: ${lastLine(stopped.stderr)}`;
  }
  // A monitor that was killed leaves the cgroups of its container.
  for (const hierarchy of ['.', ...(await host.list('/sys/fs/cgroup'))]) {
    for (const kind of ['payload', 'monitor']) {
      const path = `/sys/fs/cgroup/${hierarchy}/lxc.${kind}.${container.name}`;
      if ((await host.read(`${path}/cgroup.procs`)) !== null) await removeGroup(host, path);
    }
    await awaitPivot(host, hierarchy);
  }
  await host.remove(`${container.directory}/${container.name}.conf`);
  return null;
}

/**
 * Waits until no program of LXC is at work on a folder of containers any more, and ends those that go on. Each of them makes the lock folder
 * anew when it begins, also one that was asked by a vswbench that is no more. Returns one line where one stays.
 */
export async function endPrograms(host: Host, directory: string): Promise<string | null> {
  let left: number[] = [];
  const areGone = async () => {
    left = await programsOn(host, directory);
    return left.length === 0;
  };
  await untilEmpty(areGone);
  if (left.length === 0) return null;
  await host.run(['kill', '-KILL', ...left.map(String)]);
  await untilEmpty(areGone);
  return left.length === 0 ? null : `cannot end LXC's process ${left.join(', ')}`;
}

async function programsOn(host: Host, directory: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await processesWith(host, 'cmdline', directory)) {
    if ((await host.read(`/proc/${pid}/comm`))?.startsWith('lxc-') === true) found.push(pid);
  }
  return found;
}
