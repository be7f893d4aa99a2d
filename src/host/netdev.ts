// SPDX-License-Identifier: Apache-2.0
// Counters of kernel network interfaces: the witness that knows nothing of the traffic applications.
import { z } from 'zod';
import { grownBy } from './counter.ts';
import { type Host, HostError, runOrThrow } from './host.ts';

/** Counters of one interface over a time, in packets and bytes. */
export interface NetdevCounters {
  rxPackets: number;
  rxBytes: number;
  rxDropped: number;
  txPackets: number;
  txBytes: number;
  txDropped: number;
}

/** The same since the interface was made: a card's since boot. */
export type NetdevReading = Record<keyof NetdevCounters, bigint>;

/** Parses /proc/net/dev (proc(5)) into counters by interface name. */
export function parseNetDev(text: string): Map<string, NetdevReading> {
  const table = new Map<string, NetdevReading>();
  for (const line of text.split('\n').slice(2)) {
    const [name, values] = line.split(':');
    if (name === undefined || values === undefined) continue;
    const [rxBytes = 0n, rxPackets = 0n, , rxDropped = 0n, , , , , txBytes = 0n, txPackets = 0n, , txDropped = 0n] =
      values.trim().split(/\s+/).map(BigInt);
    table.set(name.trim(), { rxPackets, rxBytes, rxDropped, txPackets, txBytes, txDropped });
  }
  return table;
}

/**
 * Counters of one interface in the network namespace of a process (`self` is the host's own).
 * Throws HostError where the process or the interface is gone.
 */
export async function readNetdev(host: Host, pid: number | 'self', name: string): Promise<NetdevReading> {
  const path = `/proc/${pid}/net/dev`;
  const counters = parseNetDev((await host.read(path)) ?? '').get(name);
  if (counters === undefined) throw new HostError(`no interface ${name} in ${path}`);
  return counters;
}

/** What changed between two readings. Throws HostError where a counter ran backwards. */
export function counterDelta(before: NetdevReading, after: NetdevReading): NetdevCounters {
  const grown = (counter: keyof NetdevCounters) =>
    grownBy(`an interface's ${counter}`, before[counter], after[counter]);
  return {
    rxPackets: grown('rxPackets'),
    rxBytes: grown('rxBytes'),
    rxDropped: grown('rxDropped'),
    txPackets: grown('txPackets'),
    txBytes: grown('txBytes'),
    txDropped: grown('txDropped'),
  };
}

/** Runs several `ip` commands as one process: each is a line of ip-batch(8). Throws HostError at the first that fails. */
export async function ipBatch(host: Host, commands: readonly string[]): Promise<void> {
  if (commands.length === 0) return;
  const { exitCode, stderr } = await host.run(['ip', '-batch', '-'], { input: `${commands.join('\n')}\n` });
  if (exitCode === 0) return;
  // ip says first what is wrong, and then, as "Command failed -:2", in which line.
  const failed = /^Command failed -:(\d+)$/m.exec(stderr)?.[1];
  const command = commands[Number(failed ?? 1) - 1] ?? '-batch -';
  const why = stderr.split('\n').find((line) => line.trim() !== '' && !line.startsWith('Command failed'));
  throw new HostError(`ip ${command}: ${why?.trim() ?? `exit code ${exitCode ?? 'none'}`}`);
}

/** Turns IPv6 off on an interface of the host, where the kernel has it: neighbour discovery is not the traffic we count. */
export async function silenceIpv6(host: Host, name: string): Promise<void> {
  const knob = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`;
  if ((await host.read(knob)) !== null) await host.write(knob, '1');
}

const LinkSchema = z.array(z.looseObject({ ifname: z.string(), operstate: z.string() }));

/** Names of all interfaces of the host. */
export async function linkNames(host: Host): Promise<string[]> {
  return LinkSchema.parse(JSON.parse(await runOrThrow(host, ['ip', '-json', 'link']))).map((link) => link.ifname);
}
