// SPDX-License-Identifier: Apache-2.0
// The kernel's bridge, with a veth pair for each container. It has no thread of its own: a packet is forwarded in softirq
// on the CPU of the sender, as part of the sender's system call or by that CPU's ksoftirqd.
import { z } from 'zod';
import { type Host, HostError, runOrThrow } from '../host/host.ts';
import { ipBatch } from '../host/netdev.ts';
import type { Cache } from '../model/cache.ts';
import type { Flag } from '../model/result.ts';
import type { NetdevPort, Station, SwitchContext, SwitchDriver, SwitchFigures, Uplink } from './driver.ts';
import { hasFeature, kernelRelease } from './kit/kernel-feature.ts';
import { ksoftirqds } from './kit/kernel-threads.ts';
import { type Network, openNetwork, registerLink, silenceLink } from './kit/network.ts';
import { kernelUplinkCounters, moveUplink, uplinkMissing } from './kit/uplink.ts';
import { containerPorts, countersAtEnd, makeVeth, portFor, refuseTaken, switchEnd } from './kit/veth.ts';

const BRIDGE = 'vswbr0';

export const linuxBridge: SwitchDriver = {
  id: 'linux-bridge',
  title: 'Linux bridge',
  ports: ['netdev'],
  locations: ['local', 'remote'],
  threads: 0,
  hotplug: 'port',

  async probe(host) {
    // Built in, or a module that `ip link add type bridge` loads by itself.
    const builtIn = (await host.read('/sys/module/bridge/initstate')) !== null || (await hasBridge(host));
    return builtIn
      ? { available: true, version: `Linux ${await kernelRelease(host)}` }
      : { available: false, missing: 'the kernel has no bridge', mend: 'use a kernel with CONFIG_BRIDGE' };
  },

  async start(context) {
    const { uplink } = context;
    const network = await openNetwork(context);
    const { host } = network;
    const ports = containerPorts(context, network);
    await refuseTaken(host, [BRIDGE, ...ports.flatMap((port) => [port.interface, switchEnd(port)])]);
    await makeBridge(context, network);
    for (const port of ports) await addPort(context, network, port);
    if (uplink !== null) {
      await moveUplink(context, network, uplink);
      await ipBatch(host, [`link set dev ${uplink.interface} master ${BRIDGE}`]);
    }
    return {
      nextPorts: () => ports,
      flags: [...network.flags, ...(await bridgeFlags(network))],
      counters: () => Promise.all(ports.map((port) => countersAtEnd(host, port))),
      ...(uplink === null ? {} : { uplinkCounters: () => kernelUplinkCounters(host, uplink) }),
      settled: (stations) => missing(host, uplink, stations),
      threads: ksoftirqds(context.host),
      health: async () => (await network.health()) ?? (await bridgeMissing(host)),
      observe: async () => () => learned(host),
      caches: async () => [await addressTable(host)],
      hotplug: {
        unplug: (request) => ipBatch(host, [`link delete dev ${switchEnd(request)}`]),
        async plug(request) {
          const port = portFor(ports, request);
          await makePort(network, port, context.frameBytes);
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

async function makeBridge(context: SwitchContext, network: Network): Promise<void> {
  const { host } = network;
  await registerLink(context, network, BRIDGE);
  // No spanning tree and no multicast snooping: both send packets of their own.
  await ipBatch(host, [`link add name ${BRIDGE} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`]);
  await silenceLink(network, BRIDGE);
  await ipBatch(host, [`link set dev ${BRIDGE} up`]);
}

async function addPort(context: SwitchContext, network: Network, port: NetdevPort): Promise<void> {
  await registerLink(context, network, switchEnd(port));
  await makePort(network, port, context.frameBytes);
}

/** The undo of an interface of this name undoes the next one as well. */
async function makePort(network: Network, port: NetdevPort, frameBytes: number): Promise<void> {
  const { host } = network;
  const end = switchEnd(port);
  await makeVeth(network, port, frameBytes);
  await ipBatch(host, [`link set dev ${end} master ${BRIDGE}`, `link set dev ${end} up`]);
  const state = (await host.read(`/sys/class/net/${BRIDGE}/brif/${end}/port_no`))?.trim();
  if (state === undefined) throw new HostError(`${end} did not become a port of ${BRIDGE}`);
}

async function bridgeMissing(host: Host): Promise<string | null> {
  return (await host.read(`/sys/class/net/${BRIDGE}/ifindex`)) === null ? `bridge ${BRIDGE} is gone` : null;
}

/** BR_STATE_FORWARDING of linux/if_bridge.h. */
const FORWARDING = '3';

const ForwardingSchema = z.array(z.looseObject({ mac: z.string(), ifname: z.string() }));

/**
 * A port forwards only after the kernel has noticed that its cable has two ends, and it notices up to a second late where
 * many links change. An announcement that comes before is dropped, and the receiver's packets would be flooded to all ports.
 */
async function missing(host: Host, uplink: Uplink | null, stations: readonly Station[]): Promise<string | null> {
  const cut = uplink === null ? null : await uplinkMissing(host, uplink);
  if (cut !== null) return cut;
  const portOf = (station: Station) =>
    station.at === 'port' ? switchEnd(station) : (uplink?.interface ?? 'no uplink');
  for (const port of new Set(stations.map(portOf))) {
    const state = (await host.read(`/sys/class/net/${port}/brport/state`))?.trim();
    if (state !== FORWARDING) return `port ${port} of ${BRIDGE} does not forward (state ${state ?? 'none'})`;
  }
  const shown = await runOrThrow(host, ['bridge', '-json', 'fdb', 'show', 'br', BRIDGE, 'dynamic']);
  const known = ForwardingSchema.parse(JSON.parse(shown));
  const stranger = stations.find(
    (station) => !known.some(({ mac, ifname }) => mac === station.mac && ifname === portOf(station)),
  );
  return stranger === undefined ? null : `${BRIDGE} has not learned ${stranger.mac} at ${portOf(stranger)}`;
}

/** The kernel goes through its table anew for each few hundred entries that it tells: of very many, it takes too long to ask. */
const TELLS_WITHIN_S = 4;

/** How many addresses the bridge has learned, as far as that is told in time. */
async function learned(host: Host): Promise<SwitchFigures> {
  const count = `bridge fdb show br ${BRIDGE} dynamic | wc -l`;
  const { exitCode, stdout } = await host.run(['timeout', String(TELLS_WITHIN_S), 'sh', '-c', count]);
  return exitCode === 0 ? { fdbEntries: Number(stdout) } : {};
}

const BridgeSchema = z
  .array(
    z.looseObject({ linkinfo: z.looseObject({ info_data: z.looseObject({ fdb_max_learned: z.int().optional() }) }) }),
  )
  .min(1);

/** Bounded only where somebody has set that, since Linux 6.7; an ip(8) that is older than that does not tell. */
async function addressTable(host: Host): Promise<Cache> {
  const shown = await runOrThrow(host, ['ip', '-details', '-json', 'link', 'show', 'dev', BRIDGE]);
  const most = BridgeSchema.safeParse(JSON.parse(shown)).data?.[0]?.linkinfo.info_data.fdb_max_learned ?? 0;
  const note = most === 0 ? 'no bound is set' : 'fdb_max_learned';
  return {
    ...{ name: 'address table', entries: most === 0 ? null : most, of: 'macs' },
    ...{ note, hitRatio: null, held: 'fdbEntries' },
  };
}

/** Bridged IPv4 frames may go through the host's iptables: slower, and a FORWARD policy of DROP drops them all. Not in a network of ours. */
async function bridgeFlags({ host, namespace }: Network): Promise<Flag[]> {
  if (namespace !== null) return [];
  const knob = await host.read('/proc/sys/net/bridge/bridge-nf-call-iptables');
  return knob?.trim() === '1' ? ['bridge-netfilter'] : [];
}
