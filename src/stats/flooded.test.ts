// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import { floodedRatio } from './flooded.ts';

const MANY = testCase({ pairs: 3, macs: 1000 });
/** Of two trials half of the packets went to everybody: the other two pairs saw each of those. */
const HALF = [
  { offeredPackets: 600, foreignPackets: 600 },
  { offeredPackets: 400, foreignPackets: 400 },
];

describe('the share of packets that were flooded', () => {
  it('is what the receivers of all other pairs got, by the packets that were sent', () => {
    assert.equal(floodedRatio(MANY, HALF), 0.5);
    assert.equal(floodedRatio({ ...MANY, pairs: 2 }, HALF), 1);
    assert.equal(floodedRatio(MANY, [{ offeredPackets: 9, foreignPackets: 0 }]), 0);
  });

  it('has twice as many witnesses where both ends receive', () => {
    assert.equal(floodedRatio({ ...MANY, direction: 'both' }, HALF), 0.25);
  });

  it('is not known with one pair, of one address, of round trips, beside a background, and of nothing', () => {
    assert.equal(floodedRatio({ ...MANY, pairs: 1 }, HALF), null);
    assert.equal(floodedRatio({ ...MANY, macs: 1 }, HALF), null);
    assert.equal(floodedRatio({ ...MANY, dimension: 'latency' }, HALF), null);
    assert.equal(floodedRatio({ ...MANY, background: '50%' }, HALF), null);
    assert.equal(floodedRatio(MANY, []), null);
  });
});
