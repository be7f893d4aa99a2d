// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testCase } from '../../test/fixtures/campaign.ts';
import type { SwitchOption } from '../model/switch-options.ts';
import { SWITCH_OPTIONS } from '../model/switch-options.ts';
import type { TestCase } from '../model/testcase.ts';
import type { HostOffer, SwitchOffer } from './offer.ts';
import { optionObstacles } from './options.ts';

const EACH: Record<SwitchOption, Partial<TestCase>> = {
  vlanFiltering: { vlanFiltering: 'on' },
  nftRules: { nftRules: 10 },
  overlay: { overlay: 'vxlan' },
};

function offer(options?: readonly SwitchOption[], without?: Partial<Record<SwitchOption, string>>): SwitchOffer {
  const available = { ok: true, version: '1', ...(without === undefined ? {} : { without }) } as const;
  return {
    ...{ id: 'mine', title: 'Mine', ports: ['netdev'], locations: ['local', 'remote'], threads: 0, available },
    ...(options === undefined ? {} : { options }),
  };
}

function obstacles(asked: Partial<TestCase>, here: SwitchOffer, there = here, hostNetwork = false): string {
  const one = testCase(asked);
  const host = (name: string, own: SwitchOffer): HostOffer => ({ name, switches: [own], cpus: [] });
  const hosts = { near: host('local', here), far: host('there', there) };
  const testbed = { ...hosts, name: 'two', frameworks: [], sameMachine: false };
  return optionObstacles({ offer: here, location: one.location, testbed }, one, { hostNetwork }).join('; ');
}

describe('what a switch is asked for beside forwarding', () => {
  for (const option of SWITCH_OPTIONS) {
    it(`${option} is refused in one line where the switch does not know it`, () => {
      const others = SWITCH_OPTIONS.filter((one) => one !== option);
      for (const unknowing of [offer(), offer(others)]) {
        const told = obstacles(EACH[option], unknowing);
        assert.match(told, /^mine does not know --\S+: leave it out, or give another -V, as linux-bridge$/);
      }
      assert.equal(obstacles(EACH[option], offer([option])), '');
      assert.equal(obstacles({}, offer()), '');
    });

    it(`${option} is refused with what a host lacks for it`, () => {
      const lacking = offer([option], { [option]: 'no such thing; get one' });
      assert.equal(obstacles(EACH[option], lacking), 'no such thing; get one');
      assert.equal(obstacles({}, lacking), '');
      // Of the far host where that takes part.
      assert.equal(obstacles(EACH[option], offer([option]), lacking), '');
      const remote = { ...EACH[option], location: 'remote' } as const;
      assert.equal(obstacles(remote, offer([option]), lacking), 'on there: no such thing; get one');
    });
  }

  it('is in networks of our own', () => {
    const all = offer(SWITCH_OPTIONS);
    assert.match(obstacles(EACH.nftRules, all, all, true), /leave out --host-network/);
    assert.match(obstacles(EACH.overlay, all, all, true), /leave out --host-network/);
    assert.equal(obstacles(EACH.vlanFiltering, all, all, true), '');
    assert.match(obstacles({ ...EACH.overlay, location: 'remote' }, all), /-L local/);
    assert.equal(obstacles({ ...EACH.nftRules, location: 'remote' }, all), '');
  });

  it('is filtered by one tag, which is not the one of untagged packets', () => {
    const filtering = (asked: Partial<TestCase>) =>
      obstacles({ ...EACH.vlanFiltering, ...asked }, offer(SWITCH_OPTIONS));
    assert.equal(filtering({ vlan: '2-9' }), '');
    assert.match(filtering({ vlan: '1' }), /give --vlan 2/);
    assert.match(filtering({ flowFields: 'vlan', flows: 3 }), /give --vlan 2/);
    assert.match(filtering({ vlan: '5', qinq: '6' }), /leave out --qinq/);
  });
});
