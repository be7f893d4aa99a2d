// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normal, seededRandom, testCase, trial, trials } from '../../test/fixtures/campaign.ts';
import type { CaseResult } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { summarizeCase } from './campaign.ts';
import { ceilingOf, ranked, verdicts } from './verdict.ts';

function result(part: Partial<TestCase>, pps: readonly number[], rttNs?: number): CaseResult {
  const test = testCase({ rate: 'max', ...part });
  return summarizeCase(
    test,
    pps.map((value, round) => trial({ case: test, pps: value, round, ...(rttNs === undefined ? {} : { rttNs }) })),
  );
}

const six = (from: number): number[] => [0, 1, 2, 3, 4, 5].map((step) => from + step);

test('the winner is the one whose interval lies wholly above all others', () => {
  const [verdict] = verdicts([
    result({ switch: 'a' }, six(100)),
    result({ switch: 'b' }, six(200)),
    result({ switch: 'c' }, six(110)),
  ]);
  assert.ok(verdict?.verdict === 'winner');
  assert.equal(verdict.winner.case.switch, 'b');
  assert.equal(verdict.runnerUp.case.switch, 'c');
  assert.equal(verdict.ratio, 202.5 / 112.5);
});

test('overlapping intervals have no winner, and name only those that cannot be told from the best', () => {
  const [verdict] = verdicts([
    result({ switch: 'a' }, six(100)),
    result({ switch: 'b' }, six(103)),
    result({ switch: 'c' }, six(50)),
  ]);
  assert.ok(verdict?.verdict === 'no-winner');
  assert.equal(verdict.why, 'intervals-overlap');
  assert.deepEqual(
    verdict.tied.map((tied) => tied.case.switch),
    ['b', 'a'],
  );
});

test('intervals that only touch overlap', () => {
  const [verdict] = verdicts([result({ switch: 'a' }, six(100)), result({ switch: 'b' }, six(105))]);
  assert.equal(verdict?.verdict, 'no-winner');
});

test('a single trial neither wins nor is beaten', () => {
  const [verdict] = verdicts([result({ switch: 'a' }, six(100)), result({ switch: 'b' }, [10])]);
  assert.ok(verdict?.verdict === 'no-winner');
  assert.equal(verdict.why, 'too-few-trials');
  assert.equal(verdict.tied.length, 2);
});

test('a case alone has nothing to be compared with; no measured case is nothing', () => {
  const failed = summarizeCase(testCase({ rate: 'max', switch: 'b' }), []);
  const [alone] = verdicts([result({ switch: 'a' }, [1]), failed]);
  assert.equal(alone?.verdict, 'alone');
  assert.equal(verdicts([failed])[0]?.verdict, 'nothing');
  assert.deepEqual(verdicts([]), []);
});

test('direct is the ceiling and no switch: it competes only with itself', () => {
  const direct = [result({ switch: 'direct' }, six(900)), result({ switch: 'direct', io: 'raw' }, six(1000))];
  const bridge = result({ switch: 'a' }, six(100));
  const [verdict] = verdicts([...direct, bridge, result({ switch: 'b' }, six(10))]);
  assert.ok(verdict?.verdict === 'winner');
  assert.equal(verdict.winner, bridge);
  assert.equal(ceilingOf(bridge, [...direct, bridge]), direct[0]);
  const [alone] = verdicts(direct);
  assert.ok(alone?.verdict === 'winner');
  assert.equal(alone.winner, direct[1]);
  assert.equal(ceilingOf(alone.winner, direct), null);
});

test('super-packets compete only with super-packets', () => {
  const flagged = (part: Partial<TestCase>, pps: readonly number[]): CaseResult => ({
    ...result({ io: 'udp-gso', ...part }, pps),
    flags: ['super-packets'],
  });
  const many = [flagged({ switch: 'a' }, six(9000)), flagged({ switch: 'b' }, six(8000))];
  const [mixed] = verdicts([...many, result({ switch: 'a' }, six(100)), result({ switch: 'b' }, six(200))]);
  assert.ok(mixed?.verdict === 'winner');
  assert.deepEqual([mixed.winner.case.switch, mixed.winner.case.io], ['b', 'udp']);
  const [alike] = verdicts([...many, flagged({ switch: 'direct' }, six(10_000))]);
  assert.ok(alike?.verdict === 'winner');
  assert.equal(alike.winner, many[0]);
});

test('groups are compared apart; switch, framework and wait do not make a group', () => {
  const all = verdicts([
    result({ switch: 'a', packetSize: 64 }, six(10)),
    result({ switch: 'b', packetSize: 64, io: 'raw', wait: 'poll' }, six(20)),
    result({ switch: 'a', packetSize: 128 }, six(20)),
    result({ switch: 'b', packetSize: 128 }, six(10)),
  ]);
  assert.deepEqual(
    all.map((verdict) => (verdict.verdict === 'winner' ? verdict.winner.case.switch : null)),
    ['b', 'a'],
  );
});

test('paced cases that kept the pace are tied, however narrow their intervals', () => {
  const exactly = (pps: number): number[] => six(0).map((step) => pps + step / 100);
  const [verdict] = verdicts([
    result({ switch: 'a', rate: 1000 }, exactly(1000)),
    result({ switch: 'b', rate: 1000 }, exactly(998)),
    result({ switch: 'c', rate: 1000 }, exactly(700)),
  ]);
  assert.ok(verdict?.verdict === 'no-winner');
  assert.equal(verdict.why, 'rate-met');
  assert.equal(verdict.tied.length, 2);
});

test('for latency the lowest median round trip wins', () => {
  const part = { dimension: 'latency', rate: 1000 } as const;
  const results = [
    result({ ...part, switch: 'slow' }, six(1000), 40_000),
    result({ ...part, switch: 'quick' }, six(1000), 10_000),
  ];
  const [verdict] = verdicts(results);
  assert.ok(verdict?.verdict === 'winner');
  assert.equal(verdict.winner.case.switch, 'quick');
  assert.ok(verdict.ratio > 3.8 && verdict.ratio < 4.2);
});

test('ranked lists measured cases, best first', () => {
  const cases = [
    result({ switch: 'a' }, six(1)),
    result({ switch: 'b' }, six(9)),
    summarizeCase(testCase({ switch: 'c' }), []),
  ];
  const [first] = verdicts(cases);
  assert.ok(first !== undefined);
  assert.deepEqual(
    ranked({ group: first.group, cases }).map((one) => one.case.switch),
    ['b', 'a'],
  );
});

test('equal cases get a winner about as rarely as the doc comment says', () => {
  const random = seededRandom(42);
  const rounds = 4000;
  let won = 0;
  for (let round = 0; round < rounds; round += 1) {
    const draw = () => six(0).map(() => 1000 + normal(random));
    if (verdicts([result({ switch: 'a' }, draw()), result({ switch: 'b' }, draw())])[0]?.verdict === 'winner') won += 1;
  }
  // 2 of 924 is 0.22 %: 8.7 of 4000 expected.
  assert.ok(won > 0 && won < 20, `${won} of ${rounds}`);
});

test('trials with a clear difference are told apart', () => {
  const one = testCase({ switch: 'a', rate: 'max' });
  const two = testCase({ switch: 'b', rate: 'max' });
  const cases = [
    summarizeCase(one, trials({ case: one, pps: 1e6 }, 6, 0.01, 1)),
    summarizeCase(two, trials({ case: two, pps: 1.2e6 }, 6, 0.01, 2)),
  ];
  assert.equal(verdicts(cases)[0]?.verdict, 'winner');
});
