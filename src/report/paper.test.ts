// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import { publishedPps } from './paper.ts';

test('table 2 has four cases', () => {
  const figures = ['udp', 'udp-mmsg', 'raw', 'raw-mmsg'].map((io) => publishedPps(testCase({ io })));
  assert.deepEqual(figures, [338_000, 409_000, 360_000, 440_000]);
});

test('an unpaced case asks what the paper asked with more packets than any technique carried', () => {
  assert.equal(publishedPps(testCase({ io: 'raw-mmsg', rate: 'max' })), 440_000);
});

test('any other case was not published in it', () => {
  for (const part of [
    { io: 'dpdk' },
    { io: 'constructor' },
    { switch: 'ovs' },
    { packetSize: 128 },
    { rate: 500_000 },
    { burst: 32 },
    { pairs: 2 },
    { touch: 'none' },
    { location: 'remote' },
    { dimension: 'latency' },
  ] as const) {
    assert.equal(publishedPps(testCase(part)), null, JSON.stringify(part));
  }
});

test("how an application waits is not part of the paper's tuple", () => {
  assert.equal(publishedPps(testCase({ wait: 'poll' })), publishedPps(testCase({ wait: 'yield' })));
});
