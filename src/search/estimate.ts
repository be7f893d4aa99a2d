// SPDX-License-Identifier: Apache-2.0
// Where the load may be that a goal asks for. It only directs a search: what a load is, its own trials decide.
import type { SearchGoal } from './goal.ts';
import type { LoadTrial } from './trial.ts';

/** Trials of loads so near to the estimate, of which there has to be some time, tell more than those of an overload. */
const NEAR_RATIO = 0.03;
const NEAR_MS = 3000;

/**
 * A trial with loss tells what was forwarded just then, one without that it is no less than its load. Of that quantity the estimate is
 * the quantile at the exceed ratio, by the estimator of Kaplan and Meier (1958) for what is known as a least value only, weighed by
 * duration, and the load that is so much higher as may be lost. Infinite where no trial lost anything that matters; null for a goal that goes by
 * another figure, of which nobody knows how it grows.
 */
export function estimatePps(trials: readonly LoadTrial[], goal: SearchGoal): number | null {
  if (goal.limit !== undefined) return null;
  const rough = criticalPps(trials, goal);
  const near = trials.filter(({ loadPps }) => Math.abs(loadPps / rough - 1) <= NEAR_RATIO);
  const nearMs = near.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return nearMs >= NEAR_MS && Number.isFinite(rough) ? criticalPps(near, goal) : rough;
}

function criticalPps(trials: readonly LoadTrial[], { lossRatio, exceedRatio }: SearchGoal): number {
  const samples = trials
    .map((trial) => ({ ...trial, pps: trial.loadPps * (1 - trial.lossRatio), isExact: trial.lossRatio > 0 }))
    .toSorted((a, b) => a.pps - b.pps || Number(b.isExact) - Number(a.isExact));
  let atRiskMs = samples.reduce((sum, { durationMs }) => sum + durationMs, 0);
  let above = 1;
  for (const { pps, isExact, durationMs } of samples) {
    if (isExact) above *= 1 - durationMs / atRiskMs;
    atRiskMs -= durationMs;
    if (above < 1 - exceedRatio + 1e-9) return pps / (1 - lossRatio);
  }
  return Number.POSITIVE_INFINITY;
}
