// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostileCampaign, storedCampaign, testCase, trial } from '../../test/fixtures/campaign.ts';
import type { Outcome, Trial } from '../model/result.ts';
import { caseRow, type TrialRow } from './tables/shared.ts';
import { renderTrial, trialNamed } from './trial.ts';

const latency = testCase({ dimension: 'latency', switch: 'ovs', io: 'dpdk', rate: 1000 });

function rowOf(ran: Trial, one = latency): TrialRow {
  return { ...caseRow(storedCampaign({ id: 'c7' }), 12, one), trial: ran };
}

const lines = (ran: Trial, columns = 80) => renderTrial(rowOf(ran), { columns, color: false }).split('\n');

describe('a trial for people', () => {
  it('has its name, every figure, its ledger and its histogram', () => {
    const text = lines(trial({ case: latency, pps: 1000, lossRatio: 0.1, round: 2 })).join('\n');
    assert.match(text, /Campaign c7, case 12, round 3: ovs with dpdk, latency/);
    assert.match(text, /\nthroughput_pps +1000 packets\/s\n/);
    assert.match(text, /\nrtt_p50_ns +\d+ ns\n/);
    assert.match(text, /\n3 889 +source's interface, sent\n/);
    assert.match(text, /lost: receive queue of the sink's socket full/);
    assert.match(text, /Histogram rtt, µs\nfrom /);
  });

  it('has every packet of the histogram in a bar, and at most 24 of them', () => {
    const bars = lines(trial({ case: latency, pps: 1000 })).filter((line) => line.startsWith('from '));
    assert.equal(bars.length, 24);
    const packets = bars.map((line) =>
      Number(/^from +[\d.]+ {2,}([\d ]+?)(?: {2}#*)?$/.exec(line)?.[1]?.replaceAll(/\D/g, '')),
    );
    assert.equal(
      packets.reduce((sum, count) => sum + count, 0),
      3000,
    );
  });

  it('says why there are no figures, and fits any terminal', () => {
    const outcome: Outcome = {
      outcome: 'failed',
      step: 'start',
      reason: 'no hugepages are free \u001b[31m on this machine',
    };
    const told = lines(trial({ case: latency, pps: 0, outcome }), 60);
    assert.match(told.join(' '), /failed: no hugepages are free/);
    assert.ok(!told.join('').includes('\u001b'));
    assert.equal(told.join('\n').includes('Figures'), false);
    for (const columns of [60, 80, 120, 200]) {
      const [wide] = hostileCampaign().cases.flatMap((one) => one.trials.map((ran) => rowOf(ran, one.case)));
      assert.ok(wide !== undefined);
      for (const line of renderTrial(wide, { columns, color: false }).split('\n')) {
        assert.ok(line.length <= columns || !line.trim().includes(' '), line);
      }
    }
  });

  it('is named by case and round', () => {
    assert.deepEqual(trialNamed('12/1'), { caseIndex: 12, round: 0, repetition: false });
    assert.deepEqual(trialNamed('0/7/repetition'), { caseIndex: 0, round: 6, repetition: true });
    for (const text of ['', '12', '12/0', '/1', '1/2/3', '-1/1', '12/1/', '1.5/1'])
      assert.equal(trialNamed(text), null, text);
  });
});
