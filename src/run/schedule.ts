// SPDX-License-Identifier: Apache-2.0
// Which trial is next: the planned rounds, and where a precision is asked for, further rounds of the cases that lack it.
import { isRepetition } from '../model/repetition.ts';
import type { BegunCampaign, RoundFigure } from '../model/result.ts';
import { applicationsKey, type TestCase } from '../model/testcase.ts';
import {
  ALL_TRIALS,
  type Alike,
  type IsOurs,
  type PlannedTrial,
  remaining,
  roundOrder,
  trialOrder,
} from '../plan/order.ts';
import { type FigureTrial, roundFigures } from '../stats/figures.ts';
import { takesPart } from '../stats/precision.ts';

/** A round beyond the planned ones. */
export interface ExtraRound {
  round: number;
  /** What of it is still to be run. */
  order: PlannedTrial[];
  /** Cases whose interval is wider than was asked for. */
  imprecise: number;
}

/** The trials of a campaign that are still to be run, in order. Each is decided on when it is asked for. */
export class Schedule implements Iterable<PlannedTrial> {
  /** Of all planned rounds, done or not; ours only. */
  readonly planned: readonly PlannedTrial[];
  private readonly campaign: Pick<BegunCampaign, 'seed' | 'trialsPlanned' | 'precision' | 'reuse'>;
  /** What is left of the trials that are done: there may be many. Repetitions have no figure here, see `extraRound`. */
  private readonly cases: readonly { case: TestCase; figures: RoundFigure[] }[];
  /** Indices of the cases that can run: only they take part, under the numbers of the whole list. */
  private readonly runnable: readonly number[];
  private readonly done: Set<number>;
  private readonly isOurs: IsOurs;

  /**
   * The trials of `cases` are those that are done already. Where a testbed is given, the cases of others have no part in it. Trials that
   * are not ours keep their places in the order, and are carried out by others.
   */
  constructor(
    campaign: Pick<BegunCampaign, 'seed' | 'trialsPlanned' | 'precision' | 'reuse'>,
    cases: BegunCampaign['cases'],
    testbed: string | null = null,
    isOurs: IsOurs = ALL_TRIALS,
  ) {
    this.campaign = campaign;
    this.isOurs = isOurs;
    this.cases = cases.map(({ case: testCase, trials }) => ({
      case: testCase,
      figures: this.figuresOf(testCase, trials),
    }));
    const isHere = (planned: BegunCampaign['cases'][number]) => testbed === null || planned.case.testbed === testbed;
    this.runnable = cases.flatMap((planned, index) => (planned.skipped === null && isHere(planned) ? [index] : []));
    const isDoneByUs = (trial: FigureTrial & Pick<PlannedTrial, 'seed'>, caseIndex: number) =>
      !isRepetition(trial) && isOurs({ ...trial, caseIndex });
    this.done = new Set(
      cases.flatMap((planned, index) =>
        isHere(planned) ? planned.trials.filter((trial) => isDoneByUs(trial, index)).map(({ ordinal }) => ordinal) : [],
      ),
    );
    const whole = trialOrder(this.testCases(), campaign.trialsPlanned, campaign.seed, this.alike);
    this.planned = this.numbered(whole).filter(isOurs);
  }

  private get alike(): Alike | null {
    return this.campaign.reuse ? applicationsKey : null;
  }

  /** What of the planned rounds is still to be run. */
  get remaining(): PlannedTrial[] {
    return remaining(this.planned, this.done);
  }

  /** Trials that are done, repetitions not counted. */
  get doneCount(): number {
    return [...this.done].filter((ordinal) => !isRepetition({ ordinal })).length;
  }

  /** Takes note of a trial, before the next is asked for. */
  record({ caseIndex, ordinal }: PlannedTrial, trial: FigureTrial): void {
    const one = this.cases[caseIndex];
    one?.figures.push(...this.figuresOf(one.case, [{ ...trial, ordinal }]));
    this.done.add(ordinal);
  }

  [Symbol.iterator](): Iterator<PlannedTrial> {
    return this.trials();
  }

  /** As the iterator; `told` hears of each round beyond the planned ones before its first trial. */
  *trials(told: (extra: ExtraRound) => void = () => undefined): Generator<PlannedTrial, void> {
    yield* this.remaining;
    for (let round = this.campaign.trialsPlanned; ; round += 1) {
      const order = this.extraRound(round);
      if (order.length === 0) return;
      const left = remaining(order, this.done).filter(this.isOurs);
      if (left.length > 0) told({ round, order: left, imprecise: order.length });
      yield* left;
    }
  }

  /**
   * A round's trials of the cases that take part in it, done or not. Repetitions of disturbed trials have no say: one may be
   * run only after the next round is decided on, and a campaign that is resumed must decide alike.
   */
  private extraRound(round: number): PlannedTrial[] {
    const { campaign, cases } = this;
    if (campaign.precision === null || round >= campaign.precision.trialsMax) return [];
    return this.numbered(roundOrder(this.testCases(), round, campaign.seed, this.alike)).filter(({ caseIndex }) => {
      const one = cases[caseIndex];
      return one !== undefined && takesPart(one.figures, round, campaign);
    });
  }

  /** Nothing decides on further rounds where none are asked for. */
  private figuresOf(testCase: TestCase, trials: readonly FigureTrial[]): RoundFigure[] {
    if (this.campaign.precision === null) return [];
    return roundFigures(
      testCase,
      trials.filter((trial) => !isRepetition(trial)),
    );
  }

  private testCases(): TestCase[] {
    return this.runnable.flatMap((index) => this.cases[index]?.case ?? []);
  }

  private numbered(order: readonly PlannedTrial[]): PlannedTrial[] {
    return order.map((planned) => ({ ...planned, caseIndex: this.runnable[planned.caseIndex] ?? planned.caseIndex }));
  }
}
