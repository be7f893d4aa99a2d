// SPDX-License-Identifier: Apache-2.0
// What a switch is asked for beside forwarding, and does not have, is told before the first trial.
import type { Campaign } from '../model/campaign.ts';
import { vlansOf } from '../model/encapsulation.ts';
import { optionOf } from '../model/parameters.ts';
import { optionsAsked, type SwitchOption } from '../model/switch-options.ts';
import { LOCAL_TESTBED } from '../model/testbed.ts';
import type { TestCase } from '../model/testcase.ts';
import type { Combination } from './obstacles.ts';

type Asked = Pick<TestCase, SwitchOption | 'vlan' | 'qinq' | 'ip' | 'flows' | 'flowFields'>;
type On = Pick<Combination, 'offer' | 'location' | 'testbed'>;

/** Why a switch cannot do that, with the mend; empty where it can. */
export function optionObstacles(on: On, asked: Asked, { hostNetwork }: Pick<Campaign, 'hostNetwork'>): string[] {
  return optionsAsked(asked).flatMap((option) => {
    if (on.offer.options?.includes(option) !== true) {
      return [`${on.offer.id} does not know ${optionOf(option)}: leave it out, or give another -V, as linux-bridge`];
    }
    const lacking = lackingOn(on, option);
    return lacking.length > 0 ? lacking : obstaclesTo(option, on, asked, hostNetwork);
  });
}

/** What hosts lack for it. This machine goes without a name. */
function lackingOn({ offer, location, testbed: { near, far } }: On, option: SwitchOption): string[] {
  const hosts = location === 'remote' && far !== null ? [near, far] : [near];
  return hosts.flatMap(({ name, switches }) => {
    const available = switches.find(({ id }) => id === offer.id)?.available;
    const why = available?.ok === true ? available.without?.[option] : undefined;
    return why === undefined ? [] : [name === LOCAL_TESTBED ? why : `on ${name}: ${why}`];
  });
}

function obstaclesTo(option: SwitchOption, { location }: On, asked: Asked, hostNetwork: boolean): string[] {
  switch (option) {
    case 'vlanFiltering':
      return vlanObstacles(asked);
    case 'nftRules':
      return hostNetwork ? ["rules are set in a network of the switch's own: leave out --host-network"] : [];
    case 'overlay':
      if (location === 'remote') return ['an overlay joins two networks of one host: give -L local'];
      return hostNetwork ? ['an overlay joins two networks of our own: leave out --host-network'] : [];
    default:
      return option satisfies never;
  }
}

/** Untagged packets are of VLAN 1, and the filter knows the tags of 802.1Q alone. */
function vlanObstacles(asked: Asked): string[] {
  if (asked.qinq !== 'none') return ['ports filter by one tag: leave out --qinq, or --vlan-filtering'];
  return vlansOf(asked).includes(1) ? ['VLAN 1 is that of packets without a tag: give --vlan 2 or another'] : [];
}
