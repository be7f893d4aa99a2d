// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  hostRecord,
  inventory,
  storedCampaign,
  storedCase,
  table2Campaign,
  testCase,
  trial,
} from '../../test/fixtures/campaign.ts';
import type { StoredCampaign } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { doubts } from './doubts.ts';

const told = (stored: StoredCampaign): string =>
  doubts(toCampaignResult(stored))
    .map(({ what }) => what)
    .join('\n');

test('what the record gives reason to doubt is told, with how many cases it concerns', () => {
  const text = told(table2Campaign());
  assert.match(text, /CPUs were shared \(1 of 9 cases\)/);
  assert.match(text, /iptables \(all cases\)/);
  assert.match(text, /intended rate \(8 of 9 cases\)/);
  assert.match(text, /Fewer than six trials were measured \(1 of 9 cases\)/);
  assert.match(text, /More than 0\.1 % of the packets were lost \(2 of 9 cases\)/);
});

test("a quiet machine of one's own leaves little to doubt", () => {
  const quiet = storedCampaign({
    hosts: [
      hostRecord({
        inventory: inventory({
          virtualization: null,
          mitigations: { mds: 'Not affected' },
          knobs: { 'cpufreq.scaling_governor': 'performance' },
        }),
      }),
    ],
    cases: [storedCase({ case: testCase({ rate: 'max' }), pps: 1e6 })],
  });
  // Steal, strangers on its CPUs, and that it was one flow.
  assert.deepEqual(told(quiet).split('\n').length, 3, told(quiet));
});

test('of a cable no flow cache is told, and receive moderation only where it was', () => {
  const of = (part: Partial<TestCase>, rxModerated: boolean) => {
    const planned = storedCase({ case: testCase({ rate: 'max', ...part }), pps: 1e6 });
    const trials = planned.trials.map((one) => ({
      ...one,
      measurement: one.measurement === null ? null : { ...one.measurement, rxModerated },
    }));
    return told(storedCampaign({ cases: [{ ...planned, trials }] }));
  };
  assert.match(of({ switch: 'ovs' }, false), /Each pair was one flow/);
  assert.doesNotMatch(of({ switch: 'direct' }, false), /one flow/);
  assert.match(of({ io: 'udp-mmsg' }, true), /Receivers left their queues alone .*\(udp-mmsg\)/);
  assert.doesNotMatch(of({ io: 'udp-mmsg' }, false), /left their queues alone/);
});

test('a kernel that does not trust the counter is told', () => {
  const by = (clocksource: string) =>
    told(storedCampaign({ hosts: [hostRecord({ inventory: inventory({ clocksource }) })] }));
  assert.match(by('hpet'), /did not use the time-stamp counter as its clock \(clock source hpet\)/);
  assert.doesNotMatch(by('kvm-clock'), /clock source/);
});

test('another governor, a busy machine and a drifting clock are told', () => {
  const text = told(
    storedCampaign({
      hosts: [
        hostRecord({
          inventory: inventory({
            invariantTsc: false,
            loadAverage: 3.2,
            knobs: { 'cpufreq.scaling_governor': 'powersave' },
          }),
        }),
      ],
    }),
  );
  assert.match(text, /governor was powersave/);
  assert.match(text, /not invariant/);
  assert.match(text, /load average 3\.20/);
});

test('two levels are told with what they are, and a precision that was not reached', () => {
  const one = testCase({ rate: 'max', io: 'dpdk', port: 'memif' });
  const mpps = [68.66, 63.67, 22.52, 22.2, 22.17, 22.55];
  const text = told(
    storedCampaign({
      precision: { ratio: 0.02, trialsMax: 6 },
      cases: [
        {
          case: one,
          skipped: null,
          trials: mpps.map((value, round) => trial({ case: one, pps: value * 1e6, round })),
        },
        storedCase({ case: testCase({ rate: 'max' }), pps: 1e6 }, 6, 0.001),
      ],
    }),
  );
  assert.match(text, /two levels \(linux-bridge with dpdk\/memif, 22\.360 and 66\.165 Mpps in 4 and 2 trials\)/);
  assert.match(text, /requested precision was not reached \(1 of 2 cases\)/);
});

test('one trial that stalled is named with its round, and makes no second level', () => {
  const one = testCase({ rate: 'max' });
  // 2 Mpps for a second, and then 1.
  const receivedAt = (tenth: number) => 2e5 * Math.min(tenth, 10) + 1e5 * Math.max(0, tenth - 10);
  const withStall = (stalled: number[]) =>
    told(
      storedCampaign({
        cases: [
          {
            case: one,
            skipped: null,
            trials: [0, 1, 2, 3, 4, 5].map((round) => {
              const run = trial({ case: one, pps: 1e6 + round, round });
              if (run.measurement === null || !stalled.includes(round)) return run;
              const course = Array.from({ length: 21 }, (_, tenth) => ({
                tS: tenth / 10,
                offeredPackets: receivedAt(tenth),
                receivedPackets: receivedAt(tenth),
                steady: true,
              }));
              return { ...run, measurement: { ...run.measurement, samples: course } };
            }),
          },
        ],
      }),
    );
  assert.match(
    withStall([2]),
    /Single trials changed their rate on the way \(linux-bridge with udp in round 3, between 1\.000 and 2\.000 Mpps\)/,
  );
  assert.doesNotMatch(withStall([2]), /two levels/);
  assert.match(withStall([2, 4]), /two levels/);
  assert.doesNotMatch(withStall([2, 4]), /Single trials/);
});

test('trials of other machines than that of the record are counted by machine, those of its own are not told', () => {
  const planned = storedCase({ case: testCase({ rate: 'max' }), pps: 1e6 });
  const of = (name: (round: number) => string[]) =>
    told(
      storedCampaign({
        cases: [{ ...planned, trials: planned.trials.map((one) => ({ ...one, hostnames: name(one.round) })) }],
      }),
    );
  const total = planned.trials.length;
  assert.match(
    of((round) => [round === 0 ? 'node-17' : 'testbed-1']),
    new RegExp(`several machines \\(1 on node-17 and ${total - 1} on testbed-1\\)`),
  );
  assert.doesNotMatch(
    of(() => ['testbed-1']),
    /several machines/,
  );
  assert.doesNotMatch(
    of(() => []),
    /several machines/,
  );
});

test('tracing that was on while it was measured is told', () => {
  const traced = hostRecord({ inventory: inventory({ knobs: { 'kernel tracing': 'function tracer' } }) });
  assert.match(told(storedCampaign({ hosts: [traced] })), /The kernel traced \(function tracer\)/);
});
