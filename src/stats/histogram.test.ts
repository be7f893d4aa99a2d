// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { histogramOf, normal, seededRandom } from '../../test/fixtures/campaign.ts';
import type { Histogram } from '../model/dataplane.ts';
import { mergeHistograms, percentile, toLatencySummary } from './histogram.ts';
import { type PERCENTILES, withheld } from './percentiles.ts';

const PERCENTILE_NAMES = ['p50', 'p90', 'p99', 'p999', 'p9999'] as const satisfies (keyof typeof PERCENTILES)[];

const VALUES = 1_000_000;

const DISTRIBUTIONS: Record<string, (random: () => number) => number> = {
  uniform: (random) => 100 + random() * 1e6,
  'log-normal': (random) => 20_000 * Math.exp(normal(random)),
  exponential: (random) => 100 - 5000 * Math.log(1 - random()),
  'two peaks': (random) => (random() < 0.99 ? 5000 + 200 * random() : 2e6 + 1e6 * random()),
  'heavy tail': (random) => Math.min(1e10, 1000 / (1 - random()) ** 0.8),
};

for (const [name, draw] of Object.entries(DISTRIBUTIONS)) {
  test(`percentiles of a million values are within 1 % of an exact sort: ${name}`, () => {
    const random = seededRandom(3);
    const values = new Float64Array(VALUES).map(() => Math.max(100, Math.round(draw(random))));
    const parts = [0, 1, 2, 3].map((quarter) =>
      histogramOf([...values.subarray((quarter * VALUES) / 4, ((quarter + 1) * VALUES) / 4)]),
    );
    const merged = mergeHistograms(parts);
    assert.ok(merged !== null);
    values.sort();
    assert.equal(merged.count, VALUES);
    assert.equal(merged.min, values[0]);
    assert.equal(merged.max, values[VALUES - 1]);
    const mean = values.reduce((sum, value) => sum + value, 0) / VALUES;
    assert.ok(Math.abs(merged.mean / mean - 1) < 1e-9, `mean ${merged.mean}, not ${mean}`);
    for (const percent of [0.01, 1, 25, 50, 90, 99, 99.9, 99.99, 100]) {
      const exact = values[Math.max(1, Math.ceil((percent / 100) * VALUES - 1e-6)) - 1] ?? Number.NaN;
      const told = percentile(merged, percent);
      assert.ok(told !== null && Math.abs(told / exact - 1) <= 0.01, `p${percent}: ${told}, not ${exact}`);
    }
    assert.equal(merged.p999, percentile(merged, 99.9));
  });
}

const few = (buckets: Histogram['buckets'], min: number, max: number, mean: number): Histogram => ({
  unit: 'ns',
  count: buckets.reduce((sum, bucket) => sum + bucket[2], 0),
  min,
  max,
  mean,
  sum_squares: 1,
  censored: 0,
  censored_at_least: null,
  p50: 0,
  p90: 0,
  p99: 0,
  p999: 0,
  p9999: 0,
  buckets,
});

test('merging adds equal buckets, keeps the others, and weighs the mean by count', () => {
  const merged = mergeHistograms([
    few([[200, 201, 3]], 200, 200, 200),
    few(
      [
        [110, 111, 1],
        [200, 201, 5],
      ],
      110,
      200,
      185,
    ),
  ]);
  assert.deepEqual(merged?.buckets, [
    [110, 111, 1],
    [200, 201, 8],
  ]);
  assert.equal(merged?.count, 9);
  assert.ok(Math.abs((merged?.mean ?? 0) - (3 * 200 + 6 * 185) / 9) < 1e-9);
  assert.equal(merged?.sum_squares, 2);
  assert.deepEqual([merged?.min, merged?.p50, merged?.max], [110, 200, 200]);
});

test('a percentile never leaves what was recorded, also where values were clamped to an end bucket', () => {
  // 40 ns is below the lowest bucket: counted there, but min tells the truth.
  const clamped = few([[100, 101, 2]], 40, 60, 50);
  assert.equal(percentile(clamped, 50), 60);
});

test('nearest rank at its edges', () => {
  const two = few(
    [
      [100, 101, 1],
      [120, 121, 1],
    ],
    100,
    120,
    110,
  );
  assert.equal(percentile(two, 50), 100);
  assert.equal(percentile(two, 50.1), 120);
  assert.equal(percentile(two, 0), 100);
  assert.equal(percentile(two, 100), 120);
});

test('nothing recorded, nothing told', () => {
  const empty = few([], 0, 0, 0);
  assert.equal(mergeHistograms([]), null);
  assert.equal(mergeHistograms([empty]), null);
  assert.equal(toLatencySummary(empty), null);
  assert.equal(percentile(empty, 50), null);
});

test('an empty histogram changes nothing: the data plane gives it no true min', () => {
  const full = few([[150, 151, 4]], 150, 150, 150);
  assert.deepEqual(mergeHistograms([few([], 0, 0, 0), full])?.min, 150);
});

test("a latency summary has the histogram's figures, but for percentiles that rest on fewer than ten packets beyond them", () => {
  const uniform = (packets: number) =>
    toLatencySummary(histogramOf(Array.from({ length: packets }, (_, index) => 1000 + index)));
  const given = (packets: number) => {
    const summary = uniform(packets);
    return PERCENTILE_NAMES.filter((name) => summary?.[name] !== null);
  };
  assert.deepEqual(given(19), []);
  assert.deepEqual(given(20), ['p50']);
  assert.deepEqual(given(999), ['p50', 'p90']);
  assert.deepEqual(given(1000), ['p50', 'p90', 'p99']);
  assert.deepEqual(given(10_000), ['p50', 'p90', 'p99', 'p999']);
  assert.deepEqual(given(100_000), ['p50', 'p90', 'p99', 'p999', 'p9999']);
  const few = uniform(3);
  assert.deepEqual([few?.mean, few?.min, few?.max, few?.count], [1001, 1000, 1002, 3]);
  assert.deepEqual(few === null ? null : withheld(few, 'p999'), { why: 'few-packets', packetsNeeded: 10_000 });
});

test('packets that were never sent stand beyond all that is known of them', () => {
  // 1000 packets of 1 µs, 500 of a second or more, and 500 that were given up after a second.
  const timed = histogramOf([...new Array<number>(1000).fill(1000), ...new Array<number>(500).fill(2e9)]);
  const histogram = mergeHistograms([{ ...timed, censored: 500, censored_at_least: 1e9 }]);
  assert.ok(histogram !== null);
  assert.equal(percentile(histogram, 50), percentile(timed, 50));
  assert.equal(percentile(histogram, 50.1), null);
  const summary = toLatencySummary(histogram);
  assert.ok(summary !== null);
  assert.deepEqual([summary.mean, summary.max, summary.p90], [null, null, null]);
  assert.deepEqual([summary.censoredCount, summary.censoredAtLeastNs, summary.count], [500, 1e9, 1500]);
  assert.deepEqual(withheld(summary, 'p90'), { why: 'censored', atLeastNs: 1e9 });
  assert.equal(withheld(summary, 'p50'), null);
});

test('of several histograms what was never sent adds up, and the least of its bounds holds', () => {
  const one = { ...histogramOf([1000]), censored: 2, censored_at_least: 1e9 };
  const merged = mergeHistograms([one, histogramOf([1000]), { ...one, censored: 3, censored_at_least: 1e7 }]);
  assert.deepEqual([merged?.count, merged?.censored, merged?.censored_at_least], [3, 5, 1e7]);
});
