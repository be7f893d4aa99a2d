// SPDX-License-Identifier: Apache-2.0
// Whether a figure has two levels. A path that is fast in one trial and slow in the next (memory that happens to lie well or badly, a
// poller that falls into step or out of it) has no typical figure: its median is that of the level which came more often.
import { mean } from 'simple-statistics';
import type { CaseResult, Evidence, Mode, Sample, TwoModes } from '../model/result.ts';
import { valuesOf } from './figures.ts';

/** Fewer values cannot tell two levels from one that scatters. */
const VALUES_MIN = 6;

/** A level has more than one value: a single odd one is an outlier. */
const MODE_MIN = 2;

/** Levels closer than this are of no consequence, and may be an effect of counting in whole bursts. */
const APART_MIN = 0.05;

/**
 * Splits values into two levels where they have two; else null. The best split in two (least squares, which in one
 * dimension is between two neighbours, each side at least two values) counts if the levels' means lie at least 7 + 10/(n −
 * 4) pooled standard deviations of the values within them apart (for equal spreads this is Ashman's D: K. M. Ashman, C. M.
 * Bird and S. E. Zepf, "Detecting bimodality in astronomical datasets", 1994, where 2 is the least for levels that are
 * given; here they are sought, and n is small), and at least 5 % of the lower one.
 *
 * The bound is by simulation: values of one normal distribution are called two-level in less than 0.5 % of samples for any
 * n, of a uniform or an exponential one in about 1 % (modes.test.ts). A drift has no levels and is not called so.
 */
export function twoModes(values: readonly number[]): TwoModes | null {
  const n = values.length;
  if (n < VALUES_MIN) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const best = bestSplit(sorted);
  const threshold = sorted[best.at];
  const [low, high] = [modeOf(sorted.slice(0, best.at)), modeOf(sorted.slice(best.at))];
  const apart = high.mean - low.mean;
  const spread = Math.sqrt(best.within / (n - 2));
  if (threshold === undefined || apart <= 0 || apart < APART_MIN * Math.abs(low.mean)) return null;
  return apart >= (7 + 10 / (n - 4)) * spread ? { low, high, threshold } : null;
}

/** Where to split ascending values in two, and the sum of squares within the two sides. */
function bestSplit(sorted: readonly number[]): { at: number; within: number } {
  const n = sorted.length;
  const centre = mean([...sorted]);
  const total = sorted.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  let best = { at: MODE_MIN, within: total };
  let below = 0;
  for (const [index, value] of sorted.entries()) {
    below += value - centre;
    const at = index + 1;
    if (at < MODE_MIN || at > n - MODE_MIN) continue;
    // What lies between the sides: about the common mean their sums are equal and opposite.
    const within = Math.max(0, total - (below * below) / at - (below * below) / (n - at));
    if (within < best.within) best = { at, within };
  }
  return best;
}

function modeOf(values: number[]): Mode {
  return { mean: mean(values), count: values.length };
}

/**
 * Samples that a level lasts on average within a trial, and has in all: what alternates faster is how the counting fell,
 * and what is rarer a hiccup.
 */
const STAY_MIN = 3;

/** Samples of a trial below which its course says nothing. */
const SAMPLES_MIN = 8;

/** Bursts that a sample holds at least: with fewer, whole bursts make levels. */
const BURSTS_MIN = 50;

/**
 * The two levels (packets/s received) between which a trial changed within its steady state; null where it kept to one.
 * The rule is that of `twoModes` on the rates from sample to sample; and a level has at least three samples, and lasts as
 * many on average.
 */
export function modeChange(samples: readonly Sample[], burst: number): TwoModes | null {
  const steady = samples.filter((sample) => sample.steady);
  const steps = steady.slice(1).flatMap((sample, index) => {
    const before = steady[index];
    if (before === undefined || sample.tS <= before.tS) return [];
    const packets = sample.receivedPackets - before.receivedPackets;
    return [{ packets, rate: packets / (sample.tS - before.tS) }];
  });
  if (steps.length < SAMPLES_MIN || steps.some(({ packets }) => packets < BURSTS_MIN * burst)) return null;
  const modes = twoModes(steps.map(({ rate }) => rate));
  if (modes === null || Math.min(modes.low.count, modes.high.count) < STAY_MIN) return null;
  const upper = steps.map(({ rate }) => rate >= modes.threshold);
  const stays = 1 + upper.filter((isUpper, index) => index > 0 && isUpper !== upper[index - 1]).length;
  return steps.length / stays >= STAY_MIN ? modes : null;
}

/** The levels of a case's figure. */
export interface CaseModes extends Pick<Evidence, 'changed' | 'firstChanged'> {
  /** Between trials; null where they are of one level. */
  between: TwoModes | null;
}

/** The two levels from trial to trial, and those within trials. */
export function modesOf({ figures, evidence }: Pick<CaseResult, 'figures'> & { evidence: CaseModesWithin }): CaseModes {
  const { changed, firstChanged } = evidence;
  return { between: twoModes(valuesOf(figures)), changed, firstChanged };
}

type CaseModesWithin = Pick<Evidence, 'changed' | 'firstChanged'>;

/** Trials that change their level, of all: few in many are events of their own, and the case still has a figure. */
const CHANGED_MIN = 0.1;

/** One trial that changed, or stalled for a while, is an event whatever their number: it is told by its round, see report/doubts.ts. */
const CHANGED_TRIALS_MIN = 2;

/** Whether a case with so many measured trials has two levels. */
export function isBimodal({ between, changed }: CaseModes, measured: number): boolean {
  return between !== null || (changed >= CHANGED_TRIALS_MIN && changed >= CHANGED_MIN * measured);
}
