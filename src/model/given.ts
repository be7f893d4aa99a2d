// SPDX-License-Identifier: Apache-2.0
// What a user gave for a parameter, on the command line or in a file: a list in either case, and how it is read. Every error is one line
// that says what is wrong and what would be right, without the name of the field.
import { commaAmbiguity, type Parsed, parseQuantities } from './units.ts';

/** A text, which commas make a list of, or the items of a YAML list, which may be such texts. */
export type Given = string | readonly string[];

/** The texts as they were given. */
function textsOf(given: Given): readonly string[] {
  return typeof given === 'string' ? [given] : given;
}

/** The items between commas and between those of the list. */
export function itemsOf(given: Given): string[] {
  return textsOf(given).flatMap((text) => text.split(',').map((item) => item.trim()));
}

/** Reads item by item. What stands there twice is there once. */
export function eachOf<T>(given: Given, read: (item: string) => Parsed<readonly T[]>): Parsed<T[]> {
  return all(itemsOf(given), read);
}

function all<T>(texts: readonly string[], read: (text: string) => Parsed<readonly T[]>): Parsed<T[]> {
  const values = new Set<T>();
  for (const text of texts) {
    const parsed = read(text);
    if (!parsed.ok) return parsed;
    for (const value of parsed.value) values.add(value);
  }
  return { ok: true, value: [...values] };
}

/** Some of these words. */
export function wordsOf<T extends string>(given: Given, allowed: readonly T[]): Parsed<T[]> {
  return eachOf(given, (item) => {
    const found = allowed.find((candidate) => candidate === item);
    return found === undefined
      ? refused(`'${item}' is not one of ${allowed.join(', ')}`)
      : { ok: true, value: [found] };
  });
}

/** Names as we give them, of switches and the like. */
export function namesOf(given: Given): Parsed<string[]> {
  return eachOf(given, (item) =>
    /^[a-z0-9][a-z0-9-]*$/.test(item)
      ? { ok: true, value: [item] }
      : refused(`'${item}' is not a name (lower-case letters, digits and '-')`),
  );
}

/** Bounds of a number, both included, and what it counts, for who gave another one. */
export interface Bounds {
  min: number;
  max: number;
  unit: string;
}

/** Numbers and ranges of them. */
export function quantitiesOf(given: Given, { min, max, unit }: Bounds): Parsed<number[]> {
  return all(textsOf(given), (text) => {
    const parsed = parseQuantities(text);
    if (!parsed.ok) return parsed;
    const odd = parsed.value.find((value) => value < min || value > max);
    return odd === undefined ? parsed : refused(`${odd} is out of range; give ${`${min} to ${max} ${unit}`.trim()}`);
  });
}

const RATE_MAX = 1_000_000_000;

/** Packets/s, or `max` for as fast as it goes. */
export function ratesOf(given: Given): Parsed<(number | 'max')[]> {
  for (const text of textsOf(given)) {
    const ambiguity = commaAmbiguity(text);
    if (ambiguity !== null) return refused(ambiguity);
  }
  return eachOf<number | 'max'>(given, (item) => {
    if (item === 'max') return { ok: true, value: [item] };
    const parsed = parseQuantities(item);
    if (!parsed.ok) return refused(`${parsed.error}, nor is it 'max'`);
    const odd = parsed.value.find((rate) => rate < 1 || rate > RATE_MAX);
    return odd === undefined ? parsed : refused(`${odd} is out of range; give 1 to 1G packets/s, or 'max' for unpaced`);
  });
}

/** `4vs4`, and ranges: `1vs1..4vs4`, or as those of numbers, `1..4/1`. */
export function pairSetsOf(given: Given, max: number): Parsed<number[]> {
  const bounds = { min: 1, max, unit: '' };
  return eachOf(given, (item) => (item.includes('..') ? pairRange(item, bounds) : pairSet(item, bounds)));
}

function pairSet(item: string, bounds: Bounds): Parsed<number[]> {
  const [, first, second] = /^(\d+)vs(\d+)$/.exec(item) ?? [];
  if (first === undefined || first !== second) {
    return refused(`'${item}' is not NvsN with the same N twice (examples: 1vs1, 4vs4, 1vs1..4vs4)`);
  }
  return quantitiesOf(first, bounds);
}

/** Without a step it is 1. */
function pairRange(item: string, bounds: Bounds): Parsed<number[]> {
  const [range, first, last, step = '1'] = /^(\d+)(?:vs\1)?\.\.(\d+)(?:vs\2)?(?:\/(\d+)(?:vs\3)?)?$/.exec(item) ?? [];
  if (range === undefined) return refused(`'${item}' is not a range (examples: 1vs1..4vs4, 2vs2..8vs8/2)`);
  return quantitiesOf(`${first}..${last}/${step}`, bounds);
}

function refused(error: string): { ok: false; error: string } {
  return { ok: false, error };
}
