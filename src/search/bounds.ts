// SPDX-License-Identifier: Apache-2.0
// The bounds of one goal, by the levels of a ladder: level 0 is the highest load.
import { classify, type LoadClass } from './classify.ts';
import { isWorse, type SearchGoal } from './goal.ts';
import type { LoadTrial } from './trial.ts';

/** Trials by level. */
export type Levels = ReadonlyMap<number, readonly LoadTrial[]>;

/** Levels of the bounds; null where there is none yet. */
export interface Bounds {
  upper: number | null;
  lower: number | null;
}

/** The smallest load that is an upper bound, and the largest lower bound below it (RFC 9971, 4.8): those that count in the end. */
export function relevantBounds(levels: Levels, goal: SearchGoal): Bounds {
  return boundsOf(levels, (trials) => classify(trials, goal));
}

/** The same by what is more likely of loads that are undecided: where it is worth looking. */
export function likelyBounds(levels: Levels, goal: SearchGoal): Bounds {
  return boundsOf(levels, (trials) => {
    const decided = classify(trials, goal);
    return decided === 'undecided' ? likelyClass(trials, goal) : decided;
  });
}

function likelyClass(trials: readonly LoadTrial[], goal: SearchGoal): LoadClass {
  const sum = (some: readonly LoadTrial[]) => some.reduce((total, { durationMs }) => total + durationMs, 0);
  const worse = trials.filter((trial) => isWorse(trial, goal));
  return sum(worse) > goal.exceedRatio * sum(trials) ? 'upper' : 'lower';
}

function boundsOf(levels: Levels, classOf: (trials: readonly LoadTrial[]) => LoadClass): Bounds {
  const classes = [...levels].map(([level, trials]) => ({ level, is: classOf(trials) }));
  const uppers = classes.filter(({ is }) => is === 'upper').map(({ level }) => level);
  const upper = uppers.length === 0 ? null : Math.max(...uppers);
  const lowers = classes.filter(({ level, is }) => is === 'lower' && level > (upper ?? -1)).map(({ level }) => level);
  return { upper, lower: lowers.length === 0 ? null : Math.min(...lowers) };
}
