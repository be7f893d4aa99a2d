// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { backgroundObstacles } from './background.ts';
import type { SwitchOffer } from './offer.ts';

const OFFER: SwitchOffer = {
  ...{ id: 'mine', title: 'Mine', ports: ['netdev'], locations: ['local', 'remote'], threads: 1 },
  ...{ pairsMax: 4, available: { ok: true, version: '1' } },
};

function obstacles(background: string, part: { location?: 'local' | 'remote'; pairs?: number; burst?: number } = {}) {
  const { location = 'local', pairs = 1, burst = 4 } = part;
  return backgroundObstacles(
    { dimension: 'throughput', location, pairs, offer: OFFER },
    { background, burst },
    1000,
  ).join('; ');
}

it('a background needs both of its ends on one host', () => {
  assert.equal(obstacles('50%'), '');
  assert.match(obstacles('50%', { location: 'remote' }), /give -L local/);
  assert.equal(obstacles('none', { location: 'remote' }), '');
});

it('a background takes a pair of those that a switch serves', () => {
  assert.equal(obstacles('50%', { pairs: 3 }), '');
  assert.match(obstacles('50%', { pairs: 4 }), /at most 4 pairs/);
  assert.equal(obstacles('none', { pairs: 4 }), '');
});

it('a background has a burst in each window', () => {
  assert.equal(obstacles('4'), '');
  assert.match(obstacles('3'), /-B 1/);
  assert.equal(obstacles('3', { burst: 1 }), '');
});
