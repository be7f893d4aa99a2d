// SPDX-License-Identifier: Apache-2.0
// Where a campaign measures in the host's own network, its firewall is in the way: a trial that it kept from working names its rules.
import { bridgedRules, type HostRule } from '../host/firewall.ts';
import type { Outcome } from '../model/result.ts';
import { SETTLE } from './deployments.ts';
import { TRAFFIC } from './evaluate.ts';
import type { Side } from './testbed.ts';

/** More than these make no line for people; `doctor` has all of them. */
const NAMED_MAX = 3;

/** The outcome of a trial in the hosts' own networks: where packets did not get through, with the rules there that drop some. */
export async function namingHostRules(outcome: Outcome, sides: readonly Pick<Side, 'host'>[]): Promise<Outcome> {
  if (outcome.outcome !== 'failed' || (outcome.step !== TRAFFIC && outcome.step !== SETTLE)) return outcome;
  const told = await Promise.all(
    sides.map(async ({ host }) => {
      const dropping = (await bridgedRules(host)).filter(({ drops }) => drops);
      return dropping.length === 0 ? [] : [`${host.name} has rules that drop packets: ${listed(dropping)}`];
    }),
  );
  return { ...outcome, reason: [outcome.reason, ...told.flat()].join('; ') };
}

function listed(rules: readonly HostRule[]): string {
  const named = rules.slice(0, NAMED_MAX).map(({ where, text }) => `${where}: ${text}`);
  const more = rules.length - named.length;
  return more > 0 ? `${named.join(', ')}, and ${more} more that 'vswbench doctor' tells` : named.join(', ');
}
