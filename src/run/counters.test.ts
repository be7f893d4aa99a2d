// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NetdevReading } from '../host/netdev.ts';
import type { PortCounters, UplinkCounters } from '../switches/driver.ts';
import { interfaceDifferences, joinFigures, portDifferences, uplinkDifferences } from './counters.ts';

const SOURCE = { pair: 0, end: 'source' } as const;
const FULL = 'ring full';

function port(part: Partial<PortCounters> = {}): PortCounters {
  return { ...SOURCE, inPackets: 10, outPackets: 20, drops: [{ reason: FULL, packets: 1 }], ...part };
}

describe('what ports counted', () => {
  it('is the difference of numbers and of what no number holds, to the packet', () => {
    const before = port({ inPackets: 2n ** 62n + 1n, inBytes: 2n ** 63n + 64n });
    const after = port({ inPackets: 2n ** 62n + 4n, inBytes: 2n ** 63n + 256n, drops: [{ reason: FULL, packets: 8 }] });
    assert.deepEqual(portDifferences([before], [after]), [
      { ...SOURCE, inPackets: 3, outPackets: 0, inBytes: 192, drops: [{ reason: FULL, packets: 7 }] },
    ]);
  });
  it('belongs to the port, wherever it stands', () => {
    const sink = { pair: 1, end: 'sink' } as const;
    const [first] =
      portDifferences([port({ ...sink, inPackets: 3 }), port()], [port({ inPackets: 11 }), port(sink)]) ?? [];
    assert.equal(first?.inPackets, 1);
  });
  it('began at 0 where nothing was counted before', () => {
    assert.deepEqual(portDifferences([], [port()])?.[0], port());
    const drops = [{ reason: 'graph', packets: 5n }];
    assert.deepEqual(portDifferences([port()], [port({ drops })])?.[0]?.drops, [{ reason: 'graph', packets: 5 }]);
  });
  it('is never negative: a counter of packets that ran backwards is named', () => {
    assert.throws(
      () => portDifferences([port()], [port({ outPackets: 19 })]),
      /^HostError: what the source's port of pair 0 counted as sent ran backwards, from 20 to 19/,
    );
    const drops = [{ reason: FULL, packets: 0 }];
    assert.throws(() => portDifferences([port()], [port({ drops })]), /counted as dropped \(ring full\) ran backwards/);
  });
  it('has no bytes where their counter began anew: packets are counted all the same', () => {
    const [counts] = portDifferences([port({ inBytes: 2 ** 32 - 1 })], [port({ inBytes: 60, inPackets: 11 })]) ?? [];
    assert.deepEqual(counts, { ...SOURCE, inPackets: 1, outPackets: 0, drops: [{ reason: FULL, packets: 0 }] });
  });
  it('is nothing where the switch does not count', () => {
    assert.equal(portDifferences(null, [port()]), null);
    assert.equal(portDifferences([port()], null), null);
  });
});

describe('what uplinks counted', () => {
  const uplink = (inPackets: number | bigint): UplinkCounters => ({ inPackets, outPackets: 0n, drops: [] });

  it('is told of the near one and the far one', () => {
    const counts = uplinkDifferences([uplink(1n), uplink(2n)], [uplink(5n), uplink(9n)]);
    assert.deepEqual([counts?.near.inPackets, counts?.far.inPackets], [4, 7]);
  });
  it('is named where it ran backwards', () => {
    assert.throws(
      () => uplinkDifferences([uplink(1n), uplink(2n)], [uplink(5n), uplink(1n)]),
      /what the far uplink counted as received ran backwards/,
    );
  });
  it('is nothing on one host, and where one of them is not counted', () => {
    assert.equal(uplinkDifferences(null, null), null);
    assert.equal(uplinkDifferences(null, [uplink(1), uplink(2)]), null);
  });
});

it('interfaceDifferences is what each interface counted meanwhile', () => {
  const read = (rxPackets: bigint): NetdevReading => ({
    ...{ rxPackets, rxBytes: 0n, rxDropped: 0n, txPackets: 0n, txBytes: 0n, txDropped: 0n },
  });
  const counts = interfaceDifferences(
    [{ port: SOURCE, counters: read(2n ** 60n) }],
    [{ port: SOURCE, counters: read(2n ** 60n + 7n) }],
  );
  assert.deepEqual([counts[0]?.pair, counts[0]?.end, counts[0]?.counters.rxPackets], [0, 'source', 7]);
});

it('joinFigures names what the far switch tells of itself', () => {
  assert.deepEqual(joinFigures([{ busyRatio: 0.5 }, { busyRatio: 0.7, cacheMisses: 3 }]), {
    ...{ busyRatio: 0.5, farBusyRatio: 0.7, farCacheMisses: 3 },
  });
  assert.deepEqual(joinFigures([{ busyRatio: 0.5 }]), { busyRatio: 0.5 });
});
