// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testCase, trial } from '../../test/fixtures/campaign.ts';
import type { Outcome } from '../model/result.ts';
import { type Background, runBeside } from './background.ts';

/** Runs a trial whose background can send 2000 packets/s by itself, and tells what was run. */
async function beside(background: string, { knownPps, outcome }: { knownPps?: number; outcome?: Outcome } = {}) {
  const ran: { background: Background | null; calibrates: boolean }[] = [];
  const learned: number[] = [];
  const measured = testCase({ dimension: 'latency', rate: 1000, background });
  const capacity = { knownPps, learned: (pps: number) => void learned.push(pps) };
  const ended = await runBeside(measured, capacity, async (given, calibrates) => {
    ran.push({ background: given, calibrates });
    return trial({ case: measured, pps: 2000, ...(calibrates && outcome !== undefined ? { outcome } : {}) });
  });
  const rates = ran.map((one) => one.background?.testCase.rate ?? null);
  return { ended, rates, learned, calibrates: ran.map((one) => one.calibrates), ran };
}

describe('the background of a trial', () => {
  it('is nothing that is measured first where it is none or a rate', async () => {
    assert.deepEqual((await beside('none')).rates, [null]);
    const { rates, calibrates, ran } = await beside('7000');
    assert.deepEqual([rates, calibrates, ran[0]?.background?.capacityPps], [[7000], [false], null]);
  });

  it('is a share of what it can send by itself, which is measured once', async () => {
    const { rates, calibrates, learned, ran } = await beside('12.5%');
    assert.deepEqual([rates, calibrates, learned], [['max', 250], [true, false], [2000]]);
    assert.equal(ran[1]?.background?.capacityPps, 2000);
    const again = await beside('12.5%', { knownPps: 8000 });
    assert.deepEqual([again.rates, again.calibrates, again.learned], [[1000], [false], []]);
  });

  it('fails the trial where its capacity cannot be measured, by the step that failed', async () => {
    const failed: Outcome = { outcome: 'failed', step: 'settle switch', reason: 'port 3 is not known' };
    const { ended, rates, learned } = await beside('50%', { outcome: failed });
    assert.deepEqual([rates, learned], [['max'], []]);
    assert.deepEqual(ended.outcome, { ...failed, reason: 'capacity for the background: port 3 is not known' });
    assert.equal(ended.measurement, null);
    const invalid = await beside('50%', { outcome: { outcome: 'invalid', reason: 'the ledger does not close' } });
    assert.equal(invalid.ended.outcome.outcome === 'failed' && invalid.ended.outcome.step, 'measure capacity');
  });
});
