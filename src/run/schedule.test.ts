// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom, testCase, trial } from '../../test/fixtures/campaign.ts';
import type { StoredCampaign, Trial } from '../model/result.ts';
import { type PlannedTrial, trialOrder } from '../plan/order.ts';
import { type ExtraRound, Schedule } from './schedule.ts';

const cases: StoredCampaign['cases'] = [
  { case: testCase({ switch: 'direct', rate: 'max' }), skipped: null, trials: [] },
  { case: testCase({ switch: 'ovs', rate: 'max' }), skipped: 'not installed', trials: [] },
  { case: testCase({ switch: 'linux-bridge', rate: 'max' }), skipped: null, trials: [] },
  { case: testCase({ switch: 'linux-bridge', rate: 'max', packetSize: 1500 }), skipped: null, trials: [] },
];
const campaign = { seed: 2026, trialsPlanned: 6, reuse: false, precision: { ratio: 0.02, trialsMax: 12 } };

/** Throughput by case and round: the first case is quiet, the third never, the fourth from its ninth trial on. */
function ppsOf({ caseIndex, round }: PlannedTrial): number {
  if (caseIndex === 0) return 100;
  if (caseIndex === 2) return 100 + 5 * (round % 7);
  return [100, 90, 100, 100, 100, 100, 100, 100, 100][round] ?? 100;
}

/** Runs what a schedule asks for, up to a number of trials, and puts it into `into`. */
function run(schedule: Schedule, into: StoredCampaign['cases'], limit = Number.POSITIVE_INFINITY) {
  const ran: PlannedTrial[] = [];
  const told: ExtraRound[] = [];
  for (const planned of schedule.trials((extra) => told.push(extra))) {
    if (ran.length >= limit) break;
    const one = into[planned.caseIndex];
    assert.ok(one !== undefined && one.skipped === null);
    const { round, ordinal, seed } = planned;
    const done: Trial = { ...trial({ case: one.case, pps: ppsOf(planned), round }), ordinal, seed };
    one.trials.push(done);
    schedule.record(planned, done);
    ran.push(planned);
  }
  return { ran, told };
}

const copy = () => cases.map((planned) => ({ ...planned, trials: [...planned.trials] }));

test('without a precision there are the planned rounds, of the cases that can run', () => {
  const schedule = new Schedule({ ...campaign, precision: null }, cases);
  const order = [...schedule];
  assert.deepEqual(order, schedule.planned);
  assert.equal(order.length, 18);
  assert.deepEqual([...new Set(order.map(({ caseIndex }) => caseIndex))].sort(), [0, 2, 3]);
});

test('with one, rounds go on for those that lack it, in the order that any number of rounds would have', () => {
  const into = copy();
  const { ran, told } = run(new Schedule(campaign, cases), into);
  assert.deepEqual(
    into.map(({ trials }) => trials.length),
    [6, 0, 12, 9],
  );
  assert.equal(new Set(ran.map(({ ordinal }) => ordinal)).size, ran.length);
  assert.deepEqual(
    told.map(({ round, imprecise, order }) => [round, imprecise, order.length]),
    [
      [6, 2, 2],
      [7, 2, 2],
      [8, 2, 2],
      [9, 1, 1],
      [10, 1, 1],
      [11, 1, 1],
    ],
  );
  const testCases = [0, 2, 3].flatMap((index) => cases[index]?.case ?? []);
  const whole = new Map(trialOrder(testCases, 12, campaign.seed).map((planned) => [planned.ordinal, planned]));
  for (const { ordinal, round, seed } of ran) {
    assert.deepEqual([whole.get(ordinal)?.round, whole.get(ordinal)?.seed], [round, seed]);
  }
  assert.deepEqual(
    ran.map(({ ordinal }) => ordinal),
    ran.map(({ ordinal }) => ordinal).sort((a, b) => a - b),
  );
});

test('wherever it is cut short, it goes on as it would have', () => {
  const whole = run(new Schedule(campaign, cases), copy()).ran;
  const random = seededRandom(9);
  const cuts = [0, 1, 17, 18, 19, 20, 23, whole.length - 1, whole.length, Math.floor(random() * whole.length)];
  for (const cut of cuts) {
    const into = copy();
    const before = run(new Schedule(campaign, cases), into, cut).ran;
    const resumed = new Schedule(campaign, into);
    assert.equal(resumed.doneCount, before.length);
    const after = run(
      resumed,
      copy().map((one, index) => ({ ...one, trials: [...(into[index]?.trials ?? [])] })),
    ).ran;
    assert.deepEqual([...before, ...after], whole, `cut after ${cut}`);
  }
});

test('parts of one make up the whole, each trial in its place and once', () => {
  for (const precision of [null, campaign.precision]) {
    const into = copy();
    const whole = run(new Schedule({ ...campaign, precision }, cases), copy()).ran;
    const rounds = Array.from({ length: campaign.precision.trialsMax }, (_, round) => round);
    const ran = rounds.flatMap((round) => {
      const part = new Schedule({ ...campaign, precision }, into, null, (planned) => planned.round === round);
      assert.equal(part.doneCount, 0);
      assert.deepEqual(
        part.planned.map(({ ordinal }) => ordinal),
        whole.filter((one) => one.round === round && round < campaign.trialsPlanned).map(({ ordinal }) => ordinal),
      );
      return run(part, into).ran;
    });
    assert.deepEqual(ran, whole);
  }
});

test('a part that is cut short goes on with what it lacks, whatever others have done', () => {
  const isOurs = ({ ordinal }: PlannedTrial) => ordinal % 3 === 1;
  const into = copy();
  run(new Schedule({ ...campaign, precision: null }, into, null, (planned) => !isOurs(planned)), into);
  const before = run(new Schedule({ ...campaign, precision: null }, into, null, isOurs), into, 2).ran;
  const rest = new Schedule({ ...campaign, precision: null }, into, null, isOurs);
  assert.deepEqual([before.length, rest.doneCount, rest.planned.length, rest.remaining.length], [2, 2, 6, 4]);
});

test('one that is complete asks for nothing, and does not touch what it was given', () => {
  const into = copy();
  run(new Schedule(campaign, cases), into);
  assert.deepEqual(run(new Schedule(campaign, into), copy()), { ran: [], told: [] });
  assert.equal(
    cases.every(({ trials }) => trials.length === 0),
    true,
  );
});
