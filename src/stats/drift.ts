// SPDX-License-Identifier: Apache-2.0
// Whether a machine is still what it was, by a small campaign that it measures again and again: its canaries. Why by these rules,
// and how often they err, is told in docs/decisions/0046-canaries.md.
import { median } from 'simple-statistics';
import { shuffled, splitmix32 } from '../model/random.ts';
import { mannWhitney, type RatioEstimate, ratioEstimate } from './ranks.ts';

/** Canaries that are needed before one is judged. */
export const BASE_MIN = 8;

/** The first so many are what all later ones are held against: a base that followed them would follow a slow decay as well. */
const BASE_MAX = 40;

/** Less than this no machine's level scatters from day to day, whatever a lucky base says. */
const SCALE_MIN = 0.01;

/** So much wider, by their number, is a scale that rests on few canaries. */
const FEW = 6;

/** Deviations, in scales, count at most so much: one canary alone, however far off, is never enough. */
const DEVIATION_MAX = 5;

/** What a deviation has to exceed to be held against a machine at all (Page's reference value). */
const SLACK = 2.2;

/** A sum of deviations beyond this is a change. */
const LIMIT = 5.5;

/** The same where the machine's record says that something was changed: then one canary is enough. */
const LIMIT_CHANGED = 2.5;

/** Beyond this a canary is repeated before the machine is given work. */
const SUSPICIOUS = 2;

/** The ranks have to agree at this level, over all figures of a canary together. */
const ALPHA = 0.001;

/** A shift of less than this is none that anybody would act on. */
export const SHIFT_MIN = 0.03;

/** One canary: the trials of each of its figures by name, and whether the record of the machine differs from that of the last good one. */
export interface CanaryFigures {
  figures: Readonly<Record<string, readonly number[]>>;
  changed: boolean;
}

/** How the latest canary stands beside the base. */
export type Drift =
  /** There are too few to say anything. */
  | { state: 'learning'; canaries: number; needed: number }
  | { state: 'steady' }
  /** Something is off: the next canary decides. */
  | { state: 'suspect'; figure: string }
  /** From canary `first` on (by its index) it is another machine, as canary `found` told. */
  | { state: 'shifted'; first: number; found: number; shifts: Shift[] };

/** By how much a figure is another than in the base, the largest change first. */
export interface Shift {
  figure: string;
  ratio: RatioEstimate;
  pValue: number;
}

/**
 * Judges the latest of a machine's canaries, oldest first and all since the level that was last accepted. A machine has shifted where two tests
 * agree on a figure: a cumulative sum of the canaries' medians (E. S. Page, "Continuous inspection schemes", 1954), each deviation in
 * robust scales of the base and cut off at `DEVIATION_MAX`, and the test of Mann and Whitney between the trials since that sum
 * rose and those of the base. Once shifted it stays so.
 */
export function judgeDrift(canaries: readonly CanaryFigures[]): Drift {
  const charts = chartsOf(canaries);
  const { length } = canaries;
  if (length <= BASE_MIN) return { state: 'learning', canaries: length, needed: BASE_MIN };
  for (let index = BASE_MIN; index < length; index += 1) {
    const risen = charts.flatMap((chart) => chart.risenAt(index, canaries[index]?.changed ?? false));
    const shifts = risen.flatMap(({ chart, first }) => chart.shift(first, index, charts.length) ?? []);
    if (shifts.length > 0) {
      const first = Math.min(...risen.map((one) => one.first));
      return { state: 'shifted', first, found: index, shifts: shifts.sort((a, b) => farness(b) - farness(a)) };
    }
  }
  const [suspect] = charts.filter(
    (chart) => Math.abs(chart.deviations.at(-1) ?? 0) > SLACK && chart.sumAt(length - 1) > SUSPICIOUS,
  );
  return suspect === undefined ? { state: 'steady' } : { state: 'suspect', figure: suspect.figure };
}

/** The smallest change of each figure that two canaries after one another would show, as a ratio of its level. Empty while the base is short. */
export function smallestShifts(canaries: readonly CanaryFigures[]): Record<string, number> {
  if (canaries.length < BASE_MIN) return {};
  const needed = LIMIT / 2 + SLACK;
  return Object.fromEntries(
    chartsOf(canaries).flatMap(({ figure, scale, isKnown }) =>
      isKnown ? [[figure, Math.max(SHIFT_MIN, Math.expm1(needed * scale))] as const] : [],
    ),
  );
}

/** How often canaries of one machine, split at random, are held to be of two. */
export interface FalseAlarms {
  alarms: number;
  splits: number;
}

/**
 * A/A: the last two canaries of a random order of them all are judged as if they were the latest. Null where they are too few for it. What is given
 * should be canaries of one level.
 */
export function falseAlarms(canaries: readonly CanaryFigures[], seed: number, splits = 200): FalseAlarms | null {
  if (canaries.length < BASE_MIN + 2) return null;
  const random = splitmix32(seed);
  const steady = canaries.map(({ figures }) => ({ figures, changed: false }));
  let alarms = 0;
  for (let split = 0; split < splits; split += 1) {
    if (judgeDrift(shuffled(steady, random)).state === 'shifted') alarms += 1;
  }
  return { alarms, splits };
}

function farness({ ratio }: Shift): number {
  return Math.abs(Math.log(ratio.ratio));
}

function chartsOf(canaries: readonly CanaryFigures[]): Chart[] {
  return Object.keys(canaries.at(-1)?.figures ?? {}).map(
    (name) =>
      new Chart(
        name,
        canaries.map(({ figures }) => (figures[name] ?? []).filter((value) => value > 0)),
      ),
  );
}

/** The course of one figure over all canaries. */
class Chart {
  readonly figure: string;
  /** Of the base at its end. */
  readonly scale: number;
  /** In scales; 0 while the base is too short, and where a canary lacks the figure. */
  readonly deviations: number[] = [];
  private readonly trials: readonly (readonly number[])[];
  private readonly base: number[] = [];
  private readonly sums: { up: number; down: number }[] = [];

  constructor(figure: string, trials: readonly (readonly number[])[]) {
    this.figure = figure;
    this.trials = trials;
    const levels = trials.map((values) => (values.length === 0 ? null : Math.log(median([...values]))));
    const known: number[] = [];
    let [up, down] = [0, 0];
    for (const [index, level] of levels.entries()) {
      const deviation = level === null || known.length < BASE_MIN ? 0 : (level - median(known)) / scaleOf(known);
      if (level !== null) {
        const cut = Math.max(-DEVIATION_MAX, Math.min(DEVIATION_MAX, deviation));
        [up, down] = [Math.max(0, up + cut - SLACK), Math.max(0, down - cut - SLACK)];
      }
      this.deviations.push(deviation);
      this.sums.push({ up, down });
      // What may be the begin of a change does not become what it is held against.
      if (level === null || known.length >= BASE_MAX || Math.max(up, down) > SUSPICIOUS) continue;
      this.base.push(index);
      known.push(level);
    }
    this.scale = scaleOf(known);
  }

  /** There is a base. */
  get isKnown(): boolean {
    return this.base.length >= BASE_MIN;
  }

  /** The greater of both sums. */
  sumAt(index: number): number {
    const { up, down } = this.sums[index] ?? { up: 0, down: 0 };
    return Math.max(up, down);
  }

  /** Where the sum that is beyond its limit at a canary began to rise; nothing where none is. */
  risenAt(index: number, changed: boolean): { chart: Chart; first: number }[] {
    const sum = this.sumAt(index);
    if (sum <= (changed ? LIMIT_CHANGED : LIMIT)) return [];
    const side = this.sums[index]?.up === sum ? 'up' : 'down';
    let first = index;
    while ((this.sums[first - 1]?.[side] ?? 0) > 0) first -= 1;
    return [{ chart: this, first }];
  }

  /** The change between the base and the canaries from `first` to `last`; null where the ranks do not confirm one. */
  shift(first: number, last: number, figures: number): Shift | null {
    const before = this.base.filter((index) => index < first).flatMap((index) => this.trials[index] ?? []);
    const after = this.trials.slice(first, last + 1).flat();
    const test = mannWhitney(before, after);
    const ratio = ratioEstimate(before, after);
    if (test === null || ratio === null || test.pValue > ALPHA / figures) return null;
    return Math.abs(ratio.ratio - 1) < SHIFT_MIN ? null : { figure: this.figure, ratio, pValue: test.pValue };
  }
}

/**
 * How far the levels of a base are from their median: the median distance, as it is of a normal distribution (Rousseeuw and Croux,
 * "Alternatives to the median absolute deviation", 1993), with room for how badly few values tell it.
 */
function scaleOf(levels: readonly number[]): number {
  const { length } = levels;
  if (length === 0) return SCALE_MIN;
  const centre = median([...levels]);
  const distance = 1.4826 * median(levels.map((level) => Math.abs(level - centre)));
  return Math.max(SCALE_MIN, distance * (1 + FEW / length));
}
