// SPDX-License-Identifier: Apache-2.0
// The rule that tells quiet trials from disturbed ones. It looks at what else the machine did and never at what was measured:
// a trial is not called disturbed for a figure that nobody likes. Told in docs/method.md, "Quiet and disturbed trials".
import type { Placement } from '../model/placement.ts';
import type { Noise } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';

/** A share of the measured CPUs' time that others took: differences between switches of 2 % are then theirs. */
export const STEAL_RATIO_MAX = 0.02;

/**
 * Of one thread. A scheduler that shares a CPU between two busy threads changes at its tick, which comes 100 times a second
 * or more often: 50 changes a second are what one such neighbour makes. The kernel's own threads take a few.
 */
export const INVOLUNTARY_SWITCHES_PER_S_MAX = 50;

/** A polling framework's throughput follows the clock of its CPU: 5 % more clock are 5 % more packets. */
export const FREQUENCY_CHANGE_RATIO_MAX = 0.05;

export interface MeasuredThread {
  name: string;
  involuntarySwitchesPerS: number;
}

/** Why a trial counts as disturbed, one sentence a reason; empty for a quiet one. */
export function disturbances(
  noise: Pick<Noise, 'stealRatio' | 'frequencyChangeRatio'>,
  threads: readonly MeasuredThread[],
  placement: Placement,
  wait: TestCase['wait'],
): string[] {
  const reasons: string[] = [];
  if (noise.stealRatio > STEAL_RATIO_MAX) {
    reasons.push(`the hypervisor took ${percent(noise.stealRatio)} of the measured CPUs (more than 2 %)`);
  }
  // Where CPUs are shared on purpose, to be interrupted is the rule; and to yield counts as being interrupted.
  if (!placement.sharedCpu && !placement.sharedHousekeeping && wait !== 'yield') {
    const worst = Math.max(0, ...threads.map((thread) => thread.involuntarySwitchesPerS));
    const thread = threads.find((one) => one.involuntarySwitchesPerS === worst);
    if (thread !== undefined && worst > INVOLUNTARY_SWITCHES_PER_S_MAX) {
      reasons.push(`${thread.name} lost its CPU ${worst.toFixed(0)} times a second (more than 50)`);
    }
  }
  if ((noise.frequencyChangeRatio ?? 0) > FREQUENCY_CHANGE_RATIO_MAX) {
    reasons.push(`a CPU's frequency changed by ${percent(noise.frequencyChangeRatio ?? 0)} (more than 5 %)`);
  }
  return reasons;
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(1)} %`;
}
