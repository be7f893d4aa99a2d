// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import { type Asked, caseSelected, looksLikeCase } from './case-selector.ts';

const cases = [
  testCase({ switch: 'linux-bridge', io: 'udp', rate: 'max' }),
  testCase({ switch: 'ovs', io: 'dpdk', port: 'vhost-user', rate: 'max' }),
  testCase({ switch: 'ovs', io: 'dpdk', port: 'vhost-user', rate: 1_000_000, packetSize: 1500 }),
  testCase({ switch: 'direct', io: 'dpdk', port: 'memif', rate: 'max' }),
  testCase({ switch: 'direct', io: 'dpdk', port: 'vhost-user', rate: 'max' }),
];
const asked: Asked = { id: 'c7', fcs: false, cases: cases.map((one) => ({ case: one })) };

describe('a case is named', () => {
  const names: [string, number][] = [
    ['0', 0],
    ['4', 4],
    ['switch=linux-bridge', 0],
    ['switch=ovs,packetSize=64', 1],
    ['V=ovs,P=64', 1],
    ['virtual-switch=ovs, packet-size=1500', 2],
    // As the option reads it.
    ['rate=1M', 2],
    ['switch=direct,io=dpdk/memif', 3],
    ['switch=direct,port=vhost-user', 4],
  ];
  for (const [text, index] of names) {
    it(`by ${text}`, () => assert.deepEqual(caseSelected(text, asked), { ok: true, value: index }));
  }

  it('by its size with the FCS where that is how the campaign shows it', () => {
    const withFcs = { ...asked, fcs: true };
    assert.deepEqual(caseSelected('packetSize=1504', withFcs), { ok: true, value: 2 });
    assert.deepEqual(caseSelected('packetSize=64', withFcs), {
      ok: false,
      error: "campaign c7 has no case 'packetSize=64': give packetSize=68 or 1504",
    });
  });
});

describe('who names none is told what there is', () => {
  const refusals: [string, RegExp][] = [
    ['5', /^case 5: campaign c7 has 0 to 4$/],
    ['ovs', /^case 'ovs': give a number from 0 to 4, or parameters, as switch=ovs,packetSize=64$/],
    ['switch=vpp', /^campaign c7 has no case 'switch=vpp': give switch=linux-bridge or ovs or direct$/],
    ['switch=ovs,packetSize=99', /: give packetSize=64 or 1500$/],
    ['packetSize=12', /^packetSize \(-P\): .*60 to 9014/],
    ['color=blue', /^there is no parameter 'color'; there are testbed, dimension, /],
    ['switch=ovs,64', /^'64' is not a parameter and its value, as switch=ovs$/],
    [
      'switch=ovs',
      /^'switch=ovs' matches 2 cases, 1 \(ovs with dpdk\/vhost-user\), 2 \(.*\): add packetSize=64 or 1500, or give a number$/,
    ],
    ['io=dpdk', /^'io=dpdk' matches 4 cases, .*: add switch=ovs or direct, or give a number$/],
  ];
  for (const [text, error] of refusals) {
    it(`of ${text}`, () => {
      const selected = caseSelected(text, asked);
      assert.ok(!selected.ok);
      assert.match(selected.error, error);
    });
  }
});

it('a number or parameters are a case, and the id of a campaign is none', () => {
  for (const text of ['3', 'switch=ovs']) assert.ok(looksLikeCase(text), text);
  for (const text of ['20261125-2005-ab9', 'latest', '20260301-095958']) assert.ok(!looksLikeCase(text), text);
});
