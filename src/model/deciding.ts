// SPDX-License-Identifier: Apache-2.0
// The figure by which test cases of a dimension are compared: one entry a dimension. Verdicts, ranks, comparisons and their words derive from it.
import { blockedAtMostMs } from './churn.ts';
import type { Dimension } from './parameter.ts';
import type { Interval, LatencySummary, Summary } from './result.ts';

/** What of a measurement the figure rests on; a whole one has it as well. */
export interface Figures {
  throughputPps: number;
  latencyNs?: { rtt?: Pick<LatencySummary, 'p50'> | undefined } | undefined;
  burst: { longestPackets: number } | null;
  churn: { blockedMs: number; ratePps: number } | null;
}

export interface Deciding {
  better: 'higher' | 'lower';
  unit: 'pps' | 'ns' | 'ms' | 'packets';
  /** Of a trial; null where it has none. */
  of(measurement: Figures): number | null;
  /** Over the trials of a case. */
  over(summary: Summary): Interval | null;
  /** `ovs with dpdk …` */
  wins: string;
  /** How several are ordered, where that does not go without saying. */
  ordered: string;
  /** What it is. */
  name: string;
}

const RECEIVED = {
  ...{ better: 'higher', unit: 'pps', wins: 'is the fastest', ordered: '', name: 'received' },
  of: ({ throughputPps }) => throughputPps,
  over: ({ throughputPps }) => throughputPps,
} as const satisfies Deciding;

export const DECIDING: Readonly<Record<Dimension, Deciding>> = {
  throughput: RECEIVED,
  latency: {
    ...{
      better: 'lower',
      unit: 'ns',
      wins: 'has the lowest latency',
      ordered: ', lowest first',
      name: 'median round trip',
    },
    of: ({ latencyNs }) => latencyNs?.rtt?.p50 ?? null,
    over: ({ latencyNs }) => latencyNs?.rtt?.p50 ?? null,
  },
  capacity: RECEIVED,
  burst: {
    ...{ better: 'higher', unit: 'packets', wins: 'takes the longest bursts', ordered: '', name: 'longest burst' },
    of: ({ burst }) => burst?.longestPackets ?? null,
    over: ({ burst }) => burst?.longestPackets ?? null,
  },
  churn: {
    ...{ better: 'lower', unit: 'ms', wins: 'blocks others least', ordered: ', least first', name: 'blocked' },
    of: ({ churn }) => (churn === null ? null : blockedAtMostMs(churn)),
    over: ({ churn }) => churn?.blockedMs ?? null,
  },
};

/** Whether a case's figure is a rate, which a cable or the framework without a switch may limit. */
export function isRate(dimension: Dimension): boolean {
  return DECIDING[dimension].unit === 'pps';
}
