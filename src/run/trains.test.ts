// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { trainsOf } from './trains.ts';

const ON_OFF = 'on-off:10/1ms';

/** Five trains of ten packets, all of them sent whole, and what the receiver says of them. */
const way = (highest: number | null, withLoss = 0, last: number | null = null, whole = 5) => ({
  tx: { offered_packets: 50, trains: { begun: 5, whole, whole_p50_ns: 1000 } },
  rx: { highest_sequence: highest, trains: { with_loss: withLoss, last_with_loss: last } },
});
const passedOf = (...ways: ReturnType<typeof way>[]) => trainsOf(ways, ON_OFF)?.passed;

describe('trainsOf', () => {
  it('takes those that lost a packet from those that were sent whole', () => {
    assert.deepEqual(trainsOf([way(49, 2, 3)], ON_OFF), { begun: 5, whole: 5, wholeP50Ns: 1000, passed: 3 });
    assert.equal(passedOf(way(49, 2, 3, 1)), 0);
  });
  it('counts what is missing behind the highest number that came', () => {
    assert.equal(passedOf(way(48)), 4);
    assert.equal(passedOf(way(48, 1, 4)), 4);
    assert.equal(passedOf(way(29)), 3);
    assert.equal(passedOf(way(28, 1, 2)), 2);
    assert.equal(passedOf(way(28, 1, 1)), 1);
    assert.equal(passedOf(way(null)), 0);
  });
  it('adds up all that send', () => {
    assert.equal(passedOf(way(49), way(49, 2, 4)), 8);
  });
  it('has nothing to tell of other arrivals, or of an application that did not', () => {
    assert.equal(trainsOf([way(49)], 'poisson'), null);
    assert.equal(trainsOf([{ tx: { offered_packets: 50, trains: null }, rx: way(49).rx }], ON_OFF), null);
  });
});
