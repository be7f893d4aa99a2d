// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import { namingOf } from './naming.ts';

test('a case is called by what varies, and the rest is told once', () => {
  const cases = [64, 1500].flatMap((packetSize) =>
    [1, 32].map((burst) => testCase({ packetSize, burst, rate: 'max' })),
  );
  const { nameOf, common } = namingOf(cases);
  assert.deepEqual(cases.map(nameOf), [
    'P = 64 B, B = 1',
    'P = 64 B, B = 32',
    'P = 1500 B, B = 1',
    'P = 1500 B, B = 32',
  ]);
  assert.equal(common, 'linux-bridge, udp, throughput, local, 1vs1, R = max, touch = full, wait = yield');
});

test('the kind of port, the testbed and how to wait tell cases apart as well', () => {
  const cases = [
    testCase({ switch: 'vpp', io: 'dpdk', port: 'memif', testbed: 'lab', wait: 'poll' }),
    testCase({ switch: 'vpp', io: 'dpdk', port: 'vhost-user' }),
  ];
  assert.deepEqual(cases.map(namingOf(cases).nameOf), [
    'dpdk/memif, testbed lab, wait = poll',
    'dpdk/vhost-user, testbed local, wait = yield',
  ]);
});

test('where nothing varies it is switch and framework', () => {
  const one = testCase({ rate: 'max' });
  assert.equal(namingOf([one]).nameOf(one), 'linux-bridge udp');
  assert.equal(
    namingOf([one]).common,
    'throughput, local, 1vs1, P = 64 B, R = max, B = 64, touch = full, wait = yield',
  );
  assert.equal(namingOf([]).common, '');
});
