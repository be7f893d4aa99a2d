// SPDX-License-Identifier: Apache-2.0
import { median } from 'simple-statistics';
import { BURST_ENDS } from '../model/burst.ts';
import type { Precision } from '../model/campaign.ts';
import { blockedAtMostMs, lostInAll } from '../model/churn.ts';
import type { Histogram } from '../model/dataplane.ts';
import { EMULATED } from '../model/inventory.ts';
import {
  type CampaignResult,
  type CaseResult,
  type CpuUse,
  type Flag,
  FlagSchema,
  type Interval,
  type LatencySummary,
  type Outcome,
  type StoredCampaign,
  type Summary,
  type Trial,
} from '../model/result.ts';
import { SEARCH_ENDS } from '../model/search.ts';
import { isWhole } from '../model/shards.ts';
import { farHostOf, nearHostOf } from '../model/testbed.ts';
import type { TestCase } from '../model/testcase.ts';
import { ceilingFor } from './ceiling.ts';
import { type BareMeasurement, type BareTrial, evidenceOf, LargeParts } from './evidence.ts';
import { fairnessOf } from './fairness.ts';
import { roundFigures, standing } from './figures.ts';
import { mergeHistograms, toLatencySummary } from './histogram.ts';
import { INTEGRITY_RATIO_MAX, integrityFlags, lossRatioOf } from './integrity.ts';
import { medianInterval } from './interval.ts';
import { isLineRateLimited, lineRateOf } from './line-rate.ts';
import { isBimodal, modesOf } from './modes.ts';
import { RATE_KEPT_RATIO } from './pace.ts';
import { packetsNeeded } from './percentiles.ts';
import { isImprecise } from './precision.ts';
import { receivePathFlags } from './receive-paths.ts';
import { sumOf } from './sum.ts';
import { decidingFigure } from './verdict.ts';

/**
 * Derives from what was observed everything that a report shows. The same observations always give the same result.
 * `elsewhere` are campaigns of the same machine, which may have the ceilings that this one lacks.
 */
export function toCampaignResult(stored: StoredCampaign, elsewhere: readonly Elsewhere[] = []): CampaignResult {
  return concludeCampaign(
    stored,
    stored.cases.map((planned) => summarizeCase(planned.case, planned.trials)),
    elsewhere,
  );
}

/** Results of other campaigns, as far as they are ceilings. */
export type Elsewhere = Pick<CampaignResult, 'id' | 'results'>;

/** As `toCampaignResult`, where the trials of the cases are summarized already. `drifted` are testbeds of which canaries say so. */
export function concludeCampaign(
  { cases, ...head }: StoredCampaign,
  summaries: readonly CaseResult[],
  elsewhere: readonly Elsewhere[] = [],
  drifted: ReadonlySet<string> = new Set(),
): CampaignResult {
  const results = summaries.map((summarized, index) => {
    const result = withPrecision(withMachine(summarized, head, drifted), head.precision);
    if (result.evidence.trials > 0) return result;
    return { ...result, reason: cases[index]?.skipped ?? whyNotRun(head) };
  });
  return { ...head, results: withCeilings({ id: head.id, results }, elsewhere) };
}

function whyNotRun({ id, endedAt, shards }: Pick<StoredCampaign, 'id' | 'endedAt' | 'shards'>): string {
  return endedAt === null || isWhole(shards)
    ? `not run yet: resume with vswbench run --resume ${id}`
    : 'in another shard: vswbench store merge joins them';
}

/** Every histogram of a kind that a case's trials recorded, with the ordinal of its trial. */
export type HistogramsOf = (kind: 'rtt' | 'oneWay') => Iterable<{ ordinal: number; histogram: Histogram }>;

/** A test case with what its trials told; see `summarizeTrials`. */
export function summarizeCase(testCase: TestCase, trials: readonly Trial[]): CaseResult {
  return summarizeTrials(testCase, trials, (kind) =>
    trials.flatMap(({ ordinal, histograms: { [kind]: histogram } }) =>
      histogram === undefined ? [] : [{ ordinal, histogram }],
    ),
  );
}

/**
 * A test case with what its trials told. `measured` if at least one trial was; else what became of the first one. A case without
 * trials is `skipped`; the caller knows why. Trials are gone through once, and none is kept whole; `histograms` is asked only where
 * trials have too few packets for a percentile each.
 */
export function summarizeTrials(testCase: TestCase, trials: Iterable<Trial>, histograms: HistogramsOf): CaseResult {
  const large = new LargeParts(testCase);
  const inOrder = Array.from(trials, (trial) => large.add(trial)).sort((a, b) => a.round - b.round);
  const isMeasured = ({ outcome }: BareTrial) => outcome.outcome === 'measured';
  const measured = inOrder.filter(isMeasured).flatMap(({ measurement }) => measurement ?? []);
  const stand = standing(inOrder).filter(isMeasured);
  const others = inOrder.filter((trial) => !isMeasured(trial));
  const flags = new Set(inOrder.flatMap((trial) => trial.flags));
  if (measured.length > 0 && others.length > 0) flags.add('some-trials-failed');
  const pooled = pools(stand, histograms);
  const evidence = evidenceOf(testCase, inOrder, large, testCase.dimension === 'latency' ? pooled('rtt') : null);
  if (testCase.rate !== 'max' && measured.length > 0 && evidence.offeredRatio < RATE_KEPT_RATIO) {
    flags.add('rate-not-reached');
  }
  for (const flag of integrityFlags(measured)) flags.add(flag);
  for (const flag of receivePathFlags(evidence.receivePaths)) flags.add(flag);
  const figures = roundFigures(testCase, inOrder);
  const summary = summarize(stand, pooled);
  if (omitsSends(testCase, measured, flags)) flags.add('omitted-sends');
  if (lacksPercentile(summary, measured)) flags.add('few-packets');
  if (isBimodal(modesOf({ figures, evidence }), measured.length)) flags.add('bimodal');
  return {
    case: testCase,
    ...outcomeOf(inOrder, measured.length > 0, others),
    flags: ordered(flags),
    lineRatePps: null,
    figures,
    evidence,
    summary,
  };
}

/** The packets of some trials together, by kind; null where none was timed. */
type Pools = (kind: 'rtt' | 'oneWay') => Histogram | null;

/** Histograms are large: each kind is read once, and only where it is asked for. */
function pools(trials: readonly BareTrial[], histograms: HistogramsOf): Pools {
  const ordinals = new Set(trials.map(({ ordinal }) => ordinal));
  const known = new Map<'rtt' | 'oneWay', Histogram | null>();
  return (kind) => {
    if (!known.has(kind)) known.set(kind, mergeHistograms(chosen(kind)));
    return known.get(kind) ?? null;
  };

  function* chosen(kind: 'rtt' | 'oneWay'): Generator<Histogram> {
    for (const { ordinal, histogram } of histograms(kind)) if (ordinals.has(ordinal)) yield histogram;
  }
}

function outcomeOf(
  trials: readonly BareTrial[],
  measured: boolean,
  others: readonly BareTrial[],
): Pick<CaseResult, 'outcome' | 'reason'> {
  const first = others[0];
  if (!measured) {
    return first === undefined
      ? { outcome: 'skipped', reason: 'no trials' }
      : { outcome: first.outcome.outcome, reason: reasonOf(first.outcome) };
  }
  if (first === undefined) return { outcome: 'measured' };
  const told = `${others.length} of ${trials.length} trials not measured; the first, in round ${first.round + 1}, `;
  return { outcome: 'measured', reason: `${told}${first.outcome.outcome}: ${reasonOf(first.outcome)}` };
}

/** Why a trial has no figure; empty for one that was measured. */
export function reasonOf(outcome: Outcome): string {
  switch (outcome.outcome) {
    case 'measured':
      return '';
    case 'failed':
      return `${outcome.step}: ${outcome.reason}`;
    case 'invalid':
    case 'skipped':
      return outcome.reason;
    default:
      return outcome satisfies never;
  }
}

/**
 * Whether packets that were due and never sent have to be told of: a single one has a delay that nobody knows, and a load is another one where
 * they are notably many. Where a rate was missed altogether, that says it.
 */
function omitsSends({ dimension }: TestCase, measured: readonly BareMeasurement[], flags: ReadonlySet<Flag>): boolean {
  const omitted = sumOf(measured, ({ steadyGivenUpPackets }) => steadyGivenUpPackets);
  if (dimension === 'latency') return omitted > 0;
  // Trains end for it: what a port refuses is what is looked for.
  if (dimension === 'burst' || dimension === 'churn') return false;
  const due = omitted + sumOf(measured, ({ steadyOfferedPackets }) => steadyOfferedPackets);
  return omitted > INTEGRITY_RATIO_MAX * due && !flags.has('rate-not-reached');
}

/** Whether all trials together have too few packets for a percentile that reports show, of round trips or of one-way delays. */
function lacksPercentile(summary: Summary | null, measured: readonly BareMeasurement[]): boolean {
  return (['rtt', 'oneWay'] as const).some((kind) => {
    if (summary?.latencyNs?.[kind] === undefined) return false;
    const packets = sumOf(measured, ({ latencyNs }) => {
      const delays = latencyNs?.[kind];
      return delays === undefined ? 0 : delays.count + delays.censoredCount;
    });
    return (['p50', 'p99', 'p999'] as const).some((name) => packets < packetsNeeded(name));
  });
}

/** What some trials tell together: those that stand for the rounds, of which each has one. */
function summarize(trials: readonly BareTrial[], pooled: Pools): Summary | null {
  const measured = trials.flatMap(({ measurement }) => measurement ?? []);
  const throughputPps = medianInterval(measured.map((measurement) => measurement.throughputPps));
  const throughputBps = medianInterval(measured.map((measurement) => measurement.throughputBps));
  if (throughputPps === null || throughputBps === null) return null;
  const latencyNs = latencies(trials, pooled);
  return {
    throughputPps,
    throughputBps,
    lossRatio: lossRatioOf(measured),
    ways: waysOf(measured),
    found: foundOf(measured),
    burst: burstOf(measured),
    churn: churnSummary(measured),
    ...(latencyNs === null ? {} : { latencyNs }),
    cpu: {
      sender: cpuMedian(measured, 'sender'),
      receiver: cpuMedian(measured, 'receiver'),
      switch: cpuMedian(measured, 'switch'),
      total: cpuMedian(measured, 'total'),
    },
    fairness: fairnessOf(measured),
  };
}

/** Of each way over the trials; null unless both ends send. */
function waysOf(measured: readonly BareMeasurement[]): Summary['ways'] {
  const [there, back] = (['there', 'back'] as const).map((name) => {
    const way = measured.flatMap(({ ways }) => ways?.[name] ?? []);
    const throughputPps = medianInterval(way.map((one) => one.throughputPps));
    return throughputPps === null ? null : { throughputPps, lossRatio: lossRatioOf(way) };
  });
  return there && back ? { there, back } : null;
}

/** Of each objective over the searches; null where nothing was searched for. */
function foundOf(measured: readonly BareMeasurement[]): Summary['found'] {
  const searches = measured.flatMap(({ search }) => (search === null ? [] : [search.found]));
  const [first] = searches;
  if (first === undefined) return null;
  return first.flatMap(({ objective }, index) => {
    const those = searches.flatMap((found) => found[index] ?? []);
    const throughputPps = medianInterval(those.map((one) => one.throughputPps ?? 0));
    if (throughputPps === null) return [];
    const bound = (name: 'lowerPps' | 'upperPps') => {
      const values = those.flatMap((one) => one[name] ?? []);
      return values.length < those.length ? null : median(values);
    };
    const ends = SEARCH_ENDS.filter((end) => those.some(({ ended }) => ended === end));
    return [{ objective, throughputPps, lowerPps: bound('lowerPps'), upperPps: bound('upperPps'), ends }];
  });
}

/** Over the trials that are searches for the longest burst; null where none is. */
function burstOf(measured: readonly BareMeasurement[]): Summary['burst'] {
  const bursts = measured.flatMap(({ burst }) => burst ?? []);
  const longestPackets = medianInterval(bursts.map((one) => one.longestPackets));
  if (longestPackets === null) return null;
  const overAll = (name: 'lowerPackets' | 'upperPackets' | 'depthPackets' | 'depthNs') => {
    const values = bursts.flatMap((one) => one[name] ?? []);
    return values.length < bursts.length ? null : median(values);
  };
  return {
    longestPackets,
    lowerPackets: overAll('lowerPackets'),
    upperPackets: overAll('upperPackets'),
    depthPackets: overAll('depthPackets'),
    depthNs: overAll('depthNs'),
    ends: BURST_ENDS.filter((end) => bursts.some(({ ended }) => ended === end)),
  };
}

/** Over the trials in which a container came and went; null where none did. */
function churnSummary(measured: readonly BareMeasurement[]): Summary['churn'] {
  const churns = measured.flatMap(({ churn }) => churn ?? []);
  const [first] = churns;
  const blockedMs = medianInterval(churns.map(blockedAtMostMs));
  if (first === undefined || blockedMs === null) return null;
  const p999Of = (which: 'events' | 'quiet') => {
    const values = churns.flatMap(({ delaysNs }) => delaysNs?.[which].p999 ?? []);
    return values.length < churns.length ? null : median(values);
  };
  return {
    hotplug: first.hotplug,
    ratePps: median(churns.map(({ ratePps }) => ratePps)),
    events: sumOf(churns, ({ events }) => events.length),
    blockedMs,
    worstBlockedMs: Math.max(...churns.map(({ worstBlockedMs }) => worstBlockedMs)),
    silenceMs: median(churns.map(({ silenceMs }) => silenceMs)),
    firstPacketMs: median(churns.map(({ firstPacketMs }) => firstPacketMs)),
    lostPackets: {
      events: sumOf(churns, ({ events }) => sumOf(events, lostInAll)),
      quiet: sumOf(churns, ({ quiet }) => lostInAll(quiet)),
    },
    p999Ns: { events: p999Of('events'), quiet: p999Of('quiet') },
  };
}

function cpuMedian(measured: readonly BareMeasurement[], field: keyof CpuUse): number {
  return median(measured.map((measurement) => measurement.cpu[field]));
}

function latencies(trials: readonly BareTrial[], pooled: Pools): Summary['latencyNs'] | null {
  const rtt = latencyIntervals(trials, 'rtt', pooled);
  const oneWay = latencyIntervals(trials, 'oneWay', pooled);
  if (rtt === null && oneWay === null) return null;
  return { ...(rtt === null ? {} : { rtt }), ...(oneWay === null ? {} : { oneWay }) };
}

type LatencyIntervals = Record<'p50' | 'p99' | 'p999' | 'mean', Interval | null>;

/**
 * The interval is that of a trial's percentile over the trials, not of packets within a trial, which are not independent. Where a trial
 * has too few packets for a percentile, that of all trials' packets together is given, and no interval; null where those are too few as well.
 */
function latencyIntervals(
  trials: readonly BareTrial[],
  kind: 'rtt' | 'oneWay',
  pooled: Pools,
): LatencyIntervals | null {
  const summaries = trials.flatMap(({ measurement }): LatencySummary[] => {
    const summary = measurement?.latencyNs?.[kind];
    return summary === undefined ? [] : [summary];
  });
  if (summaries.length === 0) return null;
  const names = ['p50', 'p99', 'p999', 'mean'] as const;
  const isWhole = summaries.every((summary) => names.every((name) => summary[name] !== null));
  const together = isWhole ? null : pooled(kind);
  const whole = together === null ? null : toLatencySummary(together);
  const over = (name: 'p50' | 'p99' | 'p999' | 'mean'): Interval | null => {
    const values = summaries.flatMap((summary) => summary[name] ?? []);
    if (values.length === summaries.length) return medianInterval(values);
    const value = whole?.[name] ?? null;
    return value === null
      ? null
      : { median: value, ciLow: null, ciHigh: null, method: 'pooled', trials: summaries.length };
  };
  return { p50: over('p50'), p99: over('p99'), p999: over('p999'), mean: over('mean') };
}

/** Adds what a case's machines set as its limits. */
function withMachine(
  result: CaseResult,
  campaign: Pick<StoredCampaign, 'hosts' | 'shards'>,
  drifted: ReadonlySet<string>,
): CaseResult {
  const { testbed, location } = result.case;
  const hosts = [nearHostOf(campaign, testbed), location === 'remote' ? farHostOf(campaign, testbed) : null];
  const limited = { ...result, lineRatePps: lineRateOf(campaign, result.case) };
  const flags = new Set(result.flags);
  if (result.evidence.trials > 0 && hosts.some((host) => EMULATED.includes(host?.inventory.virtualization ?? ''))) {
    flags.add('emulated');
  }
  if (result.evidence.trials > 0 && (campaign.shards?.unlike.length ?? 0) > 0) flags.add('unlike-machines');
  if (result.evidence.trials > 0 && drifted.has(testbed)) flags.add('drifted');
  if (isLineRateLimited(limited)) flags.add('line-rate-limited');
  return { ...limited, flags: ordered(flags) };
}

/** Marks a case whose figure is not as precise as was asked for. */
function withPrecision(result: CaseResult, precision: Precision | null): CaseResult {
  const figure = decidingFigure(result);
  if (precision === null || figure === null || !isImprecise(figure, precision)) return result;
  return { ...result, flags: ordered(new Set<Flag>([...result.flags, 'imprecise'])) };
}

/** Adds to each case its ceiling, and marks those that come too close to it. */
function withCeilings(own: Pick<CampaignResult, 'id' | 'results'>, elsewhere: readonly Elsewhere[]): CaseResult[] {
  return own.results.map((result) => {
    const ceiling = ceilingFor(result, own, elsewhere);
    if (ceiling === null) return result;
    const flags = new Set<Flag>([...result.flags, ...(ceiling.limit === 'tool' ? (['tool-limited'] as const) : [])]);
    return { ...result, flags: ordered(flags), ceiling };
  });
}

/** In the schema's order, so that equal sets read the same everywhere. */
function ordered(flags: ReadonlySet<Flag>): Flag[] {
  return FlagSchema.options.filter((flag) => flags.has(flag));
}
