// SPDX-License-Identifier: Apache-2.0
// The example of RFC 9971, appendix C, whose every point and goal has a published answer. In draft-ietf-bmwg-mlrsearch-15 the last two
// points call the load a lower bound for the goal of 20 %, beside an exceed ratio of 42.857 and 27.273 %: by the code of
// appendix A, which decides, it is an upper one.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classify, conditionalThroughputPps, type LoadClass } from './classify.ts';
import { PDR, RFC2544, type SearchGoal, TST009 } from './goal.ts';

const GOALS: SearchGoal[] = [
  RFC2544,
  TST009,
  { ...PDR, name: '1s final', durationSumMs: 120_000 },
  { ...RFC2544, name: '20% exceed', lossRatio: 0.005, exceedRatio: 0.2 },
];

const trials = (count: number, durationS: number, lossPercent: number) =>
  Array.from({ length: count }, () => ({ durationMs: durationS * 1000, lossRatio: lossPercent / 100 }));

/** What is added from point to point, and what each goal says then: U is an upper bound, L a lower one, ? undecided. */
const POINTS: { name: string; added: ReturnType<typeof trials>; expected: string }[] = [
  { name: 'first short good', added: trials(59, 1, 0), expected: '????' },
  { name: 'first short bad', added: trials(1, 1, 1), expected: 'U???' },
  { name: 'last short bad', added: trials(59, 1, 1), expected: 'U??U' },
  { name: 'last short good', added: trials(1, 1, 0), expected: 'U?LU' },
  { name: 'first long bad', added: trials(1, 60, 0.1), expected: 'U?LU' },
  { name: 'first long good', added: trials(1, 60, 0), expected: 'ULLU' },
];

const LETTERS: Record<LoadClass, string> = { upper: 'U', lower: 'L', undecided: '?' };

describe('the class of a load', () => {
  for (const [index, { name, expected }] of POINTS.entries()) {
    it(`is that of the standard at the ${name}: ${expected}`, () => {
      const known = POINTS.slice(0, index + 1).flatMap(({ added }) => added);
      assert.equal(GOALS.map((goal) => LETTERS[classify(known, goal)]).join(''), expected);
      // In whichever order they were measured.
      assert.equal(GOALS.map((goal) => LETTERS[classify(known.toReversed(), goal)]).join(''), expected);
    });
  }

  it('is open where nothing was measured, and is not once the duration sum is reached', () => {
    for (const goal of GOALS) assert.equal(classify([], goal), 'undecided');
    for (let high = 0; high <= 21; high += 1) {
      const all = [...trials(high, 1, 1), ...trials(21 - high, 1, 0)];
      assert.equal(classify(all, PDR), high <= 10 ? 'lower' : 'upper', `${high}`);
    }
  });

  it('is known as soon as what is missing could not change it', () => {
    assert.equal(classify(trials(10, 1, 0), PDR), 'undecided');
    assert.equal(classify(trials(11, 1, 0), PDR), 'lower');
    assert.equal(classify(trials(10, 1, 1), PDR), 'undecided');
    assert.equal(classify(trials(11, 1, 1), PDR), 'upper');
  });

  it('takes a loss that is just allowed for allowed', () => {
    assert.equal(classify(trials(11, 1, 0.5), PDR), 'lower');
    assert.equal(classify(trials(11, 1, 0.51), PDR), 'upper');
  });
});

describe('conditional throughput', () => {
  it('is that of the standard, computed for three of its goals', () => {
    const known = POINTS.flatMap(({ added }) => added);
    const [, ...lower] = GOALS;
    assert.deepEqual(
      lower.map((goal) => conditionalThroughputPps(1e6, known, goal)),
      [1e6, 1e6, 999_000],
    );
  });

  it('is nothing where trials are missing that could lose everything', () => {
    assert.equal(conditionalThroughputPps(1e6, [], PDR), 0);
    assert.equal(conditionalThroughputPps(1e6, trials(10, 1, 0), PDR), 0);
    assert.equal(conditionalThroughputPps(1e6, trials(11, 1, 0.25), PDR), 997_500);
  });
});
