// SPDX-License-Identifier: Apache-2.0
// What a figure may show of a case: one entry each, and a new one is a line here.
import type { CaseResult, Interval } from '../../model/result.ts';
import { meanInterval } from '../../stats/interval.ts';
import { GIGABITS, MICROSECONDS, ppsScale, type Scale } from '../format.ts';

export const MEASURES = [
  'throughputPps',
  'throughputBps',
  'rtt',
  'rttP99',
  'rttP999',
  'oneWay',
  'loss',
  'cpu',
  'cpuPerPacket',
] as const;
export type MeasureName = (typeof MEASURES)[number];

export const STATS = ['median', 'mean'] as const;
export type Stat = (typeof STATS)[number];

export interface Measure {
  /** To begin a title with: `Throughput`. */
  what: string;
  /** In the middle of a sentence, and at an axis. */
  axis: string;
  dimension: 'throughput' | 'latency' | 'any';
  scale(values: readonly number[]): Scale;
  /** Null where it was not measured. */
  of(one: CaseResult, stat: Stat): Interval | null;
}

const PERCENT: Scale = { unit: '%', divisor: 0.01, digits: 2 };
const CPUS: Scale = { unit: 'CPUs', divisor: 1, digits: 2 };
const NANOSECONDS: Scale = { unit: 'ns', divisor: 1, digits: 0 };

export const MEASURE_OF: Readonly<Record<MeasureName, Measure>> = {
  throughputPps: {
    ...{ what: 'Throughput', axis: 'throughput', dimension: 'throughput', scale: ppsScale },
    of: (one, stat) => (stat === 'mean' ? meanOfRounds(one, 1) : (one.summary?.throughputPps ?? null)),
  },
  throughputBps: {
    ...{ what: 'Throughput in Gbit/s', axis: 'throughput', dimension: 'throughput', scale: () => GIGABITS },
    of: (one, stat) => (stat === 'mean' ? meanOfRounds(one, bitsOfPacket(one)) : (one.summary?.throughputBps ?? null)),
  },
  rtt: {
    ...{ what: 'Round trip', axis: 'round trip', dimension: 'latency', scale: () => MICROSECONDS },
    of: ({ summary }, stat) => summary?.latencyNs?.rtt?.[stat === 'mean' ? 'mean' : 'p50'] ?? null,
  },
  rttP99: {
    ...{
      what: '99th percentile of the round trip',
      axis: 'round trip, p99',
      dimension: 'latency',
      scale: () => MICROSECONDS,
    },
    of: ({ summary }) => summary?.latencyNs?.rtt?.p99 ?? null,
  },
  rttP999: {
    ...{
      what: '99.9th percentile of the round trip',
      axis: 'round trip, p99.9',
      dimension: 'latency',
      scale: () => MICROSECONDS,
    },
    of: ({ summary }) => summary?.latencyNs?.rtt?.p999 ?? null,
  },
  oneWay: {
    ...{ what: 'One-way delay', axis: 'one-way delay', dimension: 'any', scale: () => MICROSECONDS },
    of: ({ summary }, stat) => summary?.latencyNs?.oneWay?.[stat === 'mean' ? 'mean' : 'p50'] ?? null,
  },
  loss: {
    ...{ what: 'Loss', axis: 'packets lost', dimension: 'any', scale: () => PERCENT },
    of: ({ summary }) => bare(summary?.lossRatio ?? null, 0),
  },
  cpu: {
    ...{ what: 'CPUs used', axis: 'applications and switch', dimension: 'any', scale: () => CPUS },
    of: ({ summary, evidence }) => bare(summary?.cpu.total ?? null, evidence.measured),
  },
  cpuPerPacket: {
    ...{
      what: 'CPU time of a packet',
      axis: 'CPU time of a packet',
      dimension: 'throughput',
      scale: () => NANOSECONDS,
    },
    of: ({ evidence }) => bare(evidence.cost.cpuNsPerPacket, evidence.measured),
  },
};

/** A figure that has no interval. */
function bare(value: number | null, trials: number): Interval | null {
  return value === null ? null : { median: value, ciLow: null, ciHigh: null, method: 'none', trials };
}

function bitsOfPacket({ summary }: CaseResult): number {
  const bits = (summary?.throughputBps.median ?? 0) / (summary?.throughputPps.median ?? 1);
  return Number.isFinite(bits) ? bits : 0;
}

/** The mean of the rounds' figures, as the paper plots it, times a factor. */
function meanOfRounds({ figures }: CaseResult, factor: number): Interval | null {
  return meanInterval(figures.map(({ value }) => value * factor));
}
