// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { storedCampaign, testCase, trials } from '../../test/fixtures/campaign.ts';
import { frameworksInSource } from '../cli/frameworks.ts';
import { CLASS_ENTRIES, classOf, type FrameworkClass } from '../model/framework-class.ts';
import type { CampaignResult, Flag, StoredCampaign } from '../model/result.ts';
import { caseKey, type TestCase } from '../model/testcase.ts';
import { advise, type Finding, type Leaf } from './advice.ts';
import { toCampaignResult } from './campaign.ts';
import { type GoalId, trialFigures } from './goals.ts';
import { verdicts } from './verdict.ts';

interface Path {
  switch: string;
  io: string;
  pps: number;
  rttNs?: number;
  flags?: Flag[];
}

const BRIDGE: Path = { switch: 'linux-bridge', io: 'udp-mmsg', pps: 250_000, rttNs: 20_000 };
const RAW: Path = { switch: 'linux-bridge', io: 'raw-mmsg', pps: 330_000, rttNs: 18_000 };
const AFXDP: Path = { switch: 'linux-bridge', io: 'afxdp', pps: 700_000, rttNs: 30_000 };
const OVS: Path = { switch: 'ovs', io: 'dpdk', pps: 9e6, rttNs: 12_000 };
const GSO: Path = { switch: 'linux-bridge', io: 'udp-gso', pps: 12e6, rttNs: 21_000, flags: ['super-packets'] };
const DIRECT: Path = { switch: 'direct', io: 'udp-mmsg', pps: 1e9, rttNs: 1000 };
const ALL = [DIRECT, BRIDGE, RAW, AFXDP, OVS, GSO];

interface Setting {
  rounds?: number;
  spread?: number;
  part?: Partial<TestCase>;
}

/** Throughput and round trips of some paths. */
function campaign(paths: readonly Path[], { rounds = 6, spread = 0.01, part = {} }: Setting = {}): StoredCampaign {
  return storedCampaign({
    cases: paths.flatMap(({ switch: id, io, pps, rttNs = 20_000, flags = [] }, index) =>
      (
        [
          { dimension: 'throughput', rate: 'max' },
          { dimension: 'latency', rate: 1000, burst: 4 },
        ] as const
      ).map((kind) => {
        const one = testCase({ switch: id, io, ...kind, ...part });
        return {
          case: one,
          skipped: null,
          trials: trials({ case: one, pps, rttNs, flags }, rounds, spread, index + 1),
        };
      }),
    ),
  });
}

function leavesOf(stored: StoredCampaign, id: FrameworkClass): Leaf[] {
  const more = new Map(stored.cases.map((one) => [caseKey(one.case), trialFigures(one.trials)]));
  return advise(toCampaignResult(stored), more).find((branch) => branch.class === id)?.leaves ?? [];
}

function findingOf(stored: StoredCampaign, id: FrameworkClass, goal: GoalId): Finding {
  const leaf = leavesOf(stored, id).find((one) => one.goal === goal);
  assert.ok(leaf !== undefined);
  return leaf.finding;
}

function bestOf(stored: StoredCampaign, id: FrameworkClass, goal: GoalId): string {
  const finding = findingOf(stored, id, goal);
  assert.ok(finding.finding === 'best' || finding.finding === 'alone', JSON.stringify(finding.finding));
  return `${finding.best.result.case.switch} ${finding.best.result.case.io}`;
}

describe('advice', () => {
  it('is the best of what an application can use: who can do more has also what asks for less', () => {
    const stored = campaign(ALL);
    assert.equal(bestOf(stored, 'sockets', 'throughput'), 'linux-bridge udp-mmsg');
    assert.equal(bestOf(stored, 'frames', 'throughput'), 'linux-bridge raw-mmsg');
    assert.equal(bestOf(stored, 'af-xdp', 'throughput'), 'linux-bridge afxdp');
    assert.equal(bestOf(stored, 'af-xdp', 'p50'), 'linux-bridge raw-mmsg');
    assert.equal(bestOf(stored, 'polling', 'throughput'), 'ovs dpdk');
    assert.equal(bestOf(stored, 'polling', 'cpu'), 'ovs dpdk');
  });

  it('never is a cable where a switch was measured, nor ranks super-packets with packets', () => {
    const stored = campaign(ALL);
    for (const id of ['sockets', 'polling'] as const) {
      for (const { finding } of leavesOf(stored, id)) {
        const all = 'leaders' in finding ? finding.leaders : finding.finding === 'nothing' ? [] : [finding.best];
        assert.ok(all.every(({ result }) => result.case.switch !== 'direct' && result.case.io !== 'udp-gso'));
      }
    }
    assert.equal(bestOf(stored, 'super-packets', 'throughput'), 'linux-bridge udp-gso');
  });

  it('is what the verdict says, or undecided with it', () => {
    for (const [index, pps] of [9e6, 350_000, 331_000, 330_000].entries()) {
      for (const rounds of [3, 6]) {
        const stored = campaign([BRIDGE, RAW, { ...OVS, pps }], { rounds, spread: 0.02 + index / 1000 });
        const [verdict] = verdicts(toCampaignResult(stored).results);
        const finding = findingOf(stored, 'polling', 'throughput');
        switch (verdict?.verdict) {
          case 'order':
            assert.equal(finding.finding, verdict.winner === null ? 'undecided' : 'best');
            if (finding.finding === 'best') assert.equal(finding.best.result.case, verdict.winner?.case);
            if (finding.finding === 'undecided') {
              assert.deepEqual(
                finding.leaders.map(({ result }) => result.case),
                verdict.leaders.map((one) => one.case),
              );
            }
            break;
          case 'too-few-rounds':
            assert.equal(finding.finding, 'too-few-rounds');
            break;
          default:
            assert.fail(verdict?.verdict);
        }
      }
    }
  });

  it('is none of equals', () => {
    const finding = findingOf(campaign([RAW, { ...RAW, switch: 'macvlan' }], { spread: 0.05 }), 'frames', 'throughput');
    assert.ok(finding.finding === 'undecided');
    assert.equal(finding.leaders.length, 2);
  });

  it('is not of paced rates, of what was not measured, nor of percentiles that no trial has', () => {
    const why = (stored: StoredCampaign, id: FrameworkClass, goal: GoalId) => {
      const finding = findingOf(stored, id, goal);
      return finding.finding === 'nothing' ? finding.why : finding.finding;
    };
    assert.equal(why(campaign([BRIDGE, RAW], { part: { rate: 1000 } }), 'sockets', 'throughput'), 'paced');
    assert.equal(why(campaign([BRIDGE]), 'polling', 'throughput'), 'no-framework');
    assert.equal(
      why(campaign([BRIDGE], { part: { dimension: 'throughput', rate: 'max' } }), 'sockets', 'p50'),
      'no-dimension',
    );
    assert.equal(why(campaign([BRIDGE, RAW]), 'sockets', 'p999'), 'no-figure');
    const failed = campaign([BRIDGE, RAW]);
    const cases = failed.cases.map((one) => ({ ...one, skipped: 'no module', trials: [] }));
    assert.equal(why({ ...failed, cases }, 'sockets', 'throughput'), 'not-measured');
  });

  it('of p99.9 and of CPU time rests on the rounds of the trials', () => {
    const result = toCampaignResult(campaign([BRIDGE, RAW]));
    const rounds = (value: number) => Array.from({ length: 6 }, (_, round) => ({ round, value: value + round }));
    const more = new Map(
      result.results.map(({ case: { io }, case: one }) => {
        // The same values, in the opposite order.
        const cpu =
          io === 'raw-mmsg' ? rounds(1000) : rounds(1000).map(({ round, value }) => ({ round: 5 - round, value }));
        const p999 = rounds(io === 'raw-mmsg' ? 90_000 : 50_000);
        return [caseKey(one), { p999, cpu: cpu.toSorted((a, b) => a.round - b.round) }];
      }),
    );
    const leaves = advise(result, more).find((branch) => branch.class === 'frames')?.leaves ?? [];
    const tail = leaves.find(({ goal }) => goal === 'p999')?.finding;
    assert.ok(tail?.finding === 'best');
    assert.deepEqual([tail.best.result.case.io, tail.best.figure.median], ['udp-mmsg', 50_002.5]);
    assert.equal(leaves.find(({ goal }) => goal === 'cpu')?.finding.finding, 'undecided');
  });

  it('has a leaf for each set of parameters', () => {
    const sizes = [64, 1500].map((packetSize) => campaign([BRIDGE, RAW], { part: { packetSize } }).cases);
    const leaves = leavesOf(storedCampaign({ cases: sizes.flat() }), 'frames').filter(
      ({ goal }) => goal === 'throughput',
    );
    assert.deepEqual(
      leaves.map(({ group }) => group?.packetSize),
      [64, 1500],
    );
  });

  it('of a result alone has the goals that it tells', () => {
    const result: CampaignResult = toCampaignResult(campaign(ALL));
    assert.deepEqual(
      [...new Set(advise(result, null).flatMap(({ leaves }) => leaves.map(({ goal }) => goal)))],
      ['throughput', 'p50'],
    );
  });
});

describe('classes of frameworks', () => {
  it('have each framework of the data plane, but those for its tests', () => {
    const names =
      frameworksInSource(resolve(import.meta.dirname, '../..')) ?? assert.fail('no frameworks in the sources');
    const unknown = names.filter((name) => classOf(name, false) === 'unknown');
    assert.deepEqual(unknown, ['null', 'loop']);
  });

  it('have each word once, and are that of super-packets where trials say so', () => {
    const words = Object.values(CLASS_ENTRIES).flatMap(({ frameworks }) => frameworks);
    assert.equal(new Set(words).size, words.length);
    assert.deepEqual(
      [classOf('udp-gso', false), classOf('uring', true), classOf('dpdk-af-xdp', false)],
      ['super-packets', 'super-packets', 'polling'],
    );
  });
});
