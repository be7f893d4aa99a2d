// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../test/fixtures/campaign.ts';
import { cases, orderOf, overheads, testCase, timing } from '../../test/fixtures/estimated.ts';
import { isRepetition } from '../model/repetition.ts';
import type { TestCase } from '../model/testcase.ts';
import { estimateMs } from './estimate.ts';
import { type PlannedTrial, repetitionOf, trialOrder, withRepetitions } from './order.ts';
import { RemainingTime } from './remaining-time.ts';

/** All of an order ends, each after so long. */
function allDone(left: RemainingTime, order: readonly PlannedTrial[], wallMs: number, startMs = 0): void {
  for (const planned of order) left.trialDone(planned, { wallMs, startMs });
}

describe('the time that is left', () => {
  it('begins with the estimate and ends at zero', () => {
    const order = orderOf(0, 2, 1);
    const left = new RemainingTime(order, timing, cases, overheads);
    assert.equal(left.estimateMs(), estimateMs(order, cases, timing, overheads));
    allDone(left, order, 3610);
    assert.equal(left.estimateMs(), 0);
    allDone(left, order.slice(0, 1), 3610);
    assert.equal(left.estimateMs(), 0, 'a trial too many does no harm');
  });

  it('counts down by a trial where trials take what was expected', () => {
    const order = orderOf(0, 1, 0, 1);
    const left = new RemainingTime(order, timing, cases, overheads);
    allDone(left, order.slice(0, 1), 3610, 10);
    assert.equal(left.estimateMs(), 3 * 3600);
  });

  it('expects of a case that it has seen what that took', () => {
    const order = orderOf(0, 2, 0, 2);
    const left = new RemainingTime(order, timing, cases, overheads);
    left.trialDone(at(order, 0), { wallMs: 3610, startMs: 10 });
    left.trialDone(at(order, 1), { wallMs: 9000, startMs: 4000 });
    // Each is started anew, which took 10 and 4000 ms.
    assert.equal(left.estimateMs(), 3610 + 9000);
  });

  it('does not take the start of a switch that stays up for what each trial takes', () => {
    const order = orderOf(0, 0, 0, 0);
    const left = new RemainingTime(order, timing, cases, overheads);
    left.trialDone(at(order, 0), { wallMs: 3600 + 5000, startMs: 5000 });
    assert.equal(left.estimateMs(), 3 * 3600);
  });

  it('expects of a case that it has not seen what it learned of the others', () => {
    const order = orderOf(0, 0, 0, 0, 0, 0, 0, 0, 0, 2);
    const left = new RemainingTime(order, timing, cases, overheads);
    allDone(left, order.slice(0, 9), 4600);
    const [low, high] = [3610 + 800, 3610 + 1000];
    assert.ok(left.estimateMs() > low && left.estimateMs() < high, `${left.estimateMs()}`);
  });

  it('never expects less than nothing where trials fail at once', () => {
    const order = orderOf(...Array.from({ length: 100 }, () => 0));
    const failing = new RemainingTime(order, timing, cases, overheads);
    allDone(failing, order.slice(0, 99), 0);
    assert.ok(failing.estimateMs() >= 0 && failing.estimateMs() < 100, `${failing.estimateMs()}`);
  });

  it('counts what is added later, as it has learned', () => {
    const left = new RemainingTime(orderOf(0), timing, cases, overheads);
    allDone(left, orderOf(0), 5000);
    assert.equal(left.estimateMs(), 0);
    left.extend(orderOf(0, 0));
    assert.equal(left.estimateMs(), 2 * 5000);
  });

  it('counts each testbed for itself, and adds up those that take turns', () => {
    const spread = [testCase({}), testCase({ testbed: 'lab' })];
    const order = orderOf(0, 1, 0, 1, 0);
    const left = new RemainingTime(order, timing, spread, overheads);
    assert.equal(left.estimateMs(), 3 * 3600 + 10);
    left.trialDone(at(order, 1), { wallMs: 3610, startMs: 10 });
    assert.equal(left.estimateMs(), 3 * 3600 + 10);
    const inTurns = new RemainingTime(order, timing, spread, overheads, () => 'here');
    assert.equal(inTurns.estimateMs(), 5 * 3600 + 20);
  });

  it('counts the search for the rate of a churn once', () => {
    const churn = [testCase({ dimension: 'churn' })];
    const order = orderOf(0, 0, 0);
    const left = new RemainingTime(order, timing, churn, overheads);
    assert.equal(left.estimateMs(), 3 * 3600 + 15_000 + 10);
    left.trialDone(at(order, 0), { wallMs: 3600 + 15_000 + 10, startMs: 10 });
    assert.equal(left.estimateMs(), 2 * 3600);
  });

  it('learns each case for itself where it does not know the cases', () => {
    const order = orderOf(0, 1, 0);
    const left = new RemainingTime(order, timing);
    assert.equal(left.estimateMs(), 3 * 4000);
    left.trialDone(at(order, 0), { wallMs: 5000, startMs: 0 });
    left.trialDone(at(order, 1), { wallMs: 4000, startMs: 0 });
    assert.equal(left.estimateMs(), 5000);
  });
});

function at(order: readonly PlannedTrial[], index: number): PlannedTrial {
  return order[index] ?? assert.fail('no such trial');
}

/** A campaign whose trials take what is made up for them, on a clock that is made up as well. */
interface Simulated {
  cases: readonly TestCase[];
  rounds: number;
  /** Of a trial, without the start of its switch, ms. */
  trialMs: (testCase: TestCase, random: () => number) => number;
  /** Until a switch is up, ms. */
  startMs: (id: string) => number;
  /** The share of trials that are disturbed. */
  disturbed: number;
}

/** By how much the time that is left was missed after so many rounds, as a ratio of the truth. */
function missedRatio({ cases, rounds, trialMs, startMs, disturbed }: Simulated, seed: number, after: number): number {
  const random = seededRandom(seed);
  const order = trialOrder(cases, rounds, seed);
  const left = new RemainingTime(order, timing, cases);
  const owed: PlannedTrial[] = [];
  let [nowMs, up] = [0, ''];
  let told: { atMs: number; leftMs: number } | null = null;
  for (const planned of withRepetitions(order, owed)) {
    if (planned.round === after) told ??= { atMs: nowMs, leftMs: left.estimateMs() };
    const testCase = cases[planned.caseIndex] ?? assert.fail('no such case');
    const starts = up !== testCase.switch;
    up = testCase.switch;
    const took = { startMs: starts ? startMs(testCase.switch) : 0, wallMs: 0 };
    took.wallMs = took.startMs + trialMs(testCase, random);
    nowMs += took.wallMs;
    left.trialDone(planned, took);
    const repetition = !isRepetition(planned) && random() < disturbed ? repetitionOf(planned) : null;
    if (repetition === null) continue;
    owed.push(repetition);
    left.extend([repetition]);
  }
  assert.ok(told !== null);
  const trueMs = nowMs - told.atMs;
  return (told.leftMs - trueMs) / trueMs;
}

describe('after the first round the time left is within 10 % of the truth', () => {
  const sizes = [64, 256, 512, 1024, 1280, 1500];
  const over = (...ids: string[]) =>
    ids.flatMap((id) => sizes.map((packetSize) => testCase({ switch: id, packetSize })));
  const steady = (_: TestCase, random: () => number) => 3500 + 400 + 300 * random();
  const disturbed: Simulated = {
    ...{ cases: over('linux-bridge', 'direct', 'ovs', 'vpp', 'basicfwd', 'snabb'), rounds: 8, trialMs: steady },
    ...{ startMs: () => 1500, disturbed: 1 / 3 },
  };
  const campaigns: Record<string, Simulated> = {
    'one switch, which takes longer to start than a trial': {
      ...{ cases: over('ovs').slice(0, 3), rounds: 6, trialMs: steady, startMs: () => 6000, disturbed: 0 },
    },
    'several switches, some of which start at once and one late': {
      ...{ cases: over('linux-bridge', 'direct', 'ovs'), rounds: 6, trialMs: steady, disturbed: 0 },
      startMs: (id) => (id === 'ovs' ? 9000 : 150),
    },
    'searches, of which each takes its time': {
      ...{ cases: over('linux-bridge', 'ovs'), rounds: 3, startMs: () => 2000, disturbed: 0 },
      trialMs: ({ packetSize }, random) => 10_000 + 40 * Number(packetSize) * (0.9 + 0.2 * random()),
    },
    'a third of the trials are disturbed and repeated, after four rounds': disturbed,
  };
  for (const [name, campaign] of Object.entries(campaigns)) {
    it(name, () => {
      // How many trials of a round are disturbed is luck, and one round tells too little of it.
      const rounds = campaign.disturbed === 0 ? 1 : 4;
      const missed = Array.from({ length: 20 }, (_, seed) => missedRatio(campaign, seed + 1, rounds));
      assert.ok(Math.max(...missed.map(Math.abs)) < 0.1, `missed by ${missed.join(', ')}`);
    });
  }

  it('on the average also where disturbed trials are repeated', () => {
    const missed = Array.from({ length: 200 }, (_, seed) => missedRatio(disturbed, seed + 1, 1));
    const mean = missed.reduce((sum, one) => sum + one, 0) / missed.length;
    assert.ok(Math.abs(mean) < 0.02, `missed by ${mean} in the mean`);
  });
});
