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
  type Latency,
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
import { medianInterval } from './interval.ts';
import { isLineRateLimited, lineRateOf } from './line-rate.ts';
import { isBimodal, modesOf } from './modes.ts';
import { isImprecise } from './precision.ts';
import { decidingFigure } from './verdict.ts';

/** Offered packets of the intended ones below which a sender did not keep the rate that was asked for. */
const RATE_KEPT_RATIO = 0.99;

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
  if (isBimodal(modesOf({ case: testCase, trials: inOrder }), measured.length)) flags.add('bimodal');
  return {
    case: testCase,
    ...outcomeOf(inOrder, measured.length > 0, others),
    flags: ordered(flags),
    lineRatePps: null,
    trials: inOrder,
    summary: summarize(measured),
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
  const offeredPps = median(measured.map((measurement) => measurement.offeredPps));
  return offeredPps < RATE_KEPT_RATIO * testCase.rate * testCase.pairs;
}

function summarize(measured: readonly Measurement[]): Summary | null {
  const throughputPps = medianInterval(measured.map((measurement) => measurement.throughputPps));
  const throughputBps = medianInterval(measured.map((measurement) => measurement.throughputBps));
  if (throughputPps === null || throughputBps === null) return null;
  const latencyNs = latencies(measured);
  return {
    throughputPps,
    throughputBps,
    lossRatio: lossRatio(measured),
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

/** Over all trials together: a trial with many packets weighs as much as its packets do. */
function lossRatio(measured: readonly Measurement[]): number {
  const offered = measured.reduce((sum, measurement) => sum + measurement.steadyOfferedPackets, 0);
  const received = measured.reduce((sum, measurement) => sum + measurement.steadyReceivedPackets, 0);
  return offered === 0 ? 0 : (offered - received) / offered;
}

function cpuMedian(measured: readonly Measurement[], field: keyof CpuUse): number {
  return median(measured.map((measurement) => measurement.cpu[field]));
}

function latencies(measured: readonly Measurement[]): Summary['latencyNs'] | null {
  const rtt = latencyIntervals(measured, 'rtt');
  const oneWay = latencyIntervals(measured, 'oneWay');
  if (rtt === null && oneWay === null) return null;
  return { ...(rtt === null ? {} : { rtt }), ...(oneWay === null ? {} : { oneWay }) };
}

type LatencyIntervals = Record<'p50' | 'p99' | 'p999' | 'mean', Interval>;

/** The interval is that of a trial's percentile over the trials, not of packets within a trial, which are not independent. */
function latencyIntervals(measured: readonly Measurement[], kind: keyof Latency): LatencyIntervals | null {
  const summaries = measured.flatMap((measurement): LatencySummary[] => {
    const summary = measurement.latencyNs?.[kind];
    return summary === undefined ? [] : [summary];
  });
  const p50 = medianInterval(summaries.map((summary) => summary.p50));
  const p99 = medianInterval(summaries.map((summary) => summary.p99));
  const p999 = medianInterval(summaries.map((summary) => summary.p999));
  const mean = medianInterval(summaries.map((summary) => summary.mean));
  return p50 === null || p99 === null || p999 === null || mean === null ? null : { p50, p99, p999, mean };
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
