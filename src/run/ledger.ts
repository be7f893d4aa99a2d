// SPDX-License-Identifier: Apache-2.0
// Double-entry bookkeeping of packets: every hop that they pass, who counted them there, and where the lost ones went.
import type { Ledger, UplinkLedger } from '../model/result.ts';
import { sumOf } from '../stats/sum.ts';

/** Packets that somebody counted as dropped on the way to a hop, with the name of the place. */
export interface CountedDrops {
  where: string;
  packets: number;
}

/** A place that packets pass, and how many somebody counted there. */
export interface Hop {
  name: string;
  packets: number;
  source: 'application' | 'counter';
  /** What the counter itself said, where it counts super-packets. */
  superPackets?: number | undefined;
  /** Frames that are not the trial's, as far as they are known here; they are not among `packets`. */
  foreignPackets?: number | undefined;
  /** Drops between the hop before and this one, as far as somebody counts them. */
  counted?: readonly CountedDrops[];
}

/** The hops from where an application sends to where another one receives. */
export interface Way {
  hops: readonly Hop[];
  /** Copies that arrived at its end, beyond those that were sent. */
  copies: number;
  /** Packets as long as ours that its end received, knew to be another's, and has not among its packets. */
  foreign: number;
  /** So many others the cable is known to have carried: they may have passed here while the end did not listen, or not to it. */
  strangers?: number;
}

/** What became of the packets of a way. */
interface Account {
  drops: Ledger['drops'];
  /** Packets that a hop has more than the one before, and that are neither copies nor known to be another's. */
  unexplained: number;
  /** Packets that the end knew to be another's, and that a hop has more than the one before. */
  others: number;
}

/** The ways of a pair's packets that make one ledger: there, and back for answers. */
interface PairWays {
  pair: number;
  /** Who sends them; the source unless it is given. */
  from?: Ledger['from'];
  ways: readonly Way[];
  lost: number;
  spareCopies?: number;
}

/** A ledger for each end of a pair that sends. What was counted as dropped once is found in one of them. */
export function makeLedgers(inputs: readonly PairWays[]): Ledger[] {
  const found = new Map<string, number>();
  return inputs.map((input) => makeLedger(input, found));
}

/**
 * The ledger of a pair, of one way or, with answers, of two. It closes where no hop has more packets than the one before, beyond
 * copies that arrived and packets that the end knew to be another's, and no more were dropped than are missing. `spareCopies`
 * are copies that were sent, each of which may be dropped without anything being lost.
 */
export function makeLedger(input: PairWays, found: Map<string, number> = new Map()): Ledger {
  const { pair, from = 'source', ways, lost, spareCopies = 0 } = input;
  const { drops, unexplained } = accountOf(ways, found);
  const placed = total(drops);
  return {
    ...{ pair, from },
    hops: ways.flatMap(({ hops }) => hops.map(shown)),
    drops,
    lostPackets: Math.max(0, lost),
    unplacedPackets: Math.max(0, lost - placed),
    closes: lost >= 0 && unexplained === 0 && placed <= lost + spareCopies,
  };
}

/**
 * The ledger of the cable between two hosts, of all pairs together. It may carry packets of others as well, so a hop that has more
 * than the one before proves nothing against the trial; it is told as foreign. What has come in that way also leaves again, and is no loss.
 */
export function makeUplinkLedger({ ways, lost }: { ways: readonly Way[]; lost: number }): UplinkLedger {
  const { drops, unexplained, others } = accountOf(ways);
  const ours = withoutLast(drops, Math.min(unexplained, Math.max(0, total(drops) - lost)));
  return {
    hops: ways.flatMap(({ hops }) => hops.map(shown)),
    drops: ours,
    lostPackets: Math.max(0, lost),
    unplacedPackets: Math.max(0, lost - total(ours)),
    foreignPackets: unexplained + others,
  };
}

/** How many packets that nobody of the trial has sent came in on a way. */
export function strangersOn(way: Way): number {
  return walk(way, new Map()).unexplained;
}

/** All ways one after the other: what was counted as dropped once is not to be found twice. */
function accountOf(ways: readonly Way[], found: Map<string, number> = new Map()): Account {
  const accounts = ways.map((way) => walk(way, found));
  const byPlace = new Map<string, number>();
  for (const { where, packets } of accounts.flatMap(({ drops }) => drops))
    byPlace.set(where, (byPlace.get(where) ?? 0) + packets);
  return {
    drops: [...byPlace].map(([where, packets]) => ({ where, packets })),
    unexplained: sumOf(accounts, ({ unexplained }) => unexplained),
    others: sumOf(accounts, ({ others }) => others),
  };
}

/**
 * Goes from hop to hop and gives each missing packet its place. A copy that was made on the way to a hop makes up for one that was
 * lost there: where somebody counted more drops than packets are missing, as many of the copies were made there as account for it,
 * and where there is but one step, all of them. The same goes for another's packets, which leave at the end that knows them, and for as many that
 * it does not know as a surplus asks for and the cable has carried.
 */
function walk(way: Way, found: Map<string, number>): Account {
  const { foreign, strangers = 0 } = way;
  const known = leavingAtTheEnd(way, foreign);
  const { unexplained } = walkWith(way, known, new Map(found));
  const unknown = Math.min(unexplained, leavingAtTheEnd(way, strangers) - known);
  return walkWith(way, known + Math.max(0, unknown), found);
}

function walkWith({ hops, copies }: Way, leaving: number, found: Map<string, number>): Account {
  const steps = stepsOf(hops);
  let copiesLeft = copies;
  let foreignLeft = leaving;
  let unexplained = 0;
  const drops: Ledger['drops'] = [];
  for (const [index, { before, later }] of steps.entries()) {
    const missing = before.packets - later.packets - (index === steps.length - 1 ? leaving : 0);
    const counted = sumOf(later.counted ?? [], ({ where, packets }) => packets - (found.get(where) ?? 0));
    const wanted = steps.length === 1 ? copiesLeft : Math.max(0, counted - missing, -missing);
    const made = Math.min(copiesLeft, wanted);
    const came = Math.min(foreignLeft, Math.max(0, counted - missing - made, -missing - made));
    copiesLeft -= made;
    foreignLeft -= came;
    unexplained += Math.max(0, -missing - made - came);
    drops.push(...attribute(before, later, missing + made + came, found));
  }
  return { drops, unexplained, others: leaving - foreignLeft };
}

function stepsOf(hops: readonly Hop[]): { before: Hop; later: Hop }[] {
  return hops.slice(1).map((later, index) => ({ before: hops[index] ?? later, later }));
}

/** Of another's packets those that a counter had before the end told them apart; an application counts none. */
function leavingAtTheEnd({ hops }: Way, foreign: number): number {
  const last = stepsOf(hops).at(-1);
  if (last === undefined || last.before.source === 'application') return 0;
  return Math.min(foreign, Math.max(0, last.before.packets - last.later.packets));
}

/** A loss has the causes that were counted on its way, as far as those counts go; the rest has only its place. */
function attribute(before: Hop, later: Hop, missing: number, found: Map<string, number>): Ledger['drops'] {
  const drops: Ledger['drops'] = [];
  let unknown = Math.max(0, missing);
  for (const { where, packets } of later.counted ?? []) {
    const known = Math.min(unknown, packets - (found.get(where) ?? 0));
    if (known <= 0) continue;
    drops.push({ where, packets: known });
    found.set(where, (found.get(where) ?? 0) + known);
    unknown -= known;
  }
  if (unknown > 0) drops.push({ where: `between '${nameOf(before)}' and '${nameOf(later)}'`, packets: unknown });
  return drops;
}

/** Takes so many packets away from the last drops. */
function withoutLast(drops: Ledger['drops'], packets: number): Ledger['drops'] {
  let left = packets;
  const kept = drops.toReversed().map((drop) => {
    const taken = Math.min(left, drop.packets);
    left -= taken;
    return { ...drop, packets: drop.packets - taken };
  });
  return kept.toReversed().filter((drop) => drop.packets > 0);
}

function total(drops: Ledger['drops']): number {
  return sumOf(drops, ({ packets }) => packets);
}

function nameOf({ name, superPackets }: Hop): string {
  return superPackets === undefined ? name : `${name} (datagrams, by bytes)`;
}

function shown(hop: Hop): Ledger['hops'][number] {
  const { packets, source, superPackets, foreignPackets = 0 } = hop;
  return {
    hop: nameOf(hop),
    packets,
    source,
    ...(superPackets === undefined ? {} : { superPackets }),
    ...(foreignPackets === 0 ? {} : { foreignPackets }),
  };
}
