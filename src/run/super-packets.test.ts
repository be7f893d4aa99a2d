// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { datagramsIn, unfoldInterface, unfoldPort } from './super-packets.ts';

const SMALLEST = { packetSize: 64, burst: 64 };

describe('datagramsIn', () => {
  // Read from veth and bridge ports of Linux 6.18 while so many datagrams were sent, of so many bytes and in such bursts.
  for (const [superPackets, bytes, packetSize, burst, datagrams] of [
    [218_480, 316_796_000, 64, 64, 13_982_720],
    [112_144, 169_786_016, 65, 64, 7_177_216],
    [97_872, 1_344_565_536, 256, 64, 6_263_808],
    // More than fit into one super-packet: 44 and 20 at 1500 bytes, 44 and 12 of 1024 at the end at 1514.
    [73_322, 3_423_990_756, 1500, 64, 2_346_304],
    [65_256, 4_101_165_584, 1514, 1024, 2_784_256],
  ] as const) {
    it(`finds ${datagrams} of ${packetSize} bytes, sent in bursts of ${burst}`, () => {
      assert.equal(datagramsIn(superPackets, bytes, { packetSize, burst }), datagrams);
    });
  }

  it('counts each where nothing was put together', () => assert.equal(datagramsIn(1000, 64_000, SMALLEST), 1000));
  it('counts none where there was nothing', () => assert.equal(datagramsIn(0, 0, SMALLEST), 0));
  it('does not count ARP, padded or not', () => {
    assert.equal(datagramsIn(1 + 1, 42 + 64 * 22 + 42, SMALLEST), 64);
    assert.equal(datagramsIn(1 + 1, 42 + 64 * 22 + 60, SMALLEST), 64);
  });
});

describe('unfoldInterface', () => {
  it('tells datagrams by bytes in both directions, and keeps what was counted', () => {
    const counted = { rxPackets: 3, rxBytes: 3 * 42 + 192 * 22, txPackets: 1, txBytes: 42 + 5 * 22 };
    assert.deepEqual(unfoldInterface({ ...counted, rxDropped: 2, txDropped: 1 }, SMALLEST), {
      rxPackets: 192,
      rxBytes: 4350,
      rxSuperPackets: 3,
      // No more than a burst each.
      rxDropped: 128,
      txPackets: 5,
      txBytes: 152,
      txSuperPackets: 1,
      txDropped: 64,
    });
  });
});

describe('unfoldPort', () => {
  const drops = [
    { reason: 'full', packets: 2 },
    { reason: 'odd', packets: 1 },
  ];
  const port = { pair: 2, end: 'sink', inPackets: 1, outPackets: 2, drops } as const;
  it('tells datagrams by bytes in both directions, and keeps what was counted', () => {
    assert.deepEqual(unfoldPort({ ...port, inBytes: 64, outBytes: 2 * 42 + 128 * 22 }, SMALLEST), {
      pair: 2,
      end: 'sink',
      inPackets: 1,
      inBytes: 64,
      inSuperPackets: 1,
      outPackets: 128,
      outBytes: 2900,
      outSuperPackets: 2,
      drops: [
        { reason: 'full', packets: 128 },
        { reason: 'odd', packets: 64 },
      ],
    });
  });
  it('is nothing where no bytes were counted', () => assert.equal(unfoldPort(port, SMALLEST), null));
});
