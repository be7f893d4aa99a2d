// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedCampaign, testCase, trial } from '../../test/fixtures/campaign.ts';
import type { StoredCampaign } from '../model/result.ts';
import { Schedule } from '../run/schedule.ts';
import { Progress } from './progress.ts';

/** What is told of a campaign whose only case has these throughputs (packets/s), one a trial. */
function told(part: Partial<StoredCampaign>, pps: readonly number[]): string[] {
  const one = testCase({ rate: 'max' });
  const campaign = storedCampaign({ ...part, cases: [{ case: one, skipped: null, trials: [] }] });
  const schedule = new Schedule(campaign, campaign.cases);
  const lines: string[] = [];
  const progress = new Progress({ campaign, cases: campaign.cases, schedule, owed: [] }, (line) => lines.push(line));
  for (const planned of schedule.trials((extra) => progress.extend(extra))) {
    const ended = trial({ case: one, pps: pps[planned.round] ?? Number.NaN, round: planned.round });
    progress.show({ event: 'trial-starting', planned, testCase: one });
    schedule.record(planned, ended);
    progress.show({ event: 'trial-ended', planned, testCase: one, trial: ended });
  }
  return lines;
}

test('each trial is counted, with the time that is left', () => {
  const lines = told({ trialsPlanned: 2 }, [1000, 2000]);
  assert.match(lines[0] ?? '', /: 2 trials, about 8 s\.$/);
  assert.match(
    lines[1] ?? '',
    /^\[1\/2\] linux-bridge udp 1vs1 64 B, max +1\.0+ kpps received, 0\.00 % lost +[\d.]+ m?s left$/,
  );
  assert.match(lines[2] ?? '', /^\[2\/2\] /);
  assert.doesNotMatch(lines[2] ?? '', /left/);
});

test('where a precision is asked for, it says how many cases lack it, and what is left at least', () => {
  const lines = told({ precision: { ratio: 0.02, trialsMax: 9 } }, [100, 100, 100, 100, 100, 110, 100, 100, 100]);
  assert.match(lines[0] ?? '', /: at least 6 trials, at least about 2\d s\.$/);
  assert.match(lines[1] ?? '', /^\[1\/6\] .* at least .* left$/);
  assert.equal(lines[7], 'Round 7 of at most 9: 1 case is not yet within ±2 %.');
  assert.match(lines[8] ?? '', /^\[7\/7\] /);
  assert.equal(lines[9], 'Round 8 of at most 9: 1 case is not yet within ±2 %.');
});
