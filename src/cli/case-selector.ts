// SPDX-License-Identifier: Apache-2.0
// Which test case a user means: by its number, or by as many of its parameters as tell it from the others.
import { optionOf, PARAMETER_KEYS, PARAMETERS, type ParameterKey, writtenOf } from '../model/parameters.ts';
import { ioName, type TestCase } from '../model/testcase.ts';
import type { Parsed } from '../model/units.ts';
import { caseName } from '../report/format.ts';
import { shownCases } from '../report/shown.ts';

/** The campaign that is asked, as far as its cases go. */
export interface Asked {
  id: string;
  /** Sizes are given with the FCS, as they are shown. */
  fcs: boolean;
  cases: readonly { case: TestCase }[];
}

interface Term {
  key: ParameterKey;
  value: string;
}

/** As many cases are named before the rest is only counted. */
const NAMED_MAX = 4;

/** Whether a text is meant as a case, and not as the id of a campaign. */
export function looksLikeCase(text: string): boolean {
  return text.includes('=') || /^\d{1,6}$/.test(text);
}

/** The index of the case that is meant; the error says what there is. */
export function caseSelected(text: string, asked: Asked): Parsed<number> {
  if (text.includes('=')) return selected(text, asked);
  const last = asked.cases.length - 1;
  if (!/^\d{1,6}$/.test(text)) {
    return refused(`case '${text}': give a number from 0 to ${last}, or parameters, as switch=ovs,packetSize=64`);
  }
  const index = Number(text);
  return index <= last ? { ok: true, value: index } : refused(`case ${index}: campaign ${asked.id} has 0 to ${last}`);
}

function selected(text: string, asked: Asked): Parsed<number> {
  let left: Numbered[] = asked.cases.map(({ case: testCase }, index) => ({ testCase, index }));
  for (const item of text.split(',')) {
    const term = termOf(item.trim());
    if (!term.ok) return term;
    const { key, value } = term.value;
    const matches = matcherOf(key, value, asked.fcs);
    if (!matches.ok) return matches;
    const found = left.filter(({ testCase }) => matches.value(testCase));
    if (found.length === 0) {
      const there = valuesOf(key, casesOf(left), asked.fcs);
      return refused(`campaign ${asked.id} has no case '${text}': give ${key}=${there.join(' or ')}`);
    }
    left = found;
  }
  const [only, ...others] = left;
  if (only !== undefined && others.length === 0) return { ok: true, value: only.index };
  return refused(severalWords(text, left, asked.fcs));
}

/** `packetSize=64`; the parameter by its name in files, or by one of its options: `P=64`, `packet-size=64`. */
function termOf(item: string): Parsed<Term> {
  const [name = '', ...rest] = item.split('=');
  if (rest.length === 0) return refused(`'${item}' is not a parameter and its value, as switch=ovs`);
  const key = PARAMETER_KEYS.find((one) => one === name || optionsOf(one).includes(name));
  if (key === undefined) return refused(`there is no parameter '${name}'; there are ${PARAMETER_KEYS.join(', ')}`);
  return { ok: true, value: { key, value: rest.join('=') } };
}

function optionsOf(key: ParameterKey): string[] {
  return PARAMETERS[key].flags
    .split(/[\s,]+/)
    .flatMap((word) => (word.startsWith('-') ? [word.replace(/^-+/, '')] : []));
}

/** A value is read as the option reads it, so that 1M is the rate of 1 000 000. */
function matcherOf<Key extends ParameterKey>(
  key: Key,
  given: string,
  fcs: boolean,
): Parsed<(testCase: TestCase) => boolean> {
  if (key === 'io' && given.includes('/')) return { ok: true, value: (testCase) => ioName(testCase) === given };
  const parsed = PARAMETERS[key].parse(given, { fcs });
  if (!parsed.ok) return refused(`${key} (${optionOf(key)}): ${parsed.error}`);
  const values: readonly TestCase[Key][] = parsed.value;
  return { ok: true, value: (testCase) => values.includes(testCase[key]) };
}

/** A case, and where it stands in the campaign. */
interface Numbered {
  testCase: TestCase;
  index: number;
}

function casesOf(numbered: readonly Numbered[]): TestCase[] {
  return numbered.map(({ testCase }) => testCase);
}

function valuesOf(key: ParameterKey, cases: readonly TestCase[], fcs: boolean): string[] {
  return [...new Set(shownCases(cases, fcs).map((one) => writtenOf(key, one[key])))];
}

/** Which cases are meant, and what would tell them apart. */
function severalWords(text: string, left: readonly Numbered[], fcs: boolean): string {
  const named = left.slice(0, NAMED_MAX).map(({ testCase, index }) => `${index} (${caseName(testCase)})`);
  const more = left.length - named.length;
  const telling = PARAMETER_KEYS.map((key) => ({ key, values: valuesOf(key, casesOf(left), fcs) })).filter(
    ({ values }) => values.length > 1,
  );
  const [first] = telling;
  const add = first === undefined ? 'give its number' : `add ${first.key}=${first.values.join(' or ')}`;
  return `'${text}' matches ${left.length} cases, ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}: ${add}, or give a number`;
}

function refused<T>(error: string): Parsed<T> {
  return { ok: false, error };
}
