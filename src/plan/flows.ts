// SPDX-License-Identifier: Apache-2.0
// Flows that a framework cannot send, or that there is no room for, are told before the first trial.
import type { Framework } from '../model/dataplane.ts';
import { UDP_PORT } from '../model/station.ts';
import type { TestCase } from '../model/testcase.ts';

/** UDP source ports that a pair has, from its own on. */
const UDP_PORTS = 2 ** 16 - UDP_PORT;

type FlowsAsked = Pick<TestCase, 'dimension' | 'flows' | 'flowFields' | 'flowOrder'>;

/** Why a framework cannot have these flows, with the mend; empty where it can, and where there is but one. */
export function flowObstacles(framework: Framework, asked: FlowsAsked): string[] {
  const { flows, flowFields, flowOrder, dimension } = asked;
  const isNew = flowOrder === 'new';
  if (!framework.built || (flows === 1 && !isNew)) return [];
  const reason = noRoom(asked);
  if (reason !== null) return [reason];
  if (!framework.flow_fields.includes(flowFields)) {
    return [
      `applications with ${framework.name} have one flow, as the kernel writes their headers: give --flows 1, or another --io, as raw-mmsg or dpdk`,
    ];
  }
  return dimension === 'latency' && flowFields === 'udp-port' && !framework.answers_to_any_port
    ? [`clients with ${framework.name} get answers to one UDP port: give --flow-fields ip`]
    : [];
}

function noRoom({ flows, flowFields, flowOrder }: FlowsAsked): string | null {
  if (flowOrder === 'new' && flows > 1)
    return 'with flow order new each packet has a flow of its own: leave out --flows';
  if (flowFields !== 'udp-port') return null;
  if (flowOrder === 'new') return 'there are too few UDP ports for flow order new: give --flow-fields ip';
  return flows > UDP_PORTS ? `${flows} flows need more than the ${UDP_PORTS} UDP ports: give --flow-fields ip` : null;
}
