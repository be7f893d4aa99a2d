// SPDX-License-Identifier: Apache-2.0
// Redirection by the kernel's traffic control: what comes in at the switch's end of a container's veth goes out at the one of its partner. Ports in
// pairs, no switching logic: what basicfwd is for DPDK, this is for the kernel, and the least that a veth path with a hop in the host can cost.
import { type Host, HostError, lastLine } from '../host/host.ts';
import { ipBatch } from '../host/netdev.ts';
import type { NetdevPort, PortRequest, SwitchDriver, TapPort } from './driver.ts';
import { hasFeature, kernelRelease } from './kit/kernel-feature.ts';
import { ksoftirqds } from './kit/kernel-threads.ts';
import { type Network, openNetwork, registerLink } from './kit/network.ts';
import { kernelPorts, linksOf, makeLinks } from './kit/tap.ts';
import { countersAtEnd, portFor, portMissing, refuseTaken, switchEnd, withoutCarrier } from './kit/veth.ts';

/** u32 can match everything, and is older than matchall, which not every kernel has. */
const NEEDED = [
  { module: 'act_mirred', symbol: 'tcf_mirred_act' },
  { module: 'cls_u32', symbol: 'u32_classify' },
  { module: 'sch_ingress', symbol: 'clsact_init' },
];

export const tc: SwitchDriver = {
  id: 'tc',
  title: 'tc redirect: ports in pairs, no switching logic',
  ports: ['netdev', 'tap'],
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
          missing: `the kernel has no ${missing.module}`,
          mend: 'use a kernel with CONFIG_NET_CLS_ACT',
        };
  },

  async start(context) {
    const network = await openNetwork(context);
    const { host } = network;
    const ports = kernelPorts(context, network);
    await refuseTaken(host, ports.flatMap(linksOf));
    for (const port of ports) {
      await registerLink(context, network, switchEnd(port));
      await makePort(network, port, context.frameBytes);
    }
    for (const port of ports) await redirect(host, port);
    return {
      nextPorts: () => ports,
      flags: network.flags,
      counters: () => Promise.all(ports.map((port) => countersAtEnd(host, port))),
      settled: (stations) => withoutCarrier(host, stations),
      threads: ksoftirqds(context.host),
      health: async () => (await network.health()) ?? (await portMissing(host, ports)),
      hotplug: {
        unplug: (request) => ipBatch(host, [`link delete dev ${switchEnd(request)}`]),
        async plug(request) {
          const port = portFor(ports, request);
          await makePort(network, port, context.frameBytes);
          // Its partner's redirection went with what it led to.
          for (const one of [port, partnerOf(port)]) await redirect(host, one);
          return port;
        },
      },
    };
  },
};

async function makePort(network: Network, port: NetdevPort | TapPort, frameBytes: number): Promise<void> {
  await makeLinks(network, port, frameBytes, [`link set dev ${switchEnd(port)} up`]);
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
