// SPDX-License-Identifier: Apache-2.0
// The ways that a trial's packets took, hop by hop, with everybody who counted them there: applications, and what knows nothing of
// them. With answers there are two ways, there and back.
import { asDeployed } from '../model/background.ts';
import type { RxTotals, TxTotals } from '../model/dataplane.ts';
import type { Ledger, UplinkLedger } from '../model/result.ts';
import { sumOf } from '../stats/sum.ts';
import type { PortCounts, UplinkCounts } from '../switches/driver.ts';
import type { End } from './application.ts';
import type { Evidence } from './evaluate.ts';
import { countFrames, type FrameCount, type FrameShape, frameShape, packetsAtMost } from './frame-counts.ts';
import { type CountedDrops, type Hop, makeLedgers, makeUplinkLedger, strangersOn, type Way } from './ledger.ts';

const RECEIVED = [
  ...(['packets', 'unique_packets', 'duplicated_packets', 'corrupted_packets', 'late_packets'] as const),
  ...(['foreign_packets', 'dropped_packets'] as const),
] as const;
type Received = Pick<RxTotals, (typeof RECEIVED)[number]>;
const ANSWERED = ['intended_packets', 'offered_packets', 'refused_packets'] as const;
type Answered = Pick<TxTotals, (typeof ANSWERED)[number]>;

/** What the applications of a pair, or of all pairs together, say that they sent and received. */
export interface Told {
  offered: number;
  sink: Received;
  /** The server's answers and what the client received of them; null where nobody answers. */
  answers: { tx: Answered; rx: Received } | null;
}

/**
 * Packets of which nothing arrived. What arrived damaged is not lost; a server answers no damaged packet, which therefore never
 * comes back. Negative where more arrived than was sent.
 */
export function lostOf({ offered, sink, answers }: Told): number {
  const arrived = (rx: Received) => rx.unique_packets + rx.corrupted_packets + rx.late_packets;
  return answers === null ? offered - arrived(sink) : offered - sink.corrupted_packets - arrived(answers.rx);
}

/** What several pairs have told, added up. */
export function together(pairs: readonly Told[]): Told {
  const answers = pairs.flatMap((pair) => pair.answers ?? []);
  return {
    offered: sumOf(pairs, ({ offered }) => offered),
    sink: addUp(
      RECEIVED,
      pairs.map(({ sink }) => sink),
    ),
    answers:
      answers.length === 0
        ? null
        : {
            tx: addUp(
              ANSWERED,
              answers.map(({ tx }) => tx),
            ),
            rx: addUp(
              RECEIVED,
              answers.map(({ rx }) => rx),
            ),
          },
  };
}

function addUp<Field extends string>(
  fields: readonly Field[],
  all: readonly Record<Field, number>[],
): Record<Field, number> {
  const sums = fields.map((field) => [field, sumOf(all, (one) => one[field])]);
  return Object.fromEntries(sums) as Record<Field, number>;
}

/**
 * What the ends of a pair told: of the source's packets and, where the sink sends its own as well, of these.
 */
export interface PairTold {
  there: Told;
  back: Told | null;
}

/** Where the packets of a pair went, a ledger for each end that sends; `strangers` are what the cable carried of others, there and back. */
export function pairLedgersOf(
  evidence: Evidence,
  pair: number,
  { there: told, back: other }: PairTold,
  strangers: readonly number[],
): Ledger[] {
  const witnesses = witnessesOf(evidence, pair);
  const names = namesOf(told);
  const there = witnesses.between('source', 'sink', names, '');
  const back = witnesses.between('sink', 'source', names, other === null ? BACK : '');
  const shared = (ways: readonly Way[], first: number) =>
    ways.map((way, index): Way => ({ ...way, strangers: strangers[first + index] ?? 0 }));
  const { ways, spareCopies } = waysOf(evidence, told, names, { there, back });
  const own = { pair, ways: shared(ways, 0), spareCopies, lost: lostOf(told) };
  if (other === null) return makeLedgers([own]);
  const ofSink = shared([oneWay(evidence, other, reversed(names), back)], 1);
  return makeLedgers([own, { pair, from: 'sink', ways: ofSink, lost: lostOf(other) }]);
}

/** Where everybody's packets went, on both sides of the cable; null where there is none, or nobody counts. */
export function uplinkLedgerOf(evidence: Evidence, pairs: readonly PairTold[]): UplinkLedger | null {
  const ways = waysOfCable(evidence, pairs);
  const told = pairs.flatMap(({ there, back }) => (back === null ? [there] : [there, back]));
  return ways === null ? null : makeUplinkLedger({ ways, lost: sumOf(told, lostOf) });
}

/**
 * Packets of others that the cable carried, there and back, by the counters of both uplinks: what a switch makes up behind them is not among these.
 * None where there is no cable, or nobody counts.
 */
export function strangersOnCable(evidence: Evidence, pairs: readonly PairTold[]): number[] {
  return (waysOfCable(evidence, pairs) ?? []).map(({ hops, copies }, index) => {
    const arrival = hops.findIndex(
      ({ name }) => name === (index === 0 ? arrivalAt('far', '') : arrivalAt('near', BACK)),
    );
    return strangersOn({ hops: hops.slice(0, arrival + 1), copies, foreign: 0 });
  });
}

function waysOfCable(evidence: Evidence, pairs: readonly PairTold[]): Way[] | null {
  const { uplinks } = evidence;
  if (uplinks === null) return null;
  const told = together(pairs.map((pair) => pair.there));
  const others = pairs.flatMap((pair) => pair.back ?? []);
  const cable = cableOf(evidence, uplinks);
  const there = cable('near', 'far', '');
  const back = cable('far', 'near', BACK);
  if (there === null || back === null) return null;
  const { ways } = waysOf(evidence, told, namesOf(told), { there, back });
  const names = reversed(namesOf(told));
  return others.length === 0 ? ways : [...ways, oneWay(evidence, together(others), names, back, BACK)];
}

/** Behind the name of a hop on the way back. */
const BACK = ', way back';

function arrivalAt(side: 'near' | 'far', suffix: string): string {
  return `${side} uplink, received${suffix}`;
}

/** What the ends are called, where both send and where only one does. */
function namesOf({ answers }: Told) {
  return answers === null
    ? { source: 'source', sink: 'sink', sender: 'the application', receiver: 'the application' }
    : { source: 'client', sink: 'server', sender: 'the client', receiver: 'the server' };
}
type Names = ReturnType<typeof namesOf>;

/** As the way from the sink to the source has them. */
function reversed({ source, sink, sender, receiver }: Names): Names {
  return { source: sink, sink: source, sender: receiver, receiver: sender };
}

/** Hops between two applications, and drops on the way from the last of them to the one that receives. */
interface Between {
  hops: Hop[];
  beforeReceiver: readonly CountedDrops[];
}

/** Puts the applications before and behind what others counted between them. */
function waysOf(
  evidence: Evidence,
  { offered, sink, answers }: Told,
  names: Names,
  between: { there: Between; back: Between },
): { ways: Way[]; spareCopies: number } {
  const shape = shapeOf(evidence);
  const there = oneWay(evidence, { offered, sink }, names, between.there);
  if (answers === null) return { ways: [there], spareCopies: 0 };
  const { tx, rx } = answers;
  // Copies of intact packets, which the server answered like any other.
  const answeredCopies = Math.max(0, tx.intended_packets - sink.unique_packets - sink.late_packets);
  const answered: Hop[] = [
    { name: `intact, to be answered by ${names.receiver}`, packets: tx.intended_packets, source: 'application' },
    {
      name: `answered by ${names.receiver}`,
      packets: tx.offered_packets,
      source: 'application',
      counted: [{ where: `answers that the ${names.sink}'s port did not take`, packets: tx.refused_packets }],
    },
  ];
  const copies = Math.max(0, rx.duplicated_packets - answeredCopies);
  const back = wayOf(answered, between.back, rx, copies, names.sender, names.source, shape);
  return { ways: [there, back], spareCopies: answeredCopies };
}

/** From where packets are sent to where they are received. */
function oneWay(
  evidence: Evidence,
  { offered, sink }: Pick<Told, 'offered' | 'sink'>,
  names: Names,
  between: Between,
  suffix = '',
): Way {
  const offer: Hop = { name: `offered by ${names.sender}${suffix}`, packets: offered, source: 'application' };
  const receiver = `${names.receiver}${suffix}`;
  return wayOf([offer], between, sink, sink.duplicated_packets, receiver, names.sink, shapeOf(evidence));
}

function wayOf(
  begin: Hop[],
  { hops, beforeReceiver }: Between,
  rx: Received,
  copies: number,
  receiver: string,
  end: string,
  shape: FrameShape,
): Way {
  const queue = { where: `receive queue of the ${end}'s port full`, packets: packetsAtMost(rx.dropped_packets, shape) };
  const received: Hop = {
    name: `received by ${receiver}`,
    packets: rx.packets,
    source: 'application',
    foreignPackets: rx.foreign_packets,
    counted: [...beforeReceiver, queue],
  };
  // Announcements are no longer among the packets of the hop before.
  const foreign = Math.max(0, rx.foreign_packets - (hops.at(-1)?.foreignPackets ?? 0));
  return { hops: [...begin, ...hops, received], copies, foreign };
}

function shapeOf({ testCase, superPackets }: Evidence): FrameShape {
  return frameShape(asDeployed(testCase), superPackets);
}

/** What knows nothing of the applications of a pair and counted their packets. */
function witnessesOf(evidence: Evidence, pair: number) {
  const { interfaces, ports, testCase, uplinks } = evidence;
  const shape = shapeOf(evidence);
  const of = (end: End) => (candidate: { pair: number; end: End }) => candidate.pair === pair && candidate.end === end;
  const portDrops = (ports ?? []).filter((port) => port.pair === pair).flatMap(({ drops }) => drops);
  // What uplinks dropped was this pair's where there is no other; of several pairs nobody knows whose it was.
  const uplinkDrops =
    uplinks === null || testCase.pairs > 1
      ? []
      : (['near', 'far'] as const).flatMap((side) =>
          uplinks[side].drops.map(({ reason, packets }) => ({ reason: `${side} uplink, ${reason}`, packets })),
        );
  const switchDrops = countedAs('dropped by the switch', [...portDrops, ...uplinkDrops], shape);
  return {
    between(from: End, to: End, names: Names, suffix: string): Between {
      const [sending, receiving] = [interfaces.find(of(from))?.counters, interfaces.find(of(to))?.counters];
      const [entry, exit] = [ports?.find(of(from)), ports?.find(of(to))];
      const dropped = (where: string, frames: number) => [{ where, packets: packetsAtMost(frames, shape) }];
      const hops = [
        ...(sending === undefined
          ? []
          : hopOf(
              `${names[from]}'s interface, sent`,
              countFrames(sending.txPackets, sending.txBytes, shape),
              dropped(`${names[from]}'s interface, dropped on sending`, sending.txDropped),
            )),
        ...(entry === undefined
          ? []
          : hopOf(`switch, in${suffix}`, countFrames(entry.inPackets, entry.inBytes, shape))),
        ...(exit === undefined
          ? []
          : hopOf(`switch, out${suffix}`, countFrames(exit.outPackets, exit.outBytes, shape), switchDrops)),
        ...(receiving === undefined
          ? []
          : hopOf(
              `${names[to]}'s interface, received`,
              countFrames(receiving.rxPackets, receiving.rxBytes, shape),
              dropped(`${names[to]}'s interface, dropped on receiving`, receiving.rxDropped),
            )),
      ];
      return { hops, beforeReceiver: [] };
    },
  };
}

function hopOf(name: string, count: FrameCount | null, counted: readonly CountedDrops[] = []): Hop[] {
  return count === null ? [] : [{ name, source: 'counter', ...count, counted }];
}

/** What counted at and around both uplinks, one way or the other; null where an uplink's packets are not known. */
function cableOf(evidence: Evidence, uplinks: { near: UplinkCounts; far: UplinkCounts }) {
  const { ports } = evidence;
  const shape = shapeOf(evidence);
  const endOf = { near: 'source', far: 'sink' } as const;
  const portsOf = (side: 'near' | 'far') => (ports ?? []).filter(({ end }) => end === endOf[side]);
  const dropsOf = (side: 'near' | 'far') => [
    ...countedAs(`dropped at the ${side} uplink`, uplinks[side].drops, shape),
    ...countedAs(
      `dropped by the ${side} switch`,
      portsOf(side).flatMap(({ drops }) => drops),
      shape,
    ),
  ];
  return (from: 'near' | 'far', to: 'near' | 'far', suffix: string): Between | null => {
    const sent = countFrames(uplinks[from].outPackets, uplinks[from].outBytes, shape);
    const arrived = countFrames(uplinks[to].inPackets, uplinks[to].inBytes, shape);
    if (sent === null || arrived === null) return null;
    const entry = ports === null ? null : atAll(portsOf(from), 'in', shape);
    const exit = ports === null ? null : atAll(portsOf(to), 'out', shape);
    const behind = dropsOf(to);
    const hops = [
      ...hopOf(`${from} switch, in${suffix}`, entry),
      ...hopOf(`${from} uplink, sent${suffix}`, sent, dropsOf(from)),
      ...hopOf(arrivalAt(to, suffix), arrived),
      ...hopOf(`${to} switch, out${suffix}`, exit, behind),
    ];
    return { hops, beforeReceiver: exit === null ? behind : [] };
  };
}

/** What all these ports counted together; null where one of them does not tell packets. */
function atAll(ports: readonly PortCounts[], direction: 'in' | 'out', shape: FrameShape): FrameCount | null {
  let all: FrameCount | null = { packets: 0 };
  for (const port of ports) {
    const [frames, bytes] = direction === 'in' ? [port.inPackets, port.inBytes] : [port.outPackets, port.outBytes];
    const one = countFrames(frames, bytes, shape);
    if (one === null) return null;
    all = {
      packets: all.packets + one.packets,
      ...(one.superPackets === undefined ? {} : { superPackets: (all.superPackets ?? 0) + one.superPackets }),
      foreignPackets: (all.foreignPackets ?? 0) + (one.foreignPackets ?? 0),
    };
  }
  return all;
}

/** Drops by their place and reason; those with the same reason at several ports are one. */
function countedAs(place: string, drops: PortCounts['drops'], shape: FrameShape): CountedDrops[] {
  const byReason = new Map<string, number>();
  for (const { reason, packets } of drops) byReason.set(reason, (byReason.get(reason) ?? 0) + packets);
  return [...byReason].map(([reason, packets]) => ({
    where: `${place}: ${reason}`,
    packets: packetsAtMost(packets, shape),
  }));
}
