// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Framework } from '../model/dataplane.ts';
import { frameObstacles } from './frames.ts';
import type { SwitchOffer } from './offer.ts';

/** A framework that carries frames of up to so many bytes. */
function carries(frame_bytes_max?: number): Framework {
  return {
    ...{
      name: 'short',
      title: 'Short',
      built: true,
      usable: true,
      why: null,
      whole_frames: true,
      super_packets: false,
    },
    ...{
      can_block: true,
      flow_fields: [],
      headers: [],
      answers_to_any_port: true,
      mixed_sizes: true,
      ports: ['netdev'],
    },
    ...{ hugepage_bytes: 0, jumbo_hugepage_bytes: 0 },
    ...{ queues_max: 1, queue_hugepage_bytes: 0, jumbo_queue_hugepage_bytes: 0 },
    ...(frame_bytes_max === undefined ? {} : { frame_bytes_max }),
  };
}
const framework = carries();

function offer(part: Partial<SwitchOffer> = {}): SwitchOffer {
  return {
    ...{ id: 'ovs', title: 'OVS', ports: ['netdev'], locations: ['local', 'remote'], threads: 0 },
    available: { ok: true, version: '1' },
    ...part,
  };
}

/** Both ends of a cable, as `mtu/largest mtu`; one that is not there yet where it is empty. */
function cable(...ends: string[]) {
  const [near, far] = ends.map((text, index) => {
    const [mtu = 0, mtuMax = 0] = text.split('/').map(Number);
    const uplink = text === '' ? null : { interface: `c${index}`, mtu, mtuMax };
    return { name: index === 0 ? 'a' : 'b', switches: [], cpus: [], uplink };
  });
  return { near: near ?? { name: 'a', switches: [], cpus: [] }, far: far ?? null };
}

describe('the frames of a switch', () => {
  const limited = offer({
    frameLimit: (_, location) => (location === 'local' ? null : { bytes: 1514, why: 'its ring' }),
  });
  it('are all where it says nothing', () =>
    assert.deepEqual(
      frameObstacles({ location: 'local', port: 'netdev', offer: offer(), framework, testbed: cable() }, 9014, false),
      [],
    ));
  it('are up to its limit there, with the reason beyond', () => {
    const at = (location: 'local' | 'remote', packetSize: number) =>
      frameObstacles(
        { location, port: 'netdev', offer: limited, framework, testbed: cable('', '') },
        packetSize,
        false,
      );
    assert.deepEqual(
      frameObstacles(
        { location: 'remote', port: 'netdev', offer: limited, framework, testbed: cable('', '') },
        1515,
        true,
      ),
      ['P = 1519 is more than the 1518 bytes that ovs takes here: its ring'],
    );
    assert.deepEqual(at('local', 9014), []);
    assert.deepEqual(at('remote', 1514), []);
    assert.deepEqual(at('remote', 1515), ['P = 1515 is more than the 1514 bytes that ovs takes here: its ring']);
  });
});

describe('the frames of a framework', () => {
  const at = (framework: Framework, packetSize: number) =>
    frameObstacles(
      { location: 'local', port: 'netdev', offer: offer(), framework, testbed: cable() },
      packetSize,
      true,
    );
  it('are up to its longest, told with the FCS where sizes are', () => {
    assert.deepEqual(at(carries(3516), 3516), []);
    assert.deepEqual(at(carries(3516), 3517), [
      'P = 3521 is more than the 3520 bytes that short carries: give another --io',
    ]);
    assert.deepEqual(at(carries(), 9014), []);
  });
});

describe('the frames of a cable', () => {
  const over = (ends: [string, string], packetSize: number) =>
    frameObstacles(
      { location: 'remote', port: 'netdev', offer: offer(), framework, testbed: cable(...ends) },
      packetSize,
      false,
    );
  it('are no concern of a local case', () =>
    assert.deepEqual(
      frameObstacles(
        { location: 'local', port: 'netdev', offer: offer(), framework, testbed: cable('600/600', '600/600') },
        1514,
        false,
      ),
      [],
    ));
  it('are those of an MTU that somebody has lowered, with both of them', () => {
    assert.deepEqual(over(['1400/65535', '1400/65535'], 1414), []);
    assert.deepEqual(over(['1400/65535', '1500/65535'], 1500), [
      'P = 1500 needs an MTU of 1486 at both ends of the cable, which have 1400 (c0 of a) and 65535 at most (c1 of b): raise it, or give -P 1414 or less',
    ]);
  });
  it('are as large as both drivers take, where the MTU is the usual one or more', () => {
    assert.deepEqual(over(['1500/9216', '9000/9000'], 9014), []);
    assert.deepEqual(over(['1500/1500', '1500/9000'], 1514), []);
    assert.match(over(['1500/1500', '1500/9000'], 9014)[0] ?? '', /have 1500 \(c0 of a\) and 9000 at most \(c1 of b\)/);
  });
  it('are not known of a cable that is made for us', () => assert.deepEqual(over(['', ''], 9014), []));
});
