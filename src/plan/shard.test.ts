// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom, testCase } from '../../test/fixtures/campaign.ts';
import type { TestCase } from '../model/testcase.ts';
import { estimateMs, OVERHEADS_DEFAULT } from './estimate.ts';
import { trialOrder } from './order.ts';
import { cutIntoShards, inShards } from './shard.ts';

const timing = { warmupMs: 500, warmupAuto: false, durationMs: 3000 };

function drawn(random: () => number): { cases: TestCase[]; rounds: number; count: number; seed: number } {
  const upTo = (most: number) => 1 + Math.floor(random() * most);
  const [switches, sizes] = [upTo(4), upTo(5)];
  const cases = Array.from({ length: sizes }, (_, size) => {
    const idleMs = size % 2 === 0 ? 0 : upTo(9) * 1000;
    return Array.from({ length: switches }, (__, index) =>
      testCase({ switch: `s${index}`, packetSize: 64 + size, rate: 'max', idleMs }),
    );
  }).flat();
  return { cases, rounds: upTo(7), count: upTo(12), seed: Math.floor(random() * 2 ** 32) };
}

describe('shards', () => {
  it('are all of the order, each trial in one, cut alike wherever that is done, and take as long as each other', () => {
    const random = seededRandom(19);
    for (let draw = 0; draw < 300; draw += 1) {
      const { cases, rounds, count, seed } = drawn(random);
      const order = trialOrder(cases, rounds, seed);
      const cut = cutIntoShards(order, cases, count, timing);
      const used = Math.min(count, cut.units);
      const indexes = Array.from({ length: used }, (_, place) => place + 1);
      const parts = indexes.map((index) => order.filter(inShards(cut, [index])));
      assert.deepEqual(
        parts.flat().sort((a, b) => a.ordinal - b.ordinal),
        order,
      );
      assert.equal(
        parts.every((part) => part.length > 0),
        true,
      );
      const again = cutIntoShards(structuredClone(order), structuredClone(cases), count, timing);
      assert.deepEqual(order.map(again.shardOf), order.map(cut.shardOf));
      const none = { ...OVERHEADS_DEFAULT, switchStartMs: 0 };
      const took = parts.map((part) => estimateMs(part, cases, timing, none));
      const units = Map.groupBy(order, ({ round, caseIndex }) =>
        count <= rounds ? `${round}` : `${round} ${cases[caseIndex]?.packetSize}`,
      );
      const longest = Math.max(...[...units.values()].map((unit) => estimateMs(unit, cases, timing, none)));
      assert.ok(Math.max(...took) - Math.min(...took) <= longest, `${took} of units of ${longest}`);
      for (const unit of units.values()) assert.equal(new Set(unit.map(cut.shardOf)).size, 1);
    }
  });

  it('are whole rounds as long as there is one for each', () => {
    const cases = [64, 1500].flatMap((packetSize) => ['a', 'b'].map((id) => testCase({ switch: id, packetSize })));
    const order = trialOrder(cases, 6, 7);
    const cut = cutIntoShards(order, cases, 4, timing);
    assert.deepEqual(
      order.map((planned) => [planned.round, cut.shardOf(planned)]),
      order.map(({ round }) => [round, (round % 4) + 1]),
    );
  });

  it('beyond that keep those together that are compared, and say how many there can be', () => {
    const cases = [64, 1500].flatMap((packetSize) => ['a', 'b'].map((id) => testCase({ switch: id, packetSize })));
    const order = trialOrder(cases, 2, 7);
    const cut = cutIntoShards(order, cases, 9, timing);
    assert.equal(cut.units, 4);
    assert.deepEqual(
      new Set(
        order.map((planned) => `${cut.shardOf(planned)} ${planned.round} ${cases[planned.caseIndex]?.packetSize}`),
      ).size,
      4,
    );
  });
});
