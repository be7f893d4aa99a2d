// SPDX-License-Identifier: Apache-2.0
// Packages of Debian and Ubuntu, by what they are for. A package counts as present when what we use of it is.
import { type Host, HostError, isOnPath, lastLine } from './host.ts';

/**
 * `run` is what nothing works without, `host` the part of it that the second host of a testbed needs; `switches` adds what user-space
 * switches need, `lab` what building and reaching virtual machines does.
 */
export type Purpose = 'run' | 'host' | 'switches' | 'lab' | 'tests' | 'bench';

/** `program` is what is used of a package: a name on PATH, or an absolute path. */
interface Package {
  name: string;
  program: string;
}

/** What every host needs that has containers. */
const HOST: Package[] = [
  { name: 'lxc', program: 'lxc-execute' },
  { name: 'iproute2', program: 'ip' },
  { name: 'procps', program: 'pgrep' },
  { name: 'util-linux', program: 'taskset' },
];

const PACKAGES: Record<Purpose, Package[]> = {
  run: [
    { name: 'busybox-static', program: 'busybox' },
    { name: 'gcc', program: 'gcc' },
    { name: 'libc6-dev', program: '/usr/include/stdio.h' },
    { name: 'make', program: 'make' },
    { name: 'pkg-config', program: 'pkg-config' },
    ...HOST,
  ],
  host: HOST,
  switches: [
    { name: 'libdpdk-dev', program: '/usr/include/dpdk/rte_ethdev.h' },
    { name: 'dpdk-dev', program: 'dpdk-testpmd' },
    { name: 'openvswitch-switch-dpdk', program: '/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk' },
  ],
  lab: [
    { name: 'busybox-static', program: '/bin/busybox' },
    { name: 'openssh-client', program: 'ssh' },
    { name: 'e2fsprogs', program: 'mke2fs' },
    { name: 'xz-utils', program: 'xz' },
    { name: 'dpkg', program: 'dpkg-deb' },
    { name: 'debian-archive-keyring', program: '/usr/share/keyrings/debian-archive-keyring.gpg' },
  ],
  tests: [
    { name: 'openssh-server', program: '/usr/sbin/sshd' },
    { name: 'openssh-client', program: 'ssh' },
    { name: 'nftables', program: 'nft' },
    { name: 'ethtool', program: '/usr/sbin/ethtool' },
    { name: 'tcpdump', program: 'tcpdump' },
    { name: 'tshark', program: 'tshark' },
    { name: 'chromium', program: 'chromium' },
    { name: 'clang-format', program: 'clang-format' },
    { name: 'postgresql', program: 'pg_createcluster' },
  ],
  bench: [
    { name: 'iperf3', program: 'iperf3' },
    { name: 'sockperf', program: 'sockperf' },
    { name: 'netsniff-ng', program: 'trafgen' },
    { name: 'valgrind', program: 'valgrind' },
    { name: 'dpdk-dev', program: 'dpdk-testpmd' },
    { name: 'tcpdump', program: 'tcpdump' },
    { name: 'tshark', program: 'tshark' },
  ],
};

/** Longest that apt-get may take: a slow mirror and a browser. */
const INSTALL_TIMEOUT_MS = 20 * 60_000;

/** Names of the packages that are not there. */
export async function packagesMissing(host: Host, purposes: readonly Purpose[]): Promise<string[]> {
  const wanted = purposes.flatMap((purpose) => PACKAGES[purpose]);
  const present = await Promise.all(wanted.map(({ program }) => isPresent(host, program)));
  return wanted.filter((_, index) => present[index] === false).map(({ name }) => name);
}

async function isPresent(host: Host, program: string): Promise<boolean> {
  if (!program.startsWith('/')) return isOnPath(host, program);
  return (await host.run(['test', '-e', program])).exitCode === 0;
}

/** Installs packages with apt-get, by sudo where we are not root. Throws HostError with apt's own explanation. */
export async function installPackages(host: Host, names: readonly string[]): Promise<void> {
  if (!(await isPresent(host, 'apt-get'))) {
    throw new HostError(`there is no apt-get here: install what Debian calls ${names.join(' ')} your system's way`);
  }
  const isRoot = (await host.run(['id', '-u'])).stdout.trim() === '0';
  const prefix = isRoot ? [] : ['sudo'];
  const apt = async (...args: string[]) => {
    const command = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args];
    const result = await host.run(command, { timeoutMs: INSTALL_TIMEOUT_MS, interruptible: true });
    if (result.exitCode !== 0) {
      const why = result.stderr.split('\n').find((line) => line.startsWith('E:')) ?? lastLine(result.stderr);
      throw new HostError(`apt-get ${args[0]} failed: ${why}`);
    }
  };
  await apt('update');
  await apt('install', '--yes', '--no-install-recommends', ...names);
}
