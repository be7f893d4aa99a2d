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
  trial,
} from '../../test/fixtures/campaign.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { doubts } from './doubts.ts';
import { answers } from './sentences.ts';

function answerTo(plans: TrialPlan[], trials = 6, spread = 0.01) {
  const cases = plans.map((plan, index) => storedCase(plan, trials, spread, index + 1));
  const [answer] = answers(toCampaignResult(storedCampaign({ cases })));
  assert.ok(answer !== undefined);
  return answer;
}

const max = (id: string, io = 'udp') => testCase({ switch: id, io, rate: 'max' });

test('the winner is named with the next, by how much and how sure, and what it leaves of the ceiling', () => {
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
    'Received 400.0 kpps (95 % interval 400.0 – 400.0); that is 50 % of what dpdk does without any switch (direct). Next, linux-bridge with udp −50 % (−50 to −50 %, p = 0.0023).',
  );
  assert.match(
    answer.sentence,
    /^ovs with dpdk is the fastest: 400\.0 kpps; that is 50 % .*\(direct\)\. Next, linux-bridge with udp −50 % \(−50 to −50 %, p = 0\.0023\)$/,
  );
});

test('a full order is told where there is one', () => {
  const plans = [
    { case: max('basicfwd'), pps: 15e6 },
    { case: max('ovs'), pps: 9e6 },
    { case: max('linux-bridge'), pps: 3e5 },
  ];
  assert.match(answerTo(plans).sentence, /\. In order: basicfwd > ovs > linux-bridge, each step significant$/);
  const tied = [...plans, { case: max('vpp'), pps: 9.01e6 }];
  assert.match(
    answerTo(tied).sentence,
    /\. In order: basicfwd > \[(vpp, ovs|ovs, vpp)\] > linux-bridge, each step significant; within brackets the order is not certain$/,
  );
});

test('a share of the ceiling is told with the CPUs where the applications had others', () => {
  const { results, ...campaign } = toCampaignResult(
    storedCampaign({
      cases: [
        storedCase({ case: max('ovs', 'dpdk'), pps: 5.4e6, flags: ['shared-cpu'] }),
        storedCase({ case: max('direct', 'dpdk'), pps: 10e6 }),
      ],
    }),
  );
  const withCpus = (sender: number) =>
    answers({
      ...campaign,
      results: results.map((one) =>
        one.summary === null || one.case.switch === 'direct'
          ? one
          : { ...one, summary: { ...one.summary, cpu: { ...one.summary.cpu, sender, receiver: sender } } },
      ),
    })[0]?.sentence;
  assert.match(
    withCpus(0.49) ?? '',
    /^ovs with dpdk is the only switch measured: 5\.\d+ Mpps; that is 54 % of what dpdk does without any switch \(direct\), on a shared CPU: its applications had 0\.98 CPUs, and without a switch 1\.69$/,
  );
  assert.doesNotMatch(withCpus(0.98) ?? '', /CPUs?/);
});

test('a case with super-packets wins nothing, and is told beside the answer', () => {
  const [answer] = answers(toCampaignResult(superPacketCampaign()));
  assert.equal(answer?.headline, 'linux-bridge with udp-mmsg is the only switch measured');
  assert.match(
    answer.detail,
    /\)\. Beside it, in super-packets and not compared: linux-bridge with udp-gso 14\.\d+ Mpps\.$/,
  );
  assert.match(answer.sentence, /\. Beside it, in super-packets and not compared: linux-bridge with udp-gso$/);
});

test('without a winner those who are tied are named, with how far noise reaches and what would tell', () => {
  const answer = answerTo(
    [
      { case: max('ovs'), pps: 400_000 },
      { case: max('vpp'), pps: 404_000 },
      { case: max('linux-bridge'), pps: 100_000 },
    ],
    6,
    0.02,
  );
  assert.equal(answer.winner, null);
  assert.match(
    answer.headline,
    /^No winner: (ovs with udp and vpp with udp|vpp with udp and ovs with udp) cannot be told apart$/,
  );
  assert.match(
    answer.sentence,
    /apart: (ovs|vpp) with udp −\d\.\d+ % \(−\d\.\d+ to \+\d\.\d+ %, p = [0-9.]+\), too noisy: ±\d\.\d+ %; \d+ more rounds would tell\. In order: \[.*\] > linux-bridge, a significant step; within brackets the order is not certain$/,
  );
});

test('one verdict: who is the fastest is never doubted beside it, and doubts are of a case and not of a verdict', () => {
  const result = toCampaignResult(
    storedCampaign({
      cases: [1, 2].map((side) => {
        const one = max(side === 1 ? 'ovs' : 'linux-bridge');
        const values = side === 1 ? [9, 9.01, 9.02, 4, 4.01, 4.02] : [1, 1.01, 1.02, 1.03, 1.04, 1.05];
        return {
          case: one,
          skipped: null,
          trials: values.map((value, round) => trial({ case: one, pps: 1e6 * value, round })),
        };
      }),
    }),
  );
  assert.ok(result.results[0]?.flags.includes('bimodal'));
  assert.match(answers(result)[0]?.sentence ?? '', /^ovs with udp is the fastest/);
  const told = doubts(result).map(({ what, consequence }) => `${what}. ${consequence}`);
  assert.ok(told.some((text) => /two levels/.test(text)));
  assert.doesNotMatch(told.join(' '), /no difference/);
});

test('the same who cannot be told apart are one finding, whichever has the better median', () => {
  const headlines = [
    [400_000, 401_000],
    [401_000, 400_000],
  ].map(
    ([ovs, vpp]) =>
      answerTo(
        [
          { case: max('ovs'), pps: ovs ?? 0 },
          { case: max('vpp'), pps: vpp ?? 0 },
        ],
        6,
        0.05,
      ).headline,
  );
  assert.deepEqual(headlines, new Array(2).fill('No winner: ovs with udp and vpp with udp cannot be told apart'));
});

test('many tied cases are counted, not all named', () => {
  const answer = answerTo(
    ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => ({ case: max(id), pps: 1000 })),
    6,
    0,
  );
  assert.match(answer.headline, /a with udp, b with udp, c with udp and 3 others/);
});

test('too few rounds rank nothing, and say how many it takes; a single case is alone; no case is nothing', () => {
  const two = [
    { case: max('ovs'), pps: 4e5 },
    { case: max('vpp'), pps: 1e5 },
  ];
  for (const rounds of [1, 3]) {
    assert.equal(
      answerTo(two, rounds).sentence,
      `No winner of ovs with udp and vpp with udp: too few rounds (${rounds}): not even the clearest difference could be told from chance; it takes 4 (--trials 4)`,
    );
  }
  assert.match(answerTo(two, 4).sentence, /^ovs with udp is the fastest/);
  assert.match(
    answerTo([{ case: max('ovs'), pps: 4e5 }]).sentence,
    /^ovs with udp is the only switch measured: 39\d\.\d kpps$/,
  );
  assert.match(
    answerTo([{ case: max('direct'), pps: 4e5 }]).sentence,
    /^direct with udp was measured, and no switch: /,
  );
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
  assert.equal(answer.headline, 'ovs with udp has the lowest latency');
  assert.match(
    answer.detail,
    /^Median round trip 1\d\.\d µs .*; without any switch \(direct\) udp takes .*\. Next, linux-bridge with udp \+\d+ % \(\+\d+ to \+\d+ %, p = 0\.033\)\./,
  );
});

test('a whole campaign has one answer a group', () => {
  const list = answers(toCampaignResult(table2Campaign()));
  assert.equal(list.length, 1);
  assert.equal(list[0]?.winner?.case.switch, 'ovs');
});
