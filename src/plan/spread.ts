// SPDX-License-Identifier: Apache-2.0
// Which testbed runs which test cases. Figures of two machines are never compared, so whatever is to be compared stays
// together; for the rest, testbeds are to be done at the same time.
import type { Lists } from '../model/fields.ts';
import { CELL_KEYS, type CellKey } from '../model/parameters.ts';
import type { TestCase } from '../model/testcase.ts';

/** Cases that are spread together as long as there are enough of such blocks: one figure of a paper, mostly. */
export type Block = Pick<TestCase, 'dimension' | 'location' | 'pairs'>;

/** One point of what is swept within a block. Null is the default of the dimension. */
export type Cell = { [Key in CellKey]: TestCase[Key] | null };

/** What is swept within a block, each list without duplicates. */
export type Sweep = Lists<Cell>;

/** What a testbed can do with a block. */
export interface Fitness {
  /** Combinations of switch, framework and port that it can run. */
  runnable(block: Block): number;
  /** Combinations that were asked for and that it would have to skip. */
  skipped(block: Block): number;
  /** How much it lacks for the nearest of them, where it can run none. */
  lacking(block: Block): number;
}

/** The part of every testbed, by its position in the list. */
export interface Assignment {
  testbedOf(block: Block, cell: Cell): number;
  /** Whether a testbed has any part of a block. */
  has(block: Block, testbed: number): boolean;
}

/** A block, or where there are too few blocks, a part of one. */
interface Unit {
  block: Block;
  key: string;
  /** Where it can run with the fewest cases skipped. */
  testbeds: number[];
}

/**
 * Spreads blocks over testbeds: each goes to one that skips the fewest of its cases, and of those to the one that has the least
 * to do, by the number of cases that it can run. Where there are fewer blocks than testbeds they are split by packet size,
 * then also by rate, burst and what else is swept; what is compared with each other is never split. A block that none can run goes to
 * the one that lacks least. Deterministic: the earlier testbed wins a tie.
 */
export function spread(blocks: readonly Block[], sweep: Sweep, testbeds: readonly Fitness[]): Assignment {
  const axes = CELL_KEYS.map((key): readonly unknown[] => sweep[key]);
  const fit = blocks.map((block) => ({ block, testbeds: fittest(block, testbeds) }));
  const able = fit.filter((one) => one.testbeds.length > 0);
  const depth = able.length === 0 ? 0 : depthFor(able.length, axes, testbeds.length);
  const cells = axes.slice(depth).reduce((product, { length }) => product * length, 1);
  const units = able.flatMap(({ block, testbeds: where }) =>
    pointsOf(axes.slice(0, depth)).map((point): Unit => ({ block, key: keyOf(block, point), testbeds: where })),
  );
  const taken = balance(units, testbeds, cells);
  const nearest = new Map(blocks.map((block) => [keyOf(block, []), nearestTo(block, testbeds)]));
  const testbedOf = (block: Block, cell: Cell): number =>
    taken.get(
      keyOf(
        block,
        CELL_KEYS.slice(0, depth).map((key) => cell[key]),
      ),
    ) ??
    nearest.get(keyOf(block, [])) ??
    0;
  const had = new Set([
    ...units.map(({ block, key }) => `${keyOf(block, [])}: ${taken.get(key)}`),
    ...fit
      .filter((one) => one.testbeds.length === 0)
      .map(({ block }) => `${keyOf(block, [])}: ${nearest.get(keyOf(block, []))}`),
  ]);
  return { testbedOf, has: (block, testbed) => had.has(`${keyOf(block, [])}: ${testbed}`) };
}

/** Testbeds that can run a block with the fewest cases skipped; none where none can run any. */
function fittest(block: Block, testbeds: readonly Fitness[]): number[] {
  const able = testbeds.flatMap((testbed, index) =>
    testbed.runnable(block) > 0 ? [{ index, skipped: testbed.skipped(block) }] : [],
  );
  const least = Math.min(...able.map(({ skipped }) => skipped));
  return able.filter(({ skipped }) => skipped === least).map(({ index }) => index);
}

function nearestTo(block: Block, testbeds: readonly Fitness[]): number {
  const lacks = testbeds.map((testbed) => testbed.lacking(block));
  return Math.max(0, lacks.indexOf(Math.min(...lacks)));
}

/** By how many parameters blocks have to be split to be as many as testbeds; by all where that is not enough. */
function depthFor(blocks: number, axes: readonly (readonly unknown[])[], testbeds: number): number {
  let units = blocks;
  for (const [depth, { length }] of axes.entries()) {
    if (units >= testbeds) return depth;
    units *= length;
  }
  return axes.length;
}

/** Every choice of one value from each list. */
function pointsOf(axes: readonly (readonly unknown[])[]): unknown[][] {
  return axes.reduce<unknown[][]>(
    (points, axis) => points.flatMap((point) => axis.map((value) => [...point, value])),
    [[]],
  );
}

/** The least loaded testbed for each unit: those first that have no choice, and large ones before small ones, which even them out. */
function balance(units: readonly Unit[], testbeds: readonly Fitness[], cells: number): Map<string, number> {
  const weight = (block: Block, testbed: number) => cells * (testbeds[testbed]?.runnable(block) ?? 0);
  const heaviest = ({ block, testbeds: where }: Unit) => Math.max(...where.map((testbed) => weight(block, testbed)));
  const loads = testbeds.map(() => 0);
  const taken = new Map<string, number>();
  const inTurn = units.toSorted((a, b) => a.testbeds.length - b.testbeds.length || heaviest(b) - heaviest(a));
  for (const { block, key, testbeds: where } of inTurn) {
    const chosen = where.reduce((least, testbed) => ((loads[testbed] ?? 0) < (loads[least] ?? 0) ? testbed : least));
    loads[chosen] = (loads[chosen] ?? 0) + weight(block, chosen);
    taken.set(key, chosen);
  }
  return taken;
}

function keyOf({ dimension, location, pairs }: Block, point: readonly unknown[]): string {
  return [dimension, location, pairs, ...point].join(' ');
}
