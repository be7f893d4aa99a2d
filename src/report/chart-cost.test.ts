// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedCampaign, storedCase, sweepCampaign, testCase } from '../../test/fixtures/campaign.ts';
import type { StoredCampaign } from '../model/result.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { costCharts } from './chart-cost.ts';

const chartsOf = (stored: StoredCampaign) => costCharts(toCampaignResult(stored));
const over = (id: string, io: string, pairs: number) =>
  storedCase({ case: testCase({ switch: id, io, pairs, rate: 'max' }), pps: 250_000 * pairs });

test('there is a chart where switches or numbers of pairs are compared, and none where nothing is', () => {
  assert.deepEqual(chartsOf(storedCampaign()), []);
  assert.deepEqual(chartsOf(storedCampaign({ cases: [over('ovs', 'dpdk', 1)] })), []);
  assert.equal(chartsOf(storedCampaign({ cases: [over('ovs', 'dpdk', 1), over('ovs', 'dpdk', 2)] })).length, 1);
  assert.equal(chartsOf(storedCampaign({ cases: [over('ovs', 'dpdk', 1), over('vpp', 'dpdk', 1)] })).length, 1);
  // Small multiples: what was swept is not a chart each, and none of it is left out.
  const [swept, ...rest] = chartsOf(sweepCampaign());
  assert.equal(rest.length, 0);
  assert.ok((JSON.stringify(swept?.spec(900)).match(/"P = /g) ?? []).length > 1);
});

test('a point has the CPUs and the throughput of its case, and names its pairs', () => {
  const [chart] = chartsOf(storedCampaign({ cases: [over('linux-bridge', 'udp', 1), over('linux-bridge', 'udp', 2)] }));
  const text = JSON.stringify(chart?.spec(900));
  assert.match(text, /"x":1\.71,"y":2\d\d\.\d+,"text":"1vs1"/);
  assert.match(text, /"x":3\.4,"y":[45]\d\d\.\d+,"text":"2vs2"/);
  assert.deepEqual(
    chart?.legend.map(({ label }) => label),
    ['linux-bridge · udp'],
  );
});

test('super-packets stay out, and few packets beside many are still seen', () => {
  const superPackets = storedCase({
    case: testCase({ switch: 'direct', io: 'udp-gso', rate: 'max' }),
    pps: 14e6,
    flags: ['super-packets'],
  });
  assert.deepEqual(chartsOf(storedCampaign({ cases: [superPackets, over('linux-bridge', 'udp', 1)] })), []);
  const fast = storedCase({ case: testCase({ switch: 'ovs', io: 'dpdk', rate: 'max' }), pps: 8e6 });
  const [chart] = chartsOf(storedCampaign({ cases: [fast, over('linux-bridge', 'udp', 1)] }));
  assert.match(JSON.stringify(chart?.spec(340)), /"type":"log"/);
});
