// SPDX-License-Identifier: Apache-2.0
// Redirection by the kernel's traffic control: what comes in at the switch's end of a container's veth goes out at the one of its partner. Ports in
// pairs, no switching logic: what basicfwd is for DPDK, this is for the kernel, and the least that a veth path with a hop in the host can cost.
import { type Host, HostError, lastLine } from '../host/host.ts';
import { ipBatch, readNetdev } from '../host/netdev.ts';
import type { NetdevPort, PortCounters, PortRequest, Station, SwitchContext, SwitchDriver } from './driver.ts';
import { hasFeature, kernelRelease } from './kit/kernel-feature.ts';
import { ksoftirqds } from './kit/kernel-threads.ts';
import { type Network, openNetwork, placeIn, registerLink, silenceLink } from './kit/network.ts';
import { containerEnd, refuseTaken, switchEnd, vethPair } from './kit/veth.ts';

/** u32 can match everything, and is older than matchall, which not every kernel has. */
const NEEDED = [
  { name: 'act_mirred', module: '/act_mirred.ko', symbol: 'tcf_mirred_act' },
  { name: 'cls_u32', module: '/cls_u32.ko', symbol: 'u32_classify' },
  { name: 'sch_ingress', module: '/sch_ingress.ko', symbol: 'clsact_init' },
];

export const tc: SwitchDriver = {
  id: 'tc',
  title: 'tc redirect: ports in pairs, no switching logic',
  ports: ['netdev'],
  locations: ['local'],
  threads: 0,
  hotplug: 'port',

  async probe(host) {
    const has = await Promise.all(NEEDED.map((feature) => hasFeature(host, feature)));
    const missing = NEEDED.find((_, index) => !has[index]);
    return missing === undefined
      ? { available: true, version: `Linux ${await kernelRelease(host)}` }
      : {
          available: false,
          missing: `the kernel has no ${missing.name}`,
          mend: 'use a kernel with CONFIG_NET_CLS_ACT',
        };
  },

  async start(context) {
    const network = await openNetwork(context);
    const { host } = network;
    const ports = context.ports.map(
      (request): NetdevPort => ({
        ...{ ...request, kind: 'netdev', interface: containerEnd(request) },
        ...placeIn(network),
      }),
    );
    await refuseTaken(
      host,
      ports.flatMap((port) => [port.interface, switchEnd(port)]),
    );
    for (const port of ports) {
      await registerLink(context, network, switchEnd(port));
      await makePort(context, network, port);
    }
    for (const port of ports) await redirect(host, port);
    const portOf = (request: PortRequest) => {
      const port = ports.find(({ pair, end }) => pair === request.pair && end === request.end);
      if (port === undefined) throw new HostError('tc has no such port');
      return port;
    };
    return {
      nextPorts: () => ports,
      flags: network.flags,
      counters: () => Promise.all(ports.map((port) => countersOf(host, port))),
      settled: (stations) => withoutCarrier(host, stations),
      threads: ksoftirqds(context.host),
      health: async () => (await network.health()) ?? (await portMissing(host, ports)),
      hotplug: {
        unplug: (request) => ipBatch(host, [`link delete dev ${switchEnd(request)}`]),
        async plug(request) {
          const port = portOf(request);
          await makePort(context, network, port);
          // Its partner's redirection went with what it led to.
          for (const one of [port, portOf(partnerOf(port))]) await redirect(host, one);
          return port;
        },
      },
    };
  },
};

async function makePort(context: SwitchContext, network: Network, port: NetdevPort): Promise<void> {
  const end = switchEnd(port);
  await ipBatch(network.host, [`link add ${vethPair(end, port.interface, context.frameBytes)}`]);
  for (const name of [end, port.interface]) await silenceLink(network, name);
  await ipBatch(network.host, [`link set dev ${end} up`]);
}

function partnerOf({ pair, end }: PortRequest): PortRequest {
  return { pair, end: end === 'source' ? 'sink' : 'source' };
}

/** What comes from a container goes to its partner's. A redirection that there is already is replaced. */
async function redirect(host: Host, port: PortRequest): Promise<void> {
  const [from, to] = [switchEnd(port), switchEnd(partnerOf(port))];
  const commands = [
    `qdisc replace dev ${from} clsact`,
    `filter replace dev ${from} ingress protocol all prio 1 handle 800::800 u32 match u32 0 0 action mirred egress redirect dev ${to}`,
  ];
  const { exitCode, stderr } = await host.run(['tc', '-batch', '-'], { input: `${commands.join('\n')}\n` });
  if (exitCode !== 0) throw new HostError(`tc cannot redirect ${from} to ${to}: ${lastLine(stderr)}`);
}

async function countersOf(host: Host, port: NetdevPort): Promise<PortCounters> {
  const counters = await readNetdev(host, 'self', switchEnd(port));
  return {
    ...{ pair: port.pair, end: port.end },
    ...{ inPackets: counters.rxPackets, inBytes: counters.rxBytes },
    ...{ outPackets: counters.txPackets, outBytes: counters.txBytes },
    drops: [{ reason: 'at its port, by the kernel', packets: counters.rxDropped + counters.txDropped }],
  };
}

/** What is redirected to a cable that has no other end yet is dropped. */
async function withoutCarrier(host: Host, stations: readonly Station[]): Promise<string | null> {
  for (const station of stations) {
    const end = switchEnd(station);
    if ((await host.read(`/sys/class/net/${end}/carrier`))?.trim() !== '1') return `port ${end} has no carrier`;
  }
  return null;
}

async function portMissing(host: Host, ports: readonly PortRequest[]): Promise<string | null> {
  for (const port of ports.filter(({ pair }) => pair === 0)) {
    const end = switchEnd(port);
    if ((await host.read(`/sys/class/net/${end}/ifindex`)) === null) return `interface ${end} is gone`;
  }
  return null;
}
