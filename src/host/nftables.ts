// SPDX-License-Identifier: Apache-2.0
// What `nft --json list ruleset` says (libnftables-json(5)).
import { z } from 'zod';
import type { Chain, ChainRule } from './firewall-chain.ts';

const TableNameSchema = z.looseObject({ family: z.string(), table: z.string() });

const ChainSchema = TableNameSchema.extend({
  name: z.string(),
  hook: z.string().optional(),
  policy: z.string().optional(),
  /** Interfaces of a hook that is of some; not every version of nft says them. */
  dev: z.union([z.string(), z.array(z.string())]).optional(),
});

const RuleSchema = TableNameSchema.extend({ chain: z.string(), expr: z.array(z.unknown()).default([]) });

const RulesetSchema = z.looseObject({
  nftables: z.array(z.looseObject({ chain: ChainSchema.optional(), rule: RuleSchema.optional() })),
});

/** A chain with what decides whether a packet enters it. */
export interface NftChain extends Chain {
  family: string;
  /** Empty where it is of no interface, or none is told. */
  devices: readonly string[];
}

/** Parses a ruleset; null where it is none. */
export function parseRuleset(text: string): NftChain[] | null {
  const parsed = RulesetSchema.safeParse(jsonOf(text));
  if (!parsed.success) return null;
  const entries = parsed.data.nftables;
  const rules = entries.flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
  return entries.flatMap(({ chain }) => {
    if (chain === undefined) return [];
    const own = rules.filter(
      (rule) => rule.family === chain.family && rule.table === chain.table && rule.chain === chain.name,
    );
    return [
      {
        family: chain.family,
        table: `nft ${chain.family} ${chain.table}`,
        name: chain.name,
        hook: chain.hook ?? null,
        policyDrops: chain.policy === 'drop',
        devices: chain.dev === undefined ? [] : [chain.dev].flat(),
        rules: own.map(({ expr }) => ruleOf(expr)),
      },
    ];
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Statements that end a packet, or hand it to a program that may. */
const DROPPING = new Set(['drop', 'reject', 'queue', 'synproxy']);
/** The same as targets of iptables that nft has no words for. */
const DROPPING_TARGETS = new Set(['DROP', 'REJECT', 'QUEUE', 'NFQUEUE', 'TARPIT', 'SYNPROXY']);

const XtSchema = z.looseObject({ type: z.string(), name: z.string() });
const TargetSchema = z.looseObject({ target: z.string() });

function ruleOf(statements: readonly unknown[]): ChainRule {
  const parts = statements.flatMap((statement) => [...objectsIn(statement)]);
  const drops = ([key, value]: [string, unknown]) => {
    const xt = key === 'xt' ? XtSchema.safeParse(value) : null;
    return DROPPING.has(key) || (xt?.success === true && DROPPING_TARGETS.has(xt.data.name));
  };
  const targets = parts.flatMap(([key, value]) => {
    const target = key === 'jump' || key === 'goto' ? TargetSchema.safeParse(value) : null;
    return target?.success === true ? [target.data.target] : [];
  });
  const text = statements
    .map(spelt)
    .filter((words) => words !== '')
    .join(' ');
  return { text, drops: parts.some(drops), targets };
}

/** All keys with their values, at any depth: a verdict may be the value of a map. */
function* objectsIn(value: unknown): Generator<[string, unknown]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) yield [key, inner];
    yield* objectsIn(inner);
  }
}

const MatchSchema = z.looseObject({ op: z.string(), left: z.unknown(), right: z.unknown() });

/** What is no part of a rule's sense. */
const UNSPOKEN = new Set(['counter']);

/** A statement or an expression in nft's words, nearly: to be recognized, not to be loaded again. */
function spelt(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? '' : String(value);
  if (Array.isArray(value)) return value.map(spelt).join(', ');
  return Object.entries(value)
    .filter(([key]) => !UNSPOKEN.has(key))
    .map(([key, inner]) => speltPair(key, inner))
    .join(' ');
}

function speltPair(key: string, value: unknown): string {
  switch (key) {
    case 'match': {
      const match = MatchSchema.safeParse(value);
      if (!match.success) return key;
      const { op, left, right } = match.data;
      return [spelt(left), ...(op === '==' || op === 'in' ? [] : [op]), spelt(right)].join(' ');
    }
    case 'set':
      return `{ ${spelt(value)} }`;
    // Named by what is in them.
    case 'payload':
    case 'meta':
    case 'xt':
      return valuesOf(value);
    default:
      return [key, valuesOf(value)].filter((words) => words !== '').join(' ');
  }
}

function valuesOf(value: unknown): string {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.values(value).map(spelt).join(' ')
    : spelt(value);
}
