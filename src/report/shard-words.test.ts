// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shardName, shardSentences } from './shard-words.ts';

const shards = { count: 20, of: 240, parts: [{ index: 3, trials: 12 }], unlike: [] };

test('of a campaign in shards it is told what is here, and what is missing', () => {
  assert.equal(shardName(shards), 'shard 3 of 20');
  assert.deepEqual(shardSentences(shards), [
    "Only shard 3 of 20, 12 of 240 trials; missing: 1, 2, 4, 5, 6, 7, 8, 9 and 11 more. 'vswbench store merge' joins shards.",
  ]);
  const parts = Array.from({ length: 18 }, (_, place) => ({ index: place + 1, trials: 12 }));
  assert.equal(shardName({ ...shards, parts }), '18 of 20 shards');
  assert.match(shardSentences({ ...shards, parts })[0] ?? '', /216 of 240 trials; missing: 19, 20\. /);
});

test('a whole campaign says nothing of shards, but of unlike machines', () => {
  const whole = { count: 1, of: 240, parts: [{ index: 1, trials: 240 }], unlike: ["CPU model 'a' and 'b'"] };
  assert.deepEqual([shardName(null), shardName(whole), shardSentences(null)], [null, null, []]);
  assert.deepEqual(shardSentences(whole), ["Its shards are of unlike machines: CPU model 'a' and 'b'."]);
});
