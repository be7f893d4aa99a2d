// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Hotplug } from '../model/churn.ts';
import { churnObstacles } from './churn.ts';
import type { SwitchOffer } from './offer.ts';

const OFFER: SwitchOffer = {
  ...{ id: 'mine', title: 'Mine', ports: ['netdev'], locations: ['local', 'remote'], threads: 1, hotplug: 'port' },
  ...{ pairsMax: 4, available: { ok: true, version: '1' } },
};
const CASE = { dimension: 'churn', location: 'local', pairs: 1, arrivals: 'regular', background: 'none', macs: 1 };

function obstacles(part: object = {}, hotplug?: Hotplug | null, durationMs = 5000): string {
  const { hotplug: own, ...bare } = OFFER;
  const offer = hotplug === null ? bare : { ...bare, hotplug: hotplug ?? own ?? 'port' };
  const asked = { ...CASE, ...part } as Parameters<typeof churnObstacles>[0] & Parameters<typeof churnObstacles>[1];
  return churnObstacles({ ...asked, offer }, asked, durationMs).join('; ');
}

it('a container comes and goes beside one that stays', () => {
  assert.equal(obstacles(), '');
  assert.equal(obstacles({}, 'container'), '');
  assert.match(obstacles({}, null), /no port of mine can come and go/);
  assert.match(obstacles({ location: 'remote' }), /give -L local/);
  assert.match(obstacles({ pairs: 4 }), /at most 4 pairs/);
  assert.match(obstacles({}, 'port', 1900), /--duration 10s/);
});

it('nothing else is beside it, and losses are told by the time of regular arrivals', () => {
  assert.match(obstacles({ background: '50%' }), /leave out --background/);
  assert.match(obstacles({ arrivals: 'poisson' }), /leave out --arrivals/);
  assert.match(obstacles({ macs: 8 }), /leave out --macs/);
});

it('nobody else is asked', () => {
  assert.equal(obstacles({ dimension: 'throughput', location: 'remote', background: '50%' }, null, 10), '');
});
