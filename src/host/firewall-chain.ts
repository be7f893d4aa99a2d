// SPDX-License-Identifier: Apache-2.0
// Chains of packet filters as all of them have it, whatever program tells of them: where packets enter, and where rules send them.

/** A rule, or a chain's policy, of a host. */
export interface HostRule {
  /** The chain, in the words of the program that lists it: `nft bridge filter forward`, `iptables filter FORWARD`. */
  where: string;
  /** The rule as its program writes it, or nearly so; `policy drop` for a chain's policy. */
  text: string;
  /** Whether it could drop packets, or keep them for a program to judge; else it may accept, count or slow them. */
  drops: boolean;
}

export interface ChainRule {
  text: string;
  drops: boolean;
  /** Chains of the same table that it may send packets to. */
  targets: readonly string[];
}

export interface Chain {
  /** Its table, as in `where` of a rule; no two have the same. */
  table: string;
  name: string;
  /** By what packets enter it, in small letters; null where only rules of other chains lead here. */
  hook: string | null;
  policyDrops: boolean;
  rules: readonly ChainRule[];
}

/** Rules and dropping policies that packets may meet which enter by some of the chains: those of other chains that they are sent to as well. */
export function rulesMet(chains: readonly Chain[], enters: (chain: Chain) => boolean): HostRule[] {
  const byName = new Map(chains.map((chain) => [`${chain.table}\n${chain.name}`, chain]));
  const met = new Set(chains.filter(enters));
  // A set may grow while it is walked; chains that lead to each other are met once.
  for (const { table, rules } of met) {
    for (const target of rules.flatMap(({ targets }) => targets)) {
      const chain = byName.get(`${table}\n${target}`);
      if (chain !== undefined) met.add(chain);
    }
  }
  return [...met].flatMap(({ table, name, policyDrops, rules }) => {
    const where = `${table} ${name}`;
    const own = rules.map(({ text, drops }) => ({ where, text, drops }));
    return policyDrops ? [{ where, text: 'policy drop', drops: true }, ...own] : own;
  });
}
