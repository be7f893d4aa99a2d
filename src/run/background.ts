// SPDX-License-Identifier: Apache-2.0
// What a trial sends beside what it measures, and the measurement of the capacity of which that is a share: docs/decisions/0021-background.md.
import { backgroundCase, backgroundLoadOf } from '../model/background.ts';
import type { Trial } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';

/** The traffic of the pairs that are not measured. */
export interface Background {
  testCase: TestCase;
  /** What they got by themselves without a rate, packets/s; null where the user gave a rate. */
  capacityPps: number | null;
}

/** The phases of the measurement of a capacity: as long as it takes until caches are warm, and as a level is told by. */
export const CALIBRATION = { warmupMs: 300, warmupAuto: false, durationMs: 700 } as const;

/** Capacities by the index of the test case. One holds for all rounds: else these would measure under different loads. */
export type Capacities = Map<number, number>;

/** Of a test case. */
export interface Capacity {
  knownPps: number | undefined;
  learned(pps: number): void;
}

/** Runs a trial beside a background; where it `calibrates`, the background alone while those that are measured later are idle. */
type Run = (background: Background | null, calibrates: boolean) => Promise<Trial>;

/** Runs a trial with its background, whose capacity is measured first where that is to be known and is not. */
export async function runBeside(testCase: TestCase, capacity: Capacity, run: Run): Promise<Trial> {
  const load = backgroundLoadOf(testCase.background);
  switch (load.kind) {
    case 'none':
      return run(null, false);
    case 'rate':
      return run({ testCase: backgroundCase(testCase, load.ratePps), capacityPps: null }, false);
    case 'share': {
      const { knownPps } = capacity;
      if (knownPps !== undefined) return run(shareOf(testCase, load.share, knownPps), false);
      const { measurement, ...trial } = await run(
        { testCase: backgroundCase(testCase, 'max'), capacityPps: null },
        true,
      );
      if (trial.outcome.outcome !== 'measured' || measurement === null) return withoutCapacity(trial);
      capacity.learned(measurement.throughputPps);
      return run(shareOf(testCase, load.share, measurement.throughputPps), false);
    }
    default:
      return load satisfies never;
  }
}

function shareOf(testCase: TestCase, share: number, capacityPps: number): Background {
  return { testCase: backgroundCase(testCase, Math.max(1, Math.round(share * capacityPps))), capacityPps };
}

/** The step keeps its name: a switch that has not settled is started anew, also for this. */
function withoutCapacity(trial: Omit<Trial, 'measurement'>): Trial {
  const { outcome } = trial;
  const because = 'reason' in outcome ? outcome.reason : 'nothing was measured';
  const step = outcome.outcome === 'failed' ? outcome.step : 'measure capacity';
  const told = { outcome: 'failed', step, reason: `capacity for the background: ${because}` } as const;
  return { ...trial, measurement: null, histograms: {}, outcome: told };
}
