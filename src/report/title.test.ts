// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import type { TestCase } from '../model/testcase.ts';
import { titleOf } from './title.ts';

/** Cases of all combinations of these values. */
function cases(...parts: Partial<TestCase>[][]): TestCase[] {
  return parts
    .reduce<Partial<TestCase>[]>(
      (all, values) => all.flatMap((one) => values.map((value) => ({ ...one, ...value }))),
      [{}],
    )
    .map((part) => testCase({ rate: 'max', ...part }));
}

const sizes = [64, 256, 1500].map((packetSize) => ({ packetSize }));
const two = [{ switch: 'ovs' }, { switch: 'linux-bridge' }];

test('what varies is the title, and where', () => {
  assert.equal(titleOf(cases(sizes, two), false), '64 to 1500 B over ovs and linux-bridge');
  assert.equal(titleOf(cases(sizes.slice(0, 2), two), true), '64 and 256 B over ovs and linux-bridge with udp');
  const rates = [{ rate: 'max' as const }, { rate: 20_000_000 }, { rate: 1_000_000 }];
  assert.equal(titleOf(cases(rates, two), false), '1M to max packets/s over ovs and linux-bridge');
  const pairs = [1, 2, 4].map((count) => ({ pairs: count }));
  assert.equal(
    titleOf(cases(pairs, [{ burst: 1 }, { burst: 64 }], two), false),
    '1vs1 to 4vs4, bursts of 1 and 64 over ovs and linux-bridge',
  );
});

test('where only switches or frameworks do, it is what was measured', () => {
  assert.equal(titleOf(cases(two), false), 'throughput over ovs and linux-bridge');
  assert.equal(titleOf(cases([{ io: 'udp' }, { io: 'raw' }]), false), 'throughput over linux-bridge with udp and raw');
  const latency = { dimension: 'latency', rate: 1000, burst: 4 } as const;
  assert.equal(titleOf(cases([{}, latency], two), false), 'throughput and latency over ovs and linux-bridge');
});

test('many names are counted', () => {
  const many = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ switch: name }));
  assert.equal(titleOf(cases(many), false), 'throughput over 5 switches');
});
