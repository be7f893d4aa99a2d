// SPDX-License-Identifier: Apache-2.0
// The kernel's bridge, with a veth pair for each container. It has no thread of its own: a packet is forwarded in softirq
// on the CPU of the sender, as part of the sender's system call or by that CPU's ksoftirqd. With an overlay there are two, one for each end.
import { type Host, HostError, runOrThrow } from '../host/host.ts';
import { ipBatch } from '../host/netdev.ts';
import type { Flag } from '../model/result.ts';
import { addressTable, BRIDGE, learned, unlearned } from './bridge-addresses.ts';
import { makeTunnel, TUNNEL, tunnelDrops, tunnelMissing } from './bridge-overlay.ts';
import { rulesMissing, rulesUnpassed, setRules } from './bridge-rules.ts';
import type { NetdevPort, PortRequest, Station, SwitchContext, SwitchDriver, TapPort, Without } from './driver.ts';
import { hasFeature, kernelRelease } from './kit/kernel-feature.ts';
import { ksoftirqds } from './kit/kernel-threads.ts';
import { makeSilent, type Network, openNetwork, registerLink } from './kit/network.ts';
import { kernelPorts, linksOf, makeLinks } from './kit/tap.ts';
import { kernelUplinkCounters, moveUplink, uplinkMissing } from './kit/uplink.ts';
import { countersAtEnd, portFor, refuseTaken, switchEnd } from './kit/veth.ts';

/** A bridge with its ports, in a network. */
interface Site {
  network: Network;
  ports: (NetdevPort | TapPort)[];
}

export const linuxBridge: SwitchDriver = {
  id: 'linux-bridge',
  title: 'Linux bridge',
  ports: ['netdev', 'tap'],
  locations: ['local', 'remote'],
  threads: 0,
  options: ['vlanFiltering', 'nftRules', 'overlay'],
  hotplug: 'port',

  async probe(host) {
    // Built in, or a module that `ip link add type bridge` loads by itself.
    const builtIn = (await host.read('/sys/module/bridge/initstate')) !== null || (await hasBridge(host));
    return builtIn
      ? { available: true, version: `Linux ${await kernelRelease(host)}`, without: await missingFor(host) }
      : { available: false, missing: 'the kernel has no bridge', mend: 'use a kernel with CONFIG_BRIDGE' };
  },

  async start(context) {
    const { uplink, options } = context;
    const sites = await openSites(context);
    const [first] = sites;
    const { host } = first.network;
    for (const site of sites) await makeSite(context, site);
    if (options.overlay === 'vxlan') await joinSites(context, sites);
    if (uplink !== null) {
      await moveUplink(context, first.network, uplink);
      await addMember(context, first.network, uplink.interface);
    }
    const ports = sites.flatMap((site) => site.ports);
    return {
      nextPorts: () => context.ports.map((request) => portFor(ports, request)),
      flags: [...first.network.flags, ...(await bridgeFlags(first.network))],
      counters: async () => (await Promise.all(sites.map((site, side) => countersOf(context, site, side)))).flat(),
      ...(uplink === null ? {} : { uplinkCounters: () => kernelUplinkCounters(host, uplink) }),
      settled: (stations) => firstReason(sites, (site) => unsettled(context, site, stations)),
      threads: ksoftirqds(context.host),
      health: () => firstReason(sites, unwell),
      observe: async () => () => learned(host),
      caches: async () => [await addressTable(host)],
      hotplug: {
        unplug: (request) => ipBatch(siteOf(sites, request).network.host, [`link delete dev ${switchEnd(request)}`]),
        async plug(request) {
          const port = portFor(ports, request);
          await makePort(context, siteOf(sites, request).network, port);
          return port;
        },
      },
    };
  },
};

async function hasBridge(host: Host): Promise<boolean> {
  if ((await host.read('/proc/sys/net/bridge/bridge-nf-call-iptables')) !== null) return true;
  return hasFeature(host, { module: 'bridge', symbol: 'br_add_bridge' });
}

/** What a host lacks for options, by option. */
async function missingFor(host: Host): Promise<Without> {
  const [vlanFiltering, nftRules, overlay] = await Promise.all([
    filteringMissing(host),
    rulesMissing(host),
    tunnelMissing(host),
  ]);
  return {
    ...(vlanFiltering === null ? {} : { vlanFiltering }),
    ...(nftRules === null ? {} : { nftRules }),
    ...(overlay === null ? {} : { overlay }),
  };
}

/** The filter is a part of the bridge that kernels have which know VLANs, but for those that were told otherwise. */
async function filteringMissing(host: Host): Promise<string | null> {
  return (await hasFeature(host, { module: '8021q', symbol: 'br_vlan_filter_toggle' }))
    ? null
    : 'bridges of this kernel know no VLANs, which --vlan-filtering takes: use one with CONFIG_BRIDGE_VLAN_FILTERING';
}

/** One network for all ports; with an overlay one for the senders' and one for the receivers', as if on two hosts. */
async function openSites(context: SwitchContext): Promise<[Site, ...Site[]]> {
  const near = await openNetwork(context);
  if (context.options.overlay === 'none') return [{ network: near, ports: kernelPorts(context, near) }];
  const far = await openNetwork(context, 'far');
  const endsAt = (end: PortRequest['end'], network: Network): Site => {
    return {
      network,
      ports: kernelPorts(
        { portKind: context.portKind, ports: context.ports.filter((port) => port.end === end) },
        network,
      ),
    };
  };
  return [endsAt('source', near), endsAt('sink', far)];
}

async function makeSite(context: SwitchContext, { network, ports }: Site): Promise<void> {
  await refuseTaken(network.host, [BRIDGE, ...ports.flatMap(linksOf)]);
  await makeBridge(context, network);
  await setRules(network.host, context.options.nftRules);
  for (const port of ports) {
    await registerLink(context, network, switchEnd(port));
    await makePort(context, network, port);
  }
}

async function joinSites(context: SwitchContext, [near, far]: readonly Site[]): Promise<void> {
  if (near === undefined || far === undefined) throw new HostError('a tunnel needs two bridges');
  await makeTunnel(near.network, far.network, context.frameBytes);
  for (const { network } of [near, far]) await addMember(context, network, TUNNEL);
}

async function makeBridge(context: SwitchContext, network: Network): Promise<void> {
  const { host } = network;
  const filters = context.options.vlanFiltering === 'on';
  await registerLink(context, network, BRIDGE);
  // No spanning tree and no multicast snooping: both send packets of their own.
  const settings = `stp_state 0 forward_delay 0 mcast_snooping 0${filters ? ' vlan_filtering 1' : ''}`;
  await makeSilent(
    network,
    [BRIDGE],
    [`link add name ${BRIDGE} type bridge ${settings}`],
    [`link set dev ${BRIDGE} up`],
  );
  if (filters && (await host.read(`/sys/class/net/${BRIDGE}/bridge/vlan_filtering`))?.trim() !== '1') {
    throw new HostError(`${BRIDGE} does not filter VLANs`);
  }
}

/** The undo of an interface of this name undoes the next one as well. */
async function makePort(context: SwitchContext, network: Network, port: NetdevPort | TapPort): Promise<void> {
  const end = switchEnd(port);
  await makeLinks(network, port, context.frameBytes, joining(end));
  await completeMember(context, network, end);
}

function joining(name: string): string[] {
  return [`link set dev ${name} master ${BRIDGE}`, `link set dev ${name} up`];
}

async function addMember(context: SwitchContext, network: Network, name: string): Promise<void> {
  await ipBatch(network.host, joining(name));
  await completeMember(context, network, name);
}

/** Each port is untagged in VLAN 1 by itself; where the bridge filters, frames with the tags to come are let through as well. */
async function completeMember({ options }: SwitchContext, { host }: Network, name: string): Promise<void> {
  const state = (await host.read(`/sys/class/net/${BRIDGE}/brif/${name}/port_no`))?.trim();
  if (state === undefined) throw new HostError(`${name} did not become a port of ${BRIDGE}`);
  const [first, last = first] = [options.vlans[0], options.vlans.at(-1)];
  if (first === undefined) return;
  await runOrThrow(host, [
    'bridge',
    'vlan',
    'add',
    'vid',
    first === last ? `${first}` : `${first}-${last}`,
    'dev',
    name,
  ]);
}

/** What a tunnel dropped was the one pair's; of several nobody knows whose it was. */
async function countersOf({ options }: SwitchContext, { network: { host }, ports }: Site, side: number) {
  const counted = await Promise.all(ports.map((port) => countersAtEnd(host, port)));
  const [only, ...others] = counted;
  if (options.overlay === 'none' || only === undefined || others.length > 0) return counted;
  const lost = { reason: 'in the tunnel, by the kernel', packets: await tunnelDrops(host, side) };
  return [{ ...only, drops: [...only.drops, lost] }];
}

function siteOf(sites: readonly [Site, ...Site[]], { pair, end }: PortRequest): Site {
  return sites.find(({ ports }) => ports.some((port) => port.pair === pair && port.end === end)) ?? sites[0];
}

/** The first reason that a site gives; null where none does. */
async function firstReason(sites: readonly Site[], reasonOf: (site: Site) => Promise<string | null>) {
  for (const site of sites) {
    const reason = await reasonOf(site);
    if (reason !== null) return reason;
  }
  return null;
}

async function unsettled(
  { uplink, options }: SwitchContext,
  { network: { host }, ports }: Site,
  stations: readonly Station[],
): Promise<string | null> {
  const cut = uplink === null ? null : await uplinkMissing(host, uplink);
  if (cut !== null) return cut;
  const isHere = (station: Station) => ports.some(({ pair, end }) => pair === station.pair && end === station.end);
  const portOf = (station: Station) => {
    if (station.at === 'uplink') return uplink?.interface ?? 'no uplink';
    return isHere(station) ? switchEnd(station) : TUNNEL;
  };
  const where = { portOf, vlanFiltering: options.vlanFiltering === 'on' };
  return (await unlearned(host, where, stations)) ?? (await rulesUnpassed(host, options.nftRules));
}

async function unwell({ network }: Site): Promise<string | null> {
  const reason = await network.health();
  if (reason !== null) return reason;
  const index = await network.host.read(`/sys/class/net/${BRIDGE}/ifindex`);
  return index === null ? `bridge ${BRIDGE} is gone` : null;
}

/** Bridged IPv4 frames may go through the host's iptables: slower, and a FORWARD policy of DROP drops them all. Not in a network of ours. */
async function bridgeFlags({ host, namespace }: Network): Promise<Flag[]> {
  if (namespace !== null) return [];
  const knob = await host.read('/proc/sys/net/bridge/bridge-nf-call-iptables');
  return knob?.trim() === '1' ? ['bridge-netfilter'] : [];
}
