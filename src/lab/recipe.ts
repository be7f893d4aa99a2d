// SPDX-License-Identifier: Apache-2.0
// What a lab machine is made of. Pure: what is downloaded and built from it is up to debian.ts and image.ts.
import { createHash } from 'node:crypto';
import { RELEASE } from './sources.ts';

/** Nothing of it is there by itself: no package manager chooses what is essential. */
const BASE = [
  ...[
    'base-files',
    'base-passwd',
    'bash',
    'coreutils',
    'dash',
    'debianutils',
    'diffutils',
    // For update-alternatives.
    'dpkg',
    'findutils',
    'grep',
    'gzip',
  ],
  ...[
    'hostname',
    'libc-bin',
    'login',
    'passwd',
    'ncurses-base',
    'perl-base',
    'sed',
    'tar',
    'util-linux',
    'mawk',
    'mount',
  ],
  ...['linux-image-amd64', 'kmod', 'procps', 'iproute2', 'pciutils', 'ethtool', 'tcpdump', 'openssh-server'],
];

/** What vswbench uses on a host that it measures; its own programs come from the first machine. DPDK's drivers are plugins. */
const MEASURING = ['lxc', 'busybox-static', 'openvswitch-switch-dpdk', 'libdpdk-dev', 'pkg-config'];

/** For a user who builds kernel modules in a machine: `lab up --packages` of these. */
export const MODULE_BUILDING = ['gcc', 'make', 'libc6-dev', 'linux-headers-amd64'];

/** Emulates the machines, where the host's own is too old for a network card with virtual functions. */
export const QEMU_PACKAGES = ['qemu-system-x86'];

/** Everything that decides what an image is, but for the versions of its packages. */
export interface Recipe {
  packages: string[];
  /** Text of the files in src/lab/guest, by name. */
  files: Record<string, string>;
}

/** Names of the files that a recipe has. */
export const GUEST_FILES = ['build.sh', 'initramfs.sh', 'inittab', 'start.sh', 'sshd_config', 'watchdog.sh'];

export function recipeOf(files: Record<string, string>, extraPackages: readonly string[]): Recipe {
  return { packages: [...new Set([...BASE, ...MEASURING, ...extraPackages])].sort(), files };
}

/** Twelve hexadecimal digits that name a recipe. */
export function recipeDigest({ packages, files }: Recipe): string {
  const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  return digest([RELEASE, packages, sorted]);
}

/** Names an image: its recipe, and the files of its packages, whose names hold their versions. */
export function imageDigest(recipe: Recipe, archives: readonly Archive[]): string {
  return digest([recipeDigest(recipe), archives.map(({ file }) => file).sort()]);
}

/** Names what is unpacked from packages alone. */
export function archivesDigest(archives: readonly Archive[]): string {
  return digest(archives.map(({ file }) => file).sort());
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
}

/** A package file of Debian. */
export interface Archive {
  /** Such as `lxc_1%3a5.0.2-1+deb12u3_amd64.deb`. */
  file: string;
  bytes: number;
}

/** Parses the answer of `apt-get --print-uris`: a line `'URI' FILE BYTES HASH` for each file. */
export function parseUris(text: string): Archive[] {
  return [...text.matchAll(/^'[^']+' (\S+\.deb) (\d+) /gm)].map(([, file = '', bytes]) => ({
    file,
    bytes: Number(bytes),
  }));
}
