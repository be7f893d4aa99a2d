// SPDX-License-Identifier: Apache-2.0
// P-values of several comparisons, corrected so that calling those up to 0.05 different the chance of even one false call among all is
// at most 5 %, however the comparisons depend on each other. What is returned may lie above 1: over the p-value that went in, it is the
// factor of the correction, by which an interval that is to agree with it has to be widened.

/** Chance of calling any of the compared contenders different where none is. */
export const ALPHA = 0.05;

/** S. Holm, "A simple sequentially rejective multiple test procedure", 1979: for comparisons of which any may be true beside any others. */
export function holm(pValues: readonly number[]): number[] {
  return stepwise(pValues, (left) => left);
}

/**
 * All pairs of some contenders: Holm's procedure, that knows which of them can be equal together (J. P. Shaffer, "Modified sequentially
 * rejective multiple test procedures", 1986, procedure S1). Of three contenders of which two differ at most one pair is equal.
 */
export function shaffer(pValues: readonly number[], contenders: number): number[] {
  const possible = equalPairs(contenders);
  return stepwise(pValues, (left) => possible[left] ?? left);
}

/** Each p-value, ascending, times the number of comparisons that may still be of equals when `left` are not yet told apart. */
function stepwise(pValues: readonly number[], factor: (left: number) => number): number[] {
  const corrected = new Array<number>(pValues.length).fill(1);
  let largest = 0;
  const ascending = [...pValues.entries()].sort(([, p], [, q]) => p - q);
  for (const [position, [index, p]] of ascending.entries()) {
    largest = Math.max(largest, factor(pValues.length - position) * p);
    corrected[index] = largest;
  }
  return corrected;
}

const known = new Map<number, Uint32Array>();

/** For each number of pairs, the most of them that can be pairs of equals when the contenders fall apart into sets of equals. */
function equalPairs(contenders: number): Uint32Array {
  const told = known.get(contenders);
  if (told !== undefined) return told;
  const all = (contenders * (contenders - 1)) / 2;
  // Of each number of contenders, the numbers of equal pairs that are possible.
  const possible = Array.from({ length: contenders + 1 }, () => new Uint8Array(all + 1));
  possible[0]?.fill(1, 0, 1);
  for (let some = 1; some <= contenders; some += 1) {
    for (let equals = 1; equals <= some; equals += 1) {
      const [rest, here] = [possible[some - equals], possible[some]];
      const own = (equals * (equals - 1)) / 2;
      for (let pairs = 0; pairs + own <= all; pairs += 1)
        if (rest?.[pairs] === 1 && here !== undefined) here[pairs + own] = 1;
    }
  }
  const most = new Uint32Array(all + 1);
  for (let pairs = 1; pairs <= all; pairs += 1)
    most[pairs] = possible[contenders]?.[pairs] === 1 ? pairs : (most[pairs - 1] ?? 0);
  known.set(contenders, most);
  return most;
}

/**
 * All pairs of so many contenders that no p-value could pass Shaffer's correction. Two count as told apart where no chain of contenders
 * joins them whose neighbours look alike, that is, have p > 2 · 0.05/k. So fewer are told apart, but the factor is k/2 in place of
 * k(k − 1)/2. That the chance of a false call is bounded all the same: let m contenders be equal, and look at any circle of them. To
 * come apart it has to be cut at two places at least, of m, so the chance is at most m/2 · 2 · 0.05/k; and over all sets of equals
 * these add up to 0.05 at most.
 *
 * `pValues` by row: (0, 1), (0, 2), …, (1, 2), ….
 */
export function chains(pValues: readonly number[], contenders: number): number[] {
  const at = (i: number, j: number) => pairIndex(Math.min(i, j), Math.max(i, j), contenders);
  const joined = new Array<number>(pValues.length).fill(0);
  const inside: number[] = [0];
  const nearest = Array.from({ length: contenders }, (_, one) => ({ one, to: 0, p: pValues[at(0, one)] ?? 0 })).slice(
    1,
  );
  // The spanning tree of the likest (R. C. Prim, 1957): on it lies the chain whose weakest link is strongest.
  while (nearest.length > 0) {
    const best = nearest.reduce((most, link) => (link.p > most.p ? link : most));
    nearest.splice(nearest.indexOf(best), 1);
    for (const other of inside) {
      joined[at(best.one, other)] = other === best.to ? best.p : Math.min(best.p, joined[at(best.to, other)] ?? 0);
    }
    inside.push(best.one);
    for (const link of nearest) {
      const p = pValues[at(link.one, best.one)] ?? 0;
      if (p > link.p) Object.assign(link, { to: best.one, p });
    }
  }
  return joined.map((p) => (contenders / 2) * p);
}

/** Place of the pair (i, j), i < j, of k contenders in a list by rows. */
export function pairIndex(i: number, j: number, contenders: number): number {
  return i * contenders - (i * (i + 1)) / 2 + j - i - 1;
}

/** How the pairs of a family are corrected: by what their sizes allow, and never by what they show. */
export type Correction = 'shaffer' | 'chains' | 'impossible';

/** The correction for all pairs of some contenders, of which the smallest p-value that their rounds can give is this. */
export function correctionFor(contenders: number, smallest: number): Correction {
  if ((smallest * contenders * (contenders - 1)) / 2 <= ALPHA) return 'shaffer';
  return (smallest * contenders) / 2 <= ALPHA ? 'chains' : 'impossible';
}
