// SPDX-License-Identifier: Apache-2.0
// The ledger of a pair: every hop that packets pass, who counted them there, and where the lost ones went.
import type { RxTotals } from '../model/dataplane.ts';
import type { Ledger, UplinkLedger } from '../model/result.ts';

/** A hop, and how many packets somebody counted as dropped on the way to it, with the names of those places. */
interface Hop {
  shown: Ledger['hops'][number];
  counted: { where: string; packets: number }[];
}

export interface LedgerInput {
  pair: number;
  /** What the source put on its port. */
  offeredPackets: number;
  /** Counters of the containers' interfaces, where the framework uses one. */
  sourceInterface: { txPackets: number; txDropped: number; txSuperPackets?: number } | null;
  sinkInterface: { rxPackets: number; rxDropped: number; rxSuperPackets?: number } | null;
  /** Counters of the switch, where it has some. */
  switchIn: { packets: number; superPackets?: number | undefined } | null;
  switchOut: { packets: number; superPackets?: number | undefined } | null;
  /** What the switch gave up by its own count, at both ports. */
  switchDrops: readonly { reason: string; packets: number }[];
  received: RxTotals;
}

/**
 * Lines the hops up and attributes each packet that is missing between two of them. A hop that has more packets
 * than the one before, beyond what was counted as duplicates, is an error of the measurement: the ledger does not close.
 * A duplicate that was made on the way to a hop makes up for a packet that was lost there: where somebody counted more
 * drops than packets are missing, as many of the duplicates were made there as account for it.
 */
export function makeLedger(input: LedgerInput): Ledger {
  const { received } = input;
  const hops: Hop[] = [hop('offered by the application', input.offeredPackets, 'application', [])];
  const { sourceInterface, switchIn, switchOut, sinkInterface } = input;
  if (sourceInterface !== null) {
    const counted = [{ where: "source's interface, dropped on sending", packets: sourceInterface.txDropped }];
    hops.push(
      hop("source's interface, sent", sourceInterface.txPackets, 'counter', counted, sourceInterface.txSuperPackets),
    );
  }
  if (switchIn !== null) hops.push(hop('switch, in', switchIn.packets, 'counter', [], switchIn.superPackets));
  if (switchOut !== null) {
    const counted = input.switchDrops.map(({ reason, packets }) => ({
      where: `dropped by the switch: ${reason}`,
      packets,
    }));
    hops.push(hop('switch, out', switchOut.packets, 'counter', counted, switchOut.superPackets));
  }
  if (sinkInterface !== null) {
    const counted = [{ where: "sink's interface, dropped on receiving", packets: sinkInterface.rxDropped }];
    hops.push(
      hop("sink's interface, received", sinkInterface.rxPackets, 'counter', counted, sinkInterface.rxSuperPackets),
    );
  }
  const queue = [{ where: "receive queue of the sink's port full", packets: received.dropped_packets }];
  // Foreign packets came through the same interface; they are no loss.
  hops.push(hop('received by the application', received.packets + received.foreign_packets, 'application', queue));

  const drops: Ledger['drops'] = [];
  // Of the copies that arrived, those of which it is not known yet where they were made.
  let copies = received.duplicated_packets;
  let surplus = received.duplicated_packets + received.foreign_packets;
  for (const [index, hop] of hops.entries()) {
    const before = hops[index - 1];
    if (before === undefined) continue;
    const missing = before.shown.packets - hop.shown.packets;
    const counted = hop.counted.reduce((sum, { packets }) => sum + packets, 0);
    const made = Math.min(copies, Math.max(0, counted - missing, -missing));
    copies -= made;
    surplus -= Math.max(0, -missing);
    if (missing + made > 0) drops.push(...attribute(before, hop, missing + made));
  }
  return { pair: input.pair, hops: hops.map(({ shown }) => shown), drops, closes: surplus >= 0 };
}

export interface UplinkLedgerInput {
  /** Of all sources' ports together, and of all sinks'; null where the switch does not count them. */
  switchIn: number | null;
  switchOut: number | null;
  /** What left by the near host's uplink, and what came in by the far host's. */
  sent: number;
  arrived: number;
  /** What was given up on the way to the near uplink, and on the way from the far one. */
  nearDrops: Hop['counted'];
  farDrops: Hop['counted'];
}

/**
 * Lines up what all pairs together sent over the cable, by counters that know nothing of pairs. An uplink may carry packets of others
 * as well, so a hop that has more than the one before proves nothing against the trial; it is told as foreign.
 */
export function makeUplinkLedger(input: UplinkLedgerInput): UplinkLedger {
  const hops: Hop[] = [];
  if (input.switchIn !== null) hops.push(hop('near switch, in', input.switchIn, 'counter', []));
  hops.push(hop('near uplink, sent', input.sent, 'counter', input.nearDrops));
  hops.push(hop('far uplink, received', input.arrived, 'counter', []));
  if (input.switchOut !== null) {
    hops.push(hop('far switch, out', input.switchOut, 'counter', input.farDrops));
  }
  const steps = hops.slice(1).map((later, index) => ({ before: hops[index] ?? later, later }));
  const missing = ({ before, later }: (typeof steps)[number]) => before.shown.packets - later.shown.packets;
  return {
    hops: hops.map(({ shown }) => shown),
    drops: steps.flatMap((step) => (missing(step) > 0 ? attribute(step.before, step.later, missing(step)) : [])),
    foreignPackets: steps.reduce((sum, step) => sum + Math.max(0, -missing(step)), 0),
  };
}

/** A loss has the causes that were counted on its way, as far as those counts go; the rest has only its place. */
function attribute(before: Hop, { shown, counted }: Hop, missing: number): Ledger['drops'] {
  const drops: Ledger['drops'] = [];
  let unknown = missing;
  for (const { where, packets } of counted) {
    const known = Math.min(unknown, packets);
    if (known > 0) drops.push({ where, packets: known });
    unknown -= known;
  }
  if (unknown > 0) drops.push({ where: `between '${before.shown.hop}' and '${shown.hop}'`, packets: unknown });
  return drops;
}

function hop(
  name: string,
  packets: number,
  source: 'application' | 'counter',
  counted: Hop['counted'],
  superPackets?: number,
): Hop {
  if (superPackets === undefined) return { shown: { hop: name, packets, source }, counted };
  return { shown: { hop: `${name} (datagrams, by bytes)`, packets, source, superPackets }, counted };
}
