// SPDX-License-Identifier: Apache-2.0
// Ratios, values and gains that lie between bounds: by their whole interval, never by the median alone.
import type { ClaimedFigure, ClaimOf } from '../model/claim.ts';
import type { CaseResult } from '../model/result.ts';
import { dimensionOf, intervalOf, type Selected, select, within } from './claim-cases.ts';
import {
  bothKeptPace,
  type JudgedPair,
  judged,
  type Pair,
  pairUp,
  RATE_DECIDES,
  saysOf,
  seriesAlong,
  sideOf,
} from './claim-pairs.ts';
import type { Finding, Found, Measure } from './claims.ts';
import { groupCases } from './group.ts';
import { CEILING } from './verdict.ts';

/** One figure by another, or any two that are to be alike. */
export function judgeBounds(claim: ClaimOf<'ratio' | 'alike'>, results: readonly CaseResult[]): Found {
  const { pairs, missing, bounds } = claim.kind === 'ratio' ? ratioPairs(claim, results) : alikePairs(claim, results);
  const findings = judged(pairs, claim.figure).map((pair) =>
    // Along a rate it is the rate that is looked at.
    findingOf(pair, pair.ratio, claim.figure, bounds, bothKeptPace(pair) ? RATE_DECIDES : null),
  );
  return { findings, missing };
}

interface Bounded {
  pairs: Pair[];
  missing: Selected['missing'];
  bounds: readonly [number, number];
}

function ratioPairs(claim: ClaimOf<'ratio'>, results: readonly CaseResult[]): Bounded {
  const side = (selection: typeof claim.of) => ({
    selection,
    ...select(results, dimensionOf(claim.figure), within(claim.cases, selection)),
  });
  const [of, to] = [side(claim.of), side(claim.to)];
  return { pairs: pairUp(of, to), missing: [...of.missing, ...to.missing], bounds: claim.between };
}

function alikePairs(
  { figure, cases, across, withinPercent }: ClaimOf<'alike'>,
  results: readonly CaseResult[],
): Bounded {
  const selected = select(results, dimensionOf(figure), cases);
  const sets =
    across === 'switch'
      ? groupCases(selected.cases.filter((one) => one.case.switch !== CEILING)).map((group) => group.cases)
      : seriesAlong(selected.cases, across);
  const pairs = sets
    .flatMap((set) => set.flatMap((a, index) => set.slice(index + 1).map((b) => ({ a, b }))))
    .filter(({ a, b }) => across !== 'switch' || a.case.switch !== b.case.switch);
  const most = 1 + withinPercent / 100;
  return { pairs, missing: selected.missing, bounds: [1 / most, most] };
}

/** Of each series the gain from its first point to each other one. */
export function judgeScaling(claim: ClaimOf<'scaling'>, results: readonly CaseResult[]): Found {
  const { figure, along, atLeastPercent = 0, atMostPercent = Number.POSITIVE_INFINITY } = claim;
  const { cases, missing } = select(results, dimensionOf(figure), claim.cases);
  const pairs = seriesAlong(cases, along).flatMap(([first, ...others]) =>
    first === undefined ? [] : others.map((b) => ({ a: first, b })),
  );
  const findings = judged(pairs, figure).map((pair) => {
    const proportion = Number(pair.b.case[along]) / Number(pair.a.case[along]);
    const percent = (ratio: number) => (100 * ratio) / proportion;
    const measure: Measure | null = pair.ratio && {
      unit: 'percent',
      value: percent(pair.ratio.value),
      low: pair.ratio.low === null ? null : percent(pair.ratio.low),
      high: pair.ratio.high === null ? null : percent(pair.ratio.high),
    };
    return findingOf(pair, measure, figure, [atLeastPercent, atMostPercent], bothKeptPace(pair) ? RATE_DECIDES : null);
  });
  return { findings, missing };
}

function findingOf(
  { a, b, compared, why }: JudgedPair,
  measure: Measure | null,
  figure: ClaimedFigure,
  bounds: readonly [number, number],
  reason: string | null,
): Finding {
  const cannot = why ?? reason;
  return {
    says: measure === null || cannot !== null ? 'nothing' : saysOf(measure, bounds),
    sides: [sideOf(a, figure), sideOf(b, figure)],
    measure,
    pCorrected: compared.pCorrected,
    why: cannot,
  };
}

/** Each case by itself, by its own 95 % interval. */
export function judgeValues(
  { figure, cases: selection, between }: ClaimOf<'value'>,
  results: readonly CaseResult[],
): Found {
  const { cases, missing } = select(results, dimensionOf(figure), selection);
  const findings = cases.flatMap((one): Finding[] => {
    const interval = intervalOf(one, figure);
    if (interval === null) return [];
    const { median, ciLow, ciHigh } = interval;
    return [
      {
        says: saysOf({ unit: 'ratio', value: median, low: ciLow, high: ciHigh }, between),
        sides: [sideOf(one, figure)],
        measure: null,
        pCorrected: null,
        why: ciLow === null ? 'a single trial has no interval' : null,
      },
    ];
  });
  return { findings, missing };
}
