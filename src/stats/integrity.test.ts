// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testCase, trial } from '../../test/fixtures/campaign.ts';
import type { Measurement } from '../model/result.ts';
import { summarizeCase } from './campaign.ts';
import { integrityFlags, lossRatioOf } from './integrity.ts';
import { keptRatio } from './pace.ts';

function measured(part: Partial<Measurement>): Measurement {
  const { measurement } = trial({ case: testCase(), pps: 1e6 });
  assert.ok(measurement !== null);
  return { ...measurement, receivedPackets: 100_000, ...part };
}

describe('what became of the packets', () => {
  it('is told where more than one of a thousand was copied, damaged, reordered or late', () => {
    assert.deepEqual(integrityFlags([measured({})]), []);
    const at = (packets: number) =>
      integrityFlags([
        measured({
          duplicatedPackets: packets,
          corruptedPackets: packets,
          reorderedPackets: packets,
          latePackets: packets,
        }),
      ]);
    assert.deepEqual(at(100), []);
    assert.deepEqual(at(101), ['duplicates', 'corruption', 'reordering', 'late-packets']);
    // Of all trials together.
    assert.deepEqual(integrityFlags([measured({ duplicatedPackets: 150 }), measured({})]), []);
  });

  it('is a loss only where nothing of a packet arrived', () => {
    const counts = { steadyOfferedPackets: 1000, steadyReceivedPackets: 950, steadyCorruptedPackets: 50 };
    assert.equal(lossRatioOf([counts]), 0);
    assert.equal(lossRatioOf([{ ...counts, steadyCorruptedPackets: 25 }]), 0.025);
    // Where nothing was sent nothing is known, and not that nothing was lost.
    assert.equal(lossRatioOf([]), null);
    assert.equal(lossRatioOf([{ steadyOfferedPackets: 0, steadyReceivedPackets: 0, steadyCorruptedPackets: 0 }]), null);
    const result = summarizeCase(testCase(), [
      { ...trial({ case: testCase(), pps: 1 }), measurement: measured(counts) },
    ]);
    assert.equal(result.summary?.lossRatio, 0);
  });
});

describe('whether a pace was kept', () => {
  it('is told by what was due in the window, and not by a rate between two samples', () => {
    // One burst of 64 in two seconds: between samples the rate is anything.
    const coarse = measured({
      offeredPps: 0,
      steadyOfferedPackets: 64,
      steadyReceivedPackets: 64,
      steadyGivenUpPackets: 0,
    });
    assert.equal(keptRatio([coarse], 'offered'), 1);
    const paced = testCase({ rate: 32 });
    const flagsOf = (measurement: Measurement) =>
      summarizeCase(paced, [{ ...trial({ case: paced, pps: 32 }), measurement }]).flags;
    assert.equal(flagsOf(coarse).includes('rate-not-reached'), false);
    assert.ok(flagsOf({ ...coarse, steadyGivenUpPackets: 64 }).includes('rate-not-reached'));
  });
  it('is told by the whole run of records in which nothing else was counted', () => {
    const older = measured({ rawPps: null, intendedPackets: 1000, offeredPackets: 900, receivedPackets: 450 });
    assert.deepEqual([keptRatio([older], 'offered'), keptRatio([older], 'received')], [0.9, 0.45]);
  });
});
