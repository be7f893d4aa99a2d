// SPDX-License-Identifier: Apache-2.0
// Which share of all variation is whose: R. Jain, The Art of Computer Systems Performance Analysis (Wiley 1991), chapters 17 to 22. Of a full
// factorial design, in which every combination of levels has a value in every round, sums of squares add up to the whole.
import { sumOf } from './sum.ts';

/** A value at a level of each factor, in a round. */
export interface Observation {
  /** One a factor, in the order of the factors. */
  levels: readonly string[];
  round: number;
  value: number;
}

/** What a factor, or several together beyond what each does alone, explains. */
export interface Effect {
  /** Places of the factors. */
  factors: readonly number[];
  /** Of all variation. */
  share: number;
}

export interface Allocation {
  /** Of all values about their mean. */
  sumOfSquares: number;
  /** Each factor, then every two of them. */
  effects: readonly Effect[];
  /** Three factors or more together. */
  higher: number;
  /** What all cases of a round have in common: rounds are blocks. */
  round: number;
  unexplained: number;
}

/**
 * Allocates the variation of a full design with so many factors; null where there is none to allocate: all values are equal, or only one
 * round tells nothing apart from the last interaction. Throws where the design is not full.
 */
export function allocateVariation(factors: number, observations: readonly Observation[]): Allocation | null {
  const places = Array.from({ length: factors }, (_, place) => place);
  requireFull(places, observations);
  if (new Set(observations.map(({ round }) => round)).size < 2) return null;
  const center = mean(observations);
  const total = sumOf(observations, ({ value }) => (value - center) ** 2);
  if (!(total > 0)) return null;
  const between = (keyOf: (one: Observation) => string) => betweenGroups(observations, keyOf, center) / total;
  const at = (those: readonly number[]) => between(({ levels }) => keyOfLevels(those.map((place) => levels[place])));
  const alone = places.map((place) => ({ factors: [place], share: at([place]) }));
  const together = places.flatMap((one) =>
    places.slice(one + 1).map((other) => {
      const own = (alone[one]?.share ?? 0) + (alone[other]?.share ?? 0);
      return { factors: [one, other], share: notBelowZero(at([one, other]) - own) };
    }),
  );
  const effects = [...alone, ...together];
  const cells = at(places);
  const round = between((one) => String(one.round));
  return {
    sumOfSquares: total,
    effects,
    higher: factors < 3 ? 0 : notBelowZero(cells - sumOf(effects, ({ share }) => share)),
    round,
    unexplained: notBelowZero(1 - cells - round),
  };
}

/** Sums of squares are differences of numbers that may be nearly equal. */
function notBelowZero(share: number): number {
  return Math.max(0, share);
}

function betweenGroups(
  observations: readonly Observation[],
  keyOf: (one: Observation) => string,
  center: number,
): number {
  const groups = [...Map.groupBy(observations, keyOf).values()];
  return sumOf(groups, (group) => group.length * (mean(group) - center) ** 2);
}

function requireFull(places: readonly number[], observations: readonly Observation[]): void {
  const counts = places.map((place) => new Set(observations.map(({ levels }) => levels[place])).size);
  const rounds = new Set(observations.map(({ round }) => round)).size;
  const seen = new Set(observations.map(({ levels, round }) => keyOfLevels([...levels, String(round)])));
  const expected = counts.reduce((product, count) => product * count, rounds);
  if (seen.size !== observations.length || seen.size !== expected) {
    throw new RangeError(`no full design: ${observations.length} values where ${expected} combinations are`);
  }
}

/** No level has the separator in it: titles and names are without control characters. */
function keyOfLevels(levels: readonly (string | undefined)[]): string {
  return levels.join('\u0000');
}

function mean(observations: readonly Observation[]): number {
  return sumOf(observations, ({ value }) => value) / observations.length;
}
