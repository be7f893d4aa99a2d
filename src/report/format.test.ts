// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedCampaign, testCase, trial } from '../../test/fixtures/campaign.ts';
import { duration, parseDurationMs, parseQuantity, quantity } from '../model/units.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { groupOf } from '../stats/group.ts';
import {
  bounds,
  common,
  describeGroup,
  grouped,
  inScale,
  listed,
  percentLost,
  ppsScale,
  spelledDuration,
  spelledWarmup,
  varying,
} from './format.ts';

test('one unit for all figures of a table', () => {
  assert.equal(ppsScale([900, 8e6, 300_000]).unit, 'Mpps');
  assert.equal(ppsScale([338_000, 440_000]).unit, 'kpps');
  assert.equal(ppsScale([12]).unit, 'pps');
  assert.equal(ppsScale([]).unit, 'pps');
  assert.equal(inScale(345_249, ppsScale([345_249])), '345.2');
});

test('a loss is never rounded to none', () => {
  assert.equal(percentLost(0), '0 %');
  assert.equal(percentLost(1e-9), '<0.01 %');
  assert.equal(percentLost(0.0213), '2.13 %');
  assert.equal(percentLost(1), '100.00 %');
});

test('quantities and durations are written as the command line reads them', () => {
  for (const value of [1, 64, 999, 1500, 100_000, 1_000_000, 1_234_567, 14_880_952, 2_000_000_000]) {
    assert.deepEqual(parseQuantity(quantity(value)), { ok: true, value });
  }
  assert.equal(quantity('max'), 'max');
  for (const value of [0, 500, 3000, 60_000, 1500]) {
    assert.deepEqual(parseDurationMs(duration(value)), { ok: true, value });
  }
  assert.equal(spelledDuration(500), '500 ms');
  assert.equal(spelledDuration(3000), '3 s');
});

test('a warm-up is told by its length, or by what ended it and how long that took', () => {
  const one = testCase();
  const campaign = (warmupAuto: boolean, ...took: number[]) => {
    const trials = took.map((warmupS, round) => {
      const ran = trial({ case: one, pps: 1000, round });
      return { ...ran, measurement: ran.measurement && { ...ran.measurement, warmupS } };
    });
    const cases = [{ case: one, skipped: null, trials }];
    return toCampaignResult(storedCampaign({ warmupMs: warmupAuto ? 30_000 : 500, warmupAuto, cases }));
  };
  assert.equal(spelledWarmup(campaign(false, 0.5)), '500 ms of warm-up');
  const until = 'a warm-up until the figures had no trend';
  assert.equal(spelledWarmup(campaign(true, 2, 4.56)), `${until} (2.0 to 4.6 s, at most 30 s)`);
  assert.equal(spelledWarmup(campaign(true, 2, 2.04)), `${until} (2.0 s, at most 30 s)`);
  assert.equal(spelledWarmup(campaign(true)), `${until} (at most 30 s)`);
});

test('bounds, groups of digits and lists', () => {
  const interval = { median: 2e6, ciLow: 1.5e6, ciHigh: 2.5e6, method: 'order-statistics', trials: 6 } as const;
  assert.equal(bounds(interval, ppsScale([2e6])), '1.500 – 2.500');
  assert.equal(bounds({ ...interval, ciLow: null, ciHigh: null }, ppsScale([2e6])), '–');
  assert.equal(grouped(1_234_567), '1 234 567');
  assert.equal(grouped(12), '12');
  assert.deepEqual(
    [listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])],
    ['', 'a', 'a and b', 'a, b and c'],
  );
});

test('groups are described by all parameters or by those that vary', () => {
  const groups = [groupOf(testCase()), groupOf(testCase({ packetSize: 1500, rate: 'max' }))];
  assert.deepEqual(varying(groups), ['packetSize', 'rate']);
  const [first, second] = groups;
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(
    describeGroup(first, common(storedCampaign(), first)),
    'throughput, local, 1vs1, P = 64 B, R = 1M, B = 64, touch = full',
  );
  assert.equal(describeGroup(second, varying(groups)), 'P = 1500 B, R = max');
});
