// SPDX-License-Identifier: Apache-2.0
// Interfaces count a super-packet, datagrams of a burst that cross the kernel together, as one packet. They count its
// bytes as well, the headers once, and all datagrams of a trial have one size: that tells the datagrams exactly.
import type { NetdevCounters } from '../host/netdev.ts';
import type { RxTotals } from '../model/dataplane.ts';
import type { TestCase } from '../model/testcase.ts';
import type { PortCounts, UplinkCounts } from '../switches/driver.ts';

/** Ethernet, IPv4 and UDP headers, of which a super-packet has one set. */
const HEADERS_BYTES = 14 + 20 + 8;

type Shape = Pick<TestCase, 'packetSize' | 'burst'>;

/**
 * Datagrams in so many super-packets with so many bytes, Ethernet headers included. ARP packets in between add none: one is
 * as long as the headers, or padded by less than the smallest datagram.
 */
export function datagramsIn(superPackets: number, bytes: number, { packetSize }: Shape): number {
  return Math.floor((bytes - HEADERS_BYTES * superPackets) / (packetSize - HEADERS_BYTES));
}

/** Of dropped super-packets no bytes are counted: this many datagrams is the most that they held. */
function datagramsAtMost(superPackets: number, { burst }: Shape): number {
  return superPackets * burst;
}

/** An interface's counters in packets; with the super-packets that it saw, where it saw such. */
export type InterfaceWitness = NetdevCounters & { rxSuperPackets?: number; txSuperPackets?: number };

/** Counters of super-packets in datagrams. */
export function unfoldInterface(counters: NetdevCounters, shape: Shape): InterfaceWitness {
  const { rxPackets, rxBytes, txPackets, txBytes } = counters;
  return {
    ...counters,
    rxPackets: datagramsIn(rxPackets, rxBytes, shape),
    rxDropped: datagramsAtMost(counters.rxDropped, shape),
    rxSuperPackets: rxPackets,
    txPackets: datagramsIn(txPackets, txBytes, shape),
    txDropped: datagramsAtMost(counters.txDropped, shape),
    txSuperPackets: txPackets,
  };
}

/** A switch port's counters in packets; with the super-packets that it saw, where it saw such. */
export type PortWitness<Counters = PortCounts> = Counters & { inSuperPackets?: number; outSuperPackets?: number };

/** Counters of super-packets in datagrams. Null where the switch counts no bytes: it is then no witness. */
export function unfoldPort<Counters extends UplinkCounts>(
  counters: Counters,
  shape: Shape,
): PortWitness<Counters> | null {
  const { inPackets, inBytes, outPackets, outBytes } = counters;
  if (inBytes === undefined || outBytes === undefined) return null;
  return {
    ...counters,
    inPackets: datagramsIn(inPackets, inBytes, shape),
    inSuperPackets: inPackets,
    outPackets: datagramsIn(outPackets, outBytes, shape),
    outSuperPackets: outPackets,
    drops: counters.drops.map(({ reason, packets }) => ({ reason, packets: datagramsAtMost(packets, shape) })),
  };
}

/** A receiver's totals, of which only the drops are in super-packets. */
export function unfoldReceived(totals: RxTotals, shape: Shape): RxTotals {
  return { ...totals, dropped_packets: datagramsAtMost(totals.dropped_packets, shape) };
}
