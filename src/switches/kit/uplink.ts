// SPDX-License-Identifier: Apache-2.0
// An uplink that stays with the kernel: taken for a switch, and given back as it was.
import { z } from 'zod';
import { type Host, HostError, runOrThrow, type UndoStack } from '../../host/host.ts';
import { programsOn } from '../../host/interface-programs.ts';
import { readNetdev } from '../../host/netdev.ts';
import { homeOf } from '../../host/return-link.ts';
import { raisedMtu } from '../../model/frame.ts';
import type { SwitchContext, Uplink, UplinkCounters } from '../driver.ts';
import type { Network } from './network.ts';

const LinkSchema = z.array(
  z.looseObject({
    flags: z.array(z.string()),
    address: z.string().optional(),
    master: z.string().optional(),
    mtu: z.int().positive(),
    addr_info: z.array(
      z.looseObject({
        family: z.string(),
        local: z.string().optional(),
        prefixlen: z.int().optional(),
        scope: z.string().optional(),
        /** Who has given it, where the kernel tells (since Linux 5.18). */
        protocol: z.string().optional(),
      }),
    ),
  }),
);

/** How an uplink was found. */
interface Found {
  up: boolean;
  promiscuous: boolean;
  /** Undefined where the kernel tells none. */
  mac: string | undefined;
  mtu: number;
  /** Addresses of the link alone that somebody has given it. */
  addresses: string[];
}

/**
 * Makes sure that the interface is there for us alone. Throws HostError where it carries traffic of the host's own: to take it would
 * cut the host off. Nothing is touched.
 */
async function find(host: Host, { interface: name }: Uplink): Promise<Found> {
  const shown = await host.run(['ip', '-json', 'address', 'show', 'dev', name]);
  if (shown.exitCode !== 0) {
    throw new HostError(
      `host ${host.name} has no interface ${name}: name the testbed's uplink as 'ip link' does there`,
    );
  }
  const [link] = LinkSchema.parse(JSON.parse(shown.stdout));
  if (link === undefined) throw new HostError(`host ${host.name} does not tell of its interface ${name}`);
  // One of IPv4 is nobody's but the host's, whatever its scope.
  const address = link.addr_info.find(({ family, scope }) => family === 'inet' || scope !== 'link')?.local;
  if (address !== undefined) {
    throw new HostError(
      `uplink ${name} of host ${host.name} has the address ${address}, which would be cut off: use an interface of its own, or remove the address`,
    );
  }
  if (link.master !== undefined) {
    throw new HostError(`uplink ${name} of host ${host.name} is a port of ${link.master}: release it, or give another`);
  }
  const upper = (await host.list(`/sys/class/net/${name}`)).find((entry) => entry.startsWith('upper_'));
  if (upper !== undefined) {
    const other = upper.slice('upper_'.length);
    throw new HostError(
      `uplink ${name} of host ${host.name} carries ${other}, which would be cut off: delete that, or give another`,
    );
  }
  const addresses = link.addr_info
    .filter(({ protocol }) => protocol !== 'kernel_ll')
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  const { flags } = link;
  return {
    up: flags.includes('UP'),
    promiscuous: flags.includes('PROMISC'),
    mac: link.address,
    mtu: link.mtu,
    addresses,
  };
}

/**
 * Takes the interface where it is: silences it, raises its MTU where frames of so many bytes need it, and sets it up. What is undone: it
 * leaves a bridge that it was put into, and is as it was. Throws HostError, before anything is touched, where it is not there for us alone.
 */
export async function takeUplink(host: Host, undo: UndoStack, uplink: Uplink, frameBytes: number): Promise<void> {
  const { interface: name } = uplink;
  const { up, promiscuous, mtu, addresses } = await find(host, uplink);
  const raised = raisedMtu(mtu, frameBytes);
  if (raised !== null) {
    const path = `/sys/class/net/${name}/mtu`;
    await undo.push({ kind: 'restore-knob', path, value: String(mtu) });
    await host.write(path, String(raised));
  }
  await undo.push({ kind: 'release-link', name, up, promiscuous });
  const ipv6 = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`;
  const before = (await host.read(ipv6))?.trim();
  if (before === '0') {
    // It takes all addresses of IPv6 away.
    for (const address of addresses)
      await undo.push({ kind: 'run', command: ['ip', 'address', 'replace', address, 'dev', name] });
    await undo.push({ kind: 'restore-knob', path: ipv6, value: before });
    // Neighbour discovery is not the traffic that we count.
    await host.write(ipv6, '1');
  }
  await runOrThrow(host, ['ip', 'link', 'set', 'dev', name, 'up']);
}

/**
 * Takes the interface into a switch's network, which may be the host's own. It comes back as it was: up or down, with its MTU, and with the
 * addresses and settings of IPv4 and IPv6 that the kernel forgets whenever an interface changes its namespace. Throws HostError, as takeUplink does.
 */
export async function moveUplink(context: SwitchContext, network: Network, uplink: Uplink): Promise<void> {
  const { host, undo, frameBytes } = context;
  const { interface: name } = uplink;
  if (network.namespace === null) return takeUplink(host, undo, uplink, frameBytes);
  const { up, mac, mtu, addresses } = await find(host, uplink);
  await refuseQueues(host, name);
  const settings = await ownSettings(host, name);
  const { namespace } = network;
  const raised = raisedMtu(mtu, frameBytes);
  await undo.push({
    ...{ kind: 'return-link', name, namespace, home: await homeOf(host), up, settings },
    ...(mac === undefined ? {} : { mac }),
    ...(raised === null ? {} : { mtu }),
    ...(addresses.length === 0 ? {} : { addresses }),
  });
  await runOrThrow(host, ['ip', 'link', 'set', 'dev', name, 'netns', namespace]);
  const larger = raised === null ? [] : ['mtu', String(raised)];
  await runOrThrow(network.host, ['ip', 'link', 'set', 'dev', name, ...larger, 'up']);
}

/** Throws HostError where somebody has put something on the interface that the kernel would drop on its way, and nobody could put there again. */
async function refuseQueues(host: Host, name: string): Promise<void> {
  const { filters = [], queues = [] } = (await programsOn(host, [name])).get(name) ?? {};
  const has = [...filters.map((side) => `tc filters on ${side}`), ...queues.map((kind) => `queue ${kind}`)];
  if (has.length === 0) return;
  throw new HostError(
    `uplink ${name} of host ${host.name} has ${has.join(' and ')}, which would be lost: take them off, give another, or measure with them by --host-network`,
  );
}

/** The interface's settings that are not those of every new one. */
async function ownSettings(host: Host, name: string): Promise<{ path: string; value: string }[]> {
  const folders = ['ipv4/conf', 'ipv6/conf', 'ipv4/neigh', 'ipv6/neigh'].map((folder) => `/proc/sys/net/${folder}`);
  const read = async (of: string) => {
    const { stdout } = await host.run([
      'grep',
      '--recursive',
      '--no-messages',
      '',
      ...folders.map((folder) => `${folder}/${of}`),
    ]);
    return stdout.split('\n').flatMap((line) => {
      const [, folder = '', knob = '', value = ''] = line.match(SETTING) ?? [];
      return knob === '' ? [] : [{ path: `${folder}/${name}/${knob}`, value }];
    });
  };
  const usual = new Map((await read('default')).map(({ path, value }) => [path, value]));
  // IPv6's own limit follows that of the interface.
  return (await read(name)).filter(({ path, value }) => usual.get(path) !== value && !path.endsWith('/mtu'));
}

/** What grep prints of a knob: folder, name of the interface, knob and value. */
const SETTING = /^(\/proc\/sys\/net\/ipv[46]\/(?:conf|neigh))\/[^/]+\/([^/:]+):(.*)$/;

/** Null when the other end of the cable is up as well; else one line. */
export async function uplinkMissing(host: Host, { interface: name }: Uplink): Promise<string | null> {
  const carrier = (await host.read(`/sys/class/net/${name}/carrier`))?.trim();
  return carrier === '1'
    ? null
    : `uplink ${name} of host ${host.name} has no carrier: is the cable in, and the other end up?`;
}

/** The kernel's counters of an uplink, as a switch sees it: what the interface receives comes in. */
export async function kernelUplinkCounters(host: Host, { interface: name }: Uplink): Promise<UplinkCounters> {
  const { rxPackets, rxBytes, rxDropped, txPackets, txBytes, txDropped } = await readNetdev(host, 'self', name);
  return {
    ...{ inPackets: rxPackets, inBytes: rxBytes, outPackets: txPackets, outBytes: txBytes },
    drops: [
      { reason: 'on receiving, by the kernel', packets: rxDropped },
      { reason: 'on sending, by the kernel', packets: txDropped },
    ],
  };
}
