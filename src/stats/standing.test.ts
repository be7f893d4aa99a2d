// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normal, seededRandom } from '../../test/fixtures/campaign.ts';
import { SIX_ROUNDS } from '../../test/fixtures/six-rounds.ts';
import { type Contender, fewestRounds, judge } from './standing.ts';

function contender(key: string, values: readonly number[], from = 0): Contender {
  return { key, figures: values.map((value, index) => ({ round: from + index, value })) };
}

const six = (from: number) => [0, 1, 2, 3, 4, 5].map((step) => from + step);
const random = seededRandom(21);
const noisy = (key: string, level: number, spread: number, moods: readonly number[]) =>
  contender(
    key,
    moods.map((mood) => level * Math.exp(mood + spread * normal(random))),
  );

test('six rounds of two switches, each in the same order: one is faster, and by how much', () => {
  const { order, tiers, leaders, compare } = judge(SIX_ROUNDS, 'higher');
  assert.deepEqual([order, tiers, leaders], [['basicfwd', 'ovs'], [['basicfwd'], ['ovs']], ['basicfwd']]);
  const { verdict, effect, pCorrected, method, roundsMore } = compare('basicfwd', 'ovs');
  assert.deepEqual([verdict, method, roundsMore], ['slower', 'mann-whitney', null]);
  // 2 of 924 orders, raised by a twentieth for having asked whether the two rise and fall together.
  assert.ok(Math.abs(pCorrected - (1.05 * 2) / 924) < 1e-12, `${pCorrected}`);
  assert.ok(effect !== null && effect.ciHigh !== null && effect.percent < -30 && effect.ciHigh < 0);
  const back = compare('ovs', 'basicfwd');
  assert.equal(back.verdict, 'faster');
  assert.ok(Math.abs((1 + (back.effect?.percent ?? 0) / 100) * (1 + effect.percent / 100) - 1) < 1e-9);
  assert.ok((back.effect?.ciLow ?? -1) > 0);
});

test('where lower is better, so it is', () => {
  const { order, compare } = judge(SIX_ROUNDS, 'lower');
  assert.deepEqual([order, compare('basicfwd', 'ovs').verdict], [['ovs', 'basicfwd'], 'faster']);
});

test('three rounds are too few, whatever they show and beside whom', () => {
  const three = [contender('a', [1, 2, 3]), contender('b', [101, 102, 103])];
  const { tiers, leaders, roundsMin, compare } = judge(three, 'higher');
  assert.deepEqual([tiers, leaders, roundsMin], [[['b', 'a']], ['b', 'a'], 4]);
  const { verdict, effect } = compare('a', 'b');
  assert.deepEqual([verdict, effect?.ciLow], ['too few rounds', null]);
  assert.equal(
    judge([contender('a', [1, 2, 3]), contender('b', six(101))], 'higher').compare('a', 'b').verdict,
    'too few rounds',
  );
  assert.equal(
    judge([contender('a', [1, 2, 3, 4]), contender('b', [101, 102, 103, 104])], 'higher').compare('a', 'b').verdict,
    'faster',
  );
});

test('who has three rounds is not judged, and costs the others nothing', () => {
  const others = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((key, index) => contender(key, six(100 * index + 1)));
  const few = judge([...others, contender('few', [1, 2, 3])], 'higher');
  assert.equal(few.compare('a', 'few').verdict, 'too few rounds');
  assert.equal(few.compare('a', 'b').pCorrected, judge(others, 'higher').compare('a', 'b').pCorrected);
});

test('as many rounds as it takes for so many contenders', () => {
  assert.deepEqual([2, 3, 4, 46, 47, 100].map(fewestRounds), [4, 4, 5, 6, 7, 7]);
  const many = Array.from({ length: 47 }, (_, index) => contender(`c${index}`, six(100 * index)));
  const standing = judge(many, 'higher');
  assert.equal(standing.roundsMin, 7);
  assert.equal(standing.compare('c0', 'c46').verdict, 'too few rounds');
});

test('a full order where there is one, tiers where not', () => {
  const full = judge(
    ['a', 'b', 'c', 'd'].map((key, index) => contender(key, six(100 * (index + 1)))),
    'higher',
  );
  assert.deepEqual(full.tiers, [['d'], ['c'], ['b'], ['a']]);
  const some = judge(
    [contender('a', six(100)), contender('b', six(101.5)), contender('c', six(200)), contender('d', six(10))],
    'higher',
  );
  assert.deepEqual([some.tiers, some.leaders], [[['c'], ['b', 'a'], ['d']], ['c']]);
  const ten = judge(
    Array.from({ length: 10 }, (_, index) => contender(`c${index}`, six(100 * index + 1))),
    'higher',
  );
  assert.equal(ten.tiers.length, 10);
});

test('equals that nobody can tell apart say how much they may differ, and how many rounds more would tell', () => {
  const { leaders, compare } = judge(
    [contender('a', [90, 100, 110, 95, 105, 100.5]), contender('b', [108, 93, 104, 114, 103, 98.5])],
    'higher',
  );
  assert.deepEqual(leaders, ['b', 'a']);
  const { verdict, effect, roundsMore } = compare('b', 'a');
  assert.equal(verdict, 'no difference');
  assert.ok(effect !== null && effect.ciLow !== null && effect.ciLow < 0 && (effect.ciHigh ?? 0) > 0);
  assert.ok(roundsMore !== null && roundsMore > 20 && roundsMore < 200, `${roundsMore}`);
  const alike = judge([contender('a', six(100)), contender('b', six(100))], 'higher');
  assert.equal(alike.compare('a', 'b').roundsMore, null);
});

test('what a round does to all is no noise: told by the others, or by the pair itself where it rises and falls together', () => {
  const moods = [0, -0.5, 0.3, -0.9, 0.6, -0.2];
  const pair = [noisy('a', 100, 0.01, moods), noisy('b', 115, 0.01, moods)];
  const alone = judge(pair, 'higher').compare('a', 'b');
  assert.deepEqual([alone.verdict, alone.method], ['faster', 'signed-rank']);
  const others = ['c', 'd', 'e'].map((key) => noisy(key, 1000, 0.01, moods));
  for (const standing of [judge([...pair, ...others], 'higher'), judge(pair, 'higher', others)]) {
    const { verdict, method, effect } = standing.compare('a', 'b');
    assert.deepEqual([verdict, method], ['faster', 'mann-whitney-aligned']);
    assert.ok(Math.abs((effect?.percent ?? 0) - 15) < 3, `${effect?.percent}`);
  }
  // The counter-example: the same figures in rounds that have nothing to do with each other.
  const shuffled = {
    key: 'b',
    figures: [3, 0, 5, 1, 4, 2].map((from, round) => ({ round, value: pair[1]?.figures[from]?.value ?? 0 })),
  };
  assert.equal(judge([...pair.slice(0, 1), shuffled], 'higher').compare('a', 'b').verdict, 'no difference');
});

test('two that share no round are independent samples; of two that share some, these count', () => {
  const apart = judge([contender('a', six(100)), contender('b', six(200), 6)], 'higher').compare('a', 'b');
  assert.deepEqual([apart.verdict, apart.rounds], ['faster', [6, 6]]);
  const some = judge([contender('a', six(100)), contender('b', [...six(200), ...six(1)])], 'higher').compare('a', 'b');
  assert.deepEqual([some.verdict, some.rounds], ['faster', [6, 6]]);
});

test('nothing received has no ratio and is slower all the same', () => {
  const { verdict, effect } = judge([contender('a', [0, 0, 0, 0, 0, 1]), contender('b', six(9))], 'higher').compare(
    'b',
    'a',
  );
  assert.deepEqual([verdict, effect], ['slower', null]);
});

test('the interval holds 0 exactly where no difference is found, and who is named first does not matter', () => {
  for (let family = 0; family < 60; family += 1) {
    const moods = Array.from({ length: 6 + (family % 5) }, () => 0.02 * normal(random));
    const keys = ['a', 'b', 'c', 'd', 'e'].slice(0, 2 + (family % 4));
    const all = keys.map((key, index) => noisy(key, 100 + 6 * index, 0.04, moods));
    const [standing, turned] = [judge(all, 'higher'), judge([...all].reverse(), 'higher')];
    for (const [a, b] of keys.flatMap((one) =>
      keys.filter((other) => one !== other).map((other) => [one, other] as const),
    )) {
      const { effect, verdict, pCorrected } = standing.compare(a, b);
      assert.deepEqual(turned.compare(a, b), standing.compare(a, b));
      if (effect === null || effect.ciLow === null || effect.ciHigh === null) continue;
      assert.equal(
        effect.ciLow <= 0 && effect.ciHigh >= 0,
        verdict === 'no difference',
        `${family} ${a} ${b} ${pCorrected}`,
      );
    }
  }
});

test('of equals even one false difference is rare, whatever the noise', () => {
  const draws = seededRandom(5);
  let wrong = 0;
  for (let family = 0; family < 400; family += 1) {
    let mood = 0;
    const moods = Array.from({ length: 6 }, () => (mood += family % 2 === 0 ? 0 : normal(draws)));
    const all = ['a', 'b', 'c', 'd'].slice(0, 2 + (family % 3)).map((key) => ({
      key,
      figures: moods.map((log, round) => ({
        round,
        value: Math.exp(log + (family % 5 < 2 ? Math.log(1 - draws()) : normal(draws))),
      })),
    }));
    if (judge(all, 'higher').tiers.length > 1) wrong += 1;
  }
  assert.ok(wrong <= 0.05 * 400, `${wrong} of 400`);
});
