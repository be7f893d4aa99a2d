// SPDX-License-Identifier: Apache-2.0
// The test cases that a claim is about, which of those it names are not there, and why.
import type { ClaimedFigure, Selection, Values } from '../model/claim.ts';
import { SELECTED_KEYS } from '../model/claim.ts';
import type { Dimension } from '../model/parameter.ts';
import type { CaseResult, Interval, RoundFigure } from '../model/result.ts';
import { meanBytes } from '../model/sizes.ts';
import type { TestCase } from '../model/testcase.ts';
import { decidingFigure } from './verdict.ts';

/** Cases of a selection that were measured. */
export interface Selected {
  cases: CaseResult[];
  /** Those named that were not. */
  missing: Missing[];
}

/** A switch, or a framework, and why it has no figure. */
export interface Missing {
  what: string;
  why: string;
}

const DIMENSION_OF: Readonly<Record<ClaimedFigure, Dimension>> = {
  packets: 'throughput',
  bits: 'throughput',
  'round-trip': 'latency',
};

export function dimensionOf(figure: ClaimedFigure): Dimension {
  return DIMENSION_OF[figure];
}

/** What is selected of a dimension's cases. */
export function select(results: readonly CaseResult[], dimension: Dimension, selection: Selection): Selected {
  const own = results.filter((one) => one.case.dimension === dimension && isSelected(one.case, selection));
  const cases = own.filter((one) => decidingFigure(one) !== null);
  return { cases, missing: [...missingOf('switch', selection, own, cases), ...missingOf('io', selection, own, cases)] };
}

/** Both selections hold: the narrower one of a side, and that which is common to all. */
export function within(common: Selection, side: Selection): Selection {
  return { ...common, ...side };
}

function isSelected(testCase: TestCase, selection: Selection): boolean {
  return SELECTED_KEYS.every((key) => {
    const values = selection[key];
    return values === undefined || isAmong(testCase[key], values);
  });
}

function isAmong(value: string | number, values: Values): boolean {
  if (Array.isArray(values)) return values.some((one) => isAmong(value, one));
  if (typeof values !== 'object') return String(value) === String(values);
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = values;
  return typeof value === 'number' && value >= atLeast && value <= atMost;
}

/** Of a parameter whose values are named one by one. */
function missingOf(
  key: 'switch' | 'io',
  selection: Selection,
  own: readonly CaseResult[],
  measured: readonly CaseResult[],
): Missing[] {
  const values = selection[key];
  if (values === undefined || (typeof values === 'object' && !Array.isArray(values))) return [];
  return [values].flat().flatMap((name) => {
    const what = String(name);
    if (measured.some((one) => one.case[key] === what)) return [];
    const [reason] = own.flatMap((one) => (one.case[key] === what ? (one.reason ?? one.outcome) : []));
    return [{ what, why: reason ?? 'no such case in this campaign' }];
  });
}

/** The figure of each round. Bits are those of whole frames without their FCS. */
export function figuresOf(result: CaseResult, figure: ClaimedFigure): readonly RoundFigure[] {
  if (figure !== 'bits') return result.figures;
  const bits = 8 * meanBytes(result.case.packetSize);
  return result.figures.map(({ round, value }) => ({ round, value: bits * value }));
}

/** Median and interval of the figure. */
export function intervalOf(result: CaseResult, figure: ClaimedFigure): Interval | null {
  if (result.summary === null) return null;
  return figure === 'bits' ? result.summary.throughputBps : decidingFigure(result);
}
