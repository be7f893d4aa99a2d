// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { normal, seededRandom } from '../../test/fixtures/campaign.ts';
import { type CurvePoint, courseOf, fillOf, type Step } from './cliffs.ts';

const ROUNDS = 6;

/** 1, √2, 2 and so on, so many values, as whole numbers. */
function valuesTo(last: number): number[] {
  const count = Math.floor(2 * Math.log2(last)) + 1;
  return [...new Set(Array.from({ length: count }, (_, index) => Math.round(2 ** (index / 2))))];
}

/** Trials of a switch whose packets take a time that follows from the number of flows, each with noise of its own. */
function curve(
  values: readonly number[],
  microseconds: (flows: number) => number,
  noise: () => number,
  rounds = ROUNDS,
): CurvePoint[] {
  return values.map((at) => ({
    at,
    figures: Array.from({ length: rounds }, (_, round) => ({ round, value: (1e6 / microseconds(at)) * (1 + noise()) })),
  }));
}

/** Of tables whose every lookup is simulated: the share of packets in turn that they do not answer. */
const TABLES = {
  'the oldest goes': (entries: number, flows: number) => (flows > entries ? 1 : 0),
  'the first stay': (entries: number, flows: number) => Math.max(0, 1 - entries / flows),
  'two places for each': twoPlaces,
};

/** Open vSwitch's exact-match cache: two places by the hash, and now and then a miss is put there (one in ten, so that it fills soon), in place of the lower hash of the two. */
function twoPlaces(entries: number, flows: number): number {
  const random = seededRandom(flows);
  const hashes = Array.from({ length: flows }, () => Math.floor(random() * 2 ** 32));
  const places = hashes.map((hash) => [hash % entries, Math.floor(hash / entries) % entries] as const);
  const held = new Int32Array(entries).fill(-1);
  let missed = 0;
  const insertions = 3 * entries;
  let [looked, inserted] = [0, 0];
  for (let flow = 0; inserted < insertions && looked < 60 * flows; flow = (flow + 1) % flows, looked += 1) {
    const [a = 0, b = 0] = places[flow] ?? [];
    if (held[a] === flow || held[b] === flow) continue;
    if (random() >= 0.1) continue;
    inserted += 1;
    const rank = (place: number) => (held[place] === -1 ? -1 : (hashes[held[place] ?? 0] ?? 0));
    held[rank(b) < rank(a) ? b : a] = flow;
  }
  for (const [flow, [a, b]] of places.entries()) if (held[a] !== flow && held[b] !== flow) missed += 1;
  return missed / flows;
}

function onlyStep(points: readonly CurvePoint[]): Step {
  const course = courseOf(points);
  assert.equal(course.course, 'steps', JSON.stringify(course));
  assert.ok(course.course === 'steps' && course.steps.length === 1, JSON.stringify(course));
  const [step] = course.steps;
  assert.ok(step !== undefined);
  return step;
}

/** By which factor one number misses another. */
function factor(a: number, b: number): number {
  return Math.max(a / b, b / a);
}

describe('a step', () => {
  for (const [name, missRatio] of Object.entries(TABLES)) {
    for (const entries of [512, 3000]) {
      it(`is where a table of ${entries} is full: ${name}`, () => {
        const random = seededRandom(entries);
        const values = valuesTo(65_536);
        const misses = new Map(values.map((flows) => [flows, missRatio(entries, flows)]));
        const points = curve(
          values,
          (flows) => 1 + 0.6 * (misses.get(flows) ?? 0),
          () => 0.02 * normal(random),
        );
        const step = onlyStep(points);
        assert.ok(factor(step.at, entries) < 1.25, `${step.at}`);
        assert.ok(step.from / 1.25 < entries && step.to * 1.25 > entries, JSON.stringify(step));
        const drop = 1 - 1 / (1 + 0.6 * (misses.get(65_536) ?? 0));
        assert.ok(Math.abs(step.dropRatio - drop) < 0.02, `${step.dropRatio}, not ${drop}`);
        // What counters tell has no noise.
        const fill = fillOf(values.map((at) => ({ at, missRatio: misses.get(at) ?? 0 })));
        assert.ok(fill !== null && factor(fill.at, entries) < 1.25, JSON.stringify(fill));
      });
    }
  }

  it('has an interval that holds the truth in 95 % of simulated campaigns', () => {
    const random = seededRandom(41);
    let held = 0;
    for (let campaign = 0; campaign < 40; campaign += 1) {
      const entries = 2 ** (5 + 3 * random());
      const points = curve(
        valuesTo(4096),
        (flows) => 1 + 0.5 * Math.max(0, 1 - entries / flows),
        () => 0.03 * normal(random),
      );
      const course = courseOf(points);
      const [step] = course.course === 'steps' ? course.steps : [];
      if (step !== undefined && step.low <= entries && entries <= step.high) held += 1;
    }
    assert.ok(held >= 0.95 * 40, `${held} of 40`);
  });

  it('is found beside another one', () => {
    const random = seededRandom(42);
    const points = curve(
      valuesTo(1_000_000),
      (flows) => 1 + (flows > 100 ? 0.4 : 0) + 2 * Math.max(0, 1 - 20_000 / flows),
      () => 0.02 * normal(random),
    );
    const course = courseOf(points);
    assert.ok(course.course === 'steps' && course.steps.length === 2, JSON.stringify(course));
    const [first, second] = course.steps;
    assert.ok(first !== undefined && second !== undefined);
    assert.ok(factor(first.at, 100) < 1.25 && factor(second.at, 20_000) < 1.25, JSON.stringify(course));
    assert.ok(Math.abs(first.dropRatio - (1 - 1 / 1.4)) < 0.03);
    // Of what it was behind the first one.
    assert.ok(Math.abs(second.dropRatio - (1 - 1.4 / 3.36)) < 0.03);
  });

  it('is the same for the same figures, in whatever order', () => {
    const random = seededRandom(43);
    const points = curve(
      valuesTo(4096),
      (flows) => (flows > 200 ? 1.3 : 1),
      () => 0.02 * normal(random),
    );
    assert.deepEqual(courseOf(points.toReversed()), courseOf(points));
  });
});

// The noise is such that the rule of 5 % does not help: only the shape decides. Seeded: the outcome is always the same.
describe('false alarms by simulation', () => {
  const NOISES: Record<string, (random: () => number) => number> = {
    normal: (random) => 0.2 * normal(random),
    uniform: (random) => random() - 0.5,
    'with outliers': (random) => 0.05 * normal(random) - (random() < 0.1 ? 0.7 * random() : 0),
  };
  for (const [name, noise] of Object.entries(NOISES)) {
    it(`are no more than 5 % where there is no step: ${name}`, () => {
      const random = seededRandom(44);
      let called = 0;
      for (let campaign = 0; campaign < 200; campaign += 1) {
        const { course } = courseOf(
          curve(
            valuesTo(campaign % 2 === 0 ? 64 : 2048),
            () => 1,
            () => noise(random),
            3,
          ),
        );
        if (course === 'steps' || course === 'slope') called += 1;
      }
      assert.ok(called <= 0.05 * 200, `${called} of 200`);
    });
  }

  it('are no more than 5 % of second steps where there is one', () => {
    const random = seededRandom(45);
    let called = 0;
    for (let campaign = 0; campaign < 60; campaign += 1) {
      const points = curve(
        valuesTo(1024),
        (flows) => (flows > 300 ? 2.5 : 1),
        () => 0.15 * normal(random),
      );
      const course = courseOf(points);
      if (course.course === 'steps' && course.steps.length > 1) called += 1;
    }
    assert.ok(called <= 0.05 * 60, `${called} of 60`);
  });
});

describe('no step', () => {
  const random = seededRandom(46);
  const small = () => 0.01 * normal(random);

  it('is where throughput falls evenly', () => {
    const course = courseOf(curve(valuesTo(65_536), (flows) => 1 + 0.05 * Math.log2(flows), small));
    assert.ok(course.course === 'slope', JSON.stringify(course));
    assert.ok(Math.abs(course.dropRatio - (1 - 1 / 1.8)) < 0.03, `${course.dropRatio}`);
  });

  it('is where it falls by less than 5 %, or rises', () => {
    assert.deepEqual(
      courseOf(
        curve(
          valuesTo(65_536),
          (flows) => (flows > 500 ? 1.04 : 1),
          () => 0.2 * small(),
        ),
      ),
      {
        course: 'level',
      },
    );
    assert.deepEqual(courseOf(curve(valuesTo(65_536), (flows) => (flows > 500 ? 0.8 : 1), small)), { course: 'level' });
  });

  it('is told of few values or few rounds', () => {
    const tooFew = { course: 'too-few', pointsMin: 6, roundsMin: 3 };
    const fall = (flows: number) => (flows > 8 ? 2 : 1);
    assert.deepEqual(courseOf(curve([1, 4, 16, 64, 256], fall, small)), tooFew);
    assert.deepEqual(courseOf(curve(valuesTo(256), fall, small, 2)), tooFew);
    assert.deepEqual(courseOf([]), tooFew);
    // One odd figure at either end is none.
    assert.deepEqual(courseOf(curve(valuesTo(256), (flows) => (flows > 200 ? 2 : 1), small)), { course: 'level' });
    assert.equal(fillOf([1, 2, 4, 8, 16].map((at) => ({ at, missRatio: at > 3 ? 1 : 0 }))), null);
    assert.equal(fillOf(valuesTo(256).map((at) => ({ at, missRatio: at > 16 ? 0.09 : 0 }))), null);
  });
});
