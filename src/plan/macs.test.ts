// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import type { Framework, PortKind } from '../model/dataplane.ts';
import type { TestCase } from '../model/testcase.ts';
import { macObstacles } from './macs.ts';

function obstacles(
  asked: Partial<TestCase>,
  {
    port = 'netdev',
    wholeFrames = true,
    oneAddress,
  }: { port?: PortKind; wholeFrames?: boolean; oneAddress?: string } = {},
) {
  const framework: Framework = {
    ...{ name: 'mine', title: 'Mine', built: true, usable: true, why: null, super_packets: false },
    ...{ can_block: false, ports: ['netdev'], hugepage_bytes: 0, jumbo_hugepage_bytes: 0, mixed_sizes: true },
    ...{ queues_max: 1, queue_hugepage_bytes: 0, jumbo_queue_hugepage_bytes: 0 },
    ...{ flow_fields: ['mac'], headers: [], answers_to_any_port: true, whole_frames: wholeFrames },
  };
  const offer = { id: 'mine', ...(oneAddress === undefined ? {} : { oneAddress }) };
  return macObstacles({ framework, port, offer }, testCase(asked)).join('; ');
}

describe('many addresses', () => {
  it('are no obstacle where applications write frames, with a VLAN or without', () => {
    assert.equal(obstacles({ macs: 1000 }), '');
    assert.equal(obstacles({ macs: 1000, vlan: '5', qinq: '6', ip: '6' }), '');
  });

  it('need an application that writes frames', () => {
    assert.match(obstacles({ macs: 2 }, { wholeFrames: false }), /another --io/);
    assert.equal(obstacles({ macs: 1 }, { wholeFrames: false }), '');
  });

  it('are what a rate of announcements is of', () => {
    assert.equal(obstacles({ macs: 2, announceRatePps: 5 }), '');
    assert.match(obstacles({ macs: 1, announceRatePps: 5 }), /leave out --announce-rate/);
  });

  it('are what packets differ in, and nothing else is', () => {
    assert.match(obstacles({ macs: 2, flows: 2 }), /leave out --flows/);
    assert.match(obstacles({ macs: 2, flowOrder: 'new' }), /leave out --flows/);
    assert.match(obstacles({ macs: 2, vlan: '5-6' }), /--vlan one id/);
    assert.match(obstacles({ macs: 2, flowFields: 'vlan' }), /--vlan one id/);
  });

  it('do not pass a switch that says so', () => {
    const how = { oneAddress: 'it has a table of one' };
    assert.match(obstacles({ macs: 2 }, how), /mine carries no others: it has a table of one: give --macs 1/);
    assert.match(obstacles({ flows: 2, flowFields: 'mac' }, how), /a table of one: give --flow-fields ip/);
    assert.equal(obstacles({ macs: 1 }, how), '');
  });

  it('do not pass a card that knows whose virtual function it is, as addresses or as flows', () => {
    assert.match(obstacles({ macs: 2 }, { port: 'vf' }), /give --macs 1/);
    assert.match(obstacles({ flows: 2, flowFields: 'mac' }, { port: 'vf' }), /--flow-fields ip/);
    assert.equal(obstacles({ flows: 2, flowFields: 'ip' }, { port: 'vf' }), '');
    assert.equal(obstacles({ flowFields: 'mac' }, { port: 'vf' }), '');
  });
});
