// SPDX-License-Identifier: Apache-2.0
// The emulator: the host's own where it has a network card with virtual functions (version 8 on), else Debian's, in a folder of
// ours with all libraries that it uses.
import { type Host, HostError, lastLine } from '../host/host.ts';
import { DRAFT, marked, type Packages, settle } from './debian.ts';
import { kvmTrial } from './machine.ts';
import { type Archive, archivesDigest, QEMU_PACKAGES } from './recipe.ts';
import { BACKPORTS } from './sources.ts';

export interface Qemu {
  /** Program and arguments to which a machine's are appended. */
  command: string[];
  version: string;
}

/** The host's own, or null where there is none that can do it. */
export async function findQemu(host: Host): Promise<Qemu | null> {
  return usable(host, ['qemu-system-x86_64']);
}

/** One that was fetched before; null where there is none. */
export async function fetchedQemu(host: Host, folder: string): Promise<Qemu | null> {
  for (const name of await host.list(folder)) {
    if (!/^[0-9a-f]{12}$/.test(name)) continue;
    const found = await usable(host, commandIn(`${folder}/${name}`));
    if (found !== null) return found;
  }
  return null;
}

export function resolveQemu(packages: Packages): Promise<Archive[]> {
  return packages.resolve(QEMU_PACKAGES, BACKPORTS);
}

/** Downloads and unpacks Debian's; throws HostError. */
export async function fetchQemu(
  host: Host,
  folder: string,
  packages: Packages,
  archives: readonly Archive[],
): Promise<Qemu> {
  const target = `${folder}/${archivesDigest(archives)}`;
  const draft = `${target}${DRAFT}`;
  await host.remove(draft);
  await host.makeDirectory(draft);
  const files = await packages.download(QEMU_PACKAGES, BACKPORTS, archives);
  for (const file of files) {
    const unpacked = await host.run(marked(['dpkg-deb', '--extract', file, draft]));
    if (unpacked.exitCode !== 0) throw new HostError(`cannot unpack ${file}: ${lastLine(unpacked.stderr)}`);
  }
  await settle(host, draft, target);
  const found = await usable(host, commandIn(target));
  if (found === null) throw new HostError(`${target}: the emulator does not start: remove the folder and try again`);
  return found;
}

/** By the loader and the libraries of its own: those of the host may be older. */
function commandIn(root: string): string[] {
  const libraries = [`${root}/lib/x86_64-linux-gnu`, `${root}/usr/lib/x86_64-linux-gnu`];
  return [
    ...['env', `QEMU_MODULE_DIR=${root}/usr/lib/x86_64-linux-gnu/qemu`],
    ...[`${root}/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2`, '--library-path', libraries.join(':')],
    ...[`${root}/usr/bin/qemu-system-x86_64`, '-L', `${root}/usr/share/qemu`, '-L', `${root}/usr/share/seabios`],
  ];
}

/** By asking for the card, not by its version. */
async function usable(host: Host, command: readonly string[]): Promise<Qemu | null> {
  const asked = await host.run([...command, '-device', 'igb,help']);
  if (asked.exitCode !== 0 || !/^igb options:/m.test(asked.stdout)) return null;
  const said = (await host.run([...command, '--version'])).stdout;
  return { command: [...command], version: parseVersion(said) ?? 'unknown' };
}

/** Parses the first line of `qemu-system-x86_64 --version`. */
export function parseVersion(text: string): string | null {
  return /^QEMU emulator version (\S+)/.exec(text)?.[1] ?? null;
}

/** A BIOS without a disk takes a tenth of a second; where the hypervisor only pretends, many times that. */
const KVM_TRIAL_MS = 3_000;

export async function accelerator(host: Host, { command }: Qemu): Promise<'kvm' | 'tcg'> {
  if ((await host.run(['test', '-w', '/dev/kvm'])).exitCode !== 0) return 'tcg';
  const tried = await host.run(marked([...command, ...kvmTrial()]), { timeoutMs: KVM_TRIAL_MS });
  return tried.exitCode === 0 ? 'kvm' : 'tcg';
}
