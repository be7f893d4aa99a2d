// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCase, trial, trials } from '../../test/fixtures/campaign.ts';
import { SIX_ROUNDS } from '../../test/fixtures/six-rounds.ts';
import type { CaseResult } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { summarizeCase } from './campaign.ts';
import { valuesOf } from './figures.ts';
import { ceilingOf, decidingFigure, ranked, type Verdict, verdicts } from './verdict.ts';

function result(part: Partial<TestCase>, pps: readonly number[], rttNs?: number): CaseResult {
  const test = testCase({ rate: 'max', ...part });
  return summarizeCase(
    test,
    pps.map((value, round) => trial({ case: test, pps: value, round, ...(rttNs === undefined ? {} : { rttNs }) })),
  );
}

const six = (from: number): number[] => [0, 1, 2, 3, 4, 5].map((step) => from + step);

const winnerOf = (verdict: Verdict | undefined) =>
  verdict?.verdict === 'order' ? (verdict.winner?.case.switch ?? null) : verdict?.verdict;
const switchesOf = (cases: readonly CaseResult[]) => cases.map((one) => one.case.switch);

test('a winner is told apart from each of the others, and the whole order is known', () => {
  const [verdict] = verdicts([
    result({ switch: 'a' }, six(100)),
    result({ switch: 'b' }, six(200)),
    result({ switch: 'c' }, six(110)),
  ]);
  assert.equal(winnerOf(verdict), 'b');
  assert.ok(verdict?.verdict === 'order');
  assert.deepEqual(verdict.tiers.map(switchesOf), [['b'], ['c'], ['a']]);
});

test('intervals that overlap are no tie: in each of six rounds one of the two was ahead', () => {
  const [verdict] = verdicts(SIX_ROUNDS.map(({ key, figures }) => result({ switch: key }, valuesOf(figures))));
  assert.equal(winnerOf(verdict), 'basicfwd');
  assert.ok(verdict !== undefined);
  const [first, second] = verdict.contenders.map(decidingFigure);
  // The order statistics of six are their range, and one slow round of the faster is not far above a quick one of the slower.
  assert.ok((first?.ciLow ?? 0) - (second?.ciHigh ?? 0) < 0.1 * (first?.median ?? 0));
});

test('no winner names only those that cannot be told from the best', () => {
  const [verdict] = verdicts([
    result({ switch: 'a' }, [100, 104, 101, 105, 102, 103]),
    result({ switch: 'b' }, [105, 101, 106, 103, 104, 102]),
    result({ switch: 'c' }, six(50)),
  ]);
  assert.ok(verdict?.verdict === 'order');
  assert.deepEqual([verdict.winner, switchesOf(verdict.leaders)], [null, ['b', 'a']]);
  assert.deepEqual(verdict.tiers.map(switchesOf), [['b', 'a'], ['c']]);
});

test('three rounds tell nothing, however clear; one case of few rounds neither wins nor is beaten', () => {
  const [few] = verdicts([result({ switch: 'a' }, [100, 101, 102]), result({ switch: 'b' }, [1, 2, 3])]);
  assert.ok(few?.verdict === 'too-few-rounds');
  assert.equal(few.roundsMin, 4);
  const [verdict] = verdicts([
    result({ switch: 'a' }, six(100)),
    result({ switch: 'b' }, [10]),
    result({ switch: 'c' }, six(50)),
  ]);
  assert.ok(verdict?.verdict === 'order');
  assert.deepEqual(switchesOf(verdict.leaders), ['a', 'b']);
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
  assert.ok(verdict?.verdict === 'order');
  assert.equal(verdict.winner, bridge);
  assert.equal(ceilingOf(bridge, [...direct, bridge]), direct[0]);
  const [alone] = verdicts(direct);
  assert.ok(alone?.verdict === 'order' && alone.winner !== null);
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
  assert.ok(mixed?.verdict === 'order');
  assert.deepEqual([mixed.winner?.case.switch, mixed.winner?.case.io], ['b', 'udp']);
  const [alike] = verdicts([...many, flagged({ switch: 'direct' }, six(10_000))]);
  assert.ok(alike?.verdict === 'order');
  assert.equal(alike.winner, many[0]);
});

test('groups are compared apart; switch, framework and wait do not make a group', () => {
  const all = verdicts([
    result({ switch: 'a', packetSize: 64 }, six(10)),
    result({ switch: 'b', packetSize: 64, io: 'raw', wait: 'poll' }, six(20)),
    result({ switch: 'a', packetSize: 128 }, six(20)),
    result({ switch: 'b', packetSize: 128 }, six(10)),
  ]);
  assert.deepEqual(all.map(winnerOf), ['b', 'a']);
});

test('paced cases that kept the pace are tied, however narrow their intervals', () => {
  const exactly = (pps: number): number[] => six(0).map((step) => pps + step / 100);
  const [verdict] = verdicts([
    result({ switch: 'a', rate: 1000 }, exactly(1000)),
    result({ switch: 'b', rate: 1000 }, exactly(998)),
    result({ switch: 'c', rate: 1000 }, exactly(700)),
  ]);
  assert.ok(verdict?.verdict === 'rate-met');
  assert.equal(verdict.tied.length, 2);
});

test('for latency the lowest median round trip wins', () => {
  const part = { dimension: 'latency', rate: 1000 } as const;
  const results = [
    result({ ...part, switch: 'slow' }, six(1000), 40_000),
    result({ ...part, switch: 'quick' }, six(1000), 10_000),
  ];
  assert.equal(winnerOf(verdicts(results)[0]), 'quick');
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

test('trials with a clear difference are told apart', () => {
  const one = testCase({ switch: 'a', rate: 'max' });
  const two = testCase({ switch: 'b', rate: 'max' });
  const cases = [
    summarizeCase(one, trials({ case: one, pps: 1e6 }, 6, 0.01, 1)),
    summarizeCase(two, trials({ case: two, pps: 1.2e6 }, 6, 0.01, 2)),
  ];
  assert.equal(winnerOf(verdicts(cases)[0]), 'b');
});
