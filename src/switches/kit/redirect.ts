// SPDX-License-Identifier: Apache-2.0
// The program of ours that redirects by eBPF (dataplane/switches/redirect.c), between veth pairs of which one end goes into a container.
import { z } from 'zod';
import type { Host } from '../../host/host.ts';
import { ipBatch } from '../../host/netdev.ts';
import { startMarked } from '../../host/process.ts';
import type { NetdevPort, Probe, SwitchContext } from '../driver.ts';
import { Dialogue } from './dialogue.ts';
import { hasFeature, type KernelFeature, kernelRelease } from './kernel-feature.ts';
import { type Network, openNetwork, registerLink } from './network.ts';
import { containerPorts, makeVeth, portMissing, refuseTaken, switchEnd } from './veth.ts';

export type RedirectMode = 'xdp' | 'xdp-generic' | 'tc-peer';

const Count = z.int().nonnegative();
const PortSchema = z.strictObject({
  handed_over_packets: Count,
  flooded_packets: Count,
  kept_back_packets: Count,
});
const LineSchema = z.discriminatedUnion('type', [
  z.strictObject({ v: z.literal(1), type: z.literal('ready') }),
  z.strictObject({ v: z.literal(1), type: z.literal('counters'), ports: z.array(PortSchema) }),
  z.strictObject({ v: z.literal(1), type: z.literal('stranger'), mac: z.string().nullable() }),
]);
type Answer = Exclude<z.infer<typeof LineSchema>, { type: 'ready' }>;

/** Of one port, since the start: what its program did with frames that came in there. */
export type RedirectCounts = z.infer<typeof PortSchema>;

export interface Redirect {
  network: Network;
  ports: NetdevPort[];
  /** By port, in their order. */
  counts(): Promise<RedirectCounts[]>;
  /** The first of these addresses that is not known at its port, which is counted from 0; null where all are. */
  stranger(addresses: readonly { mac: string; port: number }[]): Promise<string | null>;
  health(): Promise<string | null>;
}

/** Makes the ports, and attaches a program to each. What is attached goes with its process. */
export async function startRedirect(context: SwitchContext, mode: RedirectMode): Promise<Redirect> {
  const network = await openNetwork(context);
  const ports = containerPorts(context, network);
  await refuseTaken(
    network.host,
    ports.flatMap((port) => [port.interface, switchEnd(port)]),
  );
  for (const port of ports) {
    await registerLink(context, network, switchEnd(port));
    await makeVeth(network, port, context.frameBytes);
  }
  const dialogue = await startProgram(context, network.host, mode, ports);
  // A veth says whether it takes what is redirected to it when it comes up, by what its other end has then.
  await ipBatch(
    network.host,
    ports.map((port) => `link set dev ${switchEnd(port)} up`),
  );
  return {
    network,
    ports,
    async counts() {
      const answer = await dialogue.ask('counters');
      return answer.type === 'counters' ? answer.ports : [];
    },
    async stranger(addresses) {
      const answer = await dialogue.ask(`stranger ${addresses.map(({ port, mac }) => `${port} ${mac}`).join(' ')}`);
      return answer.type === 'stranger' ? answer.mac : null;
    },
    health: async () => dialogue.ended ?? (await network.health()) ?? (await portMissing(network.host, ports)),
  };
}

async function startProgram(
  { undo, directory, programs }: SwitchContext,
  host: Host,
  mode: RedirectMode,
  ports: readonly NetdevPort[],
): Promise<Dialogue<Answer>> {
  const cables = ports.map((port) => `${switchEnd(port)}=${port.interface}`);
  const process = await startMarked(host, undo, directory, [`${programs}/redirect`, mode, ...cables]);
  const dialogue = new Dialogue<Answer>(process, {
    name: 'redirect',
    ask: (question) => process.send(question),
    take(text) {
      const line = LineSchema.parse(JSON.parse(text));
      return line.type === 'ready' ? 'ready' : line;
    },
  });
  await dialogue.ready;
  return dialogue;
}

/** Looks only. `since` is the Linux that has the feature. */
export async function probeRedirect(host: Host, feature: KernelFeature, since: string): Promise<Probe> {
  return (await hasFeature(host, feature))
    ? { available: true, version: `Linux ${await kernelRelease(host)}` }
    : {
        available: false,
        missing: `the kernel has no ${feature.module}`,
        mend: `use Linux ${since} or later with CONFIG_BPF_SYSCALL`,
      };
}
