// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normal, seededRandom } from '../../test/fixtures/campaign.ts';
import type { RoundFigure } from '../model/result.ts';
import { moodOf } from './mood.ts';

const MOODS = [0, -0.4, 0.2, -0.1, 0.5, 0.3];
const rounds = [...MOODS.keys()];
const random = seededRandom(4);

function figures(level: number, moods: readonly number[], spread: number): RoundFigure[] {
  return moods.map((mood, round) => ({ round, value: level * Math.exp(mood + spread * normal(random)) }));
}

test('others tell the mood of the rounds, and the pair itself has no say in it', () => {
  const others = [100, 20, 3000].map((level) => figures(level, MOODS, 0.005));
  const mood = moodOf([figures(1, MOODS, 0), figures(1, MOODS, 0), ...others])(0, 1, rounds);
  assert.ok(mood !== null);
  const differences = mood.map((value, round) => value - (MOODS[round] ?? 0));
  assert.ok(Math.max(...differences) - Math.min(...differences) < 0.03, `${differences}`);
  const odd = moodOf([figures(1, [9, 0, 9, 0, 9, 0], 0), figures(7, [0, 5, 0, 5, 0, 5], 0), ...others])(0, 1, rounds);
  for (const [round, value] of mood.entries()) assert.ok(Math.abs((odd?.[round] ?? 9) - value) < 1e-9);
});

test('noise is no mood; nor is what one other tells, or what is told of some rounds only', () => {
  const calm = MOODS.map(() => 0);
  assert.equal(moodOf([1, 2, 3, 4, 5].map((level) => figures(level, calm, 0.05)))(0, 1, rounds), null);
  assert.equal(moodOf([1, 2, 3].map((level) => figures(level, MOODS, 0)))(0, 1, rounds), null);
  const others = [1, 2, 3].map((level) => figures(level, MOODS, 0).slice(1));
  assert.equal(moodOf([figures(1, MOODS, 0), figures(1, MOODS, 0), ...others])(0, 1, rounds), null);
});

test('who received nothing once tells nothing', () => {
  const dead = figures(1, MOODS, 0).map((one, index) => (index === 3 ? { ...one, value: 0 } : one));
  const all = [figures(1, MOODS, 0), figures(1, MOODS, 0), figures(9, MOODS, 0.001), dead];
  assert.equal(moodOf(all)(0, 1, rounds), null);
});
