// SPDX-License-Identifier: Apache-2.0
import type { Parsed } from '../../model/units.ts';
import type { Knob } from './knob.ts';
import { knobRegistry } from './registry.ts';

/** What `--tune` takes besides the names of knobs. */
const SETS: Readonly<Record<string, (knob: Knob) => boolean>> = {
  off: () => false,
  paper: ({ paper }) => paper,
  all: () => true,
};

/** The knobs that some words ask for, as ids in the registry's order; the error names those that there are. */
export function chooseKnobs(words: readonly string[]): Parsed<string[]> {
  const known = knobRegistry.map(({ id }) => id);
  const odd = words.find((word) => !Object.hasOwn(SETS, word) && !known.includes(word));
  if (odd !== undefined) {
    const sets = Object.keys(SETS).join(', ');
    return { ok: false, error: `tune (--tune): '${odd}' is no knob; give ${sets}, or some of ${known.join(', ')}` };
  }
  const chosen = knobRegistry.filter((knob) => words.some((word) => word === knob.id || SETS[word]?.(knob) === true));
  return { ok: true, value: chosen.map(({ id }) => id) };
}
