// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isWhole, mergeShards, parseShard, type Shards, trialsHere } from './shards.ts';

function shards(...indexes: number[]): Shards {
  return { count: 3, of: 12, parts: indexes.map((index) => ({ index, trials: 4 })), unlike: [] };
}

describe('a shard', () => {
  it('is written as its number and how many there are', () => {
    assert.deepEqual(parseShard('3/20'), { ok: true, value: { index: 3, count: 20 } });
    assert.deepEqual(parseShard('1/1'), { ok: true, value: { index: 1, count: 1 } });
    for (const text of ['', '0/3', '4/3', '3', '1/0', 'a/b', '1/2/3', '-1/3', '1 / 3', '01/3', '1/99999']) {
      const parsed = parseShard(text);
      assert.equal(parsed.ok, false, text);
      assert.match(parsed.ok ? '' : parsed.error, /is no shard: give its number and how many there are, as 3\/20/);
    }
  });
});

describe('shards', () => {
  it('together are the whole, in any order and however often', () => {
    const [one, two, three] = [shards(1), shards(2), shards(3)];
    const join = (a: Shards | null, b: Shards | null) => {
      const merged = mergeShards(a, b);
      return merged.ok ? merged.value : assert.fail(merged.error);
    };
    const some = join(three, one);
    assert.deepEqual(some, shards(1, 3));
    assert.deepEqual([isWhole(some), trialsHere(some)], [false, 8]);
    assert.deepEqual(join(some, some), some);
    const whole = join(join(some, two), one);
    assert.deepEqual([whole, isWhole(whole), trialsHere(whole)], [shards(1, 2, 3), true, null]);
    assert.equal(join(some, null), null);
    assert.deepEqual(join({ ...one, unlike: ['a'] }, { ...two, unlike: ['a', 'b'] })?.unlike, ['a', 'b']);
  });

  it('of a campaign that is cut otherwise do not fit', () => {
    for (const other of [
      { ...shards(1), count: 4 },
      { ...shards(1), of: 13 },
    ]) {
      assert.equal(mergeShards(shards(2), other).ok, false);
    }
  });
});
