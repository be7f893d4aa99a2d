// SPDX-License-Identifier: Apache-2.0
// The time that is left of a campaign, learned from what its trials and the starts of its switches really took.
import { isRepetition } from '../model/repetition.ts';
import { LOCAL_TESTBED } from '../model/testbed.ts';
import type { TestCase } from '../model/testcase.ts';
import {
  EACH_BY_ITSELF,
  expectedTrialMs,
  longestMs,
  OVERHEADS_DEFAULT,
  type Overheads,
  rateSearchMs,
  switchSetup,
  type Timing,
  type TurnOf,
} from './estimate.ts';
import type { PlannedTrial } from './order.ts';

/** What a trial took, ms. */
export interface Took {
  /** All of it. */
  wallMs: number;
  /** Until its switch was up, with what took the one before down; 0 where that was up already. */
  startMs: number;
}

/** A mean that grows. */
class Tally {
  count = 0;
  private sum = 0;

  add(value: number): void {
    this.count += 1;
    this.sum += value;
  }

  /** Drawn towards `other` as if that had been seen once: a single odd value does not decide. */
  towards(other: number): number {
    return (this.sum + other) / (this.count + 1);
  }

  get mean(): number {
    return this.sum / this.count;
  }
}

class Tallies<Key> {
  private readonly all = new Map<Key, Tally>();

  of(key: Key): Tally {
    const tally = this.all.get(key) ?? new Tally();
    this.all.set(key, tally);
    return tally;
  }
}

/**
 * Time left of a campaign. It begins with the plain estimate. A case that has run takes as long as it took; one that has not, what was
 * expected and what others of its switch took beyond that. Starts of switches are learned apart, as a campaign with one switch has one of
 * them in its first round and none later. Disturbed trials are repeated as often as they were.
 */
export class RemainingTime {
  private readonly cases: readonly TestCase[];
  private readonly timing: Timing;
  private readonly overheads: Overheads;
  private readonly turnOf: TurnOf;
  /** Trials that are left, by case; there may be very many of them. Repetitions are counted apart. */
  private readonly trialsLeft = new Map<number, number>();
  private readonly repetitionsLeft = new Map<number, number>();
  /** Of these, first ones that begin with the search for a rate. */
  private readonly unrated = new Set<number>();
  /** Trials that are expected to start their switch, by ordinal, and how many of them are left, by path. */
  private readonly starting = new Set<number>();
  private readonly startsLeft = new Map<string, number>();
  /** What is up on a testbed once all that is planned has run, and everything that has to be. */
  private readonly lastSetup = new Map<string, string>();
  private readonly trialOf = new Tallies<number>();
  /** By how much more than expected trials took, ms, by path and of all. */
  private readonly missOf = new Tallies<string>();
  private readonly miss = new Tally();
  private readonly startOf = new Tallies<string>();
  private readonly start = new Tally();
  /** What repetitions waited for their switch, ms: the next one may need the same. */
  private readonly startOfRepetition = new Tally();
  private readonly done = { planned: 0, toBeRepeated: 0 };

  /** `order` is what is still to be run; without `cases`, each test case is learned for itself. */
  constructor(
    order: readonly PlannedTrial[],
    timing: Timing,
    cases: readonly TestCase[] = [],
    overheads: Overheads = OVERHEADS_DEFAULT,
    turnOf: TurnOf = EACH_BY_ITSELF,
  ) {
    this.turnOf = turnOf;
    this.cases = cases;
    this.timing = timing;
    this.overheads = overheads;
    for (const planned of order) this.plan(planned);
  }

  /** More is to be run. */
  extend(order: readonly PlannedTrial[]): void {
    for (const planned of order) {
      this.plan(planned);
      if (isRepetition(planned)) this.done.toBeRepeated += 1;
    }
  }

  private plan(planned: PlannedTrial): void {
    const { caseIndex, ordinal } = planned;
    const left = isRepetition(planned) ? this.repetitionsLeft : this.trialsLeft;
    if (!left.has(caseIndex) && rateSearchMs(this.cases[caseIndex]) > 0) this.unrated.add(caseIndex);
    left.set(caseIndex, (left.get(caseIndex) ?? 0) + 1);
    if (isRepetition(planned) || !this.needsStart(caseIndex)) return;
    this.starting.add(ordinal);
    const path = this.pathOf(caseIndex);
    this.startsLeft.set(path, (this.startsLeft.get(path) ?? 0) + 1);
  }

  private needsStart(caseIndex: number): boolean {
    const testbed = this.testbedOf(caseIndex);
    const setup = switchSetup(this.cases[caseIndex]);
    if (setup === undefined || this.lastSetup.get(testbed) === setup) return false;
    this.lastSetup.set(testbed, setup);
    return true;
  }

  /** One of the trials that are left has ended. */
  trialDone(planned: PlannedTrial, { wallMs, startMs }: Took): void {
    const { caseIndex, ordinal } = planned;
    const left = isRepetition(planned) ? this.repetitionsLeft : this.trialsLeft;
    const count = left.get(caseIndex) ?? 0;
    if (count === 0) return;
    left.set(caseIndex, count - 1);
    const path = this.pathOf(caseIndex);
    if (this.starting.delete(ordinal)) this.startsLeft.set(path, (this.startsLeft.get(path) ?? 1) - 1);
    if (startMs > 0) for (const tally of [this.startOf.of(path), this.start]) tally.add(startMs);
    const onceMs = this.unrated.delete(caseIndex) ? rateSearchMs(this.cases[caseIndex]) : 0;
    const tookMs = Math.max(0, wallMs - startMs - onceMs);
    this.trialOf.of(caseIndex).add(tookMs);
    for (const tally of [this.missOf.of(path), this.miss]) tally.add(tookMs - this.expectedMs(caseIndex));
    if (isRepetition(planned)) this.startOfRepetition.add(startMs);
    else this.done.planned += 1;
  }

  /** Expected time of the trials that have not been told as done, ms: of the testbeds that need longest. */
  estimateMs(): number {
    const trials = [...this.trialsLeft].map(([caseIndex, left]) => ({
      testbed: this.testbedOf(caseIndex),
      ms:
        left * this.trialMs(caseIndex) +
        this.onceMs(caseIndex) +
        this.repeatedMs(caseIndex, left * this.repeatedRatio()),
    }));
    const repetitions = [...this.repetitionsLeft].map(([caseIndex, left]) => ({
      testbed: this.testbedOf(caseIndex),
      ms: this.repeatedMs(caseIndex, left),
    }));
    const starts = [...this.startsLeft].map(([path, left]) => ({
      testbed: path.split(' ')[0] ?? LOCAL_TESTBED,
      ms: left * this.startMs(path),
    }));
    return longestMs([...trials, ...repetitions, ...starts], this.turnOf);
  }

  /** How many of the trials that are left will be repeated; drawn towards none. */
  private repeatedRatio(): number {
    const { planned, toBeRepeated } = this.done;
    return toBeRepeated / (planned + 1);
  }

  private repeatedMs(caseIndex: number, count: number): number {
    return count * (this.trialMs(caseIndex) + this.startOfRepetition.towards(this.startMs(this.pathOf(caseIndex))));
  }

  private trialMs(caseIndex: number): number {
    const seen = this.trialOf.of(caseIndex);
    if (seen.count > 0) return seen.mean;
    const missedMs = this.missOf.of(this.pathOf(caseIndex)).towards(this.miss.towards(0));
    return Math.max(0, this.expectedMs(caseIndex) + missedMs);
  }

  private startMs(path: string): number {
    const seen = this.startOf.of(path);
    return seen.count > 0 ? seen.mean : this.start.towards(this.overheads.switchStartMs);
  }

  private onceMs(caseIndex: number): number {
    return this.unrated.has(caseIndex) ? rateSearchMs(this.cases[caseIndex]) : 0;
  }

  private expectedMs(caseIndex: number): number {
    return expectedTrialMs(this.cases[caseIndex], this.timing, this.overheads);
  }

  private testbedOf(caseIndex: number): string {
    return this.cases[caseIndex]?.testbed ?? LOCAL_TESTBED;
  }

  /** Testbed and switch. */
  private pathOf(caseIndex: number): string {
    return `${this.testbedOf(caseIndex)} ${this.cases[caseIndex]?.switch ?? caseIndex}`;
  }
}
