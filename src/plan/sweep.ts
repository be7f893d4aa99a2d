// SPDX-License-Identifier: Apache-2.0
// What a campaign sweeps within each combination of switch, framework and port, point by point.
import type { Campaign } from '../model/campaign.ts';
import { assembled, listsOf, whole } from '../model/fields.ts';
import type { Dimension } from '../model/parameter.ts';
import { CELL_KEYS, type CellKey, defaultOf } from '../model/parameters.ts';
import type { TestCase } from '../model/testcase.ts';
import { unique } from './names.ts';
import type { Cell, Sweep } from './spread.ts';

/** The lists of a campaign. One that it leaves open has one value, which is each dimension's own. */
export function sweepOf({ sweep }: Pick<Campaign, 'sweep'>): Sweep {
  return listsOf<Cell>(CELL_KEYS, (key) => unique<Cell[typeof key]>(sweep[key] ?? [null]));
}

/** How many points it has. */
export function sizeOf(sweep: Sweep): number {
  return CELL_KEYS.reduce((product, key) => product * sweep[key].length, 1);
}

/** Every point, the last list's values first. */
export function cellsOf(sweep: Sweep): Cell[] {
  const start: Partial<Cell>[] = [{}];
  return CELL_KEYS.reduce((cells, key) => cells.flatMap((cell) => along(cell, key, sweep)), start).map((cell) =>
    whole<Cell>(cell, CELL_KEYS),
  );
}

function along<Key extends CellKey>(cell: Partial<Cell>, key: Key, sweep: Sweep): Partial<Cell>[] {
  const values: readonly Cell[Key][] = sweep[key];
  return values.map((value) => {
    const next = { ...cell };
    next[key] = value;
    return next;
  });
}

/** A point with the defaults of a dimension. */
export function pointOf(cell: Cell, dimension: Dimension, { fcs }: Pick<Campaign, 'fcs'>): Pick<TestCase, CellKey> {
  return assembled<Pick<TestCase, CellKey>>(CELL_KEYS, (key) => cell[key] ?? defaultOf(key, dimension, { fcs }));
}
