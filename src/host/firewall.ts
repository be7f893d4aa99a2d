// SPDX-License-Identifier: Apache-2.0
// Rules of a host that packets meet which a bridge in its own network namespace forwards. Looking loads no module of the kernel:
// a filter that the kernel does not have now has no rules.
import { type Chain, type HostRule, rulesMet } from './firewall-chain.ts';
import type { Host } from './host.ts';
import { parseSaved } from './iptables-save.ts';
import { kernelHas } from './kernel-symbols.ts';
import { type NftChain, parseRuleset } from './nftables.ts';

export type { HostRule } from './firewall-chain.ts';

export interface BridgedRules {
  rules: HostRule[];
  /** Filters that may have more, and why those cannot be told; a line for each. */
  unreadable: string[];
}

/**
 * Rules, and policies that drop, by which IPv4 packets that a bridge forwards could be dropped, held up or slowed; with `interfaces`, also
 * those that these ports have for themselves (ingress, egress). What cannot be read is left out: `readBridgedRules` tells.
 */
export async function bridgedRules(host: Host, interfaces: readonly string[] = []): Promise<HostRule[]> {
  return (await readBridgedRules(host, interfaces)).rules;
}

/** The same, with what nobody can tell. */
export async function readBridgedRules(host: Host, interfaces: readonly string[] = []): Promise<BridgedRules> {
  // Without it, packets that are bridged never see the filters of IP. A trial has neither ARP nor IPv6.
  const seesIp = (await host.read('/proc/sys/net/bridge/bridge-nf-call-iptables'))?.trim() === '1';
  const parts = await Promise.all([
    nftables(host, seesIp, interfaces),
    ...(seesIp ? [iptablesLegacy(host)] : []),
    ebtablesLegacy(host),
  ]);
  return { rules: parts.flatMap(({ rules }) => rules), unreadable: parts.flatMap(({ unreadable }) => unreadable) };
}

const NOTHING: BridgedRules = { rules: [], unreadable: [] };

/** Hooks on the way of a packet that is forwarded; `input` and `output` are of packets to and from the host itself. */
const FORWARDED = new Set(['prerouting', 'forward', 'postrouting', 'brouting']);

const isForwarded = ({ hook }: Chain) => hook !== null && FORWARDED.has(hook);

async function nftables(host: Host, seesIp: boolean, interfaces: readonly string[]): Promise<BridgedRules> {
  // Where the kernel tells of no function, it may have this one.
  if ((await kernelHas(host, 'nft_do_chain')) === false) return NOTHING;
  const listed = await host.run(['nft', '--json', 'list', 'ruleset']);
  // A listing of no rules at all may be empty.
  const chains = listed.exitCode === 0 && listed.stdout.trim() !== '' ? parseRuleset(listed.stdout) : [];
  if (listed.exitCode !== 0 || chains === null) return savedByNft(host, seesIp);
  const families = new Set(['bridge', ...(seesIp ? ['ip', 'inet'] : [])]);
  const known = await Promise.all(chains.map((chain) => withDevices(host, chain)));
  const enters = (chain: NftChain) =>
    isOfInterface(chain)
      ? chain.devices.some((device) => interfaces.includes(device))
      : families.has(chain.family) && isForwarded(chain);
  const entered = new Set<Chain>(known.filter(enters));
  return { rules: rulesMet(known, (chain) => entered.has(chain)), unreadable: [] };
}

const isOfInterface = ({ hook }: Chain) => hook === 'ingress' || hook === 'egress';

/** nft 1.0 does not say in JSON of which interfaces a chain is, but does in its own language. */
async function withDevices(host: Host, chain: NftChain): Promise<NftChain> {
  if (!isOfInterface(chain) || chain.devices.length > 0) return chain;
  const { stdout } = await host.run(['nft', 'list', 'chain', ...chain.table.split(' ').slice(1), chain.name]);
  const named = /hook \w+ devices? (?:= )?(\{[^}]*\}|\S+)/.exec(stdout)?.[1] ?? '';
  return { ...chain, devices: named.split(/[{},\s"]+/).filter((name) => name !== '') };
}

/** What iptables and ebtables keep in nftables, where there is no nft to list all of it. */
async function savedByNft(host: Host, seesIp: boolean): Promise<BridgedRules> {
  const programs = [...(seesIp ? ['iptables-nft-save'] : []), 'ebtables-nft-save'];
  const saved = await Promise.all(
    programs.map(async (program) => {
      const { exitCode, stdout } = await host.run([program]);
      return exitCode === 0 ? parseSaved(program.replace('-nft-save', ''), stdout) : [];
    }),
  );
  return {
    rules: rulesMet(saved.flat(), isForwarded),
    unreadable: ['nftables: there is no program nft that lists its rules'],
  };
}

async function iptablesLegacy(host: Host): Promise<BridgedRules> {
  const tables = ((await host.read('/proc/net/ip_tables_names')) ?? '').trim();
  if (tables === '') return NOTHING;
  for (const program of ['iptables-legacy-save', 'iptables-save']) {
    const { exitCode, stdout } = await host.run([program]);
    // The same name may be the variant that knows nftables alone.
    if (exitCode !== 0 || stdout.includes('(nf_tables)')) continue;
    return { rules: rulesMet(parseSaved('iptables', stdout), isForwarded), unreadable: [] };
  }
  return {
    rules: [],
    unreadable: [`iptables: there is no program iptables that lists its tables (${tables.replaceAll(/\s+/g, ', ')})`],
  };
}

async function ebtablesLegacy(host: Host): Promise<BridgedRules> {
  if ((await kernelHas(host, 'ebt_do_table')) === false) return NOTHING;
  for (const program of ['ebtables-legacy-save', 'ebtables-save']) {
    const { exitCode, stdout } = await host.run([program]);
    if (exitCode !== 0 || stdout.includes('(nf_tables)')) continue;
    return { rules: rulesMet(parseSaved('ebtables', stdout), isForwarded), unreadable: [] };
  }
  return { rules: [], unreadable: ['ebtables: there is no program ebtables that lists its rules'] };
}
