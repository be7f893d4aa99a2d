// SPDX-License-Identifier: Apache-2.0
// Where B overtakes A as something that is swept grows. Nothing is drawn at random. Who is ahead at a value is told by the engine's test,
// corrected for all values; where the order changes, the place is where the 95 % intervals of the ratio, joined by lines, hold 1.
// docs/decisions/0038-advice-and-crossovers.md has why, and how often it errs.
import type { CurvePoint } from './cliffs.ts';
import { ALPHA } from './correction.ts';
import { ROUNDS_MIN, testPair } from './pair-test.ts';
import { type RatioEstimate, smallestPValue } from './ranks.ts';
import type { Better } from './standing.ts';

export type Side = 'a' | 'b';

/** A place where the order changes. */
export interface Crossing {
  /** Where neither is better, by estimates. */
  at: number;
  /** The 95 % interval of that. */
  from: number;
  to: number;
  /** Who is better before it, and behind it. */
  below: Side;
  above: Side;
}

/** Who is better at a value that was measured; null where that cannot be told. */
export interface PointOrder {
  at: number;
  ahead: Side | null;
}

export type Crossover = { orders: PointOrder[] } & (
  | { outcome: 'crosses'; crossing: Crossing }
  /** In ascending order. */
  | { outcome: 'several'; crossings: Crossing[] }
  /** One is better at every value. */
  | { outcome: 'never'; ahead: Side }
  | { outcome: 'undecided'; why: Undecided }
);

export type Undecided =
  /** Fewer values in common than it takes. */
  | { why: 'too-few-points'; pointsMin: number }
  | { why: 'too-few-rounds'; rounds: number; roundsMin: number }
  /** At no value are they told apart, or at some, and never the other way round. */
  | { why: 'noise'; ahead: Side | null };

const POINTS_MIN = 2;

/** Natural logarithms of the factor by which B is better, at a value, with the 95 % interval of that value alone. */
interface Band {
  at: number;
  low: number;
  estimate: number;
  high: number;
}

/** How B relates to A along their common values, which are positive and may come in any order. */
export function crossoverOf(a: readonly CurvePoint[], b: readonly CurvePoint[], better: Better): Crossover {
  const pairs = commonPoints(a, b);
  if (pairs.length < POINTS_MIN) {
    return { orders: [], outcome: 'undecided', why: { why: 'too-few-points', pointsMin: POINTS_MIN } };
  }
  const tests = pairs.map((pair) => ({
    ...pair,
    test: testPair(pair.a, pair.b, { pairs: pairs.length, alignedBy: null }),
  }));
  const orders = tests.map(({ at, test }): PointOrder => {
    const [sure] = bandOf(at, test.ratio(ALPHA / pairs.length), better);
    return { at, ahead: sure === undefined ? null : sure.low > 0 ? 'b' : sure.high < 0 ? 'a' : null };
  });
  const smallest = Math.min(...tests.map(({ test }) => test.smallest));
  if (smallest * pairs.length > ALPHA) {
    const rounds = Math.min(...tests.flatMap(({ test }) => test.rounds));
    return {
      orders,
      outcome: 'undecided',
      why: { why: 'too-few-rounds', rounds, roundsMin: fewestRounds(pairs.length) },
    };
  }
  const bands = tests.flatMap(({ at, test }) => bandOf(at, test.ratio(ALPHA), better));
  return { orders, ...outcomeOf(bands, orders) };
}

function commonPoints(a: readonly CurvePoint[], b: readonly CurvePoint[]) {
  return a
    .flatMap(({ at, figures }) => {
      const other = b.find((point) => point.at === at);
      return other === undefined || figures.length === 0 || other.figures.length === 0
        ? []
        : [{ at, a: figures, b: other.figures }];
    })
    .sort((one, other) => one.at - other.at);
}

function bandOf(at: number, estimate: RatioEstimate | null, better: Better): Band[] {
  if (estimate === null) return [];
  const low = estimate.low === null ? -Infinity : Math.log(estimate.low);
  const high = estimate.high === null ? Infinity : Math.log(estimate.high);
  const middle = Math.log(estimate.ratio);
  return [
    better === 'higher' ? { at, low, estimate: middle, high } : { at, low: -high, estimate: -middle, high: -low },
  ];
}

/** The least number of rounds in which so many values can all be told. */
function fewestRounds(points: number): number {
  let rounds = ROUNDS_MIN;
  while (smallestPValue(rounds, rounds) * points > ALPHA) rounds += 1;
  return rounds;
}

type Outcome = Crossover extends infer One ? (One extends Crossover ? Omit<One, 'orders'> : never) : never;

function outcomeOf(bands: readonly Band[], orders: readonly PointOrder[]): Outcome {
  const certain = orders.flatMap(({ ahead }, index) => (ahead === null ? [] : [{ ahead, index }]));
  const crossings = certain.slice(1).flatMap((above, place): Crossing[] => {
    const below = certain[place];
    if (below === undefined || below.ahead === above.ahead) return [];
    const [first, last] = [orders[below.index]?.at ?? 0, orders[above.index]?.at ?? 0];
    const between = bands.filter(({ at }) => at >= first && at <= last);
    return [{ ...placeOf(between, below.ahead), below: below.ahead, above: above.ahead }];
  });
  const [first, ...others] = crossings;
  if (first !== undefined) {
    return others.length === 0 ? { outcome: 'crosses', crossing: first } : { outcome: 'several', crossings };
  }
  const ahead = certain[0]?.ahead ?? null;
  if (ahead !== null && certain.length === orders.length) return { outcome: 'never', ahead };
  return { outcome: 'undecided', why: { why: 'noise', ahead } };
}

/** Where intervals that lie on one side at the first value, and on the other at the last, hold 0. */
function placeOf(bands: readonly Band[], below: Side): Pick<Crossing, 'at' | 'from' | 'to'> {
  // Turned so that all rise: from A ahead to B ahead.
  const rising =
    below === 'a' ? bands : bands.map((one) => ({ ...one, low: -one.high, estimate: -one.estimate, high: -one.low }));
  const from = zeros(rising, ({ high }) => high).at(0) ?? Number.NaN;
  const to = zeros(rising, ({ low }) => low).at(-1) ?? Number.NaN;
  const middles = zeros(rising, ({ estimate }) => estimate);
  return { at: middles[middles.length >> 1] ?? Number.NaN, from, to };
}

/** Where a figure changes its sign, ascending: on lines between values over their logarithm. A figure without a bound is reached at once. */
function zeros(bands: readonly Band[], figure: (band: Band) => number): number[] {
  return bands.slice(1).flatMap((right, place) => {
    const left = bands[place];
    if (left === undefined) return [];
    const [y0, y1] = [figure(left), figure(right)];
    if (y0 > 0 === y1 > 0) return [];
    const share = Number.isFinite(y1) ? (Number.isFinite(y0) ? y0 / (y0 - y1) : 1) : 0;
    return [left.at * (right.at / left.at) ** share];
  });
}
