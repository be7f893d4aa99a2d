// SPDX-License-Identifier: Apache-2.0
// Ethernet addresses that an application or a port cannot have are told before the first trial.
import type { PortKind } from '../model/dataplane.ts';
import { vlansOf } from '../model/encapsulation.ts';
import { ANNOUNCE_RATE_PPS } from '../model/parameters.ts';
import type { TestCase } from '../model/testcase.ts';
import type { Combination } from './obstacles.ts';
import type { SwitchOffer } from './offer.ts';

type Asked = Pick<TestCase, 'macs' | 'announceRatePps' | 'flows' | 'flowFields' | 'flowOrder' | 'vlan' | 'qinq' | 'ip'>;

/** Why a case cannot have so many addresses at each end of a pair, with the mend; empty where it can. */
export function macObstacles(
  {
    framework,
    port,
    offer,
  }: Pick<Combination, 'framework' | 'port'> & { offer: Pick<SwitchOffer, 'id' | 'oneAddress'> },
  asked: Asked,
): string[] {
  const { macs, announceRatePps, flows, flowFields, flowOrder } = asked;
  const hasFlows = flows > 1 || flowOrder === 'new';
  const filtered =
    offer.oneAddress === undefined ? filteredBy(port) : `${offer.id} carries no others: ${offer.oneAddress}`;
  if (macs === 1) {
    return [
      ...(hasFlows && flowFields === 'mac' && filtered !== null ? [`${filtered}: give --flow-fields ip`] : []),
      ...(announceRatePps === ANNOUNCE_RATE_PPS
        ? []
        : ['each end has but one address to announce: give --macs 2 or more, or leave out --announce-rate']),
    ];
  }
  return [
    ...(framework.built && !framework.whole_frames
      ? [
          `applications with ${framework.name} have one address, the kernel's: give --macs 1, or another --io, as raw-mmsg or dpdk`,
        ]
      : []),
    ...(filtered === null ? [] : [`${filtered}: give --macs 1`]),
    ...(hasFlows ? ['packets differ in their addresses: give --macs 1, or leave out --flows'] : []),
    ...(flowFields === 'vlan' || vlansOf(asked).length > 1
      ? ['each address is announced in one VLAN: give --vlan one id, and no --flow-fields vlan']
      : []),
  ];
}

/** Why packets from many addresses do not pass a port; null where they do. */
function filteredBy(port: PortKind): string | null {
  return port === 'vf' ? 'the card drops what a virtual function sends from another address than its own' : null;
}
