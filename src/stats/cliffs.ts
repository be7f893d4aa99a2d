// SPDX-License-Identifier: Apache-2.0
// Where throughput falls as something that is swept grows: how many steps there are, where, and how deep. Pure, and the same for the same
// figures: what is drawn at random is drawn from a seed. docs/decisions/0025-cliffs.md has the model and its simulations.
import { median } from 'simple-statistics';
import { below, shuffled, splitmix32 } from '../model/random.ts';
import type { RoundFigure } from '../model/result.ts';
import { bestTable, type Costs, fitTables, relative, riseOf, SIZE_STEP, type Table, tablesFor } from './misses.ts';

/** What was measured at one value of what is swept: throughput, packets/s, a figure a round. */
export interface CurvePoint {
  at: number;
  figures: readonly RoundFigure[];
}

/** A place where throughput falls, as it does behind a table that is too small. */
export interface Step {
  /** What a table holds that would do it. */
  at: number;
  /** The 95 % interval of that. */
  low: number;
  high: number;
  /** Where a tenth of the step is done, and where three quarters are; no further than was measured. */
  from: number;
  to: number;
  /** By how much throughput is lower behind it, as a ratio of what it was. */
  dropRatio: number;
}

/** How throughput goes along what is swept. */
export type Course =
  /** Fewer values or rounds than it takes to tell. */
  | { course: 'too-few'; pointsMin: number; roundsMin: number }
  /** No step of 5 % or more that chance does not make. */
  | { course: 'level' }
  /** It falls, and in no place more than in others. */
  | { course: 'slope'; dropRatio: number }
  /** The smallest first. */
  | { course: 'steps'; steps: Step[] };

const POINTS_MIN = 6;
const ROUNDS_MIN = 3;
const STEPS_MAX = 3;

/** Steps less deep are of no consequence. */
const DROP_MIN = 0.05;

/** The chance of calling each of up to three steps where there is none, and of how many permutations it is told. */
const ALPHA = 0.025;
const PERMUTATIONS = 399;

const RESAMPLES = 200;
const SEED = 25;

/** The course of throughput along some values, which may come in any order. */
export function courseOf(unsorted: readonly CurvePoint[]): Course {
  const points = unsorted.filter(({ figures }) => figures.length > 0).sort((a, b) => a.at - b.at);
  const rounds = Math.min(...points.map(({ figures }) => figures.length));
  if (points.length < POINTS_MIN || rounds < ROUNDS_MIN)
    return { course: 'too-few', pointsMin: POINTS_MIN, roundsMin: ROUNDS_MIN };
  const values = points.map(({ at }) => at);
  const tables = tablesFor(values);
  const costs = costsOf(points.map(({ figures }) => figures.map(({ value }) => value)));
  const found = significantTables(costs, tables);
  if (found.length === 0) return { course: 'level' };
  const fit = fitTables(costs, found);
  if (fit.left / (points.length - 1 - 3 * found.length) > squaresAboutLine(costs, values) / (points.length - 2)) {
    const [first = 0, last = 0] = [costs.values[0], costs.values.at(-1)];
    return first < last ? { course: 'slope', dropRatio: 1 - first / last } : { course: 'level' };
  }
  const steps = stepsOf(points, costs, found, tables);
  return steps.length === 0 ? { course: 'level' } : { course: 'steps', steps };
}

/** The time that a packet takes: what a miss adds to it is the same for each. Seconds. */
function costsOf(figures: readonly (readonly number[])[]): Costs {
  return relative(figures.map((values) => 1 / Math.max(median([...values]), Number.MIN_VALUE)));
}

/** As many tables as chance does not explain, one after another. */
function significantTables(costs: Costs, tables: readonly Table[]): Table[] {
  let known: Table[] = [];
  while (known.length < STEPS_MAX) {
    const more = withOneMore(costs, tables, known);
    if (more === null || !isSignificant(costs, tables, known) || leastDrop(costs, more) < DROP_MIN) return known;
    known = more;
  }
  return known;
}

/** The best table beside those that are known, and then each again beside the others. Ascending; null where there is none. */
function withOneMore(costs: Costs, tables: readonly Table[], known: readonly Table[]): Table[] | null {
  const found = bestTable(costs, tables, known)?.table;
  if (found === undefined) return null;
  const all = [...known, found];
  for (const index of all.slice(1).keys()) {
    const better = bestTable(costs, tables, all.toSpliced(index, 1))?.table;
    if (better !== undefined) all[index] = better;
  }
  return all.sort((a, b) => a.entries - b.entries);
}

/**
 * Whether one table more explains more than in 97.5 % of the permutations of what is left: where nothing is known yet the values are as good as
 * exchanged if there is no step, whatever their distribution; behind a step it is that of what the fit leaves (D. Freedman and D. Lane, 1983).
 */
function isSignificant(costs: Costs, tables: readonly Table[], known: readonly Table[]): boolean {
  const { fitted } = fitTables(costs, known);
  const ratios = Array.from(costs.values, (value, index) => value / (fitted[index] ?? 1));
  const observed = ratioOf(costs, tables, known);
  const random = splitmix32(SEED);
  let asLarge = 1;
  for (let drawn = 0; drawn < PERMUTATIONS; drawn += 1) {
    const values = shuffled(ratios, random).map((ratio, index) => ratio * (fitted[index] ?? 1));
    if (ratioOf(relative(values), tables, known) >= observed) asLarge += 1;
    if (asLarge > ALPHA * (PERMUTATIONS + 1)) return false;
  }
  return true;
}

function ratioOf(costs: Costs, tables: readonly Table[], known: readonly Table[]): number {
  const found = bestTable(costs, tables, known);
  return found === null ? 0 : found.gain / Math.max(found.left, Number.MIN_VALUE);
}

/** The least by which throughput falls at one of the steps. */
function leastDrop(costs: Costs, tables: readonly Table[]): number {
  return Math.min(...dropsOf(costs, tables));
}

/** By how much throughput is lower behind each step, as a ratio of what it was before: the costs of those before add up. */
function dropsOf(costs: Costs, tables: readonly Table[]): number[] {
  const { constant, added } = fitTables(costs, tables);
  let before = constant;
  return tables.map(({ misses }, index) => {
    const cost = (added[index] ?? 0) * (misses.at(-1) ?? 0);
    const ratio = cost / (before + cost);
    before += cost;
    return ratio;
  });
}

/** What a line over the logarithm of the values leaves. */
function squaresAboutLine(costs: Costs, values: readonly number[]): number {
  const line: Table = { kind: 'keeps', entries: 1, misses: Float64Array.from(values, (value) => Math.log(value)) };
  return fitTables(costs, [line]).left;
}

function stepsOf(
  points: readonly CurvePoint[],
  costs: Costs,
  found: readonly Table[],
  tables: readonly Table[],
): Step[] {
  const values = points.map(({ at }) => at);
  const drops = dropsOf(costs, found);
  const resampled = resample(points, tables, found.length);
  return found.map((table, index): Step => {
    const { at, low, high } = placeOf(table, values);
    const places = resampled.flatMap((one) => one[index] ?? []).map((one) => placeOf(one, values));
    const rise = riseOf(table.kind);
    const largest = values.at(-1) ?? at;
    return {
      at,
      low: Math.min(
        low,
        quantile(
          places.map((place) => place.low),
          0.025,
        ),
      ),
      high: Math.max(
        high,
        quantile(
          places.map((place) => place.high),
          0.975,
        ),
      ),
      from: table.kind === 'recent' ? low : table.entries * rise.from,
      to: table.kind === 'recent' ? high : Math.min(largest, table.entries * rise.to),
      dropRatio: drops[index] ?? 0,
    };
  });
}

/** A table that forgets the longest unasked tells no more of its size than that it lies between two values. */
function placeOf({ kind, entries }: Table, values: readonly number[]): Pick<Step, 'at' | 'low' | 'high'> {
  if (kind !== 'recent') return { at: entries, low: entries / SIZE_STEP, high: entries * SIZE_STEP };
  const low = values.findLast((value) => value <= entries) ?? entries;
  const high = values.find((value) => value > entries) ?? entries;
  return { at: Math.sqrt(low * high), low, high };
}

/** The tables that are found where rounds are drawn anew, with putting back: the same ones for all values, as they share their round's mood. */
function resample(points: readonly CurvePoint[], tables: readonly Table[], count: number): Table[][] {
  const rounds = [...new Set(points.flatMap(({ figures }) => figures.map(({ round }) => round)))];
  const random = splitmix32(SEED);
  return Array.from({ length: RESAMPLES }, () => {
    const drawn = rounds.map(() => rounds[below(rounds.length, random)]);
    const costs = costsOf(
      points.map(({ figures }) => {
        const values = drawn.flatMap((round) => figures.find((figure) => figure.round === round)?.value ?? []);
        return values.length === 0 ? figures.map(({ value }) => value) : values;
      }),
    );
    let all: Table[] = [];
    while (all.length < count) {
      const more = withOneMore(costs, tables, all);
      if (more === null) break;
      all = more;
    }
    return all.length === count ? all : [];
  });
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
}

/** What a table seems to hold by the share of packets that it did not answer, as counters tell it; null where it answered nearly all, or too few values tell. */
export function fillOf(
  unsorted: readonly { at: number; missRatio: number }[],
): Pick<Step, 'at' | 'low' | 'high'> | null {
  const points = [...unsorted].sort((a, b) => a.at - b.at);
  const values = points.map(({ at }) => at);
  const misses = Float64Array.from(points, ({ missRatio }) => missRatio);
  if (points.length < POINTS_MIN || Math.max(...misses) - Math.min(...misses) < MISSES_MIN) return null;
  const found = bestTable({ values: misses, weights: misses.map(() => 1) }, tablesFor(values), []);
  return found === null ? null : placeOf(found.table, values);
}

/** With fewer misses than this a table is not too small. */
const MISSES_MIN = 0.1;
