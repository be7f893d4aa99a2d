// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Framework } from '../model/dataplane.ts';
import { FLOW_FIELDS, HEADERS } from '../model/names.ts';
import { flowObstacles } from './flows.ts';
import { mixObstacles } from './sizes.ts';

const DPDK = {
  ...{ name: 'dpdk', title: 'DPDK', built: true, usable: true, why: null, whole_frames: true, super_packets: false },
  ...{ can_block: false, ports: [], hugepage_bytes: 0, jumbo_hugepage_bytes: 0 },
  ...{ flow_fields: [...FLOW_FIELDS], headers: [...HEADERS], answers_to_any_port: true, mixed_sizes: true },
  ...{ queues_max: 1, queue_hugepage_bytes: 0, jumbo_queue_hugepage_bytes: 0 },
} satisfies Framework;
const RAW: Framework = { ...DPDK, name: 'raw', answers_to_any_port: false };
const UDP: Framework = { ...DPDK, name: 'udp', whole_frames: false, flow_fields: [] };
const ONE = { dimension: 'throughput', flows: 1, flowFields: 'ip', flowOrder: 'round-robin', vlan: 'none' } as const;
type Asked = Parameters<typeof flowObstacles>[1];

describe('mixes of sizes', () => {
  it('are for frameworks that send packets of several sizes', () => {
    const same: Framework = { ...DPDK, mixed_sizes: false };
    assert.deepEqual([mixObstacles(DPDK, 'imix'), mixObstacles(same, 64)], [[], []]);
    assert.match(String(mixObstacles(same, 'imix')), /one size at a time: give -P one size/);
  });
});

describe('flows', () => {
  const possible: [Framework, Partial<Asked>][] = [
    [UDP, {}],
    [UDP, { flowFields: 'udp-port', flowOrder: 'uniform' }],
    [DPDK, { flows: 2 ** 20 }],
    [DPDK, { flowOrder: 'new', flowFields: 'mac' }],
    [DPDK, { flows: 60_535, flowFields: 'udp-port' }],
    [DPDK, { flows: 9, flowFields: 'udp-port', dimension: 'latency' }],
    [DPDK, { flows: 4094, flowFields: 'vlan' }],
    [DPDK, { flows: 95, flowFields: 'vlan', vlan: '4000' }],
    [RAW, { flows: 9, flowFields: 'udp-port' }],
    [RAW, { flows: 9, flowFields: 'mac', dimension: 'latency' }],
    [{ name: 'dpdk', title: 'DPDK', built: false, needs: 'libdpdk' }, { flows: 9 }],
  ];
  for (const [framework, asked] of possible) {
    it(`of ${framework.name} may be ${JSON.stringify(asked)}`, () => {
      assert.deepEqual(flowObstacles(framework, { ...ONE, ...asked }), []);
    });
  }
  const impossible: [Framework, Partial<Asked>, RegExp][] = [
    [UDP, { flows: 2 }, /^applications with udp have one flow, .*--flows 1, or another --io/],
    [UDP, { flowOrder: 'new' }, /have one flow/],
    [DPDK, { flowOrder: 'new', flows: 2 }, /a flow of its own: leave out --flows$/],
    [DPDK, { flowOrder: 'new', flowFields: 'udp-port' }, /too few UDP ports .*--flow-fields ip$/],
    [DPDK, { flows: 60_536, flowFields: 'udp-port' }, /^60536 flows need more than the 60535 UDP ports/],
    [DPDK, { flowOrder: 'new', flowFields: 'vlan' }, /too few VLANs .*--flow-fields ip$/],
    [DPDK, { flows: 4095, flowFields: 'vlan' }, /^4095 flows need more than the 4094 VLANs from 1 on: give fewer/],
    [DPDK, { flows: 96, flowFields: 'vlan', vlan: '4000' }, /more than the 95 VLANs from 4000 on/],
    [DPDK, { flows: 2, flowFields: 'vlan', vlan: '10-19' }, /count up from one VLAN: give --vlan 10$/],
    [RAW, { flows: 2, flowFields: 'udp-port', dimension: 'latency' }, /answers to one UDP port/],
  ];
  for (const [framework, asked, reason] of impossible) {
    it(`of ${framework.name} are not ${JSON.stringify(asked)}`, () => {
      const [told = '', ...more] = flowObstacles(framework, { ...ONE, ...asked });
      assert.match(told, reason);
      assert.deepEqual(more, []);
    });
  }
});
