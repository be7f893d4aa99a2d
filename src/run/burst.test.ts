// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom, testCase, trial } from '../../test/fixtures/campaign.ts';
import { trainsOf as trainsIn } from '../model/arrivals.ts';
import type { Trial } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { runBurst, trainsOf } from './burst.ts';

const CASE = testCase({ dimension: 'burst', burst: 8, rate: 'max' });

/** A queue that is emptied at a rate, and filled by trains at another. */
interface Queue {
  depth: number;
  forwardedPps: number;
  trainPps: number;
  /** Trains of a hundred that something else loses from. */
  spoiltPercent?: number;
  /** The port refuses what does not fit, and nothing is lost. */
  refuses?: boolean;
  outcome?: (index: number) => Trial['outcome'];
  /** Of the trials, by their number. */
  disturbed?: (index: number) => boolean;
}

/** What trains through a queue come to: a packet finds room as long as the queue is not full when it comes. */
function runThrough(queue: Queue, asked: TestCase[]) {
  const random = seededRandom(7);
  return async (testCase: TestCase, { durationMs }: { durationMs: number }): Promise<Trial> => {
    const index = asked.push(testCase) - 1;
    const outcome = queue.outcome?.(index) ?? ({ outcome: 'measured' } as const);
    const disturbed = queue.disturbed?.(index) === true;
    const base = trial({ case: CASE, pps: queue.forwardedPps, outcome, flags: disturbed ? ['disturbed'] : [] });
    const train = trainsIn(testCase.arrivals)?.packets;
    if (base.measurement === null) return base;
    const noise = { ...base.measurement.noise, reasons: disturbed ? ['others'] : [] };
    if (train === undefined) {
      const measurement = { ...base.measurement, throughputPps: queue.forwardedPps * testCase.pairs, noise };
      return { ...base, measurement };
    }
    assert.ok(testCase.rate !== 'max');
    const begun = Math.floor((durationMs * testCase.rate) / 1000 / train) * testCase.pairs;
    const fits = train <= queue.depth + (train * queue.forwardedPps) / queue.trainPps;
    const spoilt = Array.from({ length: begun }, () => 100 * random() < (queue.spoiltPercent ?? 0)).filter(Boolean);
    const trains = {
      begun,
      whole: fits || queue.refuses !== true ? begun : 0,
      wholeP50Ns: fits || queue.refuses !== true ? (1e9 * train) / queue.trainPps : null,
      passed: fits ? begun - spoilt.length : 0,
    };
    return { ...base, measurement: { ...base.measurement, trains, noise } };
  };
}

async function burst(queue: Queue, one: TestCase = CASE) {
  const asked: TestCase[] = [];
  const trial = await runBurst({ testCase: one, durationMs: 1000, run: runThrough(queue, asked), tell() {} });
  return { trial, asked, found: trial.measurement?.burst ?? null };
}

describe('runBurst', () => {
  it('finds the depth of a queue within 3 %, drained meanwhile, spoilt now and then, and refusing', async () => {
    for (const depth of [256, 512, 1024, 4096]) {
      for (const [trainPps, forwardedPps] of [
        [10e6, 1e6],
        [10e6, 5e6],
        [2e6, 1.5e6],
      ] as const) {
        for (const more of [{}, { spoiltPercent: 20 }, { refuses: true }]) {
          const { found, trial } = await burst({ depth, trainPps, forwardedPps, ...more });
          assert.ok(found?.depthPackets != null && found.depthNs !== null, trial.outcome.outcome);
          assert.equal(found.ended, 'found');
          assert.ok(Math.abs(found.depthPackets / depth - 1) <= 0.03, `${found.depthPackets} of ${depth}`);
          assert.ok(Math.abs((found.depthNs * forwardedPps) / 1e9 / depth - 1) <= 0.03);
        }
      }
    }
  });

  it('is of each sender', async () => {
    const queue = { depth: 512, trainPps: 10e6, forwardedPps: 1e6 };
    const { found } = await burst(queue, testCase({ dimension: 'burst', burst: 8, rate: 'max', pairs: 3 }));
    assert.ok(Math.abs((found?.depthPackets ?? 0) / 512 - 1) <= 0.03);
    assert.ok(found?.loads.every(({ trains }) => trains % 3 === 0));
  });

  it('says where no train is too long, and where the shortest is', async () => {
    const endless = await burst({ depth: 100, trainPps: 1e6, forwardedPps: 1e6 });
    assert.equal(endless.found?.ended, 'longest');
    assert.equal(endless.found.longestPackets, 100_000);
    assert.equal(endless.found.depthPackets, null);
    assert.ok(endless.trial.flags.includes('longest-burst-passed'));
    const slow = await burst({ depth: 100, trainPps: 1.04e6, forwardedPps: 1e6 });
    assert.equal(slow.found?.ended, 'found');
    assert.equal(slow.found.depthPackets, null);
    const none = await burst({ depth: 10, trainPps: 1e9, forwardedPps: 1e6 });
    assert.equal(none.found?.longestPackets, 0);
    assert.ok(none.trial.flags.includes('shortest-burst-lost'));
    assert.equal(none.trial.measurement?.trains?.passed, 0);
  });

  it('stands for the trains of the longest that came through, and is disturbed where most of it was', async () => {
    const queue = { depth: 512, trainPps: 10e6, forwardedPps: 1e6 };
    const quiet = await burst({ ...queue, disturbed: (index) => index % 3 === 0 });
    assert.ok(!quiet.trial.flags.includes('disturbed'));
    const { trains, burst: found } = quiet.trial.measurement ?? assert.fail();
    assert.ok(trains !== null && found !== null && trains.passed === trains.begun);
    assert.equal(found.loads.find(({ packets }) => packets === found.lowerPackets)?.trains, trains.begun);
    const noisy = await burst({ ...queue, disturbed: (index) => index % 3 !== 0 });
    assert.ok(noisy.trial.flags.includes('disturbed'));
    assert.deepEqual(noisy.trial.measurement?.noise.reasons, ['others']);
  });

  it('runs once more what is not measured, and fails with it after that', async () => {
    const failed = { outcome: 'failed', step: 'traffic', reason: 'gone' } as const;
    const queue = { depth: 512, trainPps: 10e6, forwardedPps: 1e6 };
    const once = await burst({ ...queue, outcome: (index) => (index === 3 ? failed : { outcome: 'measured' }) });
    assert.equal(once.found?.ended, 'found');
    const { trial } = await burst({ ...queue, outcome: (index) => (index >= 3 ? failed : { outcome: 'measured' }) });
    assert.deepEqual(trial.outcome, { ...failed, reason: 'in trains of 128: gone' });
    assert.equal(trial.measurement, null);
  });
});

describe('trainsOf', () => {
  it('leaves the pause that it asks for, and room for the path to be empty', () => {
    for (const forwardedPps of [0.4, 130, 20_000, 1_000_003, 14_880_952]) {
      for (const packets of [8, 104, 1000, 99_992]) {
        const { asked, durationMs } = trainsOf(CASE, packets, 20, forwardedPps);
        const trains = trainsIn(asked.arrivals);
        assert.ok(trains !== null && asked.rate !== 'max');
        assert.ok(asked.rate === 1 || asked.rate * trains.pauseNs <= packets * 1e9);
        assert.ok(forwardedPps < 1 || (trains.pauseNs / 1e9) * forwardedPps >= 2 * packets);
        assert.ok(durationMs * 1e6 >= 20 * trains.pauseNs);
      }
    }
  });
});
