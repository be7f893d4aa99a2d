// SPDX-License-Identifier: Apache-2.0
// One lab machine, and what the outside is told of it. Pure.
import { stringify } from 'yaml';
import { LAB_PRODUCT } from '../model/inventory.ts';

/** Everything that exists only while a lab runs. */
export const LAB_DIRECTORY = '/run/vswbench-lab';
/** Every process of the lab bears it, from its start on. */
export const LAB_MARK = LAB_DIRECTORY;

export const TESTBED = `${LAB_DIRECTORY}/testbed.yaml`;
export const SSH_CONFIG = `${LAB_DIRECTORY}/ssh_config`;
export const KNOWN_HOSTS = `${LAB_DIRECTORY}/known_hosts`;
export const IDENTITY = `${LAB_DIRECTORY}/identity`;

export const MACHINE_NAMES = ['a', 'b'] as const;
export type MachineName = (typeof MACHINE_NAMES)[number];

/** The interface of the cable and its PCI address, the same in each machine: guest/start.sh names it, the first root port holds it. */
export const UPLINK = { interface: 'cable0', pci: '0000:01:00.0' };

/** How a machine is emulated. */
export interface Hardware {
  accelerator: 'kvm' | 'tcg';
  cpus: number;
  memoryMib: number;
}

/** Files of an image (image.ts). */
export interface ImageFiles {
  kernel: string;
  initrd: string;
  disk: string;
}

export interface MachineSpec {
  name: MachineName;
  /** Of 127.0.0.1, where its SSH is reached. */
  sshPort: number;
  /** It is one of two, joined by a cable. */
  cabled: boolean;
}

export function hostName(name: MachineName): string {
  return `vswlab-${name}`;
}

/** A file of a machine in the lab's folder. */
export function machineFile(name: MachineName, what: 'pid' | 'log' | 'name' | 'host_key'): string {
  return `${LAB_DIRECTORY}/${name}.${what}`;
}

/**
 * A CPU model of which all is emulated, whatever the host has: DPDK needs SSE 4.2, and 1 GiB pages make the IOMMU's tables simple.
 * With more than the emulator's default (`max`) the virtual functions of the card did not work.
 */
export const CPU_MODEL = 'Nehalem,+pdpe1gb';

/** Checks, in a fraction of a second, that hardware virtualization is there and fast enough to boot a BIOS: arguments of QEMU. */
export function kvmTrial(): string[] {
  return [
    ...[
      '-accel',
      'kvm',
      '-machine',
      'q35',
      '-cpu',
      `${CPU_MODEL},enforce`,
      '-m',
      '64',
      '-nodefaults',
      '-no-user-config',
    ],
    // Nothing to boot from: it gives up, wants to boot again, and thereby ends.
    ...['-display', 'none', '-boot', 'reboot-timeout=0', '-no-reboot'],
  ];
}

/** Arguments of QEMU for a machine, which then runs on its own. */
export function qemuArguments(spec: MachineSpec, hardware: Hardware, image: ImageFiles): string[] {
  const { name, sshPort, cabled } = spec;
  const accelerator = hardware.accelerator === 'kvm' ? 'kvm,kernel-irqchip=split' : 'tcg,thread=multi';
  const given = (item: string, file: string) => ['-fw_cfg', `name=opt/vswbench-lab/${item},file=${file}`];
  return [
    ...['-name', hostName(name), '-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-machine', 'q35', '-accel', accelerator, '-cpu', CPU_MODEL],
    ...['-smp', String(hardware.cpus), '-m', String(hardware.memoryMib)],
    ...['-smbios', `type=1,manufacturer=vswbench,product=${LAB_PRODUCT}`],
    ...['-device', 'intel-iommu,intremap=on'],
    ...['-kernel', image.kernel, '-initrd', image.initrd],
    // Everything in a machine is trusted. A kernel that panics is to come back, as after a reboot. An emulated timer is late on a host
    // that is busy, which the kernel's check would take for a broken one.
    ...['-append', 'console=ttyS0 quiet intel_iommu=on iommu=pt mitigations=off no_timer_check panic=5'],
    // What it writes goes to a file without a name, which ends with it.
    ...['-drive', `file=${image.disk},format=raw,if=none,id=disk,snapshot=on`, '-device', 'virtio-blk-pci,drive=disk'],
    ...['-device', 'pcie-root-port,id=slot1,chassis=1'],
    ...(cabled ? cable(name) : []),
    ...['-device', `igb,bus=slot1,mac=${macOf(name)},romfile=${cabled ? ',netdev=cable' : ''}`],
    ...['-netdev', `user,id=management,restrict=on,hostfwd=tcp:127.0.0.1:${sshPort}-:22`],
    ...['-device', 'virtio-net-pci,netdev=management,romfile='],
    // A machine that hangs starts again, which a campaign survives: guest/watchdog.sh is who has to be heard of.
    ...['-device', 'i6300esb', '-action', 'watchdog=reset'],
    ...given('name', machineFile(name, 'name')),
    ...given('host_key', machineFile(name, 'host_key')),
    ...given('authorized_keys', `${IDENTITY}.pub`),
    ...['-serial', `file:${machineFile(name, 'log')}`, '-pidfile', machineFile(name, 'pid'), '-daemonize'],
  ];
}

/** The first machine holds the cable's end that the second one plugs in. */
function cable(name: MachineName): string[] {
  const server = name === 'a' ? 'on' : 'off';
  return ['-netdev', `stream,id=cable,server=${server},addr.type=unix,addr.path=${LAB_DIRECTORY}/cable.sock`];
}

/** Of its physical function: locally administered, and the same at each start. */
function macOf(name: MachineName): string {
  return `02:76:73:77:0${name}:00`;
}

/** OpenSSH's configuration: the machines by name, with keys of their own and no other. One that hangs keeps nobody waiting. */
export function sshConfig(machines: readonly MachineSpec[]): string {
  const blocks = machines.map(
    ({ name, sshPort }) => `Host ${hostName(name)}
  HostName 127.0.0.1
  Port ${sshPort}
  User root
  IdentityFile ${IDENTITY}
  IdentitiesOnly yes
  UserKnownHostsFile ${KNOWN_HOSTS}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  ConnectTimeout 30
  ServerAliveInterval 5
  ServerAliveCountMax 3
  LogLevel ERROR
`,
  );
  return blocks.join('\n');
}

/** A line of OpenSSH's known hosts, from the text of a public key file. */
export function knownHost({ sshPort }: MachineSpec, publicKey: string): string {
  const [type = '', key = ''] = publicKey.trim().split(' ');
  return `[127.0.0.1]:${sshPort} ${type} ${key}\n`;
}

/** The testbed `lab`, as vswbench reads it. */
export function testbed(machines: readonly MachineSpec[]): string {
  const side = (name: MachineName) => ({
    host: hostName(name),
    sshConfig: SSH_CONFIG,
    uplink: UPLINK.interface,
    pci: UPLINK.pci,
  });
  const lab = machines.length > 1 ? { near: side('a'), far: side('b') } : { near: side('a') };
  return stringify({ testbeds: { lab } });
}

/** Local ports in a text of /proc/net/tcp or tcp6 (proc(5)), whatever their state. */
export function parseUsedPorts(text: string): Set<number> {
  return new Set(
    [...text.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) /gm)].map(([, port = '']) => Number.parseInt(port, 16)),
  );
}

/** Where to look for free ports: beyond the well-known ones, before those that the kernel gives to connections. */
const FIRST_SSH_PORT = 22_220;

/** The lowest ports that nobody uses. */
export function freePorts(used: ReadonlySet<number>, count: number): number[] {
  const ports: number[] = [];
  for (let port = FIRST_SSH_PORT; ports.length < count && port < 32_768; port += 1)
    if (!used.has(port)) ports.push(port);
  return ports;
}

/** What a machine's console says of its start. `null`: nothing yet. */
export function bootOutcome(log: string): 'ready' | { failed: string } | null {
  const failed = /^(?:vswbench-lab: failed: (.*)|.*(Kernel panic .*))$/m.exec(log);
  if (failed !== null) return { failed: (failed[1] ?? failed[2] ?? '').trim() };
  return /^vswbench-lab: ready\r?$/m.test(log) ? 'ready' : null;
}
