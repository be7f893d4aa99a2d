// SPDX-License-Identifier: Apache-2.0
// What others met while a container came and went, from their numbers and samples. Pure. docs/decisions/0030-churn.md.
import { median } from 'simple-statistics';
import { type Churn, type ChurnDelays, type ChurnEvent, type Hotplug, lostInAll, type Met } from '../model/churn.ts';
import type { Histogram, RxTotals, SampleLine, TxTotals } from '../model/dataplane.ts';
import { mergeHistograms, toLatencySummary, withoutHistogram } from '../stats/histogram.ts';
import type { WindowNs } from '../stats/steady.ts';
import { sumOf } from '../stats/sum.ts';
import type { Happening } from './newcomer.ts';

/** One direction of a pair that is measured. */
export interface ChurnWay {
  tx: Pick<TxTotals, 'offered_packets'>;
  rx: Pick<RxTotals, 'highest_sequence' | 'gaps'>;
  sent: readonly SampleLine[];
  received: readonly SampleLine[];
  /** Delays of the whole window and, of these, of events; null where nothing was timed. */
  delays: { all: Histogram | null; events: Histogram | null };
}

export interface ChurnFacts {
  hotplug: Hotplug;
  ratePps: number;
  happenings: readonly Happening[];
  ways: readonly ChurnWay[];
  window: WindowNs;
  oneClock: boolean;
}

/** Throws RangeError where nobody came within the window. */
export function churnOf({ hotplug, ratePps, ways, oneClock, ...facts }: ChurnFacts): Churn {
  const { happenings, window } = wholeCycles(facts);
  const losses = ways.map(lossesOf);
  const met = (spans: readonly WindowNs[]): Met => ({
    lostPackets: sumOf(losses.flat(), ({ atNs, packets }) => (spans.some((span) => isIn(span, atNs)) ? packets : 0)),
    unsentPackets: sumOf(ways, ({ sent }) => sumOf(spans, (span) => givenUpIn(sent, span))),
    silenceMs: Math.max(0, ...ways.flatMap(({ received }) => spans.map((span) => silenceNs(received, span)))) / 1e6,
  });
  const events = happenings.map((one): ChurnEvent => {
    const span = { beginNs: one.beginNs, endNs: one.endNs };
    const found = met([span]);
    const since = (atNs: number | null) => (atNs === null ? null : Math.max(0, atNs - one.beginNs) / 1e6);
    return {
      kind: one.kind,
      ...{ atMs: (one.beginNs - window.beginNs) / 1e6, tookMs: (one.endNs - one.beginNs) / 1e6 },
      ...{ readyMs: since(one.readyNs), firstPacketMs: since(one.firstPacketNs) },
      ...found,
      blockedMs: (1000 * lostInAll(found)) / (ratePps * ways.length),
    };
  });
  const spans = between(happenings, window);
  const quiet = { ...met(spans), durationMs: sumOf(spans, ({ beginNs, endNs }) => endNs - beginNs) / 1e6 };
  const firsts = events.flatMap(({ firstPacketMs }) => firstPacketMs ?? []);
  if (firsts.length === 0) throw new RangeError('nobody came');
  // What is lost all the time is none of the newcomer's doing.
  const usual = (lostInAll(quiet) * sumOf(events, ({ tookMs }) => tookMs)) / Math.max(1, quiet.durationMs);
  const lostByEvents = Math.max(0, sumOf(events, lostInAll) - usual);
  return {
    ...{ hotplug, ratePps, ndrPps: null, events },
    blockedMs: (1000 * lostByEvents) / (ratePps * ways.length * firsts.length),
    worstBlockedMs: Math.max(...events.map(({ blockedMs }) => blockedMs)),
    silenceMs: Math.max(...events.map(({ silenceMs }) => silenceMs)),
    firstPacketMs: median(firsts),
    quiet,
    delaysNs: oneClock ? delaysOf(ways) : null,
  };
}

/** Those that left and came within the window, and as much of it as others do not reach into. */
function wholeCycles({ happenings, window }: Pick<ChurnFacts, 'happenings' | 'window'>) {
  const late = happenings.findIndex(({ endNs }) => endNs > window.endNs);
  const whole = late < 0 ? happenings.length : late - (late % 2);
  const endNs = happenings[whole]?.beginNs ?? window.endNs;
  return { happenings: happenings.slice(0, whole), window: { ...window, endNs: Math.min(endNs, window.endNs) } };
}

function isIn({ beginNs, endNs }: WindowNs, atNs: number): boolean {
  return atNs >= beginNs && atNs < endNs;
}

/** The rest of the window. */
function between(happenings: readonly Happening[], window: WindowNs): WindowNs[] {
  const ends = [window.beginNs, ...happenings.map(({ endNs }) => endNs)];
  const begins = [...happenings.map(({ beginNs }) => beginNs), window.endNs];
  return ends.flatMap((beginNs, index) => {
    const endNs = begins[index] ?? beginNs;
    return endNs > beginNs ? [{ beginNs, endNs }] : [];
  });
}

/** A stretch of losses belongs to the time at which its first packet was sent: the receiver tells numbers, and the sender's samples when these left. */
function lossesOf({ tx, rx, sent }: ChurnWay): { atNs: number; packets: number }[] {
  const behind = (rx.highest_sequence ?? -1) + 1;
  const tail: [number, number][] = behind < tx.offered_packets ? [[behind, tx.offered_packets - behind]] : [];
  const gaps = (rx.gaps ?? []).map(([first, , packets]): [number, number] => [first, packets]);
  return [...gaps, ...tail].map(([first, packets]) => ({ atNs: sentAtNs(sent, first), packets }));
}

/** When the packet of this number left: in between two samples, as if packets had left evenly. */
function sentAtNs(sent: readonly SampleLine[], number: number): number {
  const after = firstAfter(sent, number);
  const [earlier, later] = [sent[after - 1], sent[after]];
  if (earlier === undefined || later === undefined) return (later ?? earlier)?.t_ns ?? 0;
  const share = (number - earlier.tx_packets) / (later.tx_packets - earlier.tx_packets);
  return earlier.t_ns + share * (later.t_ns - earlier.t_ns);
}

/** Place of the first sample by which more packets had left than that; their number where there is none. */
function firstAfter(sent: readonly SampleLine[], number: number): number {
  let [low, high] = [0, sent.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sent[middle]?.tx_packets ?? 0) > number) high = middle;
    else low = middle + 1;
  }
  return low;
}

function givenUpIn(sent: readonly SampleLine[], { beginNs, endNs }: WindowNs): number {
  const by = (atNs: number) => sent.findLast(({ t_ns }) => t_ns <= atNs)?.given_up_packets ?? 0;
  return by(endNs) - by(beginNs);
}

/**
 * The longest time without a packet that samples vouch for: from the first that saw nothing new to the last. The true one is longer by up to two
 * intervals.
 */
function silenceNs(received: readonly SampleLine[], { beginNs, endNs }: WindowNs): number {
  let [longest, since] = [0, null as SampleLine | null];
  for (const sample of received) {
    if (sample.t_ns < beginNs || sample.t_ns > endNs) continue;
    if (since === null || sample.rx_packets > since.rx_packets) since = sample;
    else longest = Math.max(longest, sample.t_ns - since.t_ns);
  }
  return longest;
}

function delaysOf(ways: readonly ChurnWay[]): Churn['delaysNs'] {
  const all = mergeHistograms(ways.flatMap(({ delays }) => delays.all ?? []));
  const events = mergeHistograms(ways.flatMap(({ delays }) => delays.events ?? []));
  if (all === null) return null;
  return { events: told(events), quiet: told(events === null ? all : withoutHistogram(all, events)) };
}

function told(histogram: Histogram | null): ChurnDelays {
  const summary = histogram === null ? null : toLatencySummary(histogram);
  const { count = 0, p50 = null, p99 = null, p999 = null } = summary ?? {};
  return { packets: count, p50, p99, p999 };
}
