// SPDX-License-Identifier: Apache-2.0
// Flows that a framework cannot send, or that there is no room for, are told before the first trial.
import type { Framework } from '../model/dataplane.ts';
import { UNTAGGED, VLAN_MAX } from '../model/encapsulation.ts';
import { UDP_PORT } from '../model/station.ts';
import type { TestCase } from '../model/testcase.ts';

/** UDP source ports that a pair has, from its own on. */
const UDP_PORTS = 2 ** 16 - UDP_PORT;

type FlowsAsked = Pick<TestCase, 'dimension' | 'flows' | 'flowFields' | 'flowOrder' | 'vlan'>;

/** Why a framework cannot have these flows, with the mend; empty where it can, and where there is but one. */
export function flowObstacles(framework: Framework, asked: FlowsAsked): string[] {
  const { flows, flowFields, flowOrder, dimension } = asked;
  const isNew = flowOrder === 'new';
  if (!framework.built || (flows === 1 && !isNew)) return [];
  const reason = noRoom(asked);
  if (reason !== null) return [reason];
  // Who loses tags is told so where tags are looked at.
  if (!framework.flow_fields.includes(flowFields) && !framework.whole_frames) {
    return [
      `applications with ${framework.name} have one flow, as the kernel writes their headers: give --flows 1, or another --io, as raw-mmsg or dpdk`,
    ];
  }
  return dimension === 'latency' && flowFields === 'udp-port' && !framework.answers_to_any_port
    ? [`clients with ${framework.name} get answers to one UDP port: give --flow-fields ip`]
    : [];
}

function noRoom(asked: FlowsAsked): string | null {
  const { flows, flowFields, flowOrder } = asked;
  if (flowOrder === 'new' && flows > 1)
    return 'with flow order new each packet has a flow of its own: leave out --flows';
  switch (flowFields) {
    case 'ip':
    case 'mac':
      return null;
    case 'udp-port':
      if (flowOrder === 'new') return 'there are too few UDP ports for flow order new: give --flow-fields ip';
      return flows > UDP_PORTS
        ? `${flows} flows need more than the ${UDP_PORTS} UDP ports: give --flow-fields ip`
        : null;
    case 'vlan':
      return flowOrder === 'new'
        ? 'there are too few VLANs for flow order new: give --flow-fields ip'
        : noRoomInVlans(asked);
    default:
      return flowFields satisfies never;
  }
}

function noRoomInVlans({ flows, vlan }: FlowsAsked): string | null {
  const first = vlan === UNTAGGED ? 1 : Number.parseInt(vlan, 10);
  if (vlan.includes('-')) return `flows that differ in it count up from one VLAN: give --vlan ${first}`;
  const most = VLAN_MAX + 1 - first;
  return flows > most
    ? `${flows} flows need more than the ${most} VLANs from ${first} on: give fewer, or --flow-fields ip`
    : null;
}
