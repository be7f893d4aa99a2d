// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostPair, testCase } from '../../test/fixtures/campaign.ts';
import type { HostOffer } from '../plan/offer.ts';
import { hostName } from '../report/format.ts';
import { withMtu } from './uplink-mtu.ts';

const offer = (name: string, mtu: number): HostOffer => ({
  ...{ name, switches: [], cpus: [], uplinkNode: null },
  uplink: { interface: 'enp3s0f0', mtu, mtuMax: 9216 },
});
const remote = (packetSize: number, skipped: string | null = null) => ({
  case: testCase({ testbed: 'lab', location: 'remote', packetSize }),
  skipped,
});

/** What the record of each host says of its uplink's MTU. */
function told(mtus: [number, number], cases: Parameters<typeof withMtu>[2]): (string | undefined)[] {
  const hosts = withMtu(
    hostPair('lab'),
    { name: 'lab', near: offer('near', mtus[0]), far: offer('far', mtus[1]) },
    cases,
  );
  return hosts.map(({ inventory }) => Object.entries(inventory.knobs).find(([name]) => / MTU$/.test(name))?.[1]);
}

describe('the MTU of uplinks in the record', () => {
  it('is as it was found, where no frame needs more', () => {
    assert.deepEqual(told([1500, 9000], [remote(1514)]), ['1500', '9000']);
    assert.deepEqual(told([1500, 1500], [remote(9000, 'too large')]), ['1500', '1500']);
    const local = { case: testCase({ testbed: 'lab', location: 'local', packetSize: 9000 }), skipped: null };
    assert.deepEqual(told([1500, 1500], [local]), ['1500', '1500']);
  });

  it('says to what it is raised, on the host that needs that', () => {
    assert.deepEqual(told([1500, 9000], [remote(64), remote(9014)]), [
      '1500, raised to 9000 while a switch has it',
      '9000',
    ]);
    assert.deepEqual(told([1400, 1500], [remote(1400)]), ['1400', '1500']);
  });

  it('is told with the host where it is raised, and else not', () => {
    const [near, far] = withMtu(hostPair('lab'), { name: 'lab', near: offer('near', 1500), far: offer('far', 9000) }, [
      remote(9014),
    ]);
    assert.match(
      near === undefined ? '' : hostName(near),
      /Gbit\/s, MTU 1500, raised to 9000 while a switch has it\)$/,
    );
    assert.match(far === undefined ? '' : hostName(far), /Gbit\/s\)$/);
  });
});
