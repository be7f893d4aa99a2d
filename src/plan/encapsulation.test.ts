// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Framework } from '../model/dataplane.ts';
import { FLOW_FIELDS, HEADERS } from '../model/names.ts';
import { encapsulationObstacles } from './encapsulation.ts';
import type { SwitchOffer } from './offer.ts';

const RAW = {
  ...{ name: 'raw', title: 'raw', built: true, usable: true, why: null, whole_frames: true, super_packets: false },
  ...{ can_block: true, ports: ['netdev'], hugepage_bytes: 0, jumbo_hugepage_bytes: 0 },
  ...{ flow_fields: [...FLOW_FIELDS], headers: [...HEADERS], answers_to_any_port: false, mixed_sizes: true },
  ...{ queues_max: 1, queue_hugepage_bytes: 0, jumbo_queue_hugepage_bytes: 0 },
} satisfies Framework;
const UDP: Framework = { ...RAW, name: 'udp', whole_frames: false, headers: [] };
const SWITCH: SwitchOffer = {
  ...{ id: 'ovs', title: 'OVS', ports: ['netdev'], locations: ['local'], threads: 0 },
  available: { ok: true, version: '1' },
};
const PLAIN = { vlan: 'none', qinq: 'none', ip: '4', flowFields: 'ip', packetSize: 60 } as const;
type Asked = Parameters<typeof encapsulationObstacles>[1];

function told(framework: Framework, asked: Partial<Asked>, offer = SWITCH, fcs = false): string[] {
  return encapsulationObstacles({ offer, framework }, { ...PLAIN, ...asked }, fcs);
}

describe('tags and IPv6', () => {
  const possible: [Framework, Partial<Asked>][] = [
    [UDP, {}],
    [RAW, { vlan: '100', packetSize: 64 }],
    [RAW, { vlan: '100-199', qinq: '200', packetSize: 68 }],
    [RAW, { ip: '6', packetSize: 80 }],
    [RAW, { ip: '6', vlan: '1', qinq: '2', packetSize: 88 }],
    [RAW, { flowFields: 'vlan', qinq: '200', packetSize: 68 }],
    [{ name: 'dpdk', title: 'DPDK', built: false, needs: 'libdpdk' }, { vlan: '100' }],
  ];
  for (const [framework, asked] of possible) {
    it(`of ${framework.name} may be ${JSON.stringify(asked)}`, () => assert.deepEqual(told(framework, asked), []));
  }
  it('need room in the frame, with the size that has it', () => {
    const least = (asked: Partial<Asked>) => told(RAW, { ...asked, packetSize: 60 });
    assert.deepEqual(least({ vlan: '7' }), ['P = 60 has no room for these headers: give -P 64 or more']);
    assert.deepEqual(least({ flowFields: 'vlan' }), least({ vlan: '7' }));
    assert.match(least({ vlan: '7', qinq: '8' }).join(), /give -P 68 or more/);
    assert.match(least({ ip: '6' }).join(), /give -P 80 or more/);
    assert.match(told(RAW, { ip: '6', packetSize: 79 }, SWITCH, true).join(), /^P = 83 .* give -P 84 or more/);
  });
  it('are not of a framework whose headers the kernel writes', () => {
    assert.deepEqual(told(UDP, { vlan: '7', ip: '6', packetSize: 512 }), [
      'applications with udp leave the headers to the kernel: leave out --vlan and --ip 6, or give another --io, as raw-mmsg or dpdk',
    ]);
  });
  it('are without tags where the kernel takes them out of frames', () => {
    const loses: Framework = { ...RAW, name: 'afxdp', flow_fields: ['ip'], headers: ['ip6'] };
    const reason =
      'applications with afxdp get frames without the tag that the kernel took out: leave out --vlan, or give another --io, as raw-mmsg or dpdk';
    assert.deepEqual(told(loses, { vlan: '7', packetSize: 64 }), [reason]);
    assert.deepEqual(told(loses, { flowFields: 'vlan', packetSize: 64 }), [reason]);
    assert.deepEqual(told(loses, { ip: '6', packetSize: 80 }), []);
  });
  it('are not all carried by each switch', () => {
    const offer = { ...SWITCH, uncarried: { vlan: 'it drops them' } };
    assert.deepEqual(told(RAW, { vlan: '7', packetSize: 64 }, offer), [
      'ovs does not carry what --vlan asks for: it drops them',
    ]);
    assert.deepEqual(told(RAW, { ip: '6', packetSize: 80 }, offer), []);
  });
  it('have an inner one where they have an outer one', () =>
    assert.deepEqual(told(RAW, { qinq: '200', packetSize: 512 }), [
      '--qinq 200 is the outer one of two tags: give --vlan, too',
    ]));
});
