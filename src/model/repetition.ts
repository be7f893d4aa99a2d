// SPDX-License-Identifier: Apache-2.0
// A disturbed trial is run once more at the end of its round, unless a campaign is not to take longer than it was planned to.

/** Which trials are repeated. */
export const REPEATS = ['disturbed', 'none'] as const;
export type Repeat = (typeof REPEATS)[number];

/**
 * Ordinals of repetitions begin here, above those of any campaign: 100 000 cases of 10 000 trials. So a repetition is known by
 * its ordinal, which no other trial has.
 */
export const REPETITIONS_FROM = 1_000_000_000;

export function isRepetition({ ordinal }: { ordinal: number }): boolean {
  return ordinal >= REPETITIONS_FROM;
}
