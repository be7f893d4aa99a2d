// SPDX-License-Identifier: Apache-2.0
// From what a trial saw to what it says. Pure: the same evidence gives the same verdict.

import type { NetdevCounters } from '../host/netdev.ts';
import type { Cache } from '../model/cache.ts';
import type { Churn, Hotplug } from '../model/churn.ts';
import type { FinalLine, Histogram, ReadyLine, RxTotals, SampleLine, TxTotals } from '../model/dataplane.ts';
import type { Placement } from '../model/placement.ts';
import type {
  BackgroundTraffic,
  CpuUse,
  Flag,
  Flows,
  Latency,
  Ledger,
  Measurement,
  Outcome,
  PerPacket,
  Trial,
  Way,
  Ways,
} from '../model/result.ts';
import { bothSend, type TestCase } from '../model/testcase.ts';
import type { ServedQueue } from '../model/workers.ts';
import { mergeHistograms, toLatencySummary } from '../stats/histogram.ts';
import { RATE_KEPT_RATIO } from '../stats/pace.ts';
import { type ProgressInput, steadyUse, sumOverPairs, type WindowNs } from '../stats/steady.ts';
import { sumOf } from '../stats/sum.ts';
import type { PortCounts, SwitchFigures, UplinkCounts } from '../switches/driver.ts';
import { type End, sampleIntervalMs } from './application.ts';
import type { Background } from './background.ts';
import { type ChurnWay, churnOf } from './churn-figures.ts';
import { type Clocksources, clockDrifts, worstDriftPpm } from './clocks.ts';
import type { MachineSnapshot } from './machines.ts';
import type { Happening } from './newcomer.ts';
import { noiseOf } from './noise.ts';
import { wallS } from './occupancy.ts';
import { bitsPerPacket, sizesOf } from './sizes.ts';
import { trainsOf } from './trains.ts';
import { mostMinorFaults, warmupDisturbances, warmupOf } from './warmup.ts';
import { lostOf, type PairTold, pairLedgersOf, strangersOnCable, type Told, uplinkLedgerOf } from './ways.ts';

export interface ApplicationEvidence {
  pair: number;
  ready: ReadyLine;
  final: FinalLine;
  samples: readonly SampleLine[];
}

/** Everything that was seen of one trial. Counter values are differences over it. */
export interface Evidence {
  testCase: TestCase;
  placement: Placement;
  /** Of the near host's clock, as all times. */
  startNs: number;
  durationMs: number;
  /** Sources and sinks have the same clock: only then is the way from one to the other a delay. */
  oneClock: boolean;
  sources: readonly ApplicationEvidence[];
  sinks: readonly ApplicationEvidence[];
  /** What went beside through the same switch; null where nothing did. */
  background: BackgroundEvidence | null;
  interfaces: readonly { pair: number; end: End; counters: NetdevCounters }[];
  ports: readonly PortCounts[] | null;
  /** Of both hosts' uplinks; null for `local`. */
  uplinks: { near: UplinkCounts; far: UplinkCounts } | null;
  /** Which thread of the switch serves which queue; null where it does not tell. */
  served: ServedQueue[] | null;
  /** How long the slowest end took to announce all of its addresses; 0 where each has but one. */
  announcedNs: number;
  /** What the switch told of itself, and of how long: from the middle of the warm-up to the end of the window. */
  switchFigures: SwitchFigures;
  observedS: number;
  caches: readonly Cache[];
  /** Of each host. */
  clocksources: readonly Clocksources[];
  /** The counters of interfaces and ports, and of drops, are of super-packets. */
  superPackets: boolean;
  machines: readonly MachineEvidence[];
  /** What happened beside; null where nothing did. */
  churn: { hotplug: Hotplug; happenings: readonly Happening[] } | null;
}

/** What the applications of the background told. */
export interface BackgroundEvidence extends Background {
  sources: readonly ApplicationEvidence[];
  sinks: readonly ApplicationEvidence[];
}

/** One machine, which may be several hosts, at the begin and the end of the measured window. */
export interface MachineEvidence {
  /** CPUs whose work is measured: those of applications and of the switch's threads. */
  cpus: readonly number[];
  /** Their clocks in the middle of the warm-up, as far as the kernel tells. */
  warmupMhz: ReadonlyMap<number, number>;
  /** Its kernel counts interrupts beside the time of threads; null where it does not say. */
  interruptsApart: boolean | null;
  before: MachineSnapshot;
  after: MachineSnapshot;
}

/** A card's own frames now and then, such as LLDP's, are told in the ledger; they take nothing from a figure. */
const FOREIGN_RATIO_MAX = 0.001;

/** What evaluation adds to a trial's record. */
export type Verdict = Pick<Trial, 'outcome' | 'measurement' | 'histograms' | 'flags'>;

export function evaluate(evidence: Evidence): Verdict {
  const pairs = evidence.sources.map((source) => evaluatePair(evidence, source));
  const whole: Omit<PairEvaluation, 'ledgers'>[] = [];
  for (const pair of pairs) {
    if ('broken' in pair) {
      const flags: Flag[] = pair.starved ? ['disturbed'] : [];
      return { outcome: { outcome: 'invalid', reason: pair.broken }, measurement: null, histograms: {}, flags };
    }
    whole.push(pair);
  }
  const strangers = strangersOnCable(
    evidence,
    whole.map(({ told }) => told),
  );
  const sound = whole.map((pair) => ({
    ...pair,
    ledgers: pairLedgersOf(evidence, pair.pair, pair.told, strangers),
  }));
  const beside = evaluateBackground(evidence);
  const histograms = mergeAll(evidence);
  const measurement = { ...combine(evidence, sound, histograms), background: beside?.background ?? null };
  const flags: Flag[] = measurement.noise.reasons.length > 0 ? ['disturbed'] : [];
  if ((measurement.uplink?.foreignPackets ?? 0) > FOREIGN_RATIO_MAX * measurement.offeredPackets)
    flags.push('shared-uplink');
  if (measurement.background !== null && isShort(measurement.background)) flags.push('background-not-reached');
  if (isSlow(evidence)) flags.push('announce-rate-not-reached');
  if (evidence.churn?.hotplug === 'container') flags.push('ports-stay');
  if (clockDrifts(measurement.clockDriftPpm, evidence.clocksources)) flags.push('clock-drift');
  const outcome = judge(measurement, sound);
  return {
    outcome: outcome.outcome === 'measured' ? besideOutcome(beside?.outcome) : outcome,
    measurement,
    histograms,
    flags,
  };
}

/** What the background comes to: a trial of its own, of which only this is kept. */
function evaluateBackground(evidence: Evidence): { outcome: Outcome; background: BackgroundTraffic | null } | null {
  if (evidence.background === null) return null;
  const { testCase, capacityPps, sources, sinks } = evidence.background;
  const { outcome, measurement } = evaluate({ ...evidence, testCase, sources, sinks, background: null });
  if (measurement === null || testCase.rate === 'max') return { outcome, background: null };
  const { intendedPackets, offeredPackets, receivedPackets, lostPackets, offeredPps, throughputPps, ledgers } =
    measurement;
  const counts = { intendedPackets, offeredPackets, receivedPackets, lostPackets };
  return {
    outcome,
    background: { ratePps: testCase.rate, capacityPps, ...counts, offeredPps, throughputPps, ledgers },
  };
}

/** A trial is no better than what it was measured beside. */
function besideOutcome(outcome: Outcome = { outcome: 'measured' }): Outcome {
  return 'reason' in outcome ? { ...outcome, reason: `of the background: ${outcome.reason}` } : outcome;
}

/** Addresses were announced more slowly than asked for; a millisecond is no more than a thread that woke up late. */
function isSlow({ testCase: { macs, announceRatePps }, announcedNs }: Evidence): boolean {
  return announcedNs > 1e6 + ((macs - 1) / announceRatePps) * 1e9 * (2 - RATE_KEPT_RATIO);
}

function isShort({ intendedPackets, offeredPackets }: BackgroundTraffic): boolean {
  return offeredPackets < RATE_KEPT_RATIO * intendedPackets;
}

interface PairEvaluation {
  pair: number;
  /** From the source to the sink and, where both send, back. */
  ways: readonly [WayEvaluation, ...WayEvaluation[]];
  told: PairTold;
  cpu: { source: number; sink: number };
  ledgers: Ledger[];
}

/** The packets that one end of a pair sent. */
interface WayEvaluation {
  tx: TxTotals;
  /** Totals of the application that counts what arrived: the sink, or for latency the client itself. */
  rx: RxTotals;
  receivedPps: number;
  rawPps: number;
  offeredPps: number;
  durationS: number;
  told: Told;
  /** Totals of those who judge what arrived: the sink and, for latency, the client as well. */
  judges: readonly RxTotals[];
  lostPackets: number;
}

/** Why a pair has no figure, and whether that is because its applications did not get to run. */
interface Broken {
  broken: string;
  starved: boolean;
}

function evaluatePair(evidence: Evidence, source: ApplicationEvidence): Omit<PairEvaluation, 'ledgers'> | Broken {
  const { pair } = source;
  const sink = evidence.sinks.find((candidate) => candidate.pair === pair);
  if (sink === undefined) return silent(pair);
  // Sources and sinks of all pairs begin at one instant.
  const window = source.final.tx === null ? null : windowOf(source.final.tx);
  const there = evaluateWay(evidence.testCase, source, sink, window);
  const back = bothSend(evidence.testCase) ? evaluateWay(evidence.testCase, sink, source, window) : null;
  if ('broken' in there) return there;
  if (back !== null && 'broken' in back) return back;
  return {
    pair,
    ways: back === null ? [there.way] : [there.way, back.way],
    told: { there: there.way.told, back: back?.way.told ?? null },
    cpu: there.cpu,
  };
}

function silent(pair: number): Broken {
  return { broken: `pair ${pair}: an application did not tell its totals`, starved: false };
}

/** What became of what one end of a pair sent to the other, and the CPUs that both used. */
function evaluateWay(
  { dimension }: TestCase,
  source: ApplicationEvidence,
  sink: ApplicationEvidence,
  window: WindowNs | null,
): { way: WayEvaluation; cpu: PairEvaluation['cpu'] } | Broken {
  const { pair } = source;
  const { tx } = source.final;
  const arrival = dimension === 'latency' ? source : sink;
  if (tx === null || window === null || arrival.final.rx === null || sink.final.rx === null) return silent(pair);
  const [sent, got, sinkUse] = [source, arrival, sink].map(({ samples }) => steadyUse(samples, window));
  if (sent?.state !== 'steady' || got?.state !== 'steady' || sinkUse?.state !== 'steady') {
    // They are taken by the clock, by a thread of their own.
    return { broken: `pair ${pair}: too few samples in the steady state`, starved: true };
  }
  const rx = arrival.final.rx;
  const answers = dimension === 'latency' && sink.final.tx !== null ? { tx: sink.final.tx, rx } : null;
  const told: Told = { offered: tx.offered_packets, sink: sink.final.rx, answers };
  const way = {
    ...{ tx, rx, told },
    receivedPps: got.rxPps,
    rawPps: got.rawPps,
    offeredPps: sent.txPps,
    durationS: got.durationS,
    judges: answers === null ? [rx] : [sink.final.rx, rx],
    lostPackets: lostOf(told),
  };
  return { way, cpu: { source: sent.cpus, sink: sinkUse.cpus } };
}

/** The steady state as the source marked its packets with it. */
function windowOf(tx: TxTotals): WindowNs {
  return { beginNs: tx.steady_begin_ns, endNs: tx.steady_end_ns };
}

function combine(
  evidence: Evidence,
  pairs: readonly PairEvaluation[],
  histograms: Record<string, Histogram>,
): Omit<Measurement, 'background'> {
  const { testCase } = evidence;
  const ways = pairs.flatMap((pair) => pair.ways);
  const total = (value: (way: WayEvaluation) => number) => sumOf(ways, value);
  /** What arrived damaged at a server never comes back, and is known there alone. */
  const judged = (field: 'corrupted_packets' | 'unidentified_packets' | 'steady_corrupted_packets') =>
    total(({ judges }) => sumOf(judges, (rx) => rx[field]));
  const throughputPps = total((way) => way.receivedPps);
  const latencyNs = latencyOf(histograms);
  // All pairs begin at one instant.
  const window = windowOf(ways[0]?.tx ?? raiseNoPairs());
  const noise = noiseOf(withBackground(evidence));
  return {
    durationS: Math.min(...ways.map((way) => way.durationS)),
    warmupS: (window.beginNs - evidence.startNs) / 1e9,
    intendedPackets: total((way) => way.tx.intended_packets),
    offeredPackets: total((way) => way.tx.offered_packets),
    receivedPackets: total((way) => way.rx.packets),
    lostPackets: total(lostOnWay),
    duplicatedPackets: total((way) => way.rx.duplicated_packets),
    reorderedPackets: total((way) => way.rx.reordered_packets),
    corruptedPackets: judged('corrupted_packets'),
    unidentifiedPackets: judged('unidentified_packets'),
    latePackets: total((way) => way.rx.late_packets),
    foreignPackets: total((way) => way.rx.foreign_packets),
    steadyOfferedPackets: total((way) => way.tx.steady_offered_packets),
    steadyReceivedPackets: total((way) => way.rx.steady_packets),
    steadyCorruptedPackets: judged('steady_corrupted_packets'),
    steadyGivenUpPackets: total((way) => way.tx.steady_given_up_packets),
    rawPps: total((way) => way.rawPps),
    throughputPps,
    throughputBps:
      typeof testCase.packetSize === 'number'
        ? throughputPps * testCase.packetSize * 8
        : total((way) => way.receivedPps * bitsPerPacket(testCase.packetSize, way.rx)),
    offeredPps: total((way) => way.offeredPps),
    receivePath: evidence.sinks[0]?.ready.path ?? null,
    rxModerated: evidence.sinks.some(({ ready }) => ready.rx_moderation),
    minorFaults: mostMinorFaults(evidence, window),
    clockDriftPpm: worstDriftPpm([...evidence.sources, ...evidence.sinks].map(({ final }) => final)),
    ...(Object.keys(latencyNs).length === 0 ? {} : { latencyNs }),
    cpu: cpuOf(evidence, pairs),
    cyclesPerPacket: perPacket(evidence, 'cycles'),
    instructionsPerPacket: perPacket(evidence, 'instructions'),
    flows: flowsOf(ways),
    sizes: sizesOf(ways),
    trains: trainsOf(ways, testCase.arrivals),
    noise: { ...noise, reasons: [...noise.reasons, ...warmupDisturbances(warmupOf(evidence, window))] },
    pairs: pairs.map(({ pair, ways: own }) => ({
      pair,
      throughputPps: sumOf(own, (way) => way.receivedPps),
      offeredPackets: sumOf(own, (way) => way.tx.offered_packets),
      receivedPackets: sumOf(own, (way) => way.rx.packets),
      lostPackets: sumOf(own, lostOnWay),
      ways: waysOfPairs([own]),
    })),
    ways: waysOfPairs(pairs.map((pair) => pair.ways)),
    ledgers: pairs.flatMap(({ ledgers }) => ledgers),
    uplink: uplinkLedgerOf(
      evidence,
      pairs.map(({ told }) => told),
    ),
    served: evidence.served,
    switchFigures: evidence.switchFigures,
    search: null,
    burst: null,
    churn: churnWithin(evidence, pairs, window),
    caches: [...evidence.caches],
    samples: sumOverPairs({
      ...progressOf(evidence),
      startedNs: evidence.startNs,
      intervalNs: sampleIntervalMs(evidence.durationMs) * 1e6,
      window,
    }),
  };
}

/** Null where nobody came and went. */
function churnWithin(
  { testCase, churn, sources, sinks, oneClock }: Evidence,
  pairs: readonly PairEvaluation[],
  window: WindowNs,
): Churn | null {
  if (churn === null || testCase.rate === 'max') return null;
  const of = (ends: readonly ApplicationEvidence[], pair: number) => ends.find((one) => one.pair === pair);
  const ways = pairs.flatMap(({ pair, ways: own }) => {
    const [source, sink] = [of(sources, pair), of(sinks, pair)];
    if (source === undefined || sink === undefined) return [];
    return own.map(({ tx, rx }, index): ChurnWay => {
      const [from, to] = index === 0 ? [source, sink] : [sink, source];
      const { one_way_intended: all, one_way_event: events } = to.final.latency;
      return { tx, rx, sent: from.samples, received: to.samples, delays: { all, events } };
    });
  });
  return churnOf({ ...churn, ratePps: testCase.rate, ways, window, oneClock });
}

/** Those of the background have CPUs of the trial, too. */
function withBackground(evidence: Evidence): Evidence {
  const { sources, sinks, background } = evidence;
  if (background === null) return evidence;
  return { ...evidence, sources: [...sources, ...background.sources], sinks: [...sinks, ...background.sinks] };
}

/** The samples of those who send, and of those who count what arrives. */
function progressOf({ testCase, sources, sinks }: Evidence): Pick<ProgressInput, 'sources' | 'sinks'> {
  const samplesOf = (ends: readonly ApplicationEvidence[]) => ends.map(({ samples }) => samples);
  if (bothSend(testCase))
    return { sources: samplesOf([...sources, ...sinks]), sinks: samplesOf([...sinks, ...sources]) };
  return { sources: samplesOf(sources), sinks: samplesOf(testCase.dimension === 'latency' ? sources : sinks) };
}

/** A negative loss is kept out of the record (it is a count) and makes the trial invalid. */
function lostOnWay({ lostPackets }: WayEvaluation): number {
  return Math.max(0, lostPackets);
}

/** Each way of some pairs together; null where only one end sends. */
function waysOfPairs(pairs: readonly PairEvaluation['ways'][]): Ways | null {
  const there = pairs.map(([way]) => way);
  const back = pairs.flatMap(([, way]) => way ?? []);
  return back.length === 0 ? null : { there: sumWays(there), back: sumWays(back) };
}

function sumWays(ways: readonly WayEvaluation[]): Way {
  const total = (value: (way: WayEvaluation) => number) => sumOf(ways, value);
  return {
    intendedPackets: total(({ tx }) => tx.intended_packets),
    offeredPackets: total(({ tx }) => tx.offered_packets),
    refusedPackets: total(({ tx }) => tx.refused_packets + tx.error_packets),
    missedPackets: total(({ tx }) => tx.missed_packets),
    receivedPackets: total(({ rx }) => rx.packets),
    lostPackets: total(lostOnWay),
    duplicatedPackets: total(({ rx }) => rx.duplicated_packets),
    reorderedPackets: total(({ rx }) => rx.reordered_packets),
    corruptedPackets: total(({ rx }) => rx.corrupted_packets),
    steadyOfferedPackets: total(({ tx }) => tx.steady_offered_packets),
    steadyReceivedPackets: total(({ rx }) => rx.steady_packets),
    steadyCorruptedPackets: total(({ rx }) => rx.steady_corrupted_packets),
    throughputPps: total(({ receivedPps }) => receivedPps),
    offeredPps: total(({ offeredPps }) => offeredPps),
  };
}

/** As those saw them who received: for `latency` clients, whose answers may be lost on either way. */
function flowsOf(ways: readonly WayEvaluation[]): Flows | null {
  const counted = ways.flatMap(({ rx }) => rx.flows ?? []);
  if (counted.length === 0) return null;
  return {
    count: sumOf(counted, ({ count }) => count),
    withLoss: sumOf(counted, ({ with_loss }) => with_loss),
    withReordering: sumOf(counted, ({ with_reordering }) => with_reordering),
    mostLostPackets: Math.max(...counted.map(({ most_lost_packets }) => most_lost_packets)),
  };
}

function raiseNoPairs(): never {
  throw new RangeError('a trial has at least one pair');
}

/** The step of a trial in which packets go. */
export const TRAFFIC = 'traffic';

function judge(measurement: Measurement, pairs: readonly PairEvaluation[]): Trial['outcome'] {
  const open = measurement.ledgers.find((ledger) => !ledger.closes);
  if (open !== undefined) {
    const hops = open.hops.map((hop) => `${hop.hop} ${hop.packets}`).join(', ');
    const whose = measurement.ways === null ? '' : `, packets of the ${open.from},`;
    return { outcome: 'invalid', reason: `the ledger of pair ${open.pair}${whose} does not close: ${hops}` };
  }
  const reason =
    measurement.ways === null
      ? nothingOf(measurement, measurement, pairs, 'source')
      : nothingEither(measurement, measurement.ways, pairs);
  return reason === null ? { outcome: 'measured' } : { outcome: 'failed', step: TRAFFIC, reason };
}

/** As `nothingOf`, where both ends send. */
function nothingEither(
  measurement: Measurement,
  { there, back }: Ways,
  pairs: readonly PairEvaluation[],
): string | null {
  const [reason, end] = [
    [nothingOf(measurement, there, pairs, 'source'), 'source'],
    [nothingOf(measurement, back, pairs, 'sink'), 'sink'],
  ].find(([found]) => found !== null) ?? [null];
  return reason === null ? null : `of what the ${end} sent: ${reason}`;
}

/** Why there is no figure of what was sent by one end of each pair; null where there is one. */
function nothingOf(
  measurement: Measurement,
  sent: SentFigures,
  pairs: readonly PairEvaluation[],
  from: Ledger['from'],
): string | null {
  if (sent.offeredPackets === 0) return 'the port accepted no packet';
  if (sent.receivedPackets > 0) return nothingWithin(measurement, sent);
  const ledger = pairs[0]?.ledgers.find((one) => one.from === from);
  return `no packet arrived; they were last seen at '${ledger === undefined ? 'nowhere' : lastHopOf(ledger)}'`;
}

type SentFigures = Pick<
  Way,
  | 'offeredPackets'
  | 'receivedPackets'
  | 'steadyOfferedPackets'
  | 'steadyReceivedPackets'
  | 'steadyCorruptedPackets'
  | 'throughputPps'
>;

/** Why the measured window holds no packet, with what kept it from its CPUs or else the mend; null where it holds one. */
function nothingWithin({ noise: { reasons } }: Measurement, sent: SentFigures): string | null {
  const { steadyOfferedPackets, steadyReceivedPackets, steadyCorruptedPackets, throughputPps } = sent;
  const mend =
    reasons.length > 0
      ? reasons.join('; ')
      : 'smaller bursts (-B), a higher rate (-R) or a longer window (--duration) put some there';
  if (steadyOfferedPackets === 0) return `no packet was sent within the measured window: ${mend}`;
  if (steadyReceivedPackets > 0)
    return throughputPps > 0 ? null : `no packet arrived between the first sample of the window and the last: ${mend}`;
  return steadyCorruptedPackets > 0
    ? `of ${steadyOfferedPackets} packets sent within the measured window none arrived intact`
    : `of ${steadyOfferedPackets} packets sent within the measured window none arrived, though others did: 'vswbench report' shows where they went`;
}

/** The last hop that saw packets of the source: more than those of somebody else that reached an end. */
function lastHopOf(ledger: Ledger): string {
  const foreign = Math.max(0, ...ledger.hops.map(({ foreignPackets = 0 }) => foreignPackets));
  return ledger.hops.findLast((hop) => hop.packets > foreign)?.hop ?? 'nowhere';
}

/** Full histograms of all pairs, by the names under which results give them. */
function mergeAll(evidence: Evidence): Record<string, Histogram> {
  const finals = [...evidence.sources, ...evidence.sinks].map((application) => application.final);
  const latencies = finals.map(({ latency }) => latency);
  const oneWay = (kind: 'one_way_intended' | 'one_way_actual') =>
    evidence.oneClock
      ? mergeHistograms(latencies.map((latency) => latency[kind]).filter((found) => found !== null))
      : null;
  const intended = oneWay('one_way_intended');
  const merged: Record<string, Histogram | null> = {
    rtt: mergeHistograms(latencies.map((latency) => latency.rtt_intended).filter((found) => found !== null)),
    rttActual: mergeHistograms(latencies.map((latency) => latency.rtt_actual).filter((found) => found !== null)),
    oneWay:
      intended === null
        ? null
        : withUnsent(intended, bothSend(evidence.testCase) ? finals : evidence.sources.map(({ final }) => final)),
    oneWayActual: oneWay('one_way_actual'),
  };
  const present: Record<string, Histogram> = {};
  for (const [name, histogram] of Object.entries(merged)) if (histogram !== null) present[name] = histogram;
  return present;
}

/** A receiver never hears of what was due and not sent: its sender does, and by how much it was late when it was given up. */
function withUnsent(histogram: Histogram, sources: readonly FinalLine[]): Histogram {
  const unsent = sources.flatMap(({ tx }) =>
    tx === null || tx.steady_given_up_packets === 0
      ? []
      : [{ ...histogram, count: 0, censored: tx.steady_given_up_packets, censored_at_least: tx.max_debt_ns }],
  );
  return mergeHistograms([histogram, ...unsent]) ?? histogram;
}

function latencyOf(histograms: Record<string, Histogram>): Latency {
  const latency: Latency = {};
  for (const name of ['rtt', 'rttActual', 'oneWay', 'oneWayActual'] as const) {
    const histogram = histograms[name];
    const summary = histogram === undefined ? null : toLatencySummary(histogram);
    if (summary !== null) latency[name] = summary;
  }
  return latency;
}

function cpuOf({ machines }: Evidence, pairs: readonly PairEvaluation[]): CpuUse {
  const sender = pairs.reduce((sum, pair) => sum + pair.cpu.source, 0);
  const receiver = pairs.reduce((sum, pair) => sum + pair.cpu.sink, 0);
  const ofSwitch = machines.reduce(
    (sum, machine) => sum + (machine.after.threadsS - machine.before.threadsS) / wallS(machine),
    0,
  );
  return { sender, receiver, switch: ofSwitch, total: sender + receiver + ofSwitch };
}

/**
 * What one packet costs at either end: sent at the source, received at the sink; where both ends do both, one that it sent or received. Null
 * where one end did not count.
 */
function perPacket({ testCase, sources, sinks }: Evidence, field: 'cycles' | 'instructions'): PerPacket | null {
  const cost = (ends: readonly ApplicationEvidence[], packetsOf: (final: FinalLine) => number) => {
    const counts = ends.flatMap(({ final }) => final[field] ?? []);
    const packets = ends.reduce((sum, { final }) => sum + packetsOf(final), 0);
    return counts.length < ends.length || packets === 0 ? null : counts.reduce((sum, one) => sum + one, 0) / packets;
  };
  const sent = (final: FinalLine) => final.tx?.offered_packets ?? 0;
  const received = (final: FinalLine) => final.rx?.packets ?? 0;
  const both = (final: FinalLine) => sent(final) + received(final);
  const sender = cost(sources, bothSend(testCase) ? both : sent);
  const receiver = cost(sinks, bothSend(testCase) ? both : received);
  return sender === null || receiver === null ? null : { sender, receiver };
}
