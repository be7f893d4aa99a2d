// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  capacityCampaign,
  storedCampaign,
  storedCase,
  table2Campaign,
  testCase,
  twoTestbedsCampaign,
} from '../../../test/fixtures/campaign.ts';
import type { CampaignResult, StoredCampaign } from '../../model/result.ts';
import { toCampaignResult } from '../../stats/campaign.ts';
import { caption } from './caption.ts';

const captioned = (
  campaign: StoredCampaign,
  pick: (result: CampaignResult) => CampaignResult['results'] = ({ results }) => results,
) => {
  const result = toCampaignResult(campaign);
  return caption('Throughput by switch', result, pick(result));
};

const MACHINE = 'Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz (4 CPUs, kvm, Linux 6.1.0-21-amd64)';

/** A case measured in so many rounds. */
const rounds = (count: number, io = 'udp') => storedCase({ case: testCase({ io }), pps: 1000 }, count);

describe('caption', () => {
  it('says n, interval, method, machine and where it is from in one sentence', () => {
    assert.equal(
      captioned(storedCampaign({ cases: [rounds(6), rounds(8, 'raw')] })),
      `Throughput by switch: medians of 6 to 8 rounds with 95 % confidence intervals (order statistics); 3 s measured after 500 ms of warm-up, in random order within each round; on ${MACHINE}; vswbench 0.1.0, campaign 20260301-095958.`,
    );
  });

  it('names the interval that there is, or none', () => {
    const told = (...counts: number[]) =>
      /: (.*?); 3 s/.exec(
        captioned(storedCampaign({ cases: counts.map((count, index) => rounds(count, `io${index}`)) })),
      )?.[1];
    assert.equal(told(4), 'medians of 4 rounds with 95 % confidence intervals (Student’s t)');
    assert.equal(told(4, 6), 'medians of 4 to 6 rounds with 95 % confidence intervals (Student’s t; order statistics)');
    assert.equal(told(1), 'one round, without an interval');
    assert.equal(
      told(1, 6),
      'medians of 1 to 6 rounds with 95 % confidence intervals (order statistics), where there are enough of them',
    );
  });

  it('counts those cases alone that are shown and were measured', () => {
    const campaign = storedCampaign({ cases: [rounds(6), rounds(9, 'raw')] });
    assert.match(
      captioned(campaign, ({ results }) => results.slice(0, 1)),
      /medians of 6 rounds/,
    );
    assert.match(captioned(storedCampaign()), /: nothing was measured \(campaign 20260301-095958\)\.$/);
  });

  it('names both ends of a cable, once where they are alike', () => {
    const text = captioned(twoTestbedsCampaign(), ({ results }) =>
      results.filter((one) => one.case.location === 'remote'),
    );
    assert.match(text, /; on two hosts, each Intel\(R\) Xeon\(R\) Gold 6230 CPU @ 2\.10GHz \(4 CPUs, Linux/);
  });

  it('warns of a machine that was emulated', () => {
    const one = storedCase({ case: testCase(), pps: 1000, flags: ['emulated'] });
    assert.match(captioned(storedCampaign({ cases: [one] })), /; emulated: counts are valid, speeds are not; /);
  });

  it('is one sentence for whatever was measured', () => {
    for (const campaign of [table2Campaign(), capacityCampaign(), twoTestbedsCampaign()]) {
      assert.match(captioned(campaign), /^[^\n]*\.$/);
    }
  });
});
