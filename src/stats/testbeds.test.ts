// SPDX-License-Identifier: Apache-2.0
// What no statistic may do: mix the figures of two machines.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  hostPair,
  hostRecord,
  inventory,
  storedCampaign,
  storedCase,
  testCase,
  twoTestbedsCampaign,
} from '../../test/fixtures/campaign.ts';
import { LAB_VIRTUALIZATION } from '../model/inventory.ts';
import type { CampaignResult } from '../model/result.ts';
import type { HostRecord } from '../model/testbed.ts';
import { caseKey, type TestCase } from '../model/testcase.ts';
import { toCampaignResult } from './campaign.ts';
import { compareCampaigns, unlikeConditions, unlikeHosts, unlikePrograms } from './compare.ts';
import { lineRateOf, lineRateRatio } from './line-rate.ts';
import { programSumsOf } from './programs.ts';
import { verdicts } from './verdict.ts';

/** Campaign whose cases, each of six trials, have this throughput. */
function measured(pps: [Partial<TestCase>, number][], hosts: HostRecord[], id = 'one'): CampaignResult {
  const cases = pps.map(([part, figure], seed) => storedCase({ case: testCase(part), pps: figure }, 6, 0.01, seed));
  return toCampaignResult(storedCampaign({ id, hosts, cases }));
}

const LAB = hostPair('lab');
const both = [hostRecord(), ...LAB];
const remote = { testbed: 'lab', location: 'remote', rate: 'max' } as const;

test('a key is what it was for cases on this machine, and names any other', () => {
  const key = 'throughput local 1vs1 linux-bridge udp P=64 R=1000000 B=64 touch=full wait=yield';
  assert.equal(caseKey(testCase()), key);
  assert.equal(caseKey(testCase({ testbed: 'lab' })), `${key} testbed=lab`);
});

test('a verdict is on one testbed', () => {
  const { results } = measured(
    [
      [{}, 1000],
      [{ testbed: 'lab' }, 2000],
      [{ testbed: 'lab', switch: 'ovs' }, 3000],
    ],
    both,
  );
  assert.deepEqual(
    verdicts(results).map(({ group, verdict }) => [group.testbed, verdict]),
    [
      ['local', 'alone'],
      ['lab', 'order'],
    ],
  );
  for (const { group, ...verdict } of verdicts(toCampaignResult(twoTestbedsCampaign()).results)) {
    assert.ok(verdict.contenders.every((one) => one.case.testbed === group.testbed));
  }
});

test('a ceiling is of the same testbed, in the campaign and in others', () => {
  const max = { rate: 'max' } as const;
  const direct = { ...max, switch: 'direct' };
  const own = measured(
    [
      [max, 500],
      [{ ...direct, testbed: 'lab' }, 1000],
    ],
    both,
  );
  assert.equal(own.results[0]?.ceiling, undefined);
  const stored = storedCampaign({ hosts: both, cases: [storedCase({ case: testCase(max), pps: 500 })] });
  const elsewhere = [
    measured([[{ ...direct, testbed: 'lab' }, 1000]], both, 'a'),
    measured([[direct, 800]], both, 'b'),
  ];
  assert.equal(toCampaignResult(stored, elsewhere).results[0]?.ceiling?.campaign, 'b');
});

test('campaigns are compared testbed by testbed', () => {
  const a = measured(
    [
      [{}, 1000],
      [{ testbed: 'lab' }, 1000],
    ],
    both,
  );
  const b = measured(
    [
      [{ testbed: 'lab' }, 2000],
      [{ testbed: 'other' }, 500],
    ],
    [...LAB, ...hostPair('other')],
    'two',
  );
  const { cases } = compareCampaigns(a.results, b.results);
  assert.deepEqual(
    cases.map((one) => [one.case.testbed, one.verdict, one.reason]),
    [
      ['local', 'not compared', 'only in A'],
      ['lab', 'faster', undefined],
      ['other', 'not compared', 'only in B'],
    ],
  );
});

test('hosts are told apart by testbed and role', () => {
  const changed = (part: Partial<HostRecord>) => ({
    hosts: [hostRecord(), ...LAB.map((host) => (host.role === 'far' ? { ...host, ...part } : host))],
  });
  const same = { hosts: both };
  assert.deepEqual(unlikeHosts(same, same, 'lab'), []);
  assert.deepEqual(
    unlikeHosts(same, changed({ inventory: inventory({ hostname: 'lab-far', kernel: '6.9' }) }), 'lab'),
    [{ what: 'kernel of lab (far)', a: '6.1.0-21-amd64', b: '6.9' }],
  );
  assert.deepEqual(
    unlikeHosts(
      same,
      changed({ uplink: { interface: 'eth0', driver: 'ice', lineRateBps: 25e9, node: null } }),
      'lab',
    ).map(({ what }) => what),
    ['driver of the uplink of lab (far)', 'line rate (bit/s) of lab (far)'],
  );
  assert.deepEqual(unlikeHosts(same, changed({ name: 'another-way' }), 'lab'), [], 'however it is reached');
  assert.deepEqual(
    unlikeHosts(same, { hosts: both.slice(0, 2) }, 'lab').map(({ what, b }) => `${what}: ${b}`),
    ['host of lab (far): none'],
  );
  assert.deepEqual(unlikeHosts(same, { hosts: [hostRecord()] }, 'lab'), [], 'nothing to mix');
  const versions = changed({ inventory: inventory({ hostname: 'lab-far', versions: {} }) });
  const [a, b] = [same, versions].map(({ hosts }) => toCampaignResult(storedCampaign({ hosts })));
  assert.ok(a !== undefined && b !== undefined);
  assert.deepEqual(
    unlikeConditions(a, b).map(({ what }) => what),
    ['version of lxc of lab (far)', 'version of node of lab (far)', 'version of busybox of lab (far)'],
  );
});

test('the line rate is that of the slower end, for the packets of all pairs', () => {
  const rate = (hosts: HostRecord[], part: Partial<TestCase> = {}) =>
    lineRateOf({ hosts }, testCase({ ...remote, ...part }));
  const ends = (near: number | null, far: number | null) =>
    LAB.map((host, index) => ({
      ...host,
      uplink: { interface: 'eth0', driver: null, lineRateBps: index === 0 ? near : far, node: null },
    }));
  assert.equal(Math.round(rate(LAB) ?? 0), 14_204_545);
  assert.equal(Math.round(rate(LAB, { packetSize: 1500 }) ?? 0), 820_210);
  assert.equal(rate(ends(10e9, 1e9)), rate(ends(1e9, null)));
  assert.equal(rate(ends(null, null)), null);
  assert.equal(rate(LAB, { location: 'local' }), null);
});

test('a case at 95 % of the line rate is limited by it', () => {
  const { results } = measured(
    [
      [{ ...remote, packetSize: 1500, pairs: 2 }, 781_000],
      [{ ...remote, packetSize: 1500 }, 770_000],
      [{ ...remote, location: 'local' }, 9e6],
    ],
    LAB,
  );
  const [limited, free, local] = results;
  assert.deepEqual(limited?.flags, ['line-rate-limited']);
  assert.deepEqual([free?.flags, local?.flags, local?.lineRatePps], [[], [], null]);
  assert.ok(free !== undefined && Math.abs((lineRateRatio(free) ?? 0) - 0.94) < 0.01);
});

test('figures of an emulated machine are marked, whichever host it is', () => {
  const emulated = inventory({ virtualization: LAB_VIRTUALIZATION });
  const hosts = LAB.map((host) => (host.role === 'far' ? { ...host, inventory: emulated } : host));
  const { results } = measured(
    [
      [remote, 1000],
      [{ ...remote, location: 'local' }, 1000],
    ],
    hosts,
  );
  assert.deepEqual(
    results.map(({ flags }) => flags.includes('emulated')),
    [true, false],
  );
});

test('another build of a program is told where both campaigns have its sum', () => {
  const ran = (versions: Record<string, string>) => ({ hosts: [hostRecord({ inventory: inventory({ versions }) })] });
  const then = ran({ lxc: '5.0.2', 'SHA-256 of vswload': 'aa', 'SHA-256 of basicfwd': 'cc' });
  assert.deepEqual(unlikePrograms(then, ran({ lxc: '5.0.3', 'SHA-256 of vswload': 'bb' })), [
    { what: 'SHA-256 of vswload', a: 'aa', b: 'bb' },
  ]);
  assert.deepEqual(unlikePrograms(ran({}), then), []);
  assert.deepEqual(programSumsOf({ hosts: [...then.hosts, ...then.hosts] }), [
    { name: 'vswload', sha256: 'aa' },
    { name: 'basicfwd', sha256: 'cc' },
  ]);
});
