// SPDX-License-Identifier: Apache-2.0
// What of a host's own was in the way of a trial that did not work: programs on its uplink and, where a campaign measures in the host's own network,
// its firewall.
import { bridgedRules, type HostRule } from '../host/firewall.ts';
import type { Host } from '../host/host.ts';
import { programsOn } from '../host/interface-programs.ts';
import type { Outcome } from '../model/result.ts';
import { SETTLE } from './deployments.ts';
import { TRAFFIC } from './evaluate.ts';
import type { Side } from './testbed.ts';

/** More than these make no line for people; `doctor` has all of them. */
const NAMED_MAX = 3;

/** By what packets of a trial have to go. */
export interface WayOfPackets {
  /** The switch is in the host's own network. */
  hostNetwork: boolean;
  /** They pass the uplinks. */
  remote: boolean;
}

/** The outcome of a trial; another one where packets did not get through and the hosts have something of their own that may have kept them. */
export async function namingObstacles(
  outcome: Outcome,
  sides: readonly Pick<Side, 'host' | 'uplink'>[],
  { hostNetwork, remote }: WayOfPackets,
): Promise<Outcome> {
  if (outcome.outcome !== 'failed' || (outcome.step !== TRAFFIC && outcome.step !== SETTLE)) return outcome;
  const told = await Promise.all(
    sides.map(async ({ host, uplink }) => {
      const uplinks = remote && uplink !== null ? [uplink.interface] : [];
      return [...(hostNetwork ? await rules(host, uplinks) : []), ...(await programs(host, uplinks, hostNetwork))];
    }),
  );
  const named = told.flat();
  return named.length === 0 ? outcome : { ...outcome, reason: [outcome.reason, ...named].join('; ') };
}

async function rules(host: Host, uplinks: readonly string[]): Promise<string[]> {
  const dropping = (await bridgedRules(host, uplinks)).filter(({ drops }) => drops);
  return dropping.length === 0 ? [] : [`${host.name} has rules that drop packets: ${listed(dropping)}`];
}

/** Filters of tc are behind the tap that a switch in user space has, and gone from an uplink that has moved: they are met in the host's network alone. */
async function programs(host: Host, uplinks: readonly string[], hostNetwork: boolean): Promise<string[]> {
  const found = [...(await programsOn(host, uplinks))];
  return found.flatMap(([name, { xdp, filters }]) => {
    const has = [
      ...(xdp ? [`an XDP program ('ip link set dev ${name} xdp off')`] : []),
      ...(hostNetwork ? filters.map((side) => `tc filters on ${side}`) : []),
    ];
    return has.length === 0 ? [] : [`uplink ${name} of ${host.name} has ${has.join(' and ')}, which may drop packets`];
  });
}

function listed(rules: readonly HostRule[]): string {
  const named = rules.slice(0, NAMED_MAX).map(({ where, text }) => `${where}: ${text}`);
  const more = rules.length - named.length;
  return more > 0 ? `${named.join(', ')}, and ${more} more that 'vswbench doctor' tells` : named.join(', ');
}
