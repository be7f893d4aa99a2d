// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normal, seededRandom, testCase, trial } from '../../test/fixtures/campaign.ts';
import type { Sample } from '../model/result.ts';
import { summarizeCase } from './campaign.ts';
import { modeChange, modesOf, twoModes } from './modes.ts';

test('two levels are found, with their means and numbers', () => {
  // Mpps of DPDK over memif, as measured on a virtual machine.
  const modes = twoModes([68.66, 63.67, 22.52, 22.2, 22.17, 22.55]);
  assert.ok(modes !== null);
  assert.deepEqual([modes.low.count, modes.high.count, modes.threshold], [4, 2, 63.67]);
  assert.ok(Math.abs(modes.low.mean - 22.36) < 1e-9 && Math.abs(modes.high.mean - 66.165) < 1e-9);
  assert.deepEqual(twoModes([1, 1, 1, 2, 2, 2])?.low, { mean: 1, count: 3 });
});

test('too few values, one odd value, equal values and near ones have one level', () => {
  assert.equal(twoModes([1, 1, 1, 2, 2]), null);
  assert.equal(twoModes([22.1, 22.2, 22.3, 22.2, 22.4, 64]), null);
  assert.equal(twoModes([5, 5, 5, 5, 5, 5]), null);
  assert.equal(twoModes([0, 0, 0, 0, 0, 0]), null);
  assert.equal(twoModes([100, 100, 100, 104, 104, 104]), null);
  assert.notEqual(twoModes([0, 0, 0, 5, 5, 5]), null);
});

test('a drift has no levels', () => {
  for (const n of [6, 8, 12, 30, 100])
    assert.equal(twoModes(Array.from({ length: n }, (_, index) => 100 + 10 * index)), null, `${n}`);
});

/** How often samples of one distribution are called two-level. */
function alarms(n: number, draw: () => number, samples: number): number {
  let called = 0;
  for (let round = 0; round < samples; round += 1) {
    if (twoModes(Array.from({ length: n }, draw)) !== null) called += 1;
  }
  return called / samples;
}

// Widely scattered, so that the rule of 5 % does not help: only the shape decides. Seeded: the outcome is always the same.
test('false alarms by simulation: below 0.5 % for normal values, about 1 % for uniform and exponential ones', () => {
  const random = seededRandom(31);
  for (const n of [6, 7, 8, 10, 15, 20, 30]) {
    const normalRate = alarms(n, () => 100 + 30 * normal(random), 10_000);
    assert.ok(normalRate <= 0.005, `normal, n = ${n}: ${normalRate}`);
    const uniformRate = alarms(n, () => 100 + 100 * random(), 5000);
    assert.ok(uniformRate <= 0.015, `uniform, n = ${n}: ${uniformRate}`);
    const exponentialRate = alarms(n, () => 100 - 50 * Math.log(1 - random()), 5000);
    assert.ok(exponentialRate <= 0.015, `exponential, n = ${n}: ${exponentialRate}`);
  }
});

test('levels that lie 25 % apart at a noise of 1 % are found nearly always', () => {
  const random = seededRandom(32);
  let found = 0;
  for (let round = 0; round < 1000; round += 1) {
    const values = [1, 1, 1, 1, 1.25, 1.25].map((level) => level * (1 + 0.01 * normal(random)));
    if (twoModes(values) !== null) found += 1;
  }
  assert.ok(found >= 950, `${found} of 1000`);
});

/** Samples at these rates, 100 ms apart, after some warm-up. */
function samplesAt(rates: readonly number[]): Sample[] {
  let received = 1e5;
  const warmUp = [0, 1].map((index) => ({
    tS: index / 10,
    offeredPackets: 0,
    receivedPackets: 5e4 * index,
    steady: false,
  }));
  const steady = [0, ...rates].map((rate, index) => {
    received += rate / 10;
    return { tS: (2 + index) / 10, offeredPackets: received, receivedPackets: received, steady: true };
  });
  return [...warmUp, ...steady];
}

test('a trial that changes its level once, or back and forth with stays, is found', () => {
  const random = seededRandom(33);
  const noisy = (mpps: number) => mpps * 1e6 * (1 + 0.02 * normal(random));
  const once = [...Array(20).fill(22), ...Array(9).fill(62)].map(noisy);
  const modes = modeChange(samplesAt(once), 64);
  assert.deepEqual([modes?.low.count, modes?.high.count], [20, 9]);
  const often = Array.from({ length: 30 }, (_, index) => noisy(index % 10 < 5 ? 22 : 62));
  assert.notEqual(modeChange(samplesAt(often), 64), null);
});

test('what alternates from sample to sample, is too short, or counts few bursts is no change of level', () => {
  const alternating = Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? 1e6 : 2e6));
  assert.equal(modeChange(samplesAt(alternating), 64), null);
  assert.equal(modeChange(samplesAt([1e6, 1e6, 1e6, 2e6, 2e6, 2e6]), 64), null);
  const changing = [...Array(10).fill(1e4), ...Array(10).fill(2e4)];
  assert.notEqual(modeChange(samplesAt(changing), 1), null);
  assert.equal(modeChange(samplesAt(changing), 64), null);
  const hiccup = [...Array(10).fill(1e6), 5e5, 5e5, ...Array(10).fill(1e6)];
  assert.equal(modeChange(samplesAt(hiccup), 64), null);
  assert.equal(modeChange([], 64), null);
});

test('false alarms within a trial by simulation: below 0.1 %', () => {
  const random = seededRandom(34);
  let called = 0;
  for (let round = 0; round < 5000; round += 1) {
    const rates = Array.from({ length: 10 + 2 * (round % 10) }, () => 1e6 * Math.max(0.1, 1 + 0.2 * normal(random)));
    if (modeChange(samplesAt(rates), 1) !== null) called += 1;
  }
  assert.ok(called <= 5, `${called} of 5000`);
});

test('a case is marked for either, and failed trials do not count', () => {
  const one = testCase({ rate: 'max' });
  const at = (pps: number, round: number) => trial({ case: one, pps, round });
  const jumping = summarizeCase(
    one,
    [10, 10.1, 30, 30.2, 10.2, 10.1].map((mpps, round) => at(mpps * 1e6, round)),
  );
  assert.deepEqual(jumping.flags, ['bimodal']);
  assert.equal(modesOf(jumping).between?.high.count, 2);
  const steady = [1, 1.01, 1.02, 1, 1.01, 1.02].map((mpps, round) => at(mpps * 1e6, round));
  assert.deepEqual(summarizeCase(one, steady).flags, []);
  const [first, ...rest] = steady;
  assert.ok(first?.measurement);
  const samples = samplesAt([...Array(10).fill(1e6), ...Array(10).fill(2e6)]);
  const changed = { ...first, measurement: { ...first.measurement, samples } };
  // One trial that stalled is no second level of the case; two are.
  assert.deepEqual(summarizeCase(one, [changed, ...rest]).flags, []);
  const [second, ...others] = rest;
  assert.ok(second?.measurement);
  const again = { ...second, measurement: { ...second.measurement, samples } };
  assert.deepEqual(summarizeCase(one, [changed, again, ...others]).flags, ['bimodal']);
  const many = Array.from({ length: 19 }, (_, round) => at(1e6, round + 2));
  assert.deepEqual(summarizeCase(one, [changed, again, ...many]).flags, []);
  const invalid = { ...changed, outcome: { outcome: 'invalid', reason: 'x' } } as const;
  assert.deepEqual(summarizeCase(one, [invalid, ...rest]).flags, ['some-trials-failed']);
  const latency = testCase({ dimension: 'latency', rate: 1000 });
  const two = [10, 10, 10, 40, 40, 40].map((us, round) => trial({ case: latency, pps: 1000, round, rttNs: us * 1000 }));
  assert.deepEqual(summarizeCase(latency, two).flags, ['bimodal']);
});
