// SPDX-License-Identifier: Apache-2.0
// A figure rises or falls along a parameter.
import type { ClaimOf } from '../model/claim.ts';
import type { CaseResult } from '../model/result.ts';
import { dimensionOf, select } from './claim-cases.ts';
import { type JudgedPair, judged, type Pair, seriesAlong, sideOf } from './claim-pairs.ts';
import type { Finding, Found } from './claims.ts';

/** Each series is for it whose ends differ in that direction and of which no step goes the other way. All steps of all series are one family. */
export function judgeTrend(claim: ClaimOf<'trend'>, results: readonly CaseResult[]): Found {
  const { cases, missing } = select(results, dimensionOf(claim.figure), claim.cases);
  const series = seriesAlong(cases, claim.along).map((one) => ({ ends: endsOf(one), steps: stepsOf(one) }));
  const pairs = series.flatMap(({ ends, steps }) => [...ends, ...steps]);
  const known = new Map(judged(pairs, claim.figure).map((one, index) => [pairs[index], one]));
  const of = (those: readonly Pair[]) => those.flatMap((pair) => known.get(pair) ?? []);
  return { findings: series.flatMap(({ ends, steps }) => findingOf(claim, of(ends), of(steps))), missing };
}

/** None where there is one point only. */
function endsOf(series: readonly CaseResult[]): Pair[] {
  const [first, last] = [series.at(0), series.at(-1)];
  return first === undefined || last === undefined || first === last ? [] : [{ a: first, b: last }];
}

function stepsOf(series: readonly CaseResult[]): Pair[] {
  // The only step of two points is their ends.
  if (series.length < 3) return [];
  return series.slice(1).flatMap((b, index) => {
    const a = series[index];
    return a === undefined ? [] : [{ a, b }];
  });
}

function findingOf(
  { figure, direction }: ClaimOf<'trend'>,
  ends: readonly JudgedPair[],
  steps: readonly JudgedPair[],
): Finding[] {
  const [wanted, unwanted] = direction === 'rises' ? (['faster', 'slower'] as const) : (['slower', 'faster'] as const);
  return ends.map((end): Finding => {
    const wrong = [end, ...steps].find(({ compared, why }) => why === null && compared.verdict === unwanted);
    const { a, b, ratio, compared, why } = wrong ?? end;
    const isFor = why === null && compared.verdict === wanted;
    return {
      says: wrong !== undefined ? 'against' : isFor ? 'for' : 'nothing',
      sides: [sideOf(a, figure), sideOf(b, figure)],
      measure: ratio,
      pCorrected: compared.pCorrected,
      why,
    };
  });
}
