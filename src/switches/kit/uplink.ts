// SPDX-License-Identifier: Apache-2.0
// An uplink that stays with the kernel: taken for a switch, and given back as it was.
import { z } from 'zod';
import { type Host, HostError, runOrThrow, type UndoStack } from '../../host/host.ts';
import { readNetdev } from '../../host/netdev.ts';
import { MTU_USUAL, mtuOf } from '../../model/frame.ts';
import type { Uplink, UplinkCounters } from '../driver.ts';

const LinkSchema = z.array(
  z.looseObject({
    flags: z.array(z.string()),
    master: z.string().optional(),
    addr_info: z.array(z.looseObject({ local: z.string().optional(), scope: z.string().optional() })),
  }),
);

/**
 * Makes sure that the interface is there for us alone, silences it, raises its MTU where frames of so many bytes need it, and sets it up.
 * What is undone: it leaves a bridge that it was put into, and is as it was. Throws HostError, before anything is touched, where it carries traffic of the host's own: to take it
 * would cut the host off.
 */
export async function takeUplink(
  host: Host,
  undo: UndoStack,
  { interface: name }: Uplink,
  frameBytes: number,
): Promise<void> {
  const shown = await host.run(['ip', '-json', 'address', 'show', 'dev', name]);
  if (shown.exitCode !== 0) {
    throw new HostError(
      `host ${host.name} has no interface ${name}: name the testbed's uplink as 'ip link' does there`,
    );
  }
  const [link] = LinkSchema.parse(JSON.parse(shown.stdout));
  const address = link?.addr_info.find(({ scope }) => scope !== 'link')?.local;
  if (address !== undefined) {
    throw new HostError(
      `uplink ${name} of host ${host.name} has the address ${address}, which would be cut off: give an interface of its own, or take the address away`,
    );
  }
  if (link?.master !== undefined) {
    throw new HostError(`uplink ${name} of host ${host.name} is a port of ${link.master}: release it, or give another`);
  }
  await raiseMtu(host, undo, name, mtuOf(frameBytes));
  await undo.push({ kind: 'release-link', name, up: link?.flags.includes('UP') === true });
  const ipv6 = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`;
  const before = (await host.read(ipv6))?.trim();
  if (before === '0') {
    await undo.push({ kind: 'restore-knob', path: ipv6, value: before });
    // Neighbour discovery is not the traffic that we count.
    await host.write(ipv6, '1');
  }
  await runOrThrow(host, ['ip', 'link', 'set', 'dev', name, 'up']);
}

/** The MTU of Ethernet unless somebody says otherwise: from it on it is raised, and one that was lowered is left alone. */
async function raiseMtu(host: Host, undo: UndoStack, name: string, mtu: number): Promise<void> {
  const path = `/sys/class/net/${name}/mtu`;
  const before = (await host.read(path))?.trim();
  if (before === undefined || Number(before) >= mtu || Number(before) < MTU_USUAL) return;
  await undo.push({ kind: 'restore-knob', path, value: before });
  await host.write(path, String(mtu));
}

/** Null when the other end of the cable is up as well; else one line. */
export async function uplinkMissing(host: Host, { interface: name }: Uplink): Promise<string | null> {
  const carrier = (await host.read(`/sys/class/net/${name}/carrier`))?.trim();
  return carrier === '1'
    ? null
    : `uplink ${name} of host ${host.name} has no carrier: is the cable in, and the other end up?`;
}

/** The kernel's counters of an uplink, as a switch sees it: what the interface receives comes in. */
export async function kernelUplinkCounters(host: Host, { interface: name }: Uplink): Promise<UplinkCounters> {
  const { rxPackets, rxBytes, rxDropped, txPackets, txBytes, txDropped } = await readNetdev(host, 'self', name);
  return {
    ...{ inPackets: rxPackets, inBytes: rxBytes, outPackets: txPackets, outBytes: txBytes },
    drops: [
      { reason: 'on receiving, by the kernel', packets: rxDropped },
      { reason: 'on sending, by the kernel', packets: txDropped },
    ],
  };
}
