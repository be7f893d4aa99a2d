// SPDX-License-Identifier: Apache-2.0
// What iptables-save(8) and ebtables-save print: tables, their chains with policies, and rules as the command lines that make them.
import type { Chain, ChainRule } from './firewall-chain.ts';

/** Chains of a table by which packets enter, in capitals; all others are users' own. */
const BUILT_IN = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING', 'BROUTING']);

/** Targets that end a packet, or hand it to a program that may. */
const DROPPING = new Set(['DROP', 'REJECT', 'QUEUE', 'NFQUEUE', 'TARPIT', 'SYNPROXY']);

/** Parses what a save program printed; lines that are of none of its kinds are passed over. `program` names the tables. */
export function parseSaved(program: string, text: string): Chain[] {
  const chains: (Chain & { rules: ChainRule[] })[] = [];
  let table = '';
  for (const line of text.split('\n')) {
    const [first = '', name, policy] = line.trim().split(/\s+/);
    if (/^\*\w+$/.test(first)) {
      table = `${program} ${first.slice(1)}`;
    } else if (table !== '' && /^:\S+$/.test(first) && name !== undefined) {
      chains.push(emptyChain(table, first.slice(1), name));
    } else if (first === '-A' && name !== undefined && policy !== undefined) {
      const chain = chains.find((known) => known.table === table && known.name === name);
      chain?.rules.push(
        ruleOf(
          line
            .trim()
            .slice(first.length + 1 + name.length)
            .trim(),
        ),
      );
    }
  }
  return chains;
}

function emptyChain(table: string, name: string, policy: string): Chain & { rules: ChainRule[] } {
  const hook = BUILT_IN.has(name) ? name.toLowerCase() : null;
  // DROP is also how ebtables writes what a user's chain does at its end.
  return { table, name, hook, policyDrops: policy === 'DROP', rules: [] };
}

function ruleOf(text: string): ChainRule {
  // A comment may say anything.
  const target = /(?:^| )-[jg] (\S+)/.exec(text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""'))?.[1];
  return {
    text,
    drops: target !== undefined && DROPPING.has(target),
    targets: target === undefined ? [] : [target],
  };
}
