// SPDX-License-Identifier: Apache-2.0
// Single rounds in a chart: as many as can be told apart, and a page can carry.
import type { CaseResult } from '../model/result.ts';

/** A chart has some more dots than this at most. */
const DOTS_MAX = 1500;

/** A case is drawn with so many at least. */
const CASE_DOTS_MIN = 12;

/** The figures of each case that are drawn, and what the caption has to say of the others; empty where all are drawn. */
export interface Dots {
  of(one: CaseResult): number[];
  note: string;
}

/**
 * Which rounds of some cases are drawn. Of a case with more than its share they are evenly chosen by size, the least and the most
 * among them: the spread that is seen is that of all.
 */
export function dotsOf(cases: readonly CaseResult[]): Dots {
  const share = Math.max(CASE_DOTS_MIN, Math.floor(DOTS_MAX / Math.max(1, cases.length)));
  const isCut = cases.some(({ figures }) => figures.length > share);
  return {
    of: ({ figures }) =>
      evenly(
        figures.map(({ value }) => value),
        share,
      ),
    note: isCut
      ? ` Of a case with more than ${share} rounds so many are drawn, evenly chosen by size, the least and the most among them; vswbench export has all.`
      : '',
  };
}

/** Up to `most` of some values, at least two: as they are, or evenly by rank where there are more. */
function evenly(values: readonly number[], most: number): number[] {
  if (values.length <= most) return [...values];
  const sorted = values.toSorted((a, b) => a - b);
  return Array.from(
    { length: most },
    (_, index) => sorted[Math.round((index * (sorted.length - 1)) / (most - 1))] ?? 0,
  );
}
