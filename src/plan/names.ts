// SPDX-License-Identifier: Apache-2.0
// Names that a user gave, of what there is: which are known, and what one that is not was meant to be.
import type { Campaign } from '../model/campaign.ts';
import type { Parsed } from '../model/units.ts';

/** Refuses a switch that nobody knows: it needs no machine to tell. The error is one line. */
export function switchesKnown({ switches }: Pick<Campaign, 'switches'>, known: readonly string[]): Parsed<string[]> {
  return chosen('switch (-V)', switches, known);
}

/** The same of an I/O framework. */
export function frameworksKnown({ ios }: Pick<Campaign, 'ios'>, known: readonly string[]): Parsed<string[]> {
  return chosen('io (--io)', ios, known);
}

/** What the user named, in that order, or everything there is. */
export function chosen(field: string, names: readonly string[] | null, known: readonly string[]): Parsed<string[]> {
  const list = unique(names ?? known);
  const odd = list.find((name) => !known.includes(name));
  return odd === undefined ? { ok: true, value: list } : { ok: false, error: unknownName(field, odd, known) };
}

function unknownName(field: string, name: string, known: readonly string[]): string {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  // Beyond half of the word it is another word, and no slip.
  const likely =
    nearest !== undefined && nearest.distance <= Math.ceil(Math.max(name.length, nearest.candidate.length) / 2);
  const suggestion = likely ? `; did you mean '${nearest.candidate}'?` : '';
  return `${field}: '${name}' is not known; known are ${known.join(', ') || 'none'}${suggestion}`;
}

/** Letters to insert, delete or replace to make `b` of `a` (Levenshtein). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...b].entries()) {
      const replaced = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? a.length;
}

/** Each once, in order of first appearance. */
export function unique<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}
