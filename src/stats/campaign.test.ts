// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import {
  storedCampaign,
  storedCase,
  sweepCampaign,
  table2Campaign,
  testCase,
  trial,
} from '../../test/fixtures/campaign.ts';
import { REPETITIONS_FROM } from '../model/repetition.ts';
import { CampaignResultSchema, type CaseResult, type Flag, StoredCampaignSchema } from '../model/result.ts';
import { summarizeCase, toCampaignResult } from './campaign.ts';

function find(results: readonly CaseResult[], id: string, io: string): CaseResult {
  const found = results.find((result) => result.case.switch === id && result.case.io === io);
  assert.ok(found !== undefined, `${id} ${io}`);
  return found;
}

test('stored campaigns become results that keep the schema', () => {
  for (const stored of [table2Campaign(), sweepCampaign()]) {
    StoredCampaignSchema.parse(stored);
    CampaignResultSchema.parse(toCampaignResult(stored));
  }
});

test('one measured trial makes a measured case; the others are flagged and told', () => {
  const ovs = find(toCampaignResult(table2Campaign()).results, 'ovs', 'dpdk');
  assert.equal(ovs.outcome, 'measured');
  assert.ok(ovs.flags.includes('some-trials-failed'));
  assert.match(ovs.reason ?? '', /^1 of 6 trials not measured; the first, in round 6, invalid: the ledger/);
  assert.equal(ovs.summary?.throughputPps.trials, 5);
  assert.equal(ovs.summary?.throughputPps.method, 'student-t');
});

test('without a measured trial the case is what its first trial was', () => {
  const { results } = toCampaignResult(table2Campaign());
  const vpp = find(results, 'vpp', 'dpdk');
  assert.equal(vpp.outcome, 'failed');
  assert.equal(vpp.reason, 'start switch: vpp exited with 1: no hugepages free');
  assert.equal(vpp.summary, null);
  assert.ok(!vpp.flags.includes('some-trials-failed'));
});

test('a planned skip keeps its reason, a case cut short says how to go on', () => {
  const vale = find(toCampaignResult(table2Campaign()).results, 'vale', 'netmap');
  assert.equal(vale.outcome, 'skipped');
  assert.match(vale.reason ?? '', /netmap module/);
  const cut = storedCampaign({ id: 'c7', cases: [{ case: testCase(), skipped: null, trials: [] }] });
  assert.equal(toCampaignResult(cut).results[0]?.reason, 'not run yet: resume with vswbench run --resume c7');
});

test("flags are the union of the trials', each once, in one order", () => {
  const one = testCase({ rate: 'max' });
  const result = summarizeCase(one, [
    trial({ case: one, pps: 1, flags: ['disturbed', 'shared-cpu'] }),
    trial({ case: one, pps: 1, round: 1, flags: ['bridge-netfilter', 'shared-cpu'] }),
  ]);
  assert.deepEqual(result.flags, ['shared-cpu', 'bridge-netfilter', 'disturbed']);
});

test('a sender that falls short of its rate by more than 1 % is flagged; an unpaced one cannot', () => {
  const flagsAt = (rate: number | 'max', offeredPps: number, pairs = 1): string[] => {
    const one = testCase({ rate, pairs });
    return summarizeCase(one, [trial({ case: one, pps: offeredPps, offeredPps })]).flags;
  };
  assert.deepEqual(flagsAt(1000, 989), ['rate-not-reached']);
  // Less than that is told, as packets that were not sent.
  assert.deepEqual(flagsAt(1000, 991), ['omitted-sends']);
  assert.deepEqual(flagsAt(1000, 1500, 2), ['rate-not-reached']);
  assert.deepEqual(flagsAt('max', 1), []);
});

test("loss is that of all measured trials' packets together", () => {
  const one = testCase({ rate: 'max' });
  const result = summarizeCase(one, [
    trial({ case: one, pps: 900_000, lossRatio: 0.1 }),
    trial({ case: one, pps: 3_000_000, lossRatio: 0, round: 1 }),
    trial({ case: one, pps: 1, lossRatio: 0.9, round: 2, outcome: { outcome: 'invalid', reason: 'x' } }),
  ]);
  assert.equal(result.summary?.lossRatio, 0.1 / 4);
});

test('CPU use is the median field by field, latency the interval of each percentile over the trials', () => {
  const one = testCase({ dimension: 'latency', rate: 1000 });
  const list = [10_000, 30_000, 20_000].map((rttNs, round) => trial({ case: one, pps: 1000, rttNs, round }));
  const { summary } = summarizeCase(one, list);
  const middle = list[2]?.measurement;
  assert.deepEqual(summary?.cpu, middle?.cpu);
  assert.equal(summary?.latencyNs?.rtt?.p99?.median, middle?.latencyNs?.rtt?.p99);
  assert.equal(summary?.latencyNs?.rtt?.p50?.trials, 3);
  assert.equal(summary?.latencyNs?.oneWay, undefined);
});

test('close to the ceiling of its own framework a case is tool-limited, unless the rate was the limit', () => {
  const campaign = (rate: number | 'max', pps: number, ceilingPps: number) =>
    toCampaignResult(
      storedCampaign({
        cases: [
          storedCase({ case: testCase({ rate }), pps }, 6, 0),
          storedCase({ case: testCase({ rate, switch: 'direct' }), pps: ceilingPps }, 6, 0),
          storedCase({ case: testCase({ rate, switch: 'direct', io: 'raw' }), pps: 9e9 }, 6, 0),
        ],
      }),
    ).results.map((result) => result.flags.includes('tool-limited'));
  assert.deepEqual(campaign('max', 96, 100), [true, false, false]);
  assert.deepEqual(campaign('max', 94, 100), [false, false, false]);
  assert.deepEqual(campaign(1000, 1000, 1000), [false, false, false]);
  assert.deepEqual(campaign(1000, 500, 510), [true, false, false]);
});

test('a figure that is not as precise as was asked for is marked', () => {
  const one = testCase({ rate: 'max' });
  const marked = (ratio: number | null, spread: number) =>
    toCampaignResult(
      storedCampaign({
        precision: ratio === null ? null : { ratio, trialsMax: 6 },
        cases: [storedCase({ case: one, pps: 1e6 }, 6, spread), { case: testCase(), skipped: 'absent', trials: [] }],
      }),
    ).results.map(({ flags }) => flags.includes('imprecise'));
  assert.deepEqual(marked(0.02, 0.05), [true, false]);
  assert.deepEqual(marked(0.02, 0.001), [false, false]);
  assert.deepEqual(marked(null, 0.05), [false, false]);
});

test('what limits a case is told, and not guessed', () => {
  const limits = (flags: Flag[], busyRatio: number | null, pps: number, elsewhere = false, busiest = {}) => {
    const one = storedCase({ case: testCase({ rate: 'max' }), pps, flags }, 6, 0);
    for (const { measurement } of one.trials) {
      if (measurement !== null && busyRatio !== null) measurement.switchFigures = { busyRatio, ...busiest };
    }
    const bare = storedCase({ case: testCase({ rate: 'max', switch: 'direct' }), pps: 100 }, 6, 0);
    const other = toCampaignResult(storedCampaign({ id: 'other', cases: [bare] }));
    const campaign = storedCampaign({ id: 'own', cases: elsewhere ? [one] : [one, bare] });
    return toCampaignResult(campaign, [other]).results[0]?.ceiling;
  };
  assert.deepEqual(limits([], null, 96), { campaign: 'own', throughputPps: 100, ratio: 0.96, limit: 'tool' });
  assert.equal(limits([], null, 50)?.limit, 'switch');
  assert.equal(limits(['shared-cpu'], null, 50)?.limit, 'unknown');
  assert.equal(limits(['shared-cpu'], 0.9, 50)?.limit, 'unknown');
  assert.equal(limits(['shared-cpu'], 0.99, 50)?.limit, 'switch');
  assert.equal(limits(['shared-cpu'], 0.6, 50, false, { thread0BusyRatio: 0.2, thread1BusyRatio: 1 })?.limit, 'switch');
  assert.equal(limits(['shared-cpu'], 0.6, 50, false, { thread0BusyRatio: 0.6, emcHitRatio: 1 })?.limit, 'unknown');
  assert.equal(limits([], null, 50, true)?.campaign, 'other');
});

test('trials may come in any order: results are in that of the rounds', () => {
  const one = testCase();
  const failed = (round: number) =>
    trial({ case: one, pps: 0, round, outcome: { outcome: 'failed', step: `s${round}`, reason: 'r' } });
  const result = summarizeCase(one, [failed(2), failed(0), failed(1)]);
  assert.equal(result.reason, 's0: r');
  assert.deepEqual(
    summarizeCase(
      one,
      [2, 0, 1].map((round) => trial({ case: one, pps: 100 + round, round })),
    ).figures.map(({ round }) => round),
    [0, 1, 2],
  );
});

describe('packets that were due and never sent', () => {
  /** A case of one trial that gave up so many of a thousand packets that were due. */
  const flagsOf = (dimension: 'throughput' | 'latency', givenUp: number): Flag[] => {
    const one = testCase({ dimension, rate: 1000 });
    const ran = trial({ case: one, pps: 1000 });
    assert.ok(ran.measurement !== null);
    const counts = { steadyOfferedPackets: 100_000 - givenUp, steadyGivenUpPackets: givenUp };
    return summarizeCase(one, [{ ...ran, measurement: { ...ran.measurement, ...counts } }]).flags;
  };
  const tells = (flags: Flag[]) => flags.filter((flag) => flag === 'omitted-sends' || flag === 'rate-not-reached');

  it('are told of a latency case, be it one', () => {
    assert.deepEqual(tells(flagsOf('latency', 0)), []);
    assert.deepEqual(tells(flagsOf('latency', 1)), ['omitted-sends']);
  });
  it('are told of a throughput case where they are more than one of a thousand, and once', () => {
    assert.deepEqual(tells(flagsOf('throughput', 100)), []);
    assert.deepEqual(tells(flagsOf('throughput', 101)), ['omitted-sends']);
    assert.deepEqual(tells(flagsOf('throughput', 1001)), ['rate-not-reached']);
  });
});

it('too few one-way delays are told as too few round trips are', () => {
  const one = testCase({ rate: 1000 });
  const ran = trial({ case: testCase({ dimension: 'latency', rate: 1000 }), pps: 1000 });
  const { measurement } = ran;
  const rtt = measurement?.latencyNs?.rtt;
  assert.ok(measurement !== null && rtt !== undefined);
  const flagsOf = (count: number) => {
    const delays = { ...measurement, latencyNs: { oneWay: { ...rtt, count } } };
    return summarizeCase(one, [{ ...ran, measurement: delays, histograms: {} }]).flags;
  };
  assert.ok(flagsOf(9999).includes('few-packets'));
  assert.ok(!flagsOf(10_000).includes('few-packets'));
});

test('a summary rests on one trial a round: a quiet repetition stands for the one that it repeats', () => {
  const one = testCase({ rate: 'max' });
  const first = [100, 101, 102, 103, 104, 50].map((pps, round) => trial({ case: one, pps, round }));
  const disturbed = first.map((run) => (run.round === 5 ? { ...run, flags: ['disturbed' as const] } : run));
  const again = { ...trial({ case: one, pps: 105, round: 5 }), ordinal: REPETITIONS_FROM + 5 };
  const { summary, figures, flags, evidence } = summarizeCase(one, [...disturbed, again]);
  assert.deepEqual([summary?.throughputPps.ciLow, summary?.throughputPps.trials, figures.at(-1)?.value], [100, 6, 105]);
  assert.deepEqual([flags, evidence.trials, evidence.repeated], [['disturbed'], 7, 1]);
  assert.equal(summarizeCase(one, disturbed).summary?.throughputPps.ciLow, 50);
});
