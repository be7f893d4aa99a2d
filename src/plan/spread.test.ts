// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../test/fixtures/campaign.ts';
import { listsOf } from '../model/fields.ts';
import { CELL_KEYS, type CellKey, type TestCase } from '../model/parameters.ts';
import { type Block, type Fitness, type Sweep, spread } from './spread.ts';
import { cellsOf, sweepOf } from './sweep.ts';

function block(pairs: number, location: Block['location'] = 'local'): Block {
  return { dimension: 'throughput', location, pairs };
}

const ONE = sweepOf({ sweep: listsOf<Pick<TestCase, CellKey>, null>(CELL_KEYS, () => null) });

/** Can run so many combinations of every block that is not refused. */
function testbed(runnable: number, part: Partial<Fitness> & { refuses?: Block['location'] } = {}): Fitness {
  return {
    runnable: ({ location }) => (location === part.refuses ? 0 : runnable),
    skipped: part.skipped ?? (() => 0),
    lacking: part.lacking ?? (({ location }) => (location === part.refuses ? 10 : 0)),
  };
}

/** The testbed of each cell of each block, as digits. */
function told(blocks: readonly Block[], sweep: Sweep, testbeds: readonly Fitness[]): string {
  const { testbedOf } = spread(blocks, sweep, testbeds);
  return blocks
    .map((one) =>
      cellsOf(sweep)
        .map((cell) => testbedOf(one, cell))
        .join(''),
    )
    .join(' ');
}

describe('spread', () => {
  const sizes: Sweep = { ...ONE, packetSize: [64, 512, 1500] };

  it('gives everything to the only testbed', () => {
    assert.equal(told([block(1), block(2)], sizes, [testbed(3)]), '000 000');
    assert.equal(told([block(1)], sizes, [testbed(0)]), '000');
  });

  it('keeps blocks whole where there are enough of them', () => {
    assert.equal(told([block(1), block(2), block(4)], sizes, [testbed(1), testbed(1)]), '000 111 000');
    assert.equal(told([block(1), block(2)], sizes, [testbed(1), testbed(1)]), '000 111');
  });

  it('splits by packet size, then by rate, burst and touch, where there are not', () => {
    assert.equal(told([block(1)], sizes, [testbed(1), testbed(1)]), '010');
    const rates: Sweep = { ...ONE, rate: [1000, 'max'] };
    assert.equal(told([block(1)], rates, [testbed(1), testbed(1)]), '01');
    const touches: Sweep = { ...ONE, burst: [1, 32], touch: ['full', 'none'] };
    assert.equal(told([block(1)], touches, [testbed(1), testbed(1), testbed(1)]), '0120');
  });

  it('leaves a testbed idle rather than split what is compared', () => {
    assert.equal(told([block(1)], ONE, [testbed(4), testbed(4)]), '0');
  });

  it('gives what one testbed cannot run to one that can', () => {
    const single = testbed(2, { refuses: 'remote' });
    const blocks = [block(1), block(1, 'remote')];
    assert.equal(told(blocks, ONE, [single, testbed(2)]), '0 1');
    // What has no choice comes first, and the rest evens out.
    assert.equal(told(blocks, ONE, [testbed(2), single]), '1 0');
  });

  it('has no case skipped that another testbed can run', () => {
    assert.equal(told([block(1), block(2)], ONE, [testbed(3, { skipped: () => 1 }), testbed(3)]), '1 1');
  });

  it('gives what none can run to the one that lacks least', () => {
    const none = (lacks: number) => testbed(0, { lacking: () => lacks });
    const blocks = [block(1), block(2)];
    assert.equal(told(blocks, ONE, [none(10), none(1), none(1)]), '1 1');
    assert.deepEqual(
      [0, 1, 2].map((index) => spread(blocks, ONE, [none(10), none(1), none(1)]).has(block(1), index)),
      [false, true, false],
    );
  });

  it('is as even as whole blocks can be', () => {
    const random = seededRandom(5);
    const upTo = (most: number) => 1 + Math.floor(random() * most);
    for (let round = 0; round < 300; round += 1) {
      const blocks = Array.from({ length: upTo(9) }, (_, index) => block(index + 1));
      const sweep: Sweep = {
        ...ONE,
        packetSize: Array.from({ length: upTo(4) }, (_, index) => 64 + index),
        rate: Array.from({ length: upTo(3) }, (_, index) => 1000 + index),
        touch: ['full', 'none'],
      };
      const weights = blocks.map(() => upTo(12));
      const all = Array.from({ length: upTo(4) }, () => testbed(1, {})).map(
        (one): Fitness => ({ ...one, runnable: ({ pairs }) => weights[pairs - 1] ?? 0 }),
      );
      const { testbedOf, has } = spread(blocks, sweep, all);
      const loads = all.map(() => 0);
      for (const one of blocks) {
        const homes = cellsOf(sweep).map((cell) => testbedOf(one, cell));
        for (const home of homes) loads[home] = (loads[home] ?? 0) + (weights[one.pairs - 1] ?? 0);
        for (const index of all.keys()) assert.equal(has(one, index), homes.includes(index));
        if (blocks.length >= all.length) assert.equal(new Set(homes).size, 1, 'a block was split without need');
      }
      const heaviest = Math.max(...weights) * cellsOf(sweep).length;
      assert.ok(Math.max(...loads) - Math.min(...loads) <= heaviest, `${loads}`);
      if (blocks.length < all.length) {
        const parts = blocks.length * sweep.packetSize.length;
        if (parts >= all.length) assert.ok(Math.min(...loads) > 0, 'a testbed is idle that need not be');
      }
    }
  });
});
