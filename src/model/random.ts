// SPDX-License-Identifier: Apache-2.0
// Random numbers that a seed brings back, the same everywhere.

/** 2³² divided by the golden ratio, made odd: the increment of SplitMix's paper, at this width. */
export const RANDOM_INCREMENT = 0x9e3779b9;

/**
 * Uniform unsigned 32-bit numbers: SplitMix (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
 * OOPSLA 2014) at a width of 32 bits, with the finalizer `lowbias32` of C. Wellons' "Hash prospector" (2018).
 */
export function splitmix32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + RANDOM_INCREMENT) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
}

/** Fisher and Yates' shuffle (1938): draws without putting back, so that each permutation is equally likely. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const urn = [...items];
  return items.flatMap(() => urn.splice(below(urn.length, random), 1));
}

/** Uniform in [0, bound): numbers of the last, incomplete multiple of `bound` are drawn again. */
export function below(bound: number, random: () => number): number {
  const limit = 2 ** 32 - (2 ** 32 % bound);
  let drawn = random();
  while (drawn >= limit) drawn = random();
  return drawn % bound;
}
