// SPDX-License-Identifier: Apache-2.0
// The interfaces that we make for containers. They are ours by name: a host that has one of them already is refused.
import { type Host, HostError } from '../../host/host.ts';
import { linkNames, readNetdev } from '../../host/netdev.ts';
import { mtuOf } from '../../model/frame.ts';
import type { NetdevPort, PortCounters, PortRequest, Station, SwitchContext } from '../driver.ts';
import { makeSilent, type Network, placeIn } from './network.ts';

/** The end of a veth pair that goes into a container (at most 15 characters, the kernel's limit). */
export function containerEnd(port: PortRequest): string {
  return `vswc${port.pair}${port.end}`;
}

/** The end of a veth pair that stays with the switch. */
export function switchEnd(port: PortRequest): string {
  return `vsws${port.pair}${port.end}`;
}

/** What `ip link add` takes for a veth pair through which frames of so many bytes go. */
export function vethPair(end: string, other: string, frameBytes: number): string {
  const mtu = `mtu ${mtuOf(frameBytes)}`;
  return `name ${end} ${mtu} type veth peer name ${other} ${mtu}`;
}

/** Throws HostError where an interface of one of these names exists: somebody else's, or what a crash left. */
export async function refuseTaken(host: Host, names: readonly string[]): Promise<void> {
  const taken = (await linkNames(host)).find((name) => names.includes(name));
  if (taken !== undefined) {
    throw new HostError(`interface ${taken} exists already: run 'vswbench clean', or rename it if it is yours`);
  }
}

/** The ports of a switch whose containers are given interfaces, in the order of the requests. */
export function containerPorts({ ports }: Pick<SwitchContext, 'ports'>, network: Network): NetdevPort[] {
  return ports.map((request) => ({
    ...{ ...request, kind: 'netdev', interface: containerEnd(request) },
    ...placeIn(network),
  }));
}

/** The port of an end. Throws HostError where there is none. */
export function portFor<Port extends PortRequest>(ports: readonly Port[], { pair, end }: PortRequest): Port {
  const port = ports.find((one) => one.pair === pair && one.end === end);
  if (port === undefined) throw new HostError(`there is no port for the ${end} of pair ${pair}`);
  return port;
}

/** Makes a port's veth pair, neither end of which says anything of its own, and goes on with `then`. Its undo is registered before. */
export async function makeVeth(
  network: Network,
  port: NetdevPort,
  frameBytes: number,
  then: readonly string[] = [],
): Promise<void> {
  const end = switchEnd(port);
  await makeSilent(network, [end, port.interface], [`link add ${vethPair(end, port.interface, frameBytes)}`], then);
}

/** What the kernel counted at the switch's end of a port. */
export async function countersAtEnd(host: Host, port: PortRequest): Promise<PortCounters> {
  const counters = await readNetdev(host, 'self', switchEnd(port));
  return {
    pair: port.pair,
    end: port.end,
    inPackets: counters.rxPackets,
    inBytes: counters.rxBytes,
    outPackets: counters.txPackets,
    outBytes: counters.txBytes,
    drops: [{ reason: 'at its port, by the kernel', packets: counters.rxDropped + counters.txDropped }],
  };
}

/** Where a port's cable has no other end yet: what is redirected there is dropped. */
export async function withoutCarrier(host: Host, stations: readonly Station[]): Promise<string | null> {
  for (const station of stations) {
    const end = switchEnd(station);
    if ((await host.read(`/sys/class/net/${end}/carrier`))?.trim() !== '1') return `port ${end} has no carrier`;
  }
  return null;
}

/** Where a port is gone; those of the first pair stand for all, for they stay while others come and go. */
export async function portMissing(host: Host, ports: readonly PortRequest[]): Promise<string | null> {
  for (const port of ports.filter(({ pair }) => pair === 0)) {
    const end = switchEnd(port);
    if ((await host.read(`/sys/class/net/${end}/ifindex`)) === null) return `interface ${end} is gone`;
  }
  return null;
}
