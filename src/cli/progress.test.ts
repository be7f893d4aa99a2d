// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedCampaign, testCase, trial } from '../../test/fixtures/campaign.ts';
import type { StoredCampaign } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { repetitionOf } from '../plan/order.ts';
import { Schedule } from '../run/schedule.ts';
import { Progress, type Screen } from './progress.ts';

function screenOf(lines: string[], columns = Number.POSITIVE_INFINITY): Screen {
  return { tell: (line) => lines.push(line), columns: () => columns, draw: null };
}

/** What is told of a campaign whose only case has these throughputs (packets/s), one a trial. */
function told(part: Partial<StoredCampaign>, pps: readonly number[]): string[] {
  const one = testCase({ rate: 'max' });
  const campaign = storedCampaign({ ...part, cases: [{ case: one, skipped: null, trials: [] }] });
  const schedule = new Schedule(campaign, campaign.cases);
  const lines: string[] = [];
  const progress = new Progress({ campaign, cases: campaign.cases, schedule, owed: [] }, screenOf(lines));
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
    /^Each: throughput, local, 1vs1, P = 64 B, R = max, B = 64, touch = full, wait = yield\.$/,
  );
  assert.match(lines[2] ?? '', /^\[1\/2\] linux-bridge udp {2}1\.00 kpps, 0 % lost {2}[\d.]+ m?s left$/);
  assert.match(lines[3] ?? '', /^\[2\/2\] /);
  assert.doesNotMatch(lines[3] ?? '', /left/);
});

test('where a precision is asked for, it says how many cases lack it, and what is left at least', () => {
  const lines = told({ precision: { ratio: 0.02, trialsMax: 9 } }, [100, 100, 100, 100, 100, 110, 100, 100, 100]);
  assert.match(lines[0] ?? '', /: at least 6 trials, at least about 2\d s\.$/);
  assert.match(lines[2] ?? '', /^\[1\/6\] .* at least .* left$/);
  assert.equal(lines[8], 'Round 7 of at most 9: 1 case is not yet within ±2 %.');
  assert.match(lines[9] ?? '', /^\[7\/7\] /);
  assert.equal(lines[10], 'Round 8 of at most 9: 1 case is not yet within ±2 %.');
});

/** What is told of a trial of each of these cases, in their order. */
function toldOf(cases: readonly TestCase[], columns?: number): string[] {
  const campaign = storedCampaign({
    trialsPlanned: 1,
    cases: cases.map((one) => ({ case: one, skipped: null, trials: [] })),
  });
  const lines: string[] = [];
  const schedule = new Schedule(campaign, campaign.cases);
  const progress = new Progress({ campaign, cases: campaign.cases, schedule, owed: [] }, screenOf(lines, columns));
  for (const planned of [...schedule.planned].sort((a, b) => a.caseIndex - b.caseIndex)) {
    const testCase = cases[planned.caseIndex] ?? assert.fail('a case that is not planned');
    progress.show({ event: 'trial-starting', planned, testCase });
    progress.show({ event: 'trial-ended', planned, testCase, trial: trial({ case: testCase, pps: 12_345_678 }) });
  }
  return lines;
}

test('a line names what varies, and the first lines what does not', () => {
  const cases = [1, 32].map((burst) => testCase({ io: 'dpdk', port: 'vhost-user', rate: 'max', burst }));
  const [, each, first, second] = toldOf(cases);
  assert.equal(
    each,
    'Each: linux-bridge, dpdk/vhost-user, throughput, local, 1vs1, P = 64 B, R = max, touch = full, wait = yield.',
  );
  assert.match(first ?? '', /^\[1\/2\] B = 1 {2}12\.3 Mpps, 0 % lost/);
  assert.match(second ?? '', /^\[2\/2\] B = 32 {2}12\.3 Mpps, 0 % lost$/);
});

test('no line is wider than the terminal, and a figure is never broken', () => {
  const cases = [64, 1500].flatMap((packetSize) =>
    (['vhost-user', 'memif'] as const).map((port) =>
      testCase({ io: 'dpdk', port, rate: 'max', packetSize, testbed: 'lab' }),
    ),
  );
  const lines = toldOf(cases, 60);
  assert.deepEqual(
    lines.filter((line) => line.length > 60),
    [],
  );
  assert.ok(lines.includes('[1/4] dpdk/vhost-user, P = 64 B  12.3 Mpps, 0 % lost'));
  assert.ok(
    lines.some((line) => /^ {6}[\d.]+ m?s left$/.test(line)),
    lines.join('\n'),
  );
});

test('a repetition is told as one', () => {
  const one = testCase({ rate: 'max' });
  const campaign = storedCampaign({ trialsPlanned: 1, cases: [{ case: one, skipped: null, trials: [] }] });
  const schedule = new Schedule(campaign, campaign.cases);
  const lines: string[] = [];
  const progress = new Progress({ campaign, cases: campaign.cases, schedule, owed: [] }, screenOf(lines));
  const [planned] = schedule.planned;
  const repetition = planned === undefined ? null : repetitionOf(planned);
  assert.ok(planned !== undefined && repetition !== null);
  const ended = trial({ case: one, pps: 1000 });
  progress.show({ event: 'trial-ended', planned, testCase: one, trial: ended });
  progress.show({ event: 'repetition-planned', planned: repetition, reasons: ['the hypervisor took 9 %'] });
  progress.show({ event: 'trial-ended', planned: repetition, testCase: one, trial: ended });
  assert.deepEqual(lines.slice(2), [
    '[1/1] linux-bridge udp  1.00 kpps, 0 % lost',
    'Disturbed, to be repeated: the hypervisor took 9 %',
    '[2/2] linux-bridge udp, repeated  1.00 kpps, 0 % lost',
  ]);
});

test('what a program said when it failed is one line, and cannot drive the terminal', () => {
  const one = testCase({ rate: 'max' });
  const campaign = storedCampaign({ trialsPlanned: 1, cases: [{ case: one, skipped: null, trials: [] }] });
  const schedule = new Schedule(campaign, campaign.cases);
  const lines: string[] = [];
  const progress = new Progress({ campaign, cases: campaign.cases, schedule, owed: [] }, screenOf(lines));
  const [planned] = schedule.planned;
  assert.ok(planned !== undefined);
  const outcome = { outcome: 'failed', step: 'start switch', reason: 'no\n\u001b[31mhugepages' } as const;
  progress.show({ event: 'trial-ended', planned, testCase: one, trial: trial({ case: one, pps: 0, outcome }) });
  assert.equal(lines[2], '[1/1] linux-bridge udp  failed: no [31mhugepages');
});

test('two kinds of port of one framework are told apart', () => {
  const cases = (['memif', 'vhost-user'] as const).map((port) => testCase({ switch: 'direct', io: 'dpdk', port }));
  const lines = toldOf([...cases, testCase({ switch: 'ovs', io: 'udp' })]);
  assert.match(lines[2] ?? '', /^\[1\/3\] direct dpdk\/memif {2}/);
  assert.match(lines[3] ?? '', /^\[2\/3\] direct dpdk\/vhost-user {2}/);
});

test('on a terminal the trial that runs has its rate as a bar, and in a log it has no line', () => {
  const one = testCase({ rate: 'max' });
  const campaign = storedCampaign({ trialsPlanned: 1, cases: [{ case: one, skipped: null, trials: [] }] });
  const schedule = new Schedule(campaign, campaign.cases);
  const [planned] = schedule.planned;
  assert.ok(planned !== undefined);
  const rates = { tS: 1, offeredPps: 338_100, receivedPps: 338_100, senderCpus: 1, receiverCpus: 1 };
  const lines: string[] = [];
  const drawn: string[] = [];
  for (const draw of [(line: string) => drawn.push(line), null]) {
    const screen: Screen = { tell: (line) => lines.push(line), columns: () => 80, draw };
    const progress = new Progress({ campaign, cases: campaign.cases, schedule, owed: [] }, screen, () => 0);
    progress.show({ event: 'sampled', testCase: one, rates });
    progress.show({ event: 'trial-starting', planned, testCase: one });
    progress.show({ event: 'sampled', testCase: one, rates });
    progress.show({ event: 'trial-ended', planned, testCase: one, trial: trial({ case: one, pps: 338_100 }) });
    // Of a trial that is over.
    progress.show({ event: 'sampled', testCase: one, rates });
  }
  assert.deepEqual(drawn, ['[1/1] linux-bridge udp ...', `[1/1] linux-bridge udp  █${' '.repeat(23)}  338.1 kpps`, '']);
  // Two lines on what is planned, and one on the trial, each time.
  assert.equal(lines.filter((line) => line.startsWith('[1/1]')).length, 2);
  assert.ok(!lines.join('').includes('█'));
});
