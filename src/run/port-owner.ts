// SPDX-License-Identifier: Apache-2.0
// Whether ports are a driver's to give: a container takes what it is given, and the host would do without it.
import { z } from 'zod';
import type { Host } from '../host/host.ts';
import { enter } from '../host/namespace.ts';
import type { DevicePort, NetdevPort, NetmapPort, Port, SocketPort, TapPort } from '../switches/driver.ts';
import type { HostState } from './leftovers.ts';

const LinkSchema = z.array(
  z.looseObject({
    ifname: z.string(),
    addr_info: z.array(z.looseObject({ local: z.string().optional(), scope: z.string().optional() })),
  }),
);

/** The folders that devices for applications are in (VFIO, UIO, and RDMA, by which some cards are driven). */
const DEVICES = /^\/dev\/(vfio\/|uio\d|infiniband\/)/;

/** What is known of a host and of the driver's part of it. */
export interface PortOwner {
  host: Host;
  /** Of before the driver was started. */
  before: HostState;
  /** Its own folder. */
  directory: string;
}

/** Null where all ports are the driver's own; else one line on the first that is not. Nothing is changed. */
export async function strangePort(owner: PortOwner, ports: readonly Port[]): Promise<string | null> {
  const places = ports.map((port) => (port.kind === 'netdev' ? port.interface : `${port.kind} ${port.device}`));
  const twice = places.find((place, index) => ports[index]?.kind === 'netdev' && places.indexOf(place) !== index);
  if (twice !== undefined) return `interface ${twice} is given twice`;
  const of = <Kind extends Port['kind']>(...kinds: Kind[]) =>
    ports.filter((port): port is Extract<Port, { kind: Kind }> => kinds.some((kind) => kind === port.kind));
  return (
    (await strangeInterface(owner, of('netdev'))) ??
    (await strangeFolder(owner, of('vhost-user', 'memif'))) ??
    (await strangeDevice(owner, of('vf'))) ??
    (await strangeNamespace(owner, of('netmap', 'tap')))
  );
}

async function strangeInterface(owner: PortOwner, ports: readonly NetdevPort[]): Promise<string | null> {
  for (const [namespace, within] of Map.groupBy(ports, (port) => port.namespace)) {
    const strange = namespace === undefined ? oldInterface(owner, within) : await foreignNamespace(owner, namespace);
    const reason = strange ?? (await unfitInterface(owner, namespace, within));
    if (reason !== null) return reason;
  }
  return null;
}

function oldInterface({ before }: PortOwner, ports: readonly NetdevPort[]): string | null {
  const old = ports.find((port) => before.links.has(port.interface));
  return old === undefined
    ? null
    : `interface ${old.interface} was there before the switch was started: give one of your own`;
}

async function unfitInterface(
  { host }: PortOwner,
  namespace: string | undefined,
  ports: readonly NetdevPort[],
): Promise<string | null> {
  const inside = namespace === undefined ? [] : enter(namespace);
  const shown = await host.run([...inside, 'ip', '-json', 'address']);
  const links = LinkSchema.safeParse(shown.exitCode === 0 ? JSON.parse(shown.stdout) : null).data ?? [];
  for (const { interface: name } of ports) {
    const link = links.find(({ ifname }) => ifname === name);
    if (link === undefined) return `interface ${name} is not there`;
    const address = link.addr_info.find(({ scope }) => scope !== 'link')?.local;
    if (address !== undefined) return `interface ${name} has the address ${address}: give one of your own`;
  }
  return null;
}

/** Its real path: a container sees the whole folder, and may write there. */
async function strangeFolder({ host, directory }: PortOwner, ports: readonly SocketPort[]): Promise<string | null> {
  const folders = [...new Set(ports.map((port) => port.directory))];
  if (folders.length === 0) return null;
  const [own, ...real] = (await host.run(['realpath', '--', directory, ...folders])).stdout.split('\n');
  for (const [index, folder] of folders.entries()) {
    const path = real[index];
    if (path === undefined || own === undefined) return `folder ${folder} is not there`;
    if (path !== own && !path.startsWith(`${own}/`)) return `folder ${folder} is not in context.directory`;
  }
  return null;
}

async function strangeDevice({ host }: PortOwner, ports: readonly DevicePort[]): Promise<string | null> {
  for (const { device, devices } of ports) {
    const odd = devices.find((path) => !DEVICES.test(path) || path.includes('/../'));
    if (odd !== undefined) return `${odd} is no device that an application may drive`;
    const isInfiniband = devices.some((path) => path.startsWith('/dev/infiniband/'));
    const interfaces = await host.list(`/sys/bus/pci/devices/${device}/net`);
    if (interfaces.length > 0 && !isInfiniband) return `${device} is ${interfaces[0]} of the host`;
  }
  return null;
}

async function strangeNamespace(owner: PortOwner, ports: readonly (NetmapPort | TapPort)[]): Promise<string | null> {
  for (const [namespace, within] of Map.groupBy(ports, (port) => port.namespace)) {
    const strange = await foreignNamespace(owner, namespace, within.every(isPortOfVale));
    if (strange !== null) return strange;
  }
  return null;
}

/** It is made when it is opened, and is no interface: it may be beside a network card, which stays where the host has it. */
function isPortOfVale({ kind, device }: NetmapPort | TapPort): boolean {
  return kind === 'netmap' && /^netmap:vale\w*:\w+$/.test(device);
}

async function foreignNamespace(
  { host, before }: PortOwner,
  namespace: string,
  mayBeHosts = false,
): Promise<string | null> {
  if (before.namespaces.has(/^\/(?:var\/)?run\/netns\/([^/]+)$/.exec(namespace)?.[1] ?? ''))
    return `network namespace ${namespace} was there before the switch was started: give one of your own`;
  const shown = await host.run(['stat', '--dereference', '--format=%i', '/proc/self/ns/net', namespace]);
  const [own, given] = shown.stdout.split('\n');
  if (given === undefined || given === '') return `network namespace ${namespace} is not there`;
  return own === given && !mayBeHosts ? `network namespace ${namespace} is the host's own: give one of your own` : null;
}
