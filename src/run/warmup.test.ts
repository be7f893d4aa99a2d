// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SampleLine } from '../model/dataplane.ts';
import {
  CACHE_MISSES_PER_S_MAX,
  isWarm,
  MINOR_FAULTS_PER_S_MAX,
  minorFaultsWithin,
  TREND_INTERVALS,
  warmupDisturbances,
} from './warmup.ts';

const MS = 1e6;

/** Samples at every 100 ms from the start on: packets and page faults so far. */
function samples(count: number, packets: (index: number) => number, faults: (index: number) => number): SampleLine[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{
      v: 2,
      type: 'sample',
      t_ns: index * 100 * MS,
      given_up_packets: 0,
      tx_packets: packets(index),
      rx_packets: packets(index),
    },
    ...{ rx_unique_packets: packets(index), cpu_ns: 0, minor_faults: faults(index), polls: 0, empty_polls: 0 },
  }));
}

describe('a warm-up that was over', () => {
  const QUIET = { threads: [], frequencies: [], cacheMissesPerS: null };

  it('gives no reason', () => {
    assert.deepEqual(warmupDisturbances(QUIET), []);
    const limits = {
      threads: [{ name: 'the client of pair 0', minorFaultsPerS: MINOR_FAULTS_PER_S_MAX }],
      frequencies: [{ halfMhz: 2000, beginMhz: 2100 }],
      cacheMissesPerS: CACHE_MISSES_PER_S_MAX,
    };
    assert.deepEqual(warmupDisturbances(limits), []);
  });
  it('nor does a clock that falls: that is for the window itself to show', () => {
    assert.deepEqual(warmupDisturbances({ ...QUIET, frequencies: [{ halfMhz: 4000, beginMhz: 2000 }] }), []);
  });
  it('it was not where a thread still touched new memory: the worst one is named', () => {
    const threads = [
      { name: 'the client of pair 0', minorFaultsPerS: 11 },
      { name: 'the server of pair 0', minorFaultsPerS: 1234.4 },
    ];
    assert.deepEqual(warmupDisturbances({ ...QUIET, threads }), [
      'the warm-up was not over: the server of pair 0 took 1234 page faults a second (more than 10)',
    ]);
  });
  it('it was not where a clock still rose', () => {
    const frequencies = [
      { halfMhz: 2000, beginMhz: 2000 },
      { halfMhz: 2000, beginMhz: 2200 },
    ];
    assert.deepEqual(warmupDisturbances({ ...QUIET, frequencies }), [
      "the warm-up was not over: a CPU's frequency still rose by 10 % (more than 5 %)",
    ]);
  });
  it('it was not where flow caches still filled', () => {
    assert.deepEqual(warmupDisturbances({ ...QUIET, cacheMissesPerS: 5000 }), [
      "the warm-up was not over: the switch's flow caches did not know 5000 packets a second (more than 100)",
    ]);
  });
});

it('minorFaultsWithin counts within the window alone', () => {
  const climbing = samples(
    21,
    () => 0,
    (index) => 7 * Math.min(index, 11),
  );
  assert.deepEqual(minorFaultsWithin(climbing, { beginNs: 900 * MS, endNs: 1900 * MS }), { count: 14, perS: 14 });
  assert.deepEqual(minorFaultsWithin(climbing, { beginNs: 1000 * MS, endNs: 1500 * MS }), { count: 7, perS: 14 });
  assert.equal(minorFaultsWithin(climbing, { beginNs: 1100 * MS, endNs: 2000 * MS })?.count, 0);
  assert.equal(minorFaultsWithin(climbing, { beginNs: 5000 * MS, endNs: 6000 * MS }), null);
  const untold = climbing.map((sample) => ({ ...sample, minor_faults: null }));
  assert.equal(minorFaultsWithin(untold, { beginNs: 900 * MS, endNs: 1900 * MS }), null);
});

describe('an automatic warm-up', () => {
  const enough = TREND_INTERVALS + 1;
  const warm = (of: SampleLine[], other = of) =>
    isWarm({ sources: [other], sinks: [of], startNs: 0, intervalNs: 100 * MS });
  const evenly = (index: number) => 1000 * index;
  const none = () => 0;

  it('is over after so many intervals without a trend, and not before', () => {
    assert.equal(warm(samples(enough, evenly, none)), true);
    assert.equal(warm(samples(enough - 1, evenly, none)), false);
  });
  it('goes on while more and more is received', () => {
    assert.equal(warm(samples(enough, (index) => 1000 * index ** 2, none)), false);
    // Ten intervals later the climb has ended, and twenty later it is out of sight.
    const climbing = (index: number) => (index < 10 ? 50 * index ** 2 : 5000 + 1000 * (index - 10));
    assert.equal(warm(samples(enough, climbing, none)), false);
    assert.equal(warm(samples(enough + 10, climbing, none)), true);
  });
  it('goes on while one of the applications touches new memory', () => {
    const still = samples(enough, evenly, (index) => (index === 3 ? 1 : index < 3 ? 0 : 1));
    assert.equal(warm(samples(enough, evenly, none), still), false);
    const before = samples(enough + 3, evenly, (index) => (index < 3 ? 0 : 1));
    assert.equal(warm(samples(enough + 3, evenly, none), before), true);
  });
  it('does not count what a sink did before the source began', () => {
    const waiting = samples(enough + 5, (index) => (index < 5 ? 0 : 1000 * (index - 5)), none);
    const progress = { sources: [waiting], sinks: [waiting], intervalNs: 100 * MS };
    assert.equal(isWarm({ ...progress, startNs: 500 * MS }), true);
    assert.equal(isWarm({ ...progress, startNs: 600 * MS }), false);
  });
});
