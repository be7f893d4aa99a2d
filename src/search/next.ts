// SPDX-License-Identifier: Apache-2.0
// Which load a goal needs to know more of.
import { type Bounds, type Levels, likelyBounds, relevantBounds } from './bounds.ts';
import { classify } from './classify.ts';
import { estimatePps } from './estimate.ts';
import type { SearchGoal } from './goal.ts';
import type { Ladder } from './ladder.ts';

/** What a goal has come to. */
export type Progress =
  | { kind: 'wants'; level: number; likely: Bounds }
  /** Both bounds are there, and near enough. */
  | { kind: 'found'; upper: number; lower: number }
  /** The highest load that can be offered is a lower bound. */
  | { kind: 'at-most'; lower: number }
  /** The lowest load of the search is an upper bound. */
  | { kind: 'below-least'; upper: number }
  /** Not even the lowest load can be offered. */
  | { kind: 'not-offered' };

/** After so many loads near the estimate a gap between two is halved rather than entered where it says. */
const GUESSES = 5;
const NEAR_LEVELS = 8;

/** `top` is the level of the highest load that can be offered; of higher ones nothing is in `levels`. */
export function progressOf(levels: Levels, goal: SearchGoal, ladder: Ladder, top: number): Progress {
  if (top >= ladder.levels) return { kind: 'not-offered' };
  const bounds = relevantBounds(levels, goal);
  const { upper, lower } = bounds;
  if (upper !== null && upper >= ladder.levels - 1) return { kind: 'below-least', upper };
  if (upper !== null && lower !== null && isNear(ladder, upper, lower, goal)) return { kind: 'found', upper, lower };
  if (lower === top) return { kind: 'at-most', lower };
  return { kind: 'wants', level: wanted(levels, goal, ladder, top), likely: likelyBounds(levels, goal) };
}

function isNear(ladder: Ladder, upper: number, lower: number, { widthRatio }: SearchGoal): boolean {
  // Neighbours are as near as can be, whatever the rounding to whole packets.
  return lower === upper + 1 || 1 - ladder.loadPps(lower) / ladder.loadPps(upper) <= widthRatio;
}

function wanted(levels: Levels, goal: SearchGoal, ladder: Ladder, top: number): number {
  const { upper, lower } = likelyBounds(levels, goal);
  const last = ladder.levels - 1;
  const trials = [...levels.values()].flat();
  const estimate = estimatePps(trials, goal);
  const guess = estimate === null ? null : Math.max(top, ladder.levelBelow(estimate));
  if (upper === null) return lower === null ? (guess ?? top) : stepUp(levels, lower, top, guess);
  // Each load that was tried doubles the step: a little loss, now and then, does not tell how far below it ends.
  if (lower === null) return Math.min(last, Math.max(guess ?? 0, upper + 2 ** (levels.size - 1)));
  if (!isNear(ladder, upper, lower, goal)) {
    const isTried = guess === null || triedNear(levels, guess) >= GUESSES;
    const between = isTried ? Math.floor((upper + lower) / 2) : guess;
    return Math.min(lower - 1, Math.max(upper + 1, between));
  }
  // The upper one first: its trials, which lose something, tell what was forwarded.
  return undecided(levels, goal, [upper, lower]) ?? Math.floor((upper + lower) / 2);
}

/** Nothing is too much yet: each load that was not doubles the step, unless an estimate says where to look. */
function stepUp(levels: Levels, lower: number, top: number, guess: number | null): number {
  const isTelling = guess !== null && guess > top && guess < lower;
  return Math.max(top, isTelling ? guess : lower - 2 ** (levels.size - 1));
}

function triedNear(levels: Levels, guess: number): number {
  return [...levels.keys()].filter((level) => Math.abs(level - guess) <= NEAR_LEVELS).length;
}

/** Of loads that are neighbours, the one that is to be decided first. */
function undecided(levels: Levels, goal: SearchGoal, candidates: readonly number[]): number | null {
  return candidates.find((level) => classify(levels.get(level) ?? [], goal) === 'undecided') ?? null;
}
