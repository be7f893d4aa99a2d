// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { normal, seededRandom } from '../../test/fixtures/campaign.ts';
import type { CurvePoint } from './cliffs.ts';
import { type Crossover, crossoverOf } from './crossovers.ts';

const SIZES = [64, 128, 256, 512, 1024, 1500];
const SEEDS = 200;

interface Plan {
  /** By what factor the second is the first, at a value. */
  ratio: (at: number) => number;
  seed?: number;
  spread?: number;
  rounds?: number;
  values?: readonly number[];
}

/** Two series with noise of their own, in rounds that have a mood in common. */
function series({ ratio, seed = 1, spread = 0.02, rounds = 6, values = SIZES }: Plan): [CurvePoint[], CurvePoint[]] {
  const random = seededRandom(seed);
  const moods = Array.from({ length: rounds }, () => 1 + spread * normal(random));
  const drawn = (level: (at: number) => number): CurvePoint[] =>
    values.map((at) => ({
      at,
      figures: moods.map((mood, round) => ({ round, value: level(at) * mood * (1 + spread * normal(random)) })),
    }));
  return [drawn((at) => 1e9 / (1000 + at)), drawn((at) => (1e9 / (1000 + at)) * ratio(at))];
}

function crossover(plan: Plan): Crossover {
  return crossoverOf(...series(plan), 'higher');
}

/** The second overtakes at 400 B, with so many percent for each doubling. */
const overtaking = (percent: number) => (at: number) => (1 + percent / 100) ** Math.log2(at / 400);

describe('a crossover', () => {
  it('is where one overtakes the other, with an interval about it', () => {
    const found = crossover({ ratio: overtaking(20) });
    assert.ok(found.outcome === 'crosses', JSON.stringify(found));
    const { at, from, to, below, above } = found.crossing;
    assert.deepEqual([below, above], ['a', 'b']);
    assert.ok(from < at && at < to && from >= 256 && to <= 1024, JSON.stringify(found.crossing));
    assert.ok(Math.abs(at / 400 - 1) < 0.1, `${at}`);
  });

  it('has intervals that hold the true place in 95 % of the seeds, and are no wider than the noise makes them', () => {
    const found = Array.from({ length: SEEDS }, (_, seed) => crossover({ ratio: overtaking(20), seed, spread: 0.05 }));
    const crossings = found.flatMap((one) => (one.outcome === 'crosses' ? [one.crossing] : []));
    const covered = crossings.filter(({ from, to }) => from <= 400 && 400 <= to);
    assert.ok(crossings.length >= 0.9 * SEEDS, `${crossings.length} found`);
    assert.ok(covered.length >= 0.95 * crossings.length, `${covered.length} of ${crossings.length}`);
    const widths = crossings.map(({ from, to }) => to / from).sort((a, b) => a - b);
    assert.ok((widths[widths.length >> 1] ?? 0) < 2.5, `${widths[widths.length >> 1]}`);
    assert.equal(found.filter(({ outcome }) => outcome === 'several' || outcome === 'never').length, 0);
  });

  it('has them as well where it lies at a value that was measured, and noise is of each figure alone', () => {
    const values = [64, 400, 1500];
    const random = seededRandom(38);
    const drawn = (level: (at: number) => number): CurvePoint[] =>
      values.map((at) => ({
        at,
        figures: Array.from({ length: 6 }, (_, round) => ({ round, value: level(at) * (1 + 0.05 * normal(random)) })),
      }));
    const found = Array.from({ length: 5 * SEEDS }, () =>
      crossoverOf(
        drawn(() => 1),
        drawn(overtaking(20)),
        'higher',
      ),
    );
    const crossings = found.flatMap((one) => (one.outcome === 'crosses' ? [one.crossing] : []));
    const covered = crossings.filter(({ from, to }) => from <= 400 && 400 <= to).length / crossings.length;
    // Of a thousand, 95 % are told to 1.4 points with two standard errors.
    assert.ok(covered > 0.936 && covered < 0.985, `${covered} of ${crossings.length}`);
  });

  it('is not found between equals, in any of the seeds', () => {
    const found = Array.from({ length: SEEDS }, (_, seed) => crossover({ ratio: () => 1, seed, spread: 0.05 }));
    assert.deepEqual([...new Set(found.map(({ outcome }) => outcome))], ['undecided']);
    const ahead = found.filter(
      (one) => one.outcome === 'undecided' && one.why.why === 'noise' && one.why.ahead !== null,
    );
    assert.ok(ahead.length <= 0.05 * SEEDS, `${ahead.length}`);
  });

  it('is the same whoever is called first, and whatever order the values come in', () => {
    const [a, b] = series({ ratio: overtaking(20) });
    const [one, turned] = [crossoverOf(a, b, 'higher'), crossoverOf(b, a.toReversed(), 'higher')];
    assert.ok(one.outcome === 'crosses' && turned.outcome === 'crosses');
    assert.deepEqual([turned.crossing.below, turned.crossing.above], ['b', 'a']);
    for (const name of ['at', 'from', 'to'] as const) {
      assert.ok(Math.abs(one.crossing[name] / turned.crossing[name] - 1) < 1e-9, name);
    }
  });

  it('of delays is where the lower one changes', () => {
    const found = crossoverOf(...series({ ratio: overtaking(20) }), 'lower');
    assert.ok(found.outcome === 'crosses');
    assert.deepEqual([found.crossing.below, found.crossing.above], ['b', 'a']);
  });

  it('never comes where one is better everywhere', () => {
    const found = crossover({ ratio: () => 1.5 });
    assert.deepEqual([found.outcome, found.outcome === 'never' && found.ahead], ['never', 'b']);
  });

  it('comes several times where the order changes back', () => {
    const found = crossover({ ratio: (at) => (at < 100 || at > 1000 ? 0.5 : 2) });
    assert.ok(found.outcome === 'several', found.outcome);
    assert.deepEqual(
      found.crossings.map(({ below, above }) => [below, above]),
      [
        ['a', 'b'],
        ['b', 'a'],
      ],
    );
  });

  it('has to be told at both ends: where one is better at some values and not told apart at others, nothing is', () => {
    const found = crossover({ ratio: (at) => (at < 300 ? 0.5 : 1), spread: 0.05 });
    assert.ok(found.outcome === 'undecided');
    assert.deepEqual(found.why, { why: 'noise', ahead: 'a' });
    assert.deepEqual(
      found.orders.map(({ ahead }) => ahead),
      ['a', 'a', 'a', null, null, null],
    );
  });

  it('takes rounds for so many values, and two values', () => {
    const few = crossover({ ratio: overtaking(20), rounds: 4 });
    assert.deepEqual(few.outcome === 'undecided' && few.why, { why: 'too-few-rounds', rounds: 4, roundsMin: 5 });
    assert.equal(crossover({ ratio: overtaking(20), rounds: 5 }).outcome, 'crosses');
    const alone = crossover({ ratio: overtaking(20), values: [64] });
    assert.deepEqual(alone.outcome === 'undecided' && alone.why, { why: 'too-few-points', pointsMin: 2 });
  });
});
