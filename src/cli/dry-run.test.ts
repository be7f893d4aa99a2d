// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedCampaign, testCase } from '../../test/fixtures/campaign.ts';
import { plainCpus } from '../../test/fixtures/cpus.ts';
import type { KnobRecord } from '../model/tuning.ts';
import { Schedule } from '../run/schedule.ts';
import { describePlan, type ForeseenTuning } from './dry-run.ts';

const cases = [{ case: testCase(), skipped: null, trials: [] }];
const campaign = storedCampaign({ cases });
const GOVERNOR: KnobRecord = {
  ...{ knob: 'governor', state: 'off', before: 'powersave', after: 'performance', note: null },
};

/** The lines about knobs. */
function knobLines(tuning?: readonly ForeseenTuning[]): string[] {
  const plan = { campaign, cases, schedule: new Schedule(campaign, cases), owed: [], ...(tuning && { tuning }) };
  const testbed = { name: 'local', near: { cpus: plainCpus(4) }, far: null, sameMachine: false };
  const text = describePlan(plan, [], [testbed], 200);
  return text.split('\n').filter((line) => /knob/i.test(line));
}

describe('a dry run', () => {
  it('tells what the knobs that are to be turned would change, on each host where there are several', () => {
    assert.deepEqual(knobLines([{ host: 'local', records: [GOVERNOR] }]), [
      'Knobs while it runs, and given back: governor powersave → performance.',
    ]);
    const hosts = ['lab-a', 'lab-b'].map((host) => ({ host, records: [GOVERNOR] }));
    assert.deepEqual(knobLines(hosts), [
      'Knobs of lab-a while it runs, and given back: governor powersave → performance.',
      'Knobs of lab-b while it runs, and given back: governor powersave → performance.',
    ]);
  });
  it('is silent of knobs where none is to be turned', () => {
    assert.deepEqual(knobLines([]), []);
    assert.deepEqual(knobLines(), []);
  });
});
