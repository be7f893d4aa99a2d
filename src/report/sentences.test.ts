// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  storedCampaign,
  storedCase,
  superPacketCampaign,
  type TrialPlan,
  table2Campaign,
  testCase,
} from '../../test/fixtures/campaign.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { answers } from './sentences.ts';

function answerTo(plans: TrialPlan[], trials = 6, spread = 0.01) {
  const cases = plans.map((plan, index) => storedCase(plan, trials, spread, index + 1));
  const [answer] = answers(toCampaignResult(storedCampaign({ cases })));
  assert.ok(answer !== undefined);
  return answer;
}

const max = (id: string, io = 'udp') => testCase({ switch: id, io, rate: 'max' });

test('the winner is named with its ratio to the next, and what it leaves of the ceiling', () => {
  const answer = answerTo(
    [
      { case: max('linux-bridge'), pps: 200_000 },
      { case: max('ovs', 'dpdk'), pps: 400_000 },
      { case: max('direct', 'dpdk'), pps: 800_000 },
    ],
    6,
    0,
  );
  assert.equal(answer.winner?.case.switch, 'ovs');
  assert.equal(answer.headline, 'ovs with dpdk is the fastest');
  assert.equal(
    answer.detail,
    'Received 400.0 kpps (95 % interval 400.0 – 400.0), 2.00 times as much as the next, linux-bridge with udp (200.0 kpps); that is 50 % of what dpdk does without any switch (direct).',
  );
  assert.match(
    answer.sentence,
    /^ovs with dpdk is the fastest, 2\.00 times as much as the next, linux-bridge with udp; that is 50 %/,
  );
});

test('a case with super-packets wins nothing, and is told beside the answer', () => {
  const [answer] = answers(toCampaignResult(superPacketCampaign()));
  assert.equal(answer?.headline, 'linux-bridge with udp-mmsg: nothing to compare it with');
  assert.match(
    answer.detail,
    /\)\. Beside it, in super-packets and not compared: linux-bridge with udp-gso 14\.\d+ Mpps\.$/,
  );
  assert.match(answer.sentence, /; beside it, in super-packets and not compared: linux-bridge with udp-gso$/);
});

test('overlap has no winner and names who is tied', () => {
  const answer = answerTo([
    { case: max('ovs'), pps: 400_000 },
    { case: max('vpp'), pps: 401_000 },
    { case: max('linux-bridge'), pps: 100_000 },
  ]);
  assert.equal(answer.winner, null);
  assert.match(
    answer.headline,
    /^No winner: (ovs with udp and vpp with udp|vpp with udp and ovs with udp) cannot be told apart$/,
  );
});

test('many tied cases are counted, not all named', () => {
  const answer = answerTo(
    ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => ({ case: max(id), pps: 1000 })),
    6,
    0,
  );
  assert.match(answer.headline, /a with udp, b with udp, c with udp and 3 others/);
});

test('a single trial ranks nothing; a single case is alone; no case is nothing', () => {
  const two = [
    { case: max('ovs'), pps: 4e5 },
    { case: max('vpp'), pps: 1e5 },
  ];
  assert.match(answerTo(two, 1).sentence, /^No winner: a single trial cannot tell ovs with udp and vpp with udp apart/);
  assert.match(answerTo([{ case: max('ovs'), pps: 4e5 }]).headline, /nothing to compare/);
  const none = storedCampaign({ cases: [{ case: max('ovs'), skipped: 'absent', trials: [] }] });
  assert.equal(answers(toCampaignResult(none))[0]?.headline, 'Nothing was measured');
});

test('those that kept up with the rate are told so, in one order whatever their medians', () => {
  const plan = (id: string, pps: number) => ({ case: testCase({ switch: id, rate: 1000 }), pps });
  const one = answerTo([plan('b', 1000), plan('a', 999)], 6, 0);
  const two = answerTo([plan('b', 999), plan('a', 1000)], 6, 0);
  assert.equal(one.headline, 'No winner: a with udp and b with udp both kept up');
  assert.equal(two.headline, one.headline);
});

test('latency is told in round trips', () => {
  const plan = (id: string, rttNs: number) => ({
    case: testCase({ dimension: 'latency', rate: 1000, switch: id }),
    pps: 1000,
    rttNs,
  });
  const answer = answerTo([plan('linux-bridge', 40_000), plan('ovs', 10_000), plan('direct', 5000)], 6, 0);
  assert.equal(answer.headline, 'ovs with udp answers soonest');
  assert.match(
    answer.detail,
    /^Median round trip 1\d\.\d µs .*times sooner than the next.*; without any switch \(direct\) udp takes/,
  );
});

test('a whole campaign has one answer a group', () => {
  const list = answers(toCampaignResult(table2Campaign()));
  assert.equal(list.length, 1);
  assert.equal(list[0]?.winner?.case.switch, 'ovs');
});
