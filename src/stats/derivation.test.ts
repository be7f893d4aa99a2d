// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sweepCampaign, table2Campaign, testCase, trial, twoTestbedsCampaign } from '../../test/fixtures/campaign.ts';
import type { Measurement, Trial } from '../model/result.ts';
import { disagreements } from './derivation.ts';

const fast = testCase({ rate: 'max' });
const slow = testCase({ dimension: 'latency', rate: 1000 });

function changed(of: Trial, change: (measurement: Measurement) => Partial<Measurement>): Trial {
  return { ...of, measurement: of.measurement && { ...of.measurement, ...change(of.measurement) } };
}

function figures(testCaseOf: typeof fast, of: Trial): string[] {
  return disagreements(testCaseOf, of).map(({ figure }) => figure);
}

describe('a trial agrees with itself', () => {
  it('as it was measured', () => {
    for (const { cases } of [table2Campaign(), sweepCampaign(), twoTestbedsCampaign()]) {
      for (const one of cases) for (const ran of one.trials) assert.deepEqual(disagreements(one.case, ran), []);
    }
  });

  it('but not where a bucket of its histogram was changed', () => {
    const ran = trial({ case: slow, pps: 1000, rttNs: 20_000 });
    const histogram = ran.histograms.rtt ?? assert.fail();
    const buckets = histogram.buckets.map(([lower, upper, packets], index): (typeof histogram.buckets)[number] => [
      lower,
      upper,
      packets + (index === 0 ? 1 : 0),
    ]);
    const [found] = disagreements(slow, { ...ran, histograms: { rtt: { ...histogram, buckets } } });
    assert.equal(found?.figure, 'rtt.count');
  });

  it('nor where a median, a rate, a total or a bit rate was', () => {
    const latency = trial({ case: slow, pps: 1000 });
    const quicker = changed(latency, ({ latencyNs }) => ({
      latencyNs: { rtt: { ...(latencyNs?.rtt ?? assert.fail()), p50: 1 } },
    }));
    assert.deepEqual(figures(slow, quicker), ['rtt.p50']);
    const ran = trial({ case: fast, pps: 200_000 });
    assert.deepEqual(figures(fast, ran), []);
    assert.ok(
      figures(
        fast,
        changed(ran, () => ({ throughputPps: 230_000 })),
      ).includes('throughputPps'),
    );
    assert.deepEqual(
      figures(
        fast,
        changed(ran, (m) => ({ lostPackets: m.lostPackets + 1 })),
      ),
      ['lostPackets'],
    );
    assert.deepEqual(
      figures(
        fast,
        changed(ran, (m) => ({ throughputBps: m.throughputBps * 1.01 })),
      ),
      ['throughputBps'],
    );
  });

  it('nor where rate, bit rate and pairs were raised together, which its samples contradict', () => {
    const ran = trial({ case: fast, pps: 200_000 });
    const raised = (factor: number) =>
      changed(ran, ({ throughputPps, throughputBps, pairs }) => ({
        throughputPps: throughputPps * factor,
        throughputBps: throughputBps * factor,
        pairs: pairs.map((pair) => ({ ...pair, throughputPps: pair.throughputPps * factor })),
      }));
    assert.deepEqual(figures(fast, raised(1.2)), ['throughputPps']);
    assert.deepEqual(figures(fast, raised(1.05)), [], 'within what samples can tell');
    assert.deepEqual(figures(fast, { ...raised(1.2), flags: ['disturbed'] }), []);
  });

  it('nor where its samples run backwards, or past its totals', () => {
    const ran = trial({ case: fast, pps: 200_000 });
    const samples = ran.measurement?.samples ?? assert.fail();
    const last = samples.length - 1;
    const sampled = (at: number, part: Partial<Measurement['samples'][number]>) =>
      figures(
        fast,
        changed(ran, () => ({ samples: samples.map((one, index) => (index === at ? { ...one, ...part } : one)) })),
      );
    for (const field of ['offeredPackets', 'receivedPackets', 'tS'] as const) {
      assert.deepEqual(sampled(3, { [field]: (samples[2]?.[field] ?? 0) - 1 }), [`samples[3].${field}`]);
    }
    for (const field of ['offeredPackets', 'receivedPackets'] as const) {
      assert.ok(sampled(last, { [field]: 1e12 }).includes(`samples[${last}].${field}`));
    }
  });

  it('as nothing, where there is nothing', () => {
    const failed = trial({ case: fast, pps: 0, outcome: { outcome: 'failed', step: 'traffic', reason: 'none' } });
    assert.deepEqual(disagreements(fast, failed), []);
  });
});
