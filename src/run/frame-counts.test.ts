// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import { announcementBytes, countFrames, frameShape, packetsAtMost } from './frame-counts.ts';

const SINGLE = frameShape(testCase({ packetSize: 64 }), false);
const SUPER = frameShape(testCase({ packetSize: 64, burst: 64 }), true);

it('knows how long the announcements of the data plane are', () => {
  const header = readFileSync(join(import.meta.dirname, '../../dataplane/frame/announcement.h'), 'utf8');
  assert.match(header, /len = c->encapsulation\.ip6 \? ANNOUNCEMENT_LEN_MAX - 4 : 60;/);
  assert.match(header, /return c->frame_len == len \? len \+ 4 : len;/);
  assert.equal(Number(/#define ANNOUNCEMENT_LEN_MAX (\d+)/.exec(header)?.[1]), announcementBytes(96, '6'));
  for (const packetSize of [61, 64, 1514, 9014]) {
    assert.deepEqual([announcementBytes(packetSize), announcementBytes(packetSize, '6')], [60, 96]);
  }
  assert.equal(announcementBytes(60), 64);
});

describe('packets, each a frame of its own', () => {
  it('are all frames where no bytes are counted', () =>
    assert.deepEqual(countFrames(1000, undefined, SINGLE), { packets: 1000 }));
  it('are all frames where all are as long', () =>
    assert.deepEqual(countFrames(1000, 64_000, SINGLE), { packets: 1000 }));
  it('are counted apart from announcements, which are shorter', () => {
    assert.deepEqual(countFrames(1002, 64_000 + 2 * 60, SINGLE), { packets: 1000, foreignPackets: 2 });
    const long = frameShape(testCase({ packetSize: 1500 }), false);
    assert.deepEqual(countFrames(1001, 1_500_000 + 60, long), { packets: 1000, foreignPackets: 1 });
  });
  it('are counted apart from announcements, which are longer than the smallest frame', () => {
    const smallest = frameShape(testCase({ packetSize: 60 }), false);
    assert.deepEqual(countFrames(1002, 60_000 + 2 * 64, smallest), { packets: 1000, foreignPackets: 2 });
    assert.deepEqual(countFrames(1000, 60_000, smallest), { packets: 1000 });
  });
  it('are not fewer by frames of other lengths, which only look like many announcements', () => {
    // Two ARP requests of the kernel are as short of 64 bytes as eleven announcements.
    assert.deepEqual(countFrames(1002, 64_000 + 2 * 42, SINGLE), { packets: 1002 });
    assert.deepEqual(countFrames(1001, 64_000 + 342, SINGLE), { packets: 1001 });
    assert.deepEqual(countFrames(1001, 64_000 + 42, SINGLE), { packets: 1001 });
  });
  it('are counted apart from announcements, be the tag counted with them or not', () => {
    const tagged = frameShape(testCase({ packetSize: 64, vlan: '100-102' }), false);
    assert.deepEqual(countFrames(1000, 64_000, tagged), { packets: 1000 });
    assert.deepEqual(countFrames(1000, 60_000, tagged), { packets: 1000 });
    // One of both ends in each VLAN.
    assert.deepEqual(countFrames(1006, 60_000 + 6 * 56, tagged), { packets: 1000, foreignPackets: 6 });
    assert.deepEqual(countFrames(1007, 64_000 + 7 * 60, tagged), { packets: 1007 });
  });
  it('are counted apart from neighbour advertisements', () => {
    const six = frameShape(testCase({ packetSize: 80, ip: '6' }), false);
    assert.deepEqual(countFrames(1002, 80_000 + 2 * 96, six), { packets: 1000, foreignPackets: 2 });
  });
  it('have no more announcements than frames', () => assert.deepEqual(countFrames(1, 56, SINGLE), { packets: 1 }));
});

describe('datagrams in super-packets', () => {
  // Read from veth and bridge ports of Linux 6.18 while so many datagrams were sent, of so many bytes and in such bursts.
  for (const [superPackets, bytes, packetSize, burst, datagrams] of [
    [218_480, 316_796_000, 64, 64, 13_982_720],
    [112_144, 169_786_016, 65, 64, 7_177_216],
    [97_872, 1_344_565_536, 256, 64, 6_263_808],
    // More than fit into one super-packet: 44 and 20 at 1500 bytes, 44 and 12 of 1024 at the end at 1514.
    [73_322, 3_423_990_756, 1500, 64, 2_346_304],
    [65_256, 4_101_165_584, 1514, 1024, 2_784_256],
  ] as const) {
    it(`are ${datagrams} of ${packetSize} bytes, sent in bursts of ${burst}`, () => {
      const shape = frameShape(testCase({ packetSize, burst }), true);
      assert.deepEqual(countFrames(superPackets, bytes, shape), { packets: datagrams, superPackets });
    });
  }
  it('are counted each where nothing was put together', () =>
    assert.deepEqual(countFrames(1000, 64_000, SUPER), { packets: 1000, superPackets: 1000 }));
  it('are none where there was nothing', () =>
    assert.deepEqual(countFrames(0, 0, SUPER), { packets: 0, superPackets: 0 }));
  it('are not more by ARP, padded or not, however often', () => {
    assert.equal(countFrames(1 + 1, 42 + 64 * 22 + 42, SUPER)?.packets, 64);
    // Two announcements have as much padding as a datagram and a half.
    for (const announcements of [1, 2]) {
      assert.deepEqual(countFrames(1 + announcements, 42 + 64 * 22 + announcements * 60, SUPER), {
        packets: 64,
        superPackets: 1,
        foreignPackets: announcements,
      });
    }
  });
  it('are not known where no bytes were counted', () => assert.equal(countFrames(3, undefined, SUPER), null));
  it('are a burst each at most where they were dropped', () => {
    assert.equal(packetsAtMost(2, SUPER), 128);
    assert.equal(packetsAtMost(2, SINGLE), 2);
  });
});
