// SPDX-License-Identifier: Apache-2.0
// CPUs used by each case, by who used them: a row a case, and what each part of it used laid end to end.
import { lookAt } from '../../model/looks.ts';
import type { CaseResult } from '../../model/result.ts';
import { type Arranging, arranged } from './arrangement.ts';
import type { Figure, Series } from './figure.ts';

const PARTS = [
  { key: 'sender', label: 'Sender or client', look: lookAt(5, 0) },
  { key: 'receiver', label: 'Receiver or server', look: lookAt(3, 1) },
  { key: 'switch', label: 'Switch’s own threads', look: lookAt(1, 2) },
] as const;

type Words = Pick<Figure, 'id' | 'title' | 'caption'>;

/** Panels and rows as they are asked for. */
export function cpuFigure(cases: readonly CaseResult[], words: Words, arranging?: Arranging): Figure {
  const { keyOf, titleOf, lineOf } = arranged(cases, [], arranging);
  const panels = [...Map.groupBy(cases, keyOf).values()].map((some) => ({
    title: some[0] === undefined ? null : titleOf(some[0]),
    series: partsOf(some.map((one) => ({ one, name: lineOf(one).label }))),
    gaps: [],
  }));
  return { ...AXES, ...words, panels };
}

/** One panel with these rows. */
export function cpuRows(rows: readonly CpuRow[], words: Words): Figure {
  return { ...AXES, ...words, panels: [{ title: null, series: partsOf(rows), gaps: [] }] };
}

export interface CpuRow {
  one: CaseResult;
  name: string;
}

const AXES = {
  kind: 'stack',
  x: { title: '', unit: null, scale: 'ordinal' },
  y: { title: 'CPUs', unit: null, scale: 'linear' },
} as const satisfies Partial<Figure>;

function partsOf(rows: readonly CpuRow[]): Series[] {
  return PARTS.map(({ key, label, look }) => ({
    ...{ label, look },
    points: rows.flatMap(({ one, name }) =>
      one.summary === null ? [] : [{ x: name, y: one.summary.cpu[key], low: null, high: null, of: one }],
    ),
  }));
}
