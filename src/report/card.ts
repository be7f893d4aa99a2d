// SPDX-License-Identifier: Apache-2.0
// What the campaigns of a card found of one switch: its facts, and the lines of its page.
import { backgroundLoadOf } from '../model/background.ts';
import { CARD_PARTS, CARD_SHARES, type CardFound, type CardPart, type CardSubject, cardRates } from '../model/card.ts';
import type { BurstSummary, CampaignResult, CaseResult, ChurnSummary, Flag, FoundSummary } from '../model/result.ts';
import { bindingOf, objectiveName } from '../model/search.ts';
import { sendersOf } from '../model/testcase.ts';
import { blockedOver, p999Cells } from './churns.ts';
import { cliffLines } from './cliff-words.ts';
import { counted, inScale, MICROSECONDS, MILLISECONDS, percentLost, ppsScale, withUnit } from './format.ts';
import { boundsOf } from './found.ts';

/** Delays at a load, ns; null where there are too few packets. */
interface Delays {
  p50: number | null;
  p99: number | null;
  p999: number | null;
}

/** At a share of PDR. */
interface Load {
  share: number;
  ratePps: number;
  /** What arrived, what was lost of what was sent, and what it took. */
  receivedPps: number;
  lossRatio: number | null;
  applicationCpus: number;
  switchCpus: number;
  /** CPU time of all for a packet, ns. */
  cpuNsPerPacket: number | null;
  /** From sender to receiver; null between two hosts. */
  oneWayNs: Delays | null;
}

/** What is known of a switch; null where it was not measured. */
export interface CardFacts {
  switch: string;
  io: string;
  port: string;
  /** `AMD EPYC, 2 CPUs, Linux 6.18.2`; null where nothing was measured. */
  machine: string | null;
  found: readonly FoundSummary[] | null;
  loads: readonly Load[] | null;
  /** Round trips, with nothing beside them (share 0) and beside shares of PDR. */
  roundTrips: readonly { share: number; rttNs: Delays }[] | null;
  burst: BurstSummary | null;
  flows: readonly { flows: number; throughputPps: number }[] | null;
  /** Where throughput falls as flows become more, in words. */
  cliffs: readonly string[];
  fairness: { pairs: number; jain: number; throughputPps: number } | null;
  churn: ChurnSummary | null;
  /** Of any of its cases. */
  flags: readonly Flag[];
  /** Why a part is missing. */
  missing: readonly { part: CardPart; reason: string }[];
}

/** A line of a card. */
export interface CardLine {
  section: string;
  label: string;
  cell: string;
}

export interface CardPage {
  facts: CardFacts;
  lines: readonly CardLine[];
}

type Results = Partial<Record<CardPart, CampaignResult>>;

/** The rates of a sender that lose nothing and half a percent at most. */
export function foundOf({ capacity }: Results): CardFound {
  const found = capacity?.results[0]?.summary?.found ?? [];
  const testCase = capacity?.results[0]?.case;
  const rateOf = (name: string) => {
    const lowerPps = found.find(({ objective }) => objectiveName(objective) === name)?.lowerPps ?? null;
    return lowerPps === null || testCase === undefined ? null : lowerPps / sendersOf(testCase);
  };
  return { ndrPps: rateOf('NDR'), pdrPps: rateOf('PDR') };
}

/** What is known, and how a page says it. */
export function cardPage(subject: CardSubject, results: Results): CardPage {
  const facts = factsOf(subject, results);
  return {
    facts,
    lines: [
      ...capacityLines(facts),
      ...delayLines(facts),
      ...loadLines(facts),
      ...otherLines(facts),
      ...churnLines(facts),
    ],
  };
}

function factsOf({ switch: id, io, port, parts }: CardSubject, results: Results): CardFacts {
  const first = (part: CardPart) => results[part]?.results[0] ?? null;
  const measured = (part: CardPart) => (results[part]?.results ?? []).filter(({ summary }) => summary !== null);
  const { pdrPps: pdr } = foundOf(results);
  const rates = pdr === null ? [] : cardRates(pdr);
  const all = Object.values(results).flatMap(({ results: cases }) => cases);
  return {
    ...{ switch: id, io, port, machine: machineOf(results) },
    found: first('capacity')?.summary?.found ?? null,
    loads: results.load === undefined ? null : measured('load').flatMap((one) => loadOf(one, rates)),
    roundTrips: results.delay === undefined ? null : measured('delay').flatMap((one) => roundTripOf(one, rates)),
    burst: first('burst')?.summary?.burst ?? null,
    flows: results.flows === undefined ? null : measured('flows').flatMap(flowsOf),
    cliffs: results.flows === undefined ? [] : cliffLines(results.flows).map(({ sentence }) => sentence),
    fairness: fairnessOf(first('fairness')),
    churn: first('churn')?.summary?.churn ?? null,
    flags: [...new Set(all.flatMap(({ flags }) => flags))].sort(),
    missing: CARD_PARTS.flatMap((part) => {
      const state = parts[part];
      const reason = state === undefined ? 'not measured yet' : 'skipped' in state ? state.skipped : null;
      const failed = reason ?? (measured(part).length === 0 ? (first(part)?.reason ?? 'nothing was measured') : null);
      return failed === null ? [] : [{ part, reason: failed }];
    }),
  };
}

function machineOf(results: Results): string | null {
  const [host] = Object.values(results).flatMap(({ hosts }) => hosts);
  if (host === undefined) return null;
  const { hostname, cpuModel, cpus, kernel } = host.inventory;
  return `${hostname}, ${cpuModel}, ${counted(cpus.length, 'CPU')}, Linux ${kernel}`;
}

function shareOf(ratePps: number, rates: readonly number[]): number | null {
  return CARD_SHARES[rates.indexOf(ratePps)] ?? null;
}

function loadOf({ case: one, summary }: CaseResult, rates: readonly number[]): Load[] {
  const share = one.rate === 'max' ? null : shareOf(one.rate, rates);
  if (share === null || one.rate === 'max' || summary === null) return [];
  const receivedPps = summary.throughputPps.median;
  return [
    {
      ...{ share, ratePps: one.rate, receivedPps, lossRatio: summary.lossRatio },
      applicationCpus: summary.cpu.sender + summary.cpu.receiver,
      switchCpus: summary.cpu.switch,
      cpuNsPerPacket: receivedPps === 0 ? null : (1e9 * summary.cpu.total) / receivedPps,
      oneWayNs: delaysOf(summary.latencyNs?.oneWay),
    },
  ];
}

function roundTripOf({ case: one, summary }: CaseResult, rates: readonly number[]) {
  const load = backgroundLoadOf(one.background);
  const share = load.kind === 'none' ? 0 : load.kind === 'rate' ? shareOf(load.ratePps, rates) : null;
  const rttNs = delaysOf(summary?.latencyNs?.rtt);
  return share === null || rttNs === null ? [] : [{ share, rttNs }];
}

type Told = NonNullable<NonNullable<CaseResult['summary']>['latencyNs']>['rtt'];

function delaysOf(told: Told): Delays | null {
  if (told === undefined) return null;
  const { p50, p99, p999 } = told;
  return { p50: p50?.median ?? null, p99: p99?.median ?? null, p999: p999?.median ?? null };
}

function flowsOf({ case: { flows }, summary }: CaseResult) {
  return summary === null ? [] : [{ flows, throughputPps: summary.throughputPps.median }];
}

function fairnessOf(one: CaseResult | null): CardFacts['fairness'] {
  if (one?.summary == null || one.summary.fairness === null) return null;
  return { pairs: one.case.pairs, jain: one.summary.fairness, throughputPps: one.summary.throughputPps.median };
}

function capacityLines({ found }: CardFacts): CardLine[] {
  const section = 'Capacity';
  if (found === null) return [{ section, label: 'NDR, PDR', cell: '–' }];
  const binding = bindingOf(
    found.map(({ objective, throughputPps }) => ({ objective, throughputPps: throughputPps.median })),
  );
  return [
    ...found.flatMap(({ objective, throughputPps, ...bounds }): CardLine[] => {
      const scale = ppsScale([bounds.upperPps ?? bounds.lowerPps ?? 0]);
      return [
        { section, label: objectiveName(objective), cell: withUnit(throughputPps.median, scale) },
        { section, label: `${objectiveName(objective)} between`, cell: boundsOf(bounds, scale) },
      ];
    }),
    ...(found.length > 2 && binding !== null
      ? [{ section, label: 'what binds', cell: objectiveName(binding.objective) }]
      : []),
  ];
}

/** `12.3 / 40.1 / –`. */
function delayCell(delays: Delays | null | undefined): string {
  if (delays == null) return '–';
  const { p50, p99, p999 } = delays;
  return [p50, p99, p999].map((ns) => (ns === null ? '–' : shortUs(ns))).join(' / ');
}

/** To three digits, or a tenth. */
function shortUs(ns: number): string {
  return inScale(ns, ns < 100_000 ? MICROSECONDS : { ...MICROSECONDS, digits: 0 });
}

function shareName(share: number): string {
  return share === 0 ? 'idle' : `${100 * share} % of PDR`;
}

function delayLines({ roundTrips, loads }: CardFacts): CardLine[] {
  const trip = (share: number) => roundTrips?.find((one) => one.share === share)?.rttNs;
  const oneWay = (share: number) => loads?.find((one) => one.share === share)?.oneWayNs;
  const [round, through] = ['Round trip, µs: p50 / p99 / p99.9', 'One way, µs: p50 / p99 / p99.9'];
  return [
    { section: round, label: 'idle', cell: delayCell(trip(0)) },
    ...CARD_SHARES.map((share) => ({
      ...{ section: round, label: `beside ${shareName(share)}`, cell: delayCell(trip(share)) },
    })),
    ...CARD_SHARES.map((share) => ({
      ...{ section: through, label: `at ${shareName(share)}`, cell: delayCell(oneWay(share)) },
    })),
  ];
}

function loadLines({ loads }: CardFacts): CardLine[] {
  const at = (share: number) => loads?.find((one) => one.share === share);
  const lines = (section: string, cell: (load: Load) => string) =>
    CARD_SHARES.map((share): CardLine => {
      const load = at(share);
      return { section, label: `at ${shareName(share)}`, cell: load === undefined ? '–' : cell(load) };
    });
  return [
    ...lines('CPUs: applications + switch', ({ applicationCpus, switchCpus }) =>
      [applicationCpus, switchCpus].map((cpus) => cpus.toFixed(2)).join(' + '),
    ),
    ...lines('CPU time for a packet, ns', ({ cpuNsPerPacket }) => cpuNsPerPacket?.toFixed(0) ?? '–'),
    ...lines('Lost', ({ lossRatio }) => percentLost(lossRatio)),
  ];
}

function otherLines({ burst, flows, fairness }: CardFacts): CardLine[] {
  const bursts = 'Bursts';
  const sizes = flows ?? [];
  const scale = ppsScale(sizes.map(({ throughputPps }) => throughputPps));
  return [
    {
      ...{ section: bursts, label: 'longest without a loss, packets' },
      cell:
        burst === null ? '–' : `${burst.upperPackets === null ? '≥ ' : ''}${burst.longestPackets.median.toFixed(0)}`,
    },
    {
      ...{ section: bursts, label: 'depth of the path, packets' },
      cell: burst?.depthPackets == null ? '–' : burst.depthPackets.toFixed(0),
    },
    {
      ...{ section: bursts, label: 'depth of the path, µs' },
      cell: burst?.depthNs == null ? '–' : inScale(burst.depthNs, MICROSECONDS),
    },
    ...(sizes.length === 0 ? [{ flows: 1, throughputPps: null }] : sizes).map(
      ({ flows: count, throughputPps }): CardLine => ({
        ...{
          section: 'Throughput over flows',
          label: `${count.toLocaleString('en')} ${count === 1 ? 'flow' : 'flows'}`,
        },
        cell: throughputPps === null ? '–' : withUnit(throughputPps, scale),
      }),
    ),
    {
      ...{ section: 'Fairness', label: 'Jain’s index, 4vs4' },
      cell: fairness === null ? '–' : fairness.jain.toFixed(3),
    },
    {
      ...{ section: 'Fairness', label: 'throughput of the four' },
      cell: fairness === null ? '–' : withUnit(fairness.throughputPps, ppsScale([fairness.throughputPps])),
    },
  ];
}

function churnLines({ churn }: CardFacts): CardLine[] {
  const section = 'A container comes and goes';
  const line = (label: string, tell: (churn: ChurnSummary) => string): CardLine => {
    return { section, label, cell: churn === null ? '–' : tell(churn) };
  };
  return [
    line('others blocked, ms', blockedOver),
    line('at worst, ms', ({ worstBlockedMs }) => inScale(worstBlockedMs, MILLISECONDS)),
    line('p99.9 one way meanwhile, µs', (one) => p999Cells(one).events),
    line('p99.9 one way else, µs', (one) => p999Cells(one).quiet),
    line('newcomer’s first packet, ms', ({ firstPacketMs }) => firstPacketMs.toFixed(0)),
  ];
}
