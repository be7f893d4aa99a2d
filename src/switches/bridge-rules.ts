// SPDX-License-Identifier: Apache-2.0
// Rules of nftables that a bridge holds each forwarded frame against, as a firewall of a host's does. None matches what we send; behind
// the last one a counter tells that frames came past all of them.
import { z } from 'zod';
import { type Host, HostError, isOnPath, lastLine, runOrThrow } from '../host/host.ts';
import { hasFeature } from './kit/kernel-feature.ts';

const TABLE = 'bridge vswbench';
const PAST = 'past';
/** Of RFC 5737, for documentation: nobody's. */
const NOBODY = '203.0.113.1';
const FIRST_PORT = 1024;

/** What a host lacks for rules, and the mend; null where it has all. */
export async function rulesMissing(host: Host): Promise<string | null> {
  const [hasProgram, hasTables] = await Promise.all([
    isOnPath(host, 'nft'),
    hasFeature(host, { module: 'nf_tables', symbol: 'nft_do_chain_bridge' }),
  ]);
  if (!hasProgram) return 'there is no program nft for --nft-rules: install nftables';
  return hasTables
    ? null
    : 'the kernel has no nftables for bridges, which --nft-rules takes: use one with CONFIG_NF_TABLES_BRIDGE';
}

/** The ruleset as nft(8) reads it: an address and a port each, as for services of a cluster. */
export function ruleset(rules: number): string {
  const lines = Array.from({ length: rules }, (_, index) => `ip daddr ${NOBODY} udp dport ${FIRST_PORT + index} drop`);
  return [
    `table ${TABLE} {`,
    `counter ${PAST} { }`,
    'chain forward {',
    'type filter hook forward priority 0; policy accept;',
    ...lines,
    `counter name ${PAST} accept`,
    '}',
    '}',
    '',
  ].join('\n');
}

/** Sets them in the network that `host` is seen from, with which they go. Throws HostError. */
export async function setRules(host: Host, rules: number): Promise<void> {
  if (rules === 0) return;
  const { exitCode, stderr } = await host.run(['nft', '-f', '-'], { input: ruleset(rules) });
  if (exitCode !== 0) throw new HostError(`nft does not take ${rules} rules: ${lastLine(stderr)}`);
}

const CounterSchema = z.object({
  nftables: z.array(z.looseObject({ counter: z.looseObject({ packets: z.int() }).optional() })),
});

/** One line while no frame has come past all rules: then they are not on the way. */
export async function rulesUnpassed(host: Host, rules: number): Promise<string | null> {
  if (rules === 0) return null;
  const shown = await runOrThrow(host, ['nft', '-j', 'list', 'counter', ...TABLE.split(' '), PAST]);
  const { nftables } = CounterSchema.parse(JSON.parse(shown));
  const past = nftables.reduce((sum, { counter }) => sum + (counter?.packets ?? 0), 0);
  return past > 0 ? null : `no frame has come past the ${rules} rules`;
}
