// SPDX-License-Identifier: Apache-2.0
// What the trials of one load say of it: RFC 9971, sections 6.1 and 6.2 and appendices A and B.
import { isWorse, type SearchGoal } from './goal.ts';
import type { LoadTrial } from './trial.ts';

/** More than the goal allows, not more, or not known yet. */
export type LoadClass = 'upper' | 'lower' | 'undecided';

type Weighed = Pick<LoadTrial, 'durationMs' | 'lossRatio' | 'figures'>;

/**
 * Classifies a load: a lower bound where, whatever the trials say that are missing to the duration sum, the share of time with too much
 * loss stays within the exceed ratio; an upper bound where it does not, whatever they say. Short trials with too much loss
 * count as far as short ones without do not outweigh them.
 */
export function classify(trials: readonly Weighed[], goal: SearchGoal): LoadClass {
  const { exceedRatio, durationSumMs } = goal;
  const sums = durationSums(trials, goal);
  const balancedMs = sums.shortLowMs * (exceedRatio / (1 - exceedRatio));
  const highMs = sums.fullHighMs + Math.max(0, sums.shortHighMs - balancedMs);
  const wholeMs = Math.max(highMs + sums.fullLowMs, durationSumMs);
  const allowedMs = wholeMs * exceedRatio;
  if (wholeMs - sums.fullLowMs <= allowedMs) return 'lower';
  return highMs > allowedMs ? 'upper' : 'undecided';
}

/** Of a load, time of trials by their length and by their loss, ms. */
function durationSums(trials: readonly Weighed[], goal: SearchGoal) {
  const sum = (isFull: boolean, isHigh: boolean) =>
    trials
      .filter((trial) => trial.durationMs >= goal.finalTrialMs === isFull && isWorse(trial, goal) === isHigh)
      .reduce((total, { durationMs }) => total + durationMs, 0);
  return {
    ...{ fullHighMs: sum(true, true), fullLowMs: sum(true, false) },
    ...{ shortHighMs: sum(false, true), shortLowMs: sum(false, false) },
  };
}

/** What is forwarded at a load that is a lower bound, packets/s: of its full-length trials, that at the exceed ratio, the worst counted last. */
export function conditionalThroughputPps(loadPps: number, trials: readonly Weighed[], goal: SearchGoal): number {
  const full = trials
    .filter(({ durationMs }) => durationMs >= goal.finalTrialMs)
    .toSorted((a, b) => a.lossRatio - b.lossRatio);
  const wholeMs = Math.max(
    goal.durationSumMs,
    full.reduce((sum, { durationMs }) => sum + durationMs, 0),
  );
  let remainingMs = wholeMs * (1 - goal.exceedRatio);
  let lossRatio: number | null = null;
  for (const trial of full) {
    if (lossRatio !== null && remainingMs <= 0) break;
    lossRatio = trial.lossRatio;
    remainingMs -= trial.durationMs;
  }
  // Trials that are missing may lose everything.
  return remainingMs > 0 || lossRatio === null ? 0 : loadPps * (1 - lossRatio);
}
