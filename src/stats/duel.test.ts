// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normal, seededRandom, testCase, trial } from '../../test/fixtures/campaign.ts';
import type { CaseResult } from '../model/result.ts';
import { caseKey, type TestCase } from '../model/testcase.ts';
import { summarizeCase } from './campaign.ts';
import { type Choice, duels } from './duel.ts';
import { judge } from './standing.ts';
import { verdicts } from './verdict.ts';

function result(part: Partial<TestCase>, pps: readonly number[], rttNs?: number): CaseResult {
  const one = testCase({ rate: 'max', ...part });
  return summarizeCase(
    one,
    pps.map((value, round) => trial({ case: one, pps: value, round, ...(rttNs === undefined ? {} : { rttNs }) })),
  );
}

const six = (from: number): number[] => [0, 3, 1, 5, 2, 4].map((step) => from + step);
const any = (id: string): Choice => ({ switch: id, io: null });
const campaign = [
  result({ switch: 'linux-bridge', io: 'udp' }, six(100)),
  result({ switch: 'linux-bridge', io: 'raw' }, six(300)),
  result({ switch: 'linux-bridge', io: 'raw-mmsg' }, six(310)),
  result({ switch: 'ovs', io: 'dpdk', port: 'vhost-user' }, six(900)),
];

test('frameworks that differ are no reason to refuse: the best of either is compared, with the p of the summary', () => {
  const [duel, ...rest] = duels(campaign, any('linux-bridge'), any('ovs'));
  assert.ok(duel !== undefined && rest.length === 0);
  assert.deepEqual(
    [duel.a.case.io, duel.b.case.io, duel.of, duel.compared?.verdict],
    ['raw-mmsg', 'dpdk', [3, 1], 'faster'],
  );
  const [verdict] = verdicts(campaign);
  const needed = campaign
    .slice(0, 3)
    .map((one) => verdict?.standing.compare(caseKey(one.case), caseKey(duel.b.case)).pCorrected ?? 1);
  assert.equal(duel.compared?.pCorrected, Math.max(...needed));
  assert.equal(duels(campaign, any('ovs'), any('linux-bridge'))[0]?.compared?.verdict, 'slower');
});

test('frameworks can be named; direct is no switch; what is not there makes no duel', () => {
  const [duel] = duels(campaign, { switch: 'linux-bridge', io: 'udp' }, { switch: 'ovs', io: 'dpdk/vhost-user' });
  assert.deepEqual([duel?.a.case.io, duel?.of, duel?.compared?.verdict], ['udp', [1, 1], 'faster']);
  assert.deepEqual(duels([...campaign, result({ switch: 'direct' }, six(9))], any('direct'), any('ovs')), []);
  assert.deepEqual(duels(campaign, any('linux-bridge'), any('vpp')), []);
});

test('beating the best of the other is not enough where another of its cases cannot be told apart', () => {
  const wild = [200, 1000, 100, 990, 150, 120];
  const [duel] = duels(
    [...campaign, result({ switch: 'linux-bridge', io: 'udp-mmsg' }, wild)],
    any('linux-bridge'),
    any('ovs'),
  );
  assert.equal(duel?.a.case.io, 'raw-mmsg');
  assert.equal(duel?.compared?.verdict, 'no difference');
});

test('too few rounds and a pace that both kept say so', () => {
  const few = [result({ switch: 'a', io: 'udp' }, [1, 2, 3]), result({ switch: 'b', io: 'raw' }, [7, 8, 9])];
  assert.match(duels(few, any('a'), any('b'))[0]?.reason ?? '', /^too few rounds \(3\)/);
  const paced = ['a', 'b'].map((id) => result({ switch: id, io: id, rate: 1000 }, new Array<number>(6).fill(1000)));
  assert.match(duels(paced, any('a'), any('b'))[0]?.reason ?? '', /received what was asked for/);
});

test('what it costs stands beside it: nobody is beaten who is better in something', () => {
  const latency = (part: Partial<TestCase>, rttNs: number) =>
    result({ dimension: 'latency', rate: 1000, burst: 4, ...part }, six(1000), rttNs);
  const all = [
    ...campaign,
    latency({ switch: 'linux-bridge', io: 'raw' }, 30_000),
    latency({ switch: 'linux-bridge', io: 'raw-mmsg' }, 10_000),
    latency({ switch: 'ovs', io: 'dpdk', port: 'vhost-user' }, 40_000),
  ];
  const [duel] = duels(all, any('linux-bridge'), any('ovs'));
  assert.deepEqual(
    duel?.costs.map(
      ({
        result: {
          case: { io },
        },
        p999Ns,
        unbeaten,
      }) => [io, p999Ns !== null, unbeaten],
    ),
    [
      ['dpdk', true, true],
      ['raw-mmsg', true, true],
      ['raw', true, false],
      ['udp', false, false],
    ],
  );
  // The poller of ovs takes a CPU: more packets, and more CPUs.
  assert.ok((duel?.costs[0]?.cpus ?? 0) > (duel?.costs[1]?.cpus ?? 9));
});

test('a switch with four frameworks is not called faster by chance more often than one with one', () => {
  const random = seededRandom(17);
  let [many, one] = [0, 0];
  for (let family = 0; family < 500; family += 1) {
    const cases = ['a', 'b', 'b', 'b', 'b'].map((id, index) => ({
      id,
      key: `${id}${index}`,
      figures: Array.from({ length: 6 }, (_, round) => ({ round, value: Math.exp(0.05 * normal(random)) })),
    }));
    const standing = judge(cases, 'higher');
    const ofB = standing.order.filter((key) => key.startsWith('b'));
    const [bestB = ''] = ofB;
    // B is called better where its best is told apart from the one of A, and A where it is told apart from each of B.
    if (standing.order[0] !== 'a0' && standing.areApart('a0', bestB)) many += 1;
    if (standing.order[0] === 'a0' && ofB.every((key) => standing.areApart('a0', key))) one += 1;
  }
  assert.ok(many <= 0.025 * 500 && one <= 0.025 * 500, `${many} and ${one} of 500`);
});
