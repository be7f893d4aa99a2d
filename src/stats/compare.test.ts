// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  capacityCampaign,
  hostRecord,
  inventory,
  normal,
  seededRandom,
  storedCampaign,
  testCase,
  trial,
  trials,
} from '../../test/fixtures/campaign.ts';
import { plainCpus } from '../../test/fixtures/cpus.ts';
import type { CaseResult, Flag } from '../model/result.ts';
import { SEARCH_DEFAULTS } from '../model/search.ts';
import { caseKey, type TestCase } from '../model/testcase.ts';
import { summarizeCase, toCampaignResult } from './campaign.ts';
import { type ComparedCase, compareCampaigns, compareSwitches, unlikeConditions, unlikeMachines } from './compare.ts';
import { verdicts } from './verdict.ts';

function result(part: Partial<TestCase>, pps: readonly number[], flags: Flag[] = [], rttNs?: number): CaseResult {
  const one = testCase({ rate: 'max', ...part });
  return summarizeCase(
    one,
    pps.map((value, round) =>
      trial({ case: one, pps: value, round, flags, ...(rttNs === undefined ? {} : { rttNs: rttNs + 10 * round }) }),
    ),
  );
}

const six = (from: number): number[] => [0, 1, 2, 3, 4, 5].map((step) => from + step);

function only(cases: readonly ComparedCase[]): ComparedCase {
  const [first, ...rest] = cases;
  assert.ok(first !== undefined && rest.length === 0, `${cases.length} cases`);
  return first;
}

test('six trials against six of which none overlaps are told apart, with the effect', () => {
  const { cases, compared } = compareCampaigns([result({}, six(100))], [result({}, six(200))]);
  const one = only(cases);
  assert.deepEqual([one.verdict, compared], ['faster', 1]);
  assert.ok(one.pCorrected !== null && Math.abs(one.pCorrected - 2 / 924) < 1e-12);
  assert.equal(one.a?.median, 102.5);
  assert.ok(one.effect !== null && Math.abs(one.effect.percent - 97.5) < 2, `${one.effect?.percent}`);
  assert.ok((one.effect?.ciLow ?? 0) > 90 && (one.effect?.ciHigh ?? 0) < 105);
  assert.equal(only(compareCampaigns([result({}, six(200))], [result({}, six(100))]).cases).verdict, 'slower');
});

test('for latency the lower one is faster', () => {
  const part = { dimension: 'latency', rate: 1000 } as const;
  const [quick, slow] = [result(part, six(1000), [], 10_000), result(part, six(1000), [], 30_000)];
  assert.equal(only(compareCampaigns([slow], [quick]).cases).verdict, 'faster');
  const back = only(compareCampaigns([quick], [slow]).cases);
  assert.equal(back.verdict, 'slower');
  assert.ok((back.effect?.percent ?? 0) > 150, `${back.effect?.percent}`);
});

test('the verdict is that of the corrected p: what one comparison shows, many may not', () => {
  // U = 5 of 36: p = 0.041, and twice that for two.
  const [a, b] = [[1, 2, 3, 4, 5, 6].map((n) => n + 100), [3.5, 4.5, 6.5, 7, 8, 9].map((n) => n + 100)];
  const alone = only(compareCampaigns([result({}, a)], [result({}, b)]).cases);
  assert.equal(alone.verdict, 'faster');
  const { cases } = compareCampaigns(
    [result({}, a), result({ io: 'raw' }, six(1))],
    [result({}, b), result({ io: 'raw' }, six(1.3))],
  );
  assert.equal(cases[0]?.pValue, alone.pValue);
  assert.equal(cases[0]?.pCorrected, 2 * (alone.pValue ?? 0));
  assert.equal(cases[0]?.verdict, 'no difference');
});

test('nothing is dropped: what cannot be compared says why', () => {
  const failed = summarizeCase(testCase({ io: 'raw', rate: 'max' }), [
    trial({ case: testCase({ io: 'raw' }), pps: 0, outcome: { outcome: 'failed', step: 'open', reason: 'no port' } }),
  ]);
  const paced = (pps: number) => result({ packetSize: 512, rate: 1000 }, six(pps));
  const a = [
    result({}, six(1)),
    result({ io: 'raw' }, six(1)),
    result({ packetSize: 128 }, six(1)),
    result({ packetSize: 256 }, [1, 2, 3]),
    paced(1000),
    result({ io: 'udp-gso' }, six(1), ['super-packets']),
  ];
  const b = [
    failed,
    result({ packetSize: 256 }, [4, 5, 6]),
    result({ packetSize: 1500 }, six(1)),
    paced(995),
    result({ io: 'udp-gso' }, six(1)),
  ];
  const { cases, compared } = compareCampaigns(a, b);
  assert.equal(compared, 0);
  assert.deepEqual(
    cases.map(({ verdict }) => verdict),
    cases.map(() => 'not compared'),
  );
  for (const [index, reason] of [
    /^only in A$/,
    /^not measured in B: open: no port$/,
    /^only in A$/,
    /^too few rounds \(3\)/,
    /^both received what was asked for/,
    /super-packets on one side only/,
    /^only in B$/,
  ].entries()) {
    assert.match(cases[index]?.reason ?? '', reason);
  }
});

test('where no difference could have been found, that is said in place of one', () => {
  const many = (from: number) =>
    [64, 128, 256].map((packetSize) => result({ packetSize }, [from, from + 1, from + 2, from + 3]));
  const four = compareCampaigns(many(1), many(100));
  assert.equal(four.compared, 0);
  assert.ok(four.cases.every(({ reason }) => reason?.includes('too few rounds (4)') && reason.includes('it takes 5')));
  assert.equal(compareCampaigns(many(1).slice(1, 2), many(100)).compared, 1);
});

test('one verdict, one p, one interval: of two switches what the summary says of them', () => {
  const results = ['a', 'b', 'c', 'd'].map((id, index) =>
    result(
      { switch: id },
      six(0).map((step) => 100 + 7 * index + ((5 * step * (index + 2)) % 11)),
    ),
  );
  const [verdict] = verdicts(results);
  for (const [first, second] of [
    ['a', 'b'],
    ['d', 'a'],
  ] as const) {
    const one = only(compareSwitches(results, first, second).cases);
    const key = (id: string) => caseKey(testCase({ rate: 'max', switch: id }));
    const told = verdict?.standing.compare(key(first), key(second));
    assert.deepEqual([one.verdict, one.pCorrected, one.effect], [told?.verdict, told?.pCorrected, told?.effect]);
  }
});

test('switches are paired whatever wait the CPUs left to each', () => {
  const results = [result({ switch: 'a', wait: 'poll' }, six(10)), result({ switch: 'b', wait: 'yield' }, six(90))];
  assert.equal(only(compareSwitches(results, 'a', 'b').cases).verdict, 'faster');
});

test('switches of one campaign are paired by everything else', () => {
  const { cases } = compareSwitches(
    [
      result({ switch: 'a', packetSize: 64 }, six(10)),
      result({ switch: 'a', packetSize: 128 }, six(10)),
      result({ switch: 'b', packetSize: 128 }, six(90)),
      result({ switch: 'c', packetSize: 64 }, six(90)),
    ],
    'a',
    'b',
  );
  assert.deepEqual(
    cases.map(({ verdict, reason }) => reason ?? verdict),
    ['only in A', 'faster'],
  );
});

test('marks of one side only are told, and trials that received nothing have no ratio', () => {
  const one = only(compareCampaigns([result({}, [0, 1, 2, 3, 4, 5], ['disturbed'])], [result({}, six(90))]).cases);
  assert.deepEqual([one.flagsOnlyInA, one.flagsOnlyInB], [['disturbed'], []]);
  assert.deepEqual([one.effect, one.verdict], [null, 'faster']);
});

test('machines and conditions that differ are named', () => {
  const other = inventory({ kernel: '6.9', versions: { lxc: '6.0', node: '26.10.0' } });
  assert.deepEqual(unlikeMachines(inventory(), inventory()), []);
  assert.deepEqual(unlikeMachines(inventory(), other), [{ what: 'kernel', a: '6.1.0-21-amd64', b: '6.9' }]);
  const topology = { caches: [{ level: 3, type: 'Unified', sizeKib: 1024, cpus: '0-3' }], distances: {} };
  const known = inventory({ topology });
  assert.deepEqual(unlikeMachines(inventory(), known), [], 'an older record does not tell');
  const without = inventory({ topology, cpus: plainCpus(4).slice(0, 2) });
  assert.deepEqual(unlikeMachines(known, without), [
    {
      what: 'CPUs',
      a: '4 online on 4 cores, 1 sockets, 1 nodes, 1 × L3 1024 KiB',
      b: '2 online on 2 cores, 1 sockets, 1 nodes, 1 × L3 1024 KiB',
    },
  ]);
  const [a, b] = [
    toCampaignResult(storedCampaign()),
    toCampaignResult(storedCampaign({ hosts: [hostRecord({ inventory: other })], durationMs: 1000 })),
  ];
  assert.deepEqual(
    unlikeConditions(a, b).map(({ what }) => what),
    ['duration (ms)', 'version of lxc', 'version of busybox'],
  );
  assert.deepEqual(unlikeConditions(a, a), []);
  const having = (versions: Record<string, string>) =>
    toCampaignResult(
      storedCampaign({
        hosts: [hostRecord({ inventory: { ...other, versions: { ...other.versions, ...versions } } })],
      }),
    );
  const seen = unlikeConditions(
    having({ 'switch ovs': '3.1', 'switch vpp': '26.10' }),
    having({ 'switch ovs': '3.2', 'switch tc': 'Linux 6.18' }),
  );
  assert.deepEqual(seen, [{ what: 'version of switch ovs', a: '3.1', b: '3.2' }]);
  const capacity = toCampaignResult(capacityCampaign());
  const partial = { ...capacity, search: { ...SEARCH_DEFAULTS, objectives: SEARCH_DEFAULTS.objectives.slice(1) } };
  assert.deepEqual(unlikeConditions(capacity, partial), [
    { what: 'objectives', a: 'loss=0,loss=0.5%', b: 'loss=0.5%' },
  ]);
  assert.deepEqual(unlikeConditions(capacity, { ...capacity, search: null }), []);
});

// Trials of kernel paths spread by a few percent; 2.5 % is taken here.
test('equal campaigns are rarely told apart, and a twin that is 10 % slower is found', () => {
  const one = testCase({ rate: 'max' });
  const campaign = (pps: number, seed: number) => [summarizeCase(one, trials({ case: one, pps }, 6, 0.025, seed))];
  const random = seededRandom(6);
  let [wrong, found] = [0, 0];
  for (let round = 0; round < 400; round += 1) {
    const seed = () => Math.floor(2 ** 31 * Math.abs(normal(random) % 1));
    if (only(compareCampaigns(campaign(1e5, seed()), campaign(1e5, seed())).cases).verdict !== 'no difference')
      wrong += 1;
    if (only(compareCampaigns(campaign(1e5, seed()), campaign(0.9e5, seed())).cases).verdict === 'slower') found += 1;
  }
  // The exact test's level is 38 of 924, 4.1 %.
  assert.ok(wrong <= 0.065 * 400, `${wrong} of 400 falsely different`);
  assert.ok(found >= 0.97 * 400, `${found} of 400 found`);
});
