// SPDX-License-Identifier: Apache-2.0
// What somebody may want of a path, and the figures of each round that tell who has most of it.
import type { Dimension } from '../model/parameter.ts';
import type { CaseResult, Measurement, RoundFigure, Trial } from '../model/result.ts';
import { figuresBy } from './figures.ts';
import type { Better } from './standing.ts';

export const GOAL_IDS = ['throughput', 'cpu', 'p50', 'p999'] as const;
export type GoalId = (typeof GOAL_IDS)[number];

/** Figures of a case that a campaign's result lacks, out of its trials. */
export type TrialFigures = Readonly<Record<'cpu' | 'p999', readonly RoundFigure[]>>;

interface Goal {
  dimension: Dimension;
  better: Better;
  /** As in `most throughput`. */
  title: string;
  unit: 'pps' | 'ns';
  figures(result: CaseResult, more: TrialFigures | null): readonly RoundFigure[];
}

export const GOALS: Readonly<Record<GoalId, Goal>> = {
  throughput: {
    ...{ dimension: 'throughput', better: 'higher', title: 'most throughput', unit: 'pps' },
    figures: ({ figures }) => figures,
  },
  cpu: {
    ...{ dimension: 'throughput', better: 'lower', title: 'least CPU time a packet, at full rate', unit: 'ns' },
    figures: (_, more) => more?.cpu ?? [],
  },
  p50: {
    ...{ dimension: 'latency', better: 'lower', title: 'lowest round trip, p50', unit: 'ns' },
    figures: ({ figures }) => figures,
  },
  p999: {
    ...{ dimension: 'latency', better: 'lower', title: 'lowest round trip, p99.9', unit: 'ns' },
    figures: (_, more) => more?.p999 ?? [],
  },
};

/** Those figures of a case's trials. A round whose trial has too few packets for its percentile has none. */
export function trialFigures(trials: readonly Trial[]): TrialFigures {
  return { cpu: figuresBy(trials, cpuNsPerPacket), p999: figuresBy(trials, p999Ns) };
}

/** Of all applications and the switch together. */
function cpuNsPerPacket({ cpu, throughputPps }: Measurement): number | null {
  return throughputPps === 0 ? null : (1e9 * cpu.total) / throughputPps;
}

function p999Ns({ latencyNs }: Measurement): number | null {
  return latencyNs?.rtt?.p999 ?? null;
}
