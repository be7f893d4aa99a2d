// SPDX-License-Identifier: Apache-2.0
// What a campaign asks of a testbed, as in `sriov,cpus>=8`: terms that must all hold.
import type { Parsed } from '../model/units.ts';
import type { Testbed } from './model.ts';

/** A wish for a testbed. */
export interface Wish {
  /** As it was written. */
  text: string;
  terms: readonly Term[];
}

type Operator = '=' | '!=' | '>=' | '<=' | '>' | '<' | '~';

type Term =
  /** It has a switch or a framework, is virtual, or has two hosts. */
  | { kind: 'word'; written: string; word: string; wanted: boolean }
  | { kind: 'number'; written: string; key: NumberKey; operator: Exclude<Operator, '~'>; value: number }
  | { kind: 'version'; written: string; operator: Exclude<Operator, '~'>; value: readonly number[] }
  | { kind: 'text'; written: string; key: TextKey; operator: '=' | '!=' | '~'; value: string };

type NumberKey = 'cpus' | 'memory';
type TextKey = 'cpu' | 'name';

/** Words that are no switch and no framework. */
const TRAITS = ['virtual', 'remote'] as const;
const KEYS = 'cpus, memory, kernel, cpu, name';
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/**
 * Reads a wish; `words` are the switches and frameworks that there are, null where any will do. What is wrong with it is one line, with the
 * place marked by a caret.
 */
export function parseTestbedLike(text: string, words: readonly string[] | null): Parsed<Wish> {
  const terms: Term[] = [];
  let at = 0;
  for (const part of text.split(',')) {
    const written = part.trim();
    const column = at + part.length - part.trimStart().length;
    at += part.length + 1;
    const term = parseTerm(written, words);
    if (typeof term === 'string') return { ok: false, error: marked(text, column, term) };
    terms.push(term);
  }
  return { ok: true, value: { text, terms } };
}

function parseTerm(written: string, words: readonly string[] | null): Term | string {
  if (written === '') return 'a term is missing here';
  const [, key = '', operator = '', value = ''] = /^([\w-]+)\s*(>=|<=|!=|=|>|<|~)\s*(.+)$/.exec(written) ?? [];
  if (key === '') return parseWord(written, words);
  switch (key) {
    case 'cpus':
    case 'memory': {
      const number = key === 'cpus' ? wholeOf(value) : bytesOf(value);
      if (number === null) return key === 'cpus' ? 'is no whole number' : 'is no size, such as 64G';
      return isOrder(operator) ? { kind: 'number', written, key, operator, value: number } : `${key} takes no '~'`;
    }
    case 'kernel': {
      if (!/^\d+(\.\d+)*$/.test(value)) return 'is no version, such as 6.7';
      return isOrder(operator)
        ? { kind: 'version', written, operator, value: value.split('.').map(Number) }
        : "kernel takes no '~'";
    }
    case 'cpu':
    case 'name':
      return operator === '=' || operator === '!=' || operator === '~'
        ? { kind: 'text', written, key, operator, value }
        : `${key} takes =, != or ~ (contains)`;
    default:
      return `'${key}' is not known: ${KEYS}, or a switch or framework alone`;
  }
}

function parseWord(written: string, words: readonly string[] | null): Term | string {
  const wanted = !written.startsWith('!');
  const word = wanted ? written : written.slice(1).trim();
  const known = [...TRAITS, ...(words ?? [])];
  if (words === null || known.includes(word)) return { kind: 'word', written, word, wanted };
  return `'${word}' is no switch, framework or trait: known are ${known.join(', ')}; or compare ${KEYS}, as cpus>=8`;
}

/** In one line: the text, with a caret before the term that is wrong. */
function marked(text: string, column: number, error: string): string {
  return `${text.slice(0, column)}^${text.slice(column)}: ${error}`;
}

function isOrder(operator: string): operator is Exclude<Operator, '~'> {
  return ['=', '!=', '>=', '<=', '>', '<'].includes(operator);
}

function wholeOf(text: string): number | null {
  return /^\d+$/.test(text) ? Number(text) : null;
}

function bytesOf(text: string): number | null {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  return number === undefined || factor === undefined ? null : Number(number) * factor;
}

/** The terms that do not hold for a testbed, as they were written; none where it is what was wished for. */
export function missingFrom({ terms }: Wish, testbed: Pick<Testbed, 'name' | 'capabilities'>): string[] {
  return terms.filter((term) => !holds(term, testbed)).map(({ written }) => written);
}

function holds(term: Term, { name, capabilities }: Pick<Testbed, 'name' | 'capabilities'>): boolean {
  switch (term.kind) {
    case 'word':
      return hasWord(term.word, capabilities) === term.wanted;
    case 'number': {
      const own = term.key === 'cpus' ? capabilities.cpus : capabilities.memoryBytes;
      return isOrdered(own - term.value, term.operator);
    }
    case 'version':
      return isOrdered(compareVersions(capabilities.kernel, term.value), term.operator);
    case 'text': {
      const own = term.key === 'cpu' ? capabilities.cpuModel : name;
      if (term.operator === '~') return own.toLowerCase().includes(term.value.toLowerCase());
      return (own === term.value) === (term.operator === '=');
    }
    default:
      return term satisfies never;
  }
}

function hasWord(word: string, capabilities: Testbed['capabilities']): boolean {
  if (word === 'virtual' || word === 'remote') return capabilities[word];
  return capabilities.switches.includes(word) || capabilities.frameworks.includes(word);
}

function isOrdered(difference: number, operator: Exclude<Operator, '~'>): boolean {
  switch (operator) {
    case '=':
      return difference === 0;
    case '!=':
      return difference !== 0;
    case '>=':
      return difference >= 0;
    case '<=':
      return difference <= 0;
    case '>':
      return difference > 0;
    case '<':
      return difference < 0;
    default:
      return operator satisfies never;
  }
}

/** As far as was asked for: 6.7.3 is 6.7, and no more than it. */
function compareVersions(release: string, wanted: readonly number[]): number {
  const own = (/^\d+(\.\d+)*/.exec(release)?.[0] ?? '').split('.').map(Number);
  for (const [index, number] of wanted.entries()) {
    const difference = (own[index] ?? 0) - number;
    if (difference !== 0) return difference;
  }
  return 0;
}
