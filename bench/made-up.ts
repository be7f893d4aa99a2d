// SPDX-License-Identifier: Apache-2.0
// Campaigns of very many made-up trials, for what reads them: as large as real ones, and different each by its place alone.
import type { StoredCampaign, Trial } from '../src/model/result.ts';
import { meanBytes } from '../src/model/sizes.ts';
import type { TestCase } from '../src/model/testcase.ts';
import { insertCampaign, insertTrial, type Rows } from '../src/store/rows.ts';
import { histogramOf, normal, seededRandom, storedCampaign, testCase, trial } from '../test/fixtures/campaign.ts';

const SAMPLES = 30;

/** Test cases as the paper's figures have them: every switch with every framework over sizes, rates and bursts; beyond a thousand, with more pairs. */
export function casesOf(count: number): TestCase[] {
  const cases: TestCase[] = [];
  for (let pairs = 1; pairs <= Math.ceil(count / 1000); pairs += 1)
    for (const rate of ['max', 100_000, 200_000, 500_000, 1_000_000] as const)
      for (const burst of [64, 1])
        for (const packetSize of [64, 128, 256, 512, 1500])
          for (const id of ['direct', 'linux-bridge', 'ovs', 'vpp', 'snabb'])
            for (const io of ['udp', 'udp-mmsg', 'raw', 'raw-mmsg'])
              cases.push(
                testCase({
                  dimension: burst === 1 && rate === 100_000 ? 'latency' : 'throughput',
                  switch: id,
                  io,
                  packetSize,
                  rate,
                  burst,
                  pairs,
                }),
              );
  return cases.slice(0, count);
}

/** A trial with as many samples as a real one of three seconds, and ledgers, noise and histograms of usual size. */
export function realistic(planned: TestCase, base: Trial, round: number, ordinal: number, random: () => number): Trial {
  const factor = 1 + 0.02 * normal(random);
  const { measurement } = base;
  if (measurement === null) return base;
  const throughputPps = measurement.throughputPps * factor;
  const rtt = base.histograms.rtt;
  return {
    ...base,
    ...{ round, ordinal },
    startedAt: new Date(Date.UTC(2026, 2, 1) + 4000 * ordinal).toISOString(),
    measurement: {
      ...measurement,
      throughputPps,
      throughputBps: throughputPps * meanBytes(planned.packetSize) * 8,
      noise: { ...measurement.noise, stealRatio: 0.002 * random(), softirqCpus: 0.4 * random() },
      samples: Array.from({ length: SAMPLES }, (_, index) => ({
        tS: index / 10,
        offeredPackets: Math.round((measurement.offeredPps * index) / 10),
        receivedPackets: Math.round((throughputPps * index) / 10 + 1000 * random()),
        steady: index > 4,
      })),
    },
    histograms: rtt === undefined ? {} : { rtt: { ...rtt, mean: rtt.mean * factor } },
  };
}

/** Writes a campaign as `run` does, but many trials at once: what is measured here is reading. */
export function writeCampaign(
  rows: Rows,
  exec: (sql: string) => void,
  part: Partial<StoredCampaign>,
  cases: readonly TestCase[],
  trials: number,
): void {
  const { cases: _, ...campaign } = storedCampaign({ ...part, trialsPlanned: Math.ceil(trials / cases.length) });
  const random = seededRandom(trials);
  const bases = cases.map((one, index) => {
    const base = trial({ case: one, pps: 2e5 * (1 + (index % 20)), seed: index });
    const tail = Array.from({ length: 20_000 }, () => Math.round(20_000 * Math.exp(0.4 * normal(random))));
    return 'rtt' in base.histograms ? { ...base, histograms: { rtt: histogramOf(tail) } } : base;
  });
  exec('BEGIN IMMEDIATE');
  insertCampaign(
    rows,
    campaign,
    cases.map((one) => ({ case: one, skipped: null })),
  );
  for (let ordinal = 0; ordinal < trials; ordinal += 1) {
    const caseIndex = ordinal % cases.length;
    const [one, base] = [cases[caseIndex], bases[caseIndex]];
    if (one === undefined || base === undefined) continue;
    insertTrial(
      rows,
      campaign.id,
      caseIndex,
      realistic(one, base, Math.floor(ordinal / cases.length), ordinal, random),
    );
    if (ordinal % 2000 === 1999) exec('COMMIT; BEGIN IMMEDIATE');
  }
  exec('COMMIT');
}
