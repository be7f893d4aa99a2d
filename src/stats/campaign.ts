// SPDX-License-Identifier: Apache-2.0
import { median } from 'simple-statistics';
import type { Precision } from '../model/campaign.ts';
import { EMULATED } from '../model/inventory.ts';
import {
  type CampaignResult,
  type CaseResult,
  type CpuUse,
  type Flag,
  FlagSchema,
  type Interval,
  type LatencySummary,
  type Measurement,
  type Outcome,
  type StoredCampaign,
  type Summary,
  type Trial,
} from '../model/result.ts';
import { farHostOf, nearHostOf } from '../model/testbed.ts';
import type { TestCase } from '../model/testcase.ts';
import { ceilingFor } from './ceiling.ts';
import { fairnessOf } from './fairness.ts';
import { roundFigures } from './figures.ts';
import { mergeHistograms, toLatencySummary } from './histogram.ts';
import { integrityFlags, lossRatioOf } from './integrity.ts';
import { medianInterval } from './interval.ts';
import { isLineRateLimited, lineRateOf } from './line-rate.ts';
import { isBimodal, modesOf } from './modes.ts';
import { keptRatio, RATE_KEPT_RATIO } from './pace.ts';
import { packetsNeeded } from './percentiles.ts';
import { isImprecise } from './precision.ts';
import { decidingFigure } from './verdict.ts';

/**
 * Derives from what was observed everything that a report shows. The same observations always give the same result.
 * `elsewhere` are campaigns of the same machine, which may have the ceilings that this one lacks.
 */
export function toCampaignResult(stored: StoredCampaign, elsewhere: readonly CampaignResult[] = []): CampaignResult {
  const { cases, ...head } = stored;
  const results = cases.map((planned) => {
    const summarized = withMachine(summarizeCase(planned.case, planned.trials), stored);
    const result = withPrecision(summarized, stored.precision);
    if (planned.trials.length > 0) return result;
    const reason = planned.skipped ?? `not run yet: resume with vswbench run --resume ${stored.id}`;
    return { ...result, reason };
  });
  return { ...head, results: withCeilings({ id: stored.id, results }, elsewhere) };
}

/**
 * A test case with everything its trials told. `measured` if at least one trial was; else what became of the first one.
 * A case without trials is `skipped`; the caller knows why.
 */
export function summarizeCase(testCase: TestCase, trials: readonly Trial[]): CaseResult {
  const inOrder = [...trials].sort((a, b) => a.round - b.round);
  const measured = inOrder.flatMap((trial) =>
    trial.outcome.outcome === 'measured' && trial.measurement !== null ? [trial.measurement] : [],
  );
  const others = inOrder.filter((trial) => trial.outcome.outcome !== 'measured');
  const flags = new Set(inOrder.flatMap((trial) => trial.flags));
  if (measured.length > 0 && others.length > 0) flags.add('some-trials-failed');
  if (missesRate(testCase, measured)) flags.add('rate-not-reached');
  for (const flag of integrityFlags(measured)) flags.add(flag);
  const figures = roundFigures(testCase, inOrder);
  const summary = summarize(
    measured,
    inOrder.filter(({ outcome }) => outcome.outcome === 'measured'),
  );
  if (testCase.dimension === 'latency') {
    if (measured.some(({ steadyGivenUpPackets }) => steadyGivenUpPackets > 0)) flags.add('omitted-sends');
    if (lacksPercentile(summary, measured)) flags.add('few-packets');
  }
  if (isBimodal(modesOf({ case: testCase, figures, trials: inOrder }), measured.length)) flags.add('bimodal');
  return {
    case: testCase,
    ...outcomeOf(inOrder, measured.length > 0, others),
    flags: ordered(flags),
    lineRatePps: null,
    figures,
    trials: inOrder,
    summary,
  };
}

function outcomeOf(
  trials: readonly Trial[],
  measured: boolean,
  others: readonly Trial[],
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

function missesRate(testCase: TestCase, measured: readonly Measurement[]): boolean {
  if (testCase.rate === 'max' || measured.length === 0) return false;
  return keptRatio(measured, 'offered') < RATE_KEPT_RATIO;
}

/** Whether all trials together have too few packets for a percentile that reports show. */
function lacksPercentile(summary: Summary | null, measured: readonly Measurement[]): boolean {
  const rtt = summary?.latencyNs?.rtt;
  const packets = measured.reduce((sum, { latencyNs }) => {
    return sum + (latencyNs?.rtt === undefined ? 0 : latencyNs.rtt.count + latencyNs.rtt.censoredCount);
  }, 0);
  return rtt !== undefined && (['p50', 'p99', 'p999'] as const).some((name) => packets < packetsNeeded(name));
}

function summarize(measured: readonly Measurement[], trials: readonly Trial[]): Summary | null {
  const throughputPps = medianInterval(measured.map((measurement) => measurement.throughputPps));
  const throughputBps = medianInterval(measured.map((measurement) => measurement.throughputBps));
  if (throughputPps === null || throughputBps === null) return null;
  const latencyNs = latencies(trials);
  return {
    throughputPps,
    throughputBps,
    lossRatio: lossRatioOf(measured),
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

function cpuMedian(measured: readonly Measurement[], field: keyof CpuUse): number {
  return median(measured.map((measurement) => measurement.cpu[field]));
}

function latencies(trials: readonly Trial[]): Summary['latencyNs'] | null {
  const rtt = latencyIntervals(trials, 'rtt');
  const oneWay = latencyIntervals(trials, 'oneWay');
  if (rtt === null && oneWay === null) return null;
  return { ...(rtt === null ? {} : { rtt }), ...(oneWay === null ? {} : { oneWay }) };
}

type LatencyIntervals = Record<'p50' | 'p99' | 'p999' | 'mean', Interval | null>;

/**
 * The interval is that of a trial's percentile over the trials, not of packets within a trial, which are not independent. Where a trial
 * has too few packets for a percentile, that of all trials' packets together is given, and no interval; null where those are too few as well.
 */
function latencyIntervals(trials: readonly Trial[], kind: 'rtt' | 'oneWay'): LatencyIntervals | null {
  const summaries = trials.flatMap(({ measurement }): LatencySummary[] => {
    const summary = measurement?.latencyNs?.[kind];
    return summary === undefined ? [] : [summary];
  });
  if (summaries.length === 0) return null;
  const merged = mergeHistograms(trials.flatMap(({ histograms }) => histograms[kind] ?? []));
  const pooled = merged === null ? null : toLatencySummary(merged);
  const over = (name: 'p50' | 'p99' | 'p999' | 'mean'): Interval | null => {
    const values = summaries.flatMap((summary) => summary[name] ?? []);
    if (values.length === summaries.length) return medianInterval(values);
    const value = pooled?.[name] ?? null;
    return value === null
      ? null
      : { median: value, ciLow: null, ciHigh: null, method: 'pooled', trials: summaries.length };
  };
  return { p50: over('p50'), p99: over('p99'), p999: over('p999'), mean: over('mean') };
}

/** Adds what a case's machines set as its limits. */
function withMachine(result: CaseResult, campaign: StoredCampaign): CaseResult {
  const { testbed, location } = result.case;
  const hosts = [nearHostOf(campaign, testbed), location === 'remote' ? farHostOf(campaign, testbed) : null];
  const limited = { ...result, lineRatePps: lineRateOf(campaign, result.case) };
  const flags = new Set(result.flags);
  if (result.trials.length > 0 && hosts.some((host) => EMULATED.includes(host?.inventory.virtualization ?? ''))) {
    flags.add('emulated');
  }
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
function withCeilings(own: Pick<CampaignResult, 'id' | 'results'>, elsewhere: readonly CampaignResult[]): CaseResult[] {
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
