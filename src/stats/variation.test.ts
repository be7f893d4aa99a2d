// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { normal, seededRandom } from '../../test/fixtures/campaign.ts';
import { type Allocation, allocateVariation, type Observation } from './variation.ts';

/** Replications are no blocks in these designs: round by round they are taken as they stand, and round is part of the error. */
function replicated(cells: readonly { levels: string[]; values: number[] }[]): Observation[] {
  return cells.flatMap(({ levels, values }) => values.map((value, round) => ({ levels, round, value })));
}

function allocated(factors: number, observations: readonly Observation[]): Allocation {
  return allocateVariation(factors, observations) ?? assert.fail('nothing to allocate');
}

/** Percentages, as the book prints them. */
function percents({ effects, higher, round, unexplained }: Allocation): string[] {
  return [...effects.map(({ share }) => share), higher, round + unexplained].map((share) => (100 * share).toFixed(2));
}

describe('allocation of variation', () => {
  it('agrees with the memory-cache study of Jain, section 18.6: SST 7032 = 5547 + 1083 + 300 + 102', () => {
    const found = allocated(
      2,
      replicated([
        { levels: ['4 MB', '1 kB'], values: [15, 18, 12] },
        { levels: ['16 MB', '1 kB'], values: [45, 48, 51] },
        { levels: ['4 MB', '2 kB'], values: [25, 28, 19] },
        { levels: ['16 MB', '2 kB'], values: [75, 75, 81] },
      ]),
    );
    assert.equal(found.sumOfSquares, 7032);
    const sums = [...found.effects.map(({ share }) => share), found.round + found.unexplained].map((share) =>
      Math.round(7032 * share),
    );
    assert.deepEqual(sums, [5547, 1083, 300, 102]);
    assert.equal(found.higher, 0);
  });

  it('agrees with three factors and three replications, Jain, table 18.7', () => {
    const values = [
      [14, 16, 12],
      [22, 18, 20],
      [11, 15, 19],
      [34, 30, 35],
      [46, 42, 44],
      [58, 62, 60],
      [50, 55, 54],
      [86, 80, 74],
    ];
    const cells = values.map((each, index) => ({
      levels: [index & 1, (index >> 1) & 1, index >> 2].map(String),
      values: each,
    }));
    // A, B, C, AB, AC, BC, ABC and errors.
    assert.deepEqual(percents(allocated(3, replicated(cells))), [
      ...['14.06', '5.79', '75.27', '1.66', '1.13', '0.70', '0.00', '1.37'],
    ]);
  });

  it('takes rounds as blocks: a two-way table with one value a cell, SS 830404 of rows, 10630 of columns, 850388 in all', () => {
    const table = [
      [421, 325, 320, 362],
      [118, 102, 122, 56],
      [591, 518, 552, 509],
      [14, 26, 20, 2],
      [116, 14, 26, 46],
    ];
    const found = allocated(
      1,
      table.flatMap((row, index) => row.map((value, round) => ({ levels: [String(index)], round, value }))),
    );
    const sum = (share: number) => Math.round(share * found.sumOfSquares);
    assert.deepEqual(
      [found.sumOfSquares, sum(found.effects[0]?.share ?? 0), sum(found.round), sum(found.unexplained)],
      [850_388, 830_404, 10_630, 850_388 - 830_404 - 10_630],
    );
  });

  it('adds up to one, whatever the values', () => {
    const random = seededRandom(18);
    for (let run = 0; run < 50; run += 1) {
      const counts = Array.from({ length: 1 + Math.floor(4 * random()) }, () => 2 + Math.floor(3 * random()));
      const combinations = counts.reduce<string[][]>(
        (some, count) => some.flatMap((levels) => Array.from({ length: count }, (_, level) => [...levels, `${level}`])),
        [[]],
      );
      const found = allocated(
        counts.length,
        combinations.flatMap((levels) => [0, 1, 2].map((round) => ({ levels, round, value: normal(random) }))),
      );
      const parts = [...found.effects.map(({ share }) => share), found.higher, found.round, found.unexplained];
      assert.ok(Math.abs(parts.reduce((sum, part) => sum + part, 0) - 1) < 1e-9);
      assert.ok(parts.every((part) => part >= 0 && part <= 1));
    }
  });

  it('has nothing to tell of one round, or of equal values, and refuses a design with a gap', () => {
    const cells = ['a', 'b'].map((level) => ({ levels: [level], values: [1, 2, 3] }));
    const all = replicated(cells);
    assert.equal(
      allocateVariation(
        1,
        all.filter(({ round }) => round === 0),
      ),
      null,
    );
    assert.equal(
      allocateVariation(
        1,
        all.map((one) => ({ ...one, value: 7 })),
      ),
      null,
    );
    assert.throws(() => allocateVariation(1, all.slice(1)), /no full design: 5 values where 6 combinations are/);
    assert.throws(() => allocateVariation(1, [...all.slice(1), all[1] ?? assert.fail()]), /no full design/);
  });
});
