// SPDX-License-Identifier: Apache-2.0
// What share of packets a full table does not answer, when so many flows come in turn: the ways in which caches do that, and a least-squares fit
// of a cost that rises with it. docs/decisions/0025-cliffs.md says why these.

/** How a table behaves that is too small. */
export type TableKind = 'recent' | 'keeps' | 'hashed' | 'crowded';

/** The share of packets that is not answered, over flows as a multiple of what the table holds. */
const MISSES: Record<TableKind, (load: number) => number> = {
  // It forgets what was longest not asked for: in turn, that is always the flow that comes next.
  recent: (load) => (load > 1 ? 1 : 0),
  // It keeps what it has and learns nothing more, or forgets any entry alike.
  keeps: (load) => (load > 1 ? 1 - 1 / load : 0),
  // A few places for each flow, by its hash: some have none before it is full.
  hashed: (load) => 1 - (1 + load ** 3) ** -(1 / 3),
  // A single place for each, or it fills while it is measured.
  crowded: (load) => 1 - (1 + load ** 2) ** -(1 / 2),
};

const KINDS = ['recent', 'keeps', 'hashed', 'crowded'] as const satisfies readonly TableKind[];

/** Sizes are tried in steps of 2^(1/8), 9 %. */
const SIZES_PER_OCTAVE = 8;

/** So far to either side of a size another one may be that was not tried, as a factor. */
export const SIZE_STEP = 2 ** (1 / (2 * SIZES_PER_OCTAVE));

/** On either side of a size there are so many values: with fewer it is one odd figure. */
const SIDE_MIN = 2;

/** A table that might be behind a step: what it holds, and the share of misses at each of the values that were measured. */
export interface Table {
  kind: TableKind;
  entries: number;
  misses: Float64Array;
}

/** Every table that the values, in ascending order, could tell. */
export function tablesFor(values: readonly number[]): Table[] {
  const [first, last] = [values[SIDE_MIN - 1], values[values.length - SIDE_MIN]];
  if (first === undefined || last === undefined || last <= first) return [];
  const count = Math.floor(Math.log2(last / first) * SIZES_PER_OCTAVE);
  const sizes = Array.from({ length: count }, (_, index) => first * 2 ** ((index + 0.5) / SIZES_PER_OCTAVE));
  return sizes.flatMap((entries) =>
    KINDS.map((kind) => ({
      ...{ kind, entries },
      misses: Float64Array.from(values, (value) => MISSES[kind](value / entries)),
    })),
  );
}

/** Costs at the values, each with the weight of its square. */
export interface Costs {
  values: Float64Array;
  weights: Float64Array;
}

/** Costs whose relative errors are alike. */
export function relative(values: readonly number[]): Costs {
  return { values: Float64Array.from(values), weights: Float64Array.from(values, (value) => 1 / (value * value)) };
}

/** The table that explains most of what those in `known` leave, with the squares that it takes away and those that are left. */
export interface Found {
  table: Table;
  gain: number;
  left: number;
}

/** Null where no table makes a cost rise. */
export function bestTable(costs: Costs, tables: readonly Table[], known: readonly Table[]): Found | null {
  const basis = orthonormal(costs, known);
  const rest = weighted(without(costs.values, costs, basis), costs);
  const total = dot(without(costs.values, costs, basis), rest);
  const others = basis.map((one) => weighted(one, costs));
  let best: Found | null = null;
  for (const table of tables) {
    // What is left of the costs has nothing in common with what is known: only the table's own length has to be freed of that.
    const common = dot(table.misses, rest);
    if (common <= 0) continue;
    const whole = dotOfSquares(table.misses, costs.weights);
    const square = others.reduce((sum, one) => sum - dot(table.misses, one) ** 2, whole);
    // What those in `known` tell already has nothing of its own.
    if (square <= 1e-9 * whole) continue;
    const gain = (common * common) / square;
    if (best === null || gain > best.gain * (1 + 1e-9)) best = { table, gain, left: Math.max(0, total - gain) };
  }
  return best;
}

/** A constant cost, and what a miss of each table adds: least squares. */
export interface Fit {
  constant: number;
  added: number[];
  /** The costs that it tells, and the squares of what is left, weighted. */
  fitted: Float64Array;
  left: number;
}

export function fitTables(costs: Costs, tables: readonly Table[]): Fit {
  const columns = [Float64Array.from(costs.values, () => 1), ...tables.map(({ misses }) => misses)];
  const [constant = 0, ...added] = solve(
    columns.map((a) => columns.map((b) => dot(a, weighted(b, costs)))),
    columns.map((a) => dot(a, weighted(costs.values, costs))),
  );
  const fitted = costs.values.map((_, index) =>
    tables.reduce((sum, { misses }, table) => sum + (added[table] ?? 0) * (misses[index] ?? 0), constant),
  );
  const rest = costs.values.map((value, index) => value - (fitted[index] ?? 0));
  return { constant, added, fitted, left: dot(rest, weighted(rest, costs)) };
}

/** Where a step begins and where most of it is done, as shares of its cost. */
const [BEGUN, DONE] = [0.1, 0.75];

/** The load of a table at which it misses a share of the packets. */
const LOADS: Record<TableKind, (share: number) => number> = {
  recent: () => 1,
  keeps: (share) => 1 / (1 - share),
  hashed: (share) => ((1 - share) ** -3 - 1) ** (1 / 3),
  crowded: (share) => ((1 - share) ** -2 - 1) ** (1 / 2),
};

/** From where to where the misses of a table rise, as multiples of what it holds. */
export function riseOf(kind: TableKind): { from: number; to: number } {
  return { from: LOADS[kind](BEGUN), to: LOADS[kind](DONE) };
}

/** Called very often: indices stay within arrays of one length. */
function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] ?? 0) * (b[index] ?? 0);
  return sum;
}

function dotOfSquares(a: Float64Array, weights: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] ?? 0) ** 2 * (weights[index] ?? 0);
  return sum;
}

function weighted(values: Float64Array, { weights }: Costs): Float64Array {
  return values.map((value, index) => value * (weights[index] ?? 0));
}

/** Of a constant and the misses of some tables: Gram and Schmidt's. */
function orthonormal(costs: Costs, tables: readonly Table[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const column of [Float64Array.from(costs.values, () => 1), ...tables.map(({ misses }) => misses)]) {
    const rest = without(column, costs, basis);
    const length = Math.sqrt(dot(rest, weighted(rest, costs)));
    if (length > 0) basis.push(rest.map((value) => value / length));
  }
  return basis;
}

function without(column: Float64Array, costs: Costs, basis: readonly Float64Array[]): Float64Array {
  const rest = Float64Array.from(column);
  for (const one of basis) {
    const share = dot(rest, weighted(one, costs));
    for (let index = 0; index < rest.length; index += 1) rest[index] = (rest[index] ?? 0) - share * (one[index] ?? 0);
  }
  return rest;
}

/** Few equations: Gauss and Jordan's, with the largest pivot. An unknown that the others tell already is 0. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, right[index] ?? 0]);
  for (const column of rows.keys()) {
    const size = (row: number) => Math.abs(rows[row]?.[column] ?? 0);
    const pivot = [...rows.keys()].slice(column).reduce((most, row) => (size(row) > size(most) ? row : most), column);
    const [own, chosen] = [rows[column] ?? [], rows[pivot] ?? []];
    [rows[column], rows[pivot]] = [chosen, own];
    const head = chosen[column] ?? 0;
    if (head === 0) continue;
    for (const [index, row] of rows.entries()) {
      const factor = index === column ? 0 : (row[column] ?? 0) / head;
      for (const place of row.keys()) row[place] = (row[place] ?? 0) - factor * (chosen[place] ?? 0);
    }
  }
  return rows.map((row, index) => (row[index] === 0 ? 0 : (row.at(-1) ?? 0) / (row[index] ?? 1)));
}
