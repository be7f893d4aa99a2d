// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SampleLine } from '../model/dataplane.ts';
import { steadyUse, sumOverPairs } from './steady.ts';

const MS = 1e6;

function sample(tMs: number, tx: number, rx: number, cpuMs = 0): SampleLine {
  return {
    v: 2,
    type: 'sample',
    t_ns: tMs * MS,
    given_up_packets: 0,
    tx_packets: tx,
    rx_packets: rx,
    rx_unique_packets: rx,
    cpu_ns: cpuMs * MS,
    minor_faults: 0,
    polls: 0,
    empty_polls: 0,
  };
}

test('a rate is the difference between the first and last sample inside the window', () => {
  const samples = [sample(0, 0, 0, 0), sample(100, 50, 7, 90), sample(200, 150, 27, 140), sample(300, 900, 900, 200)];
  const use = steadyUse(samples, { beginNs: 100 * MS, endNs: 250 * MS });
  assert.ok(use.state === 'steady');
  assert.equal(use.beginNs, 100 * MS);
  assert.equal(use.endNs, 200 * MS);
  assert.equal(use.txPps, 1000);
  assert.equal(use.rxPps, 200);
  assert.equal(use.txPackets, 100);
  assert.equal(use.cpus, 0.5);
});

test('a sample exactly at either end of the window is used', () => {
  const use = steadyUse([sample(100, 0, 0), sample(300, 20, 0)], { beginNs: 100 * MS, endNs: 300 * MS });
  assert.ok(use.state === 'steady');
  assert.equal(use.durationS, 0.2);
});

test('a window with fewer than two instants has no rate', () => {
  const window = { beginNs: 100 * MS, endNs: 200 * MS };
  assert.deepEqual(steadyUse([], window), { state: 'too-few-samples', samples: 0 });
  assert.deepEqual(steadyUse([sample(0, 0, 0), sample(150, 1, 1), sample(201, 2, 2)], window), {
    state: 'too-few-samples',
    samples: 1,
  });
  // Two samples at one instant, as at a start on a multiple of the interval, are one.
  assert.deepEqual(steadyUse([sample(150, 1, 1), sample(150, 2, 2)], window), { state: 'too-few-samples', samples: 1 });
});

test('progress adds up the pairs at equal multiples of the interval, and leaves out what one of them missed', () => {
  const sums = sumOverPairs({
    sources: [
      [sample(5, 0, 0), sample(10, 10, 0), sample(20.01, 30, 0), sample(30, 50, 0)],
      [sample(5, 0, 0), sample(10.2, 1, 0), sample(20, 2, 0), sample(30, 3, 0), sample(33, 4, 0)],
    ],
    sinks: [
      [sample(5, 0, 0), sample(10, 0, 9), sample(20, 0, 28), sample(30, 0, 49)],
      [sample(5, 0, 0), sample(10, 0, 1), sample(30, 0, 3)],
    ],
    startedNs: 5 * MS,
    intervalNs: 10 * MS,
    window: { beginNs: 10 * MS, endNs: 30 * MS },
  });
  assert.deepEqual(sums, [
    { tS: 0, offeredPackets: 0, receivedPackets: 0, steady: false },
    { tS: 0.005, offeredPackets: 11, receivedPackets: 10, steady: true },
    { tS: 0.025, offeredPackets: 53, receivedPackets: 52, steady: true },
  ]);
});

test('no applications, no progress', () => {
  const window = { beginNs: 0, endNs: 1 };
  assert.deepEqual(sumOverPairs({ sources: [], sinks: [], startedNs: 0, intervalNs: 1, window }), []);
});

test('a rate is of unique and intact packets, and what else arrived is told apart from it', () => {
  const samples = [sample(0, 0, 0), { ...sample(100, 0, 110), rx_unique_packets: 100 }];
  const use = steadyUse(samples, { beginNs: 0, endNs: 100 * MS });
  assert.ok(use.state === 'steady');
  assert.deepEqual([use.rxPackets, use.rxPps, use.rawPps], [100, 1000, 1100]);
  const sources = [[sample(0, 0, 0), sample(100, 0, 0)]];
  const progress = { sources, sinks: [samples], startedNs: 0, intervalNs: 100 * MS };
  assert.equal(sumOverPairs({ ...progress, window: { beginNs: 0, endNs: 1 } })[1]?.receivedPackets, 100);
});
