// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import stringWidth from 'string-width';
import { hostileCampaign, storedCampaign, sweepCampaign, testCase, trial } from '../../test/fixtures/campaign.ts';
import type { Sample, StoredCampaign, Trial } from '../model/result.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { renderCase } from './case.ts';

function shown(campaign: StoredCampaign, index = 0, columns = 120): string {
  const result = toCampaignResult(campaign);
  const one = result.results[index] ?? assert.fail('no such case');
  return renderCase({ result, index, one, trials: campaign.cases[index]?.trials ?? [] }, { columns, color: false });
}

const bridge = testCase({ rate: 'max' });
const campaignOf = (...trials: Trial[]) =>
  storedCampaign({ id: 'c7', cases: [{ case: bridge, skipped: null, trials }] });

/** Samples each second, with so many packets received in each. */
function samplesOf(...packets: number[]): Sample[] {
  let receivedPackets = 0;
  return [0, ...packets].map((count, index) => {
    receivedPackets += count;
    return { tS: index, offeredPackets: receivedPackets, receivedPackets, steady: true };
  });
}

function withSamples(ran: Trial, samples: Sample[]): Trial {
  return ran.measurement === null ? ran : { ...ran, measurement: { ...ran.measurement, samples } };
}

test('each trial has its rate, its loss and its course; one scale for all courses', () => {
  const text = shown(
    campaignOf(
      withSamples(trial({ case: bridge, pps: 338_100, lossRatio: 0.01 }), samplesOf(0, 350, 700)),
      withSamples(trial({ case: bridge, pps: 169_000, round: 1 }), samplesOf(350, 350, 0)),
    ),
  );
  assert.match(text, /^\nCampaign c7, case 0: linux-bridge with udp, throughput, /);
  assert.match(text, /\n1 +measured +338\.1 +1\.00 % .* ▁▅█$/m);
  assert.match(text, /\n2 +measured +169\.0 +0 % .* ▅▅▁$/m);
});

test('flags of some trials stand with them, those of all are told once', () => {
  const text = shown(
    campaignOf(
      trial({ case: bridge, pps: 1000, flags: ['shared-cpu'] }),
      trial({ case: bridge, pps: 1000, round: 1, flags: ['shared-cpu', 'disturbed'] }),
    ),
  );
  assert.match(text, /\n1 +measured .*[▁-█]\n2 +measured .*[▁-█] +disturbed\n/);
  assert.match(text, /\nFlags\n(.*\n)*shared-cpu \(all trials\): /);
  assert.match(text, /\ndisturbed: /);
});

test('why a trial has no figures is told with its round, and no program drives the terminal', () => {
  const text = shown(
    campaignOf(
      trial({ case: bridge, pps: 1000 }),
      trial({
        ...{ case: bridge, pps: 0, round: 1 },
        outcome: { outcome: 'failed', step: 'start', reason: 'no\n\u001b[31mhugepages' },
      }),
    ),
  );
  assert.match(text, /\nReasons\nround 2 failed: no \[31mhugepages\n/);
  assert.ok(!text.includes('\u001b'));
});

test('placement, percentiles and the ledger of the last trial are there', () => {
  const one = testCase({ dimension: 'latency', switch: 'ovs', io: 'dpdk', rate: 1000 });
  const text = shown(
    storedCampaign({
      cases: [{ case: one, skipped: null, trials: [trial({ case: one, pps: 1000, lossRatio: 0.1 })] }],
    }),
  );
  assert.match(text, /\nmedian round trip: \d+\.\d µs, 95 % interval –\n/);
  assert.match(text, /\nRound trips of all measured trials, µs\n(.*\n)* +p50 +\d+\.\d\n/);
  assert.match(text, /\nPlacement: S sends.*\n.*0 S\+o.*1 R/);
  assert.match(text, /\nLedgers\nThe ledger closes/);
  assert.match(text, /\nPackets of pair 0 in the last trial\n3 889 +offered by the application\n/);
  assert.match(text, /\n +389 +lost: receive queue of the sink's socket full\n/);
});

test('a case that was not measured says why, and has nothing else', () => {
  const skipped = { case: bridge, skipped: 'no module', trials: [] };
  assert.match(shown(storedCampaign({ cases: [skipped] })), /\nskipped: no module$/);
});

test('no line is wider than the terminal, whatever a case has', () => {
  for (const columns of [60, 80, 120, 200]) {
    for (const campaign of [hostileCampaign(), sweepCampaign()]) {
      for (const index of campaign.cases.keys()) {
        for (const line of shown(campaign, index, columns).split('\n')) {
          assert.ok(stringWidth(line) <= columns || !line.trim().includes(' '), line);
        }
      }
    }
  }
});
