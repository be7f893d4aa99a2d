// SPDX-License-Identifier: Apache-2.0
// TAP devices as ports of a kernel switch: the interface is the switch's end, and the application, which shares its namespace, the other.
import { HostError } from '../../host/host.ts';
import { ipBatch } from '../../host/netdev.ts';
import { mtuOf } from '../../model/frame.ts';
import type { NetdevPort, SwitchContext, TapPort } from '../driver.ts';
import type { Network } from './network.ts';
import { containerPorts, makeVeth, switchEnd } from './veth.ts';

/** What a kernel switch gives containers: ends of veth pairs, or TAP devices. Nothing is made. Throws HostError. */
export function kernelPorts(
  context: Pick<SwitchContext, 'ports' | 'portKind'>,
  network: Network,
): (NetdevPort | TapPort)[] {
  if (context.portKind !== 'tap') return containerPorts(context, network);
  const { namespace } = network;
  if (namespace === null)
    throw new HostError('containers with TAP devices share their network: leave out --host-network');
  return context.ports.map((request) => ({ ...request, kind: 'tap', namespace, device: switchEnd(request) }));
}

/** The names of the interfaces that a port consists of. */
export function linksOf(port: NetdevPort | TapPort): string[] {
  return port.kind === 'tap' ? [port.device] : [port.interface, switchEnd(port)];
}

/** Makes the interfaces of a port, and goes on with `then`; that of the switch's end is `switchEnd`. */
export async function makeLinks(
  network: Network,
  port: NetdevPort | TapPort,
  frameBytes: number,
  then: readonly string[] = [],
): Promise<void> {
  if (port.kind === 'netdev') return makeVeth(network, port, frameBytes, then);
  await ipBatch(network.host, [
    `tuntap add dev ${port.device} mode tap`,
    `link set dev ${port.device} mtu ${mtuOf(frameBytes)}`,
    ...then,
  ]);
}
