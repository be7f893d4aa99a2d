// SPDX-License-Identifier: Apache-2.0
// What is built once and used by every trial: the traffic application, and the root file system that containers share.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Framework, FrameworkListSchema } from '../model/dataplane.ts';
import { type Host, HostError, isOnPath, lastLine, runOrThrow } from './host.ts';

/** Folders of the checkout that building needs, as the host that builds sees them. */
export interface Checkout {
  root: string;
}

export interface Artifacts {
  /** Folder of the programs that were built. */
  programs: string;
  /** The traffic application on the host. */
  application: string;
  /** Root file system of every container; the application is /bin/vswload in it. */
  root: string;
  frameworks: Framework[];
}

/** Something must be installed first. The message names it; `vswbench setup` is the mend. */
export class NotSetUpError extends Error {
  override readonly name = 'NotSetUpError';
}

/** The first process in an application container of LXC 3, in its static form; later versions have it within, and many distributions leave it out. */
const CONTAINER_INITS = ['/usr/sbin/init.lxc.static', '/sbin/init.lxc.static', '/usr/bin/init.lxc.static'];
/** Where distributions put it, static or not. */
const BUSYBOXES = ['/bin/busybox', '/usr/bin/busybox', '/sbin/busybox', '/usr/sbin/busybox'];
/** Of the containers' root; sockets of a port are mounted at run/vswbench. */
const FOLDERS = ['bin', 'dev', 'proc', 'sys', 'tmp', 'run/vswbench', 'etc', 'sbin', 'usr'];

/**
 * Builds what is missing or older than its sources, which costs milliseconds where nothing is.
 * Throws NotSetUpError where a tool is missing, HostError where building fails.
 */
export async function ensureArtifacts(host: Host, checkout: Checkout): Promise<Artifacts> {
  const [application, found] = await Promise.all([buildApplication(host, checkout), findInstalled(host)]);
  const [root, frameworks] = await Promise.all([
    buildRoot(host, checkout, application, found),
    listFrameworks(host, application),
  ]);
  return { programs: programsOf(checkout), application, root, frameworks };
}

/** The I/O frameworks that the application was built with, and whether each works here. */
export async function listFrameworks(host: Host, application: string): Promise<Framework[]> {
  const text = await runOrThrow(host, [application, '--list', '--json']);
  try {
    return FrameworkListSchema.parse(JSON.parse(text)).frameworks;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
    throw new HostError(`${application} --list does not speak the protocol of this checkout: run 'vswbench setup'`);
  }
}

async function buildApplication(host: Host, checkout: Checkout): Promise<string> {
  const built = await host.run(['make', '--silent', '-C', `${checkout.root}/dataplane`], {
    timeoutMs: 300_000,
    interruptible: true,
  });
  if (built.exitCode !== 0) {
    for (const tool of ['make', 'cc']) {
      if (!(await isOnPath(host, tool))) throw new NotSetUpError(`${tool} is not installed`);
    }
    throw new HostError(`the data plane does not build (make -C dataplane): ${firstError(built.stderr)}`);
  }
  return `${programsOf(checkout)}/vswload`;
}

/** Folder of the programs that are built. */
export function programsOf(checkout: Checkout): string {
  return `${checkout.root}/build/dataplane`;
}

function firstError(stderr: string): string {
  return (stderr.split('\n').find((line) => /error/i.test(line)) ?? stderr.trim().split('\n')[0] ?? '').trim();
}

/** What of a root is installed, and not built; null where it is not there. */
interface Installed {
  busybox: string | null;
  init: string | null;
  hasLxc: boolean;
}

async function findInstalled(host: Host): Promise<Installed> {
  const [busybox, init, hasLxc] = await Promise.all([
    findExecutable(host, BUSYBOXES),
    findExecutable(host, CONTAINER_INITS),
    isOnPath(host, 'lxc-execute'),
  ]);
  return { busybox, init, hasLxc };
}

/** Named by what is in it, so that a root in use is never changed, and equal contents are built once. */
async function buildRoot(
  host: Host,
  checkout: Checkout,
  application: string,
  { busybox, init, hasLxc }: Installed,
): Promise<string> {
  if (busybox === null) throw new NotSetUpError('busybox-static is not installed');
  if (!hasLxc) throw new NotSetUpError('lxc is not installed');
  const needed = await Promise.all([application, busybox].map((program) => librariesOf(host, program)));
  const libraries = [...new Set(needed.flat())];
  const copied = [...libraries, ...(await xdpProgramsOf(host, libraries))];
  const files = [application, busybox, ...(init === null ? [] : [init]), ...copied];
  const sums = await runOrThrow(host, ['sha256sum', ...files]);
  const digest = createHash('sha256')
    .update(`${FOLDERS.join(' ')}\n${sums}`)
    .digest('hex')
    .slice(0, 12);
  const root = `${rootsOf(checkout)}/${digest}`;
  if ((await host.list(root)).length > 0) return root;

  // Another vswbench may be building the same one.
  const draft = `${root}.draft-${process.pid}`;
  await host.remove(draft);
  for (const folder of FOLDERS) {
    await host.makeDirectory(`${draft}/${folder}`);
  }
  await runOrThrow(host, ['cp', busybox, application, `${draft}/bin/`]);
  if (init !== null) await runOrThrow(host, ['cp', init, `${draft}/sbin/init.lxc.static`]);
  if (copied.length > 0) await runOrThrow(host, ['cp', '--parents', '--dereference', ...copied, draft]);
  // The applets' links name busybox by the path that it has on the host, which a merged /usr may make /usr/bin or /usr/sbin.
  for (const folder of ['bin', 'sbin']) await runOrThrow(host, ['ln', '-s', '../bin', `${draft}/usr/${folder}`]);
  await runOrThrow(host, ['ln', '-s', '../bin/busybox', `${draft}/sbin/busybox`]);
  // One that is built without its installer still has its shell, for who looks into a container; nothing of ours needs more.
  const installed = await host.run([busybox, '--install', '-s', `${draft}/bin`]);
  if (installed.exitCode !== 0) await runOrThrow(host, ['ln', '-s', 'busybox', `${draft}/bin/sh`]);
  const moved = await host.run(['mv', '--no-target-directory', draft, root]);
  if (moved.exitCode !== 0 && (await host.list(root)).length === 0) {
    throw new HostError(`cannot move ${draft} to ${root}: ${lastLine(moved.stderr)}`);
  }
  return root;
}

function rootsOf(checkout: Checkout): string {
  return `${checkout.root}/build/roots`;
}

/**
 * Removes the roots of earlier builds. Nothing is removed while another vswbench of the checkout runs: it may have containers on one
 * of them, be making one, or be about to send one to another machine, for which it needs nothing of this one that would tell.
 */
export async function removeOldRoots(host: Host, checkout: Checkout, artifacts: Artifacts): Promise<void> {
  const roots = rootsOf(checkout);
  const old = (await host.list(roots)).map((name) => `${roots}/${name}`).filter((path) => path !== artifacts.root);
  if (old.length === 0 || (await othersOf(host, checkout)).length > 0) return;
  for (const path of old) await host.remove(path);
}

/** Other processes that run vswbench of this checkout: their ids. */
async function othersOf(host: Host, checkout: Checkout): Promise<string[]> {
  const program = `${checkout.root}/src/cli/main.ts`;
  const running: string[] = [];
  for (const pid of (await host.list('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    if ((await host.read(`/proc/${pid}/cmdline`))?.split('\0').includes(program)) running.push(pid);
  }
  return running;
}

/** The first of these programs that is there; null where none is. */
async function findExecutable(host: Host, paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    if ((await host.run(['test', '-x', path])).exitCode === 0) return path;
  }
  return null;
}

/** Shared libraries of a program and their loader, as absolute paths. */
async function librariesOf(host: Host, program: string): Promise<string[]> {
  return parseLdd((await host.run(['ldd', program])).stdout);
}

/** What libxdp loads into the kernel for an AF_XDP socket, where a program has that library: files that it looks for below /usr. */
async function xdpProgramsOf(host: Host, libraries: readonly string[]): Promise<string[]> {
  const libxdp = libraries.find((path) => /\/libxdp\.so[^/]*$/.test(path));
  if (libxdp === undefined) return [];
  const folder = `${libxdp.slice(0, libxdp.lastIndexOf('/')).replace(/^\/lib/, '/usr/lib')}/bpf`;
  const names = (await host.list(folder)).filter((name) => /^(?:xsk_def_xdp_prog.*|xdp-dispatcher)\.o$/.test(name));
  return names.sort().map((name) => `${folder}/${name}`);
}

/** Paths in the answer of ldd(1); a static program has none. */
export function parseLdd(text: string): string[] {
  return text
    .split('\n')
    .map((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1])
    .filter((path) => path !== undefined);
}
