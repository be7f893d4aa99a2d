// SPDX-License-Identifier: Apache-2.0
// No switch at all: a veth pair from container to container. It is the ceiling that each switch is judged against.
import { ipBatch, silenceIpv6 } from '../host/netdev.ts';
import type { Port, SwitchContext, SwitchDriver } from './driver.ts';
import { containerEnd, refuseTaken } from './veth.ts';

export const direct: SwitchDriver = {
  id: 'direct',
  title: 'no switch (veth pair)',
  kind: 'none',
  learns: false,
  ports: ['netdev'],
  locations: ['local'],
  threads: 0,

  async probe(host) {
    const kernel = (await host.read('/proc/sys/kernel/osrelease'))?.trim();
    return { available: true, version: `Linux ${kernel ?? 'unknown'}` };
  },

  async start(context) {
    const ports = context.ports.map(
      (request): Port => ({ ...request, kind: 'netdev', interface: containerEnd(request) }),
    );
    await refuseTaken(
      context.host,
      ports.map((port) => port.interface),
    );
    for (const source of ports.filter((port) => port.end === 'source')) {
      await cable(
        context,
        source,
        ports.find((port) => port.pair === source.pair && port.end === 'sink'),
      );
    }
    return {
      ports,
      flags: [],
      counters: () => null,
      settled: async () => null,
      threads: async () => [],
      health: async () => null,
    };
  },
};

async function cable({ host, undo }: SwitchContext, source: Port, sink: Port | undefined): Promise<void> {
  if (sink === undefined) throw new RangeError(`pair ${source.pair} has no sink`);
  await undo.push({ kind: 'delete-link', name: source.interface });
  await ipBatch(host, [`link add ${source.interface} type veth peer name ${sink.interface}`]);
  await silenceIpv6(host, source.interface);
  await silenceIpv6(host, sink.interface);
}
