// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import {
  asDeployed,
  BACKGROUND,
  backgroundCase,
  backgroundLoadOf,
  backgroundOf,
  backgroundWritten,
} from './background.ts';

function read(item: string): string {
  const parsed = backgroundOf(item);
  assert.ok(parsed.ok && parsed.value[0] !== undefined, item);
  assert.match(parsed.value[0], BACKGROUND);
  return parsed.value[0];
}

describe('a background', () => {
  it('is none, a share of the capacity or a rate, however it is written', () => {
    for (const item of ['0.5', '.5', '50%', '50 %', '50.0%']) assert.equal(read(item), '50%', item);
    assert.deepEqual(backgroundLoadOf(read('12.5%')), { kind: 'share', share: 0.125 });
    assert.deepEqual(backgroundLoadOf(read('100%')), { kind: 'share', share: 1 });
    assert.deepEqual(backgroundLoadOf(read('100k')), { kind: 'rate', ratePps: 100_000 });
    assert.deepEqual(backgroundLoadOf(read('none')), { kind: 'none' });
  });

  it('is written as it is read', () => {
    for (const item of ['none', '50%', '0.1%', '100k', '1.5M']) assert.equal(backgroundWritten(read(item)), item);
  });

  it('is refused where it is no such thing, or may be two', () => {
    for (const item of ['0', '0%', '0.0', '101%', '1', '-5', 'half', '2G', '']) assert.ok(!backgroundOf(item).ok, item);
    const both = backgroundOf('1');
    assert.ok(!both.ok && /100%/.test(both.error));
  });

  it('adds a pair behind those that are measured, and none where there is none', () => {
    assert.equal(asDeployed(testCase({ pairs: 2 })).pairs, 2);
    assert.equal(asDeployed(testCase({ pairs: 2, background: '50%' })).pairs, 3);
  });

  it('is throughput one way, of packets like those that are measured', () => {
    const measured = testCase({ dimension: 'latency', pairs: 2, background: '50%', packetSize: 1500, rate: 1000 });
    const { dimension, packetSize, rate, background, pairs } = backgroundCase(measured, 7000);
    assert.deepEqual([dimension, packetSize, rate, background, pairs], ['throughput', 1500, 7000, 'none', 3]);
  });
});
