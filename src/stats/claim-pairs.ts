// SPDX-License-Identifier: Apache-2.0
// Pairs of cases that a claim compares, judged together, so that the chance of even one false difference among them is at most 5 %.
import type { ClaimedFigure, Selection } from '../model/claim.ts';
import { PARAMETER_KEYS, type ParameterKey } from '../model/parameters.ts';
import type { CaseResult } from '../model/result.ts';
import { caseKey, type TestCase } from '../model/testcase.ts';
import { figuresOf, intervalOf } from './claim-cases.ts';
import type { Finding, Measure, Side } from './claims.ts';
import { type Compared, judgePairs, tooFewRounds } from './standing.ts';
import { keptPace } from './verdict.ts';

/** The second is seen beside the first. */
export interface Pair {
  a: CaseResult;
  b: CaseResult;
}

export interface JudgedPair extends Pair {
  compared: Compared;
  /** Second figure by first, with its 95 % interval; null where nothing can be told. */
  ratio: Measure | null;
  /** Why the figures cannot be told from chance at all; null where they can. */
  why: string | null;
}

/** By the numbers themselves: more is `faster`, also of round trips. */
export function judged(pairs: readonly Pair[], figure: ClaimedFigure): JudgedPair[] {
  const contender = (one: CaseResult) => ({ key: caseKey(one.case), figures: figuresOf(one, figure) });
  const compared = judgePairs(pairs.map(({ a, b }) => ({ a: contender(a), b: contender(b), better: 'higher' })));
  return pairs.flatMap((pair, index): JudgedPair[] => {
    const one = compared[index];
    return one === undefined ? [] : [{ ...pair, compared: one, ratio: ratioOf(one), why: whyNothing(pair, one) }];
  });
}

function ratioOf({ effect }: Compared): Measure | null {
  if (effect === null) return null;
  const ratio = (percent: number) => 1 + percent / 100;
  const [low, high] = [effect.ciLow, effect.ciHigh].map((bound) => (bound === null ? null : ratio(bound)));
  return { unit: 'ratio', value: ratio(effect.percent), low: low ?? null, high: high ?? null };
}

function whyNothing({ a, b }: Pair, { verdict, rounds, roundsMin }: Compared): string | null {
  if (a.flags.includes('super-packets') !== b.flags.includes('super-packets')) {
    return 'packets crossed as super-packets on one side only';
  }
  return verdict === 'too few rounds' ? tooFewRounds(Math.min(...rounds), roundsMin) : null;
}

/** Both got what was asked for: that is the rate's doing, and not the switch's. */
export const RATE_DECIDES = 'both received what was asked for: the rate decides, not the switch';

export function bothKeptPace({ a, b }: Pair): boolean {
  return keptPace(a) && keptPace(b);
}

/** Whether a measure with its interval lies within bounds, both included. */
export function saysOf({ low, high }: Measure, [least, most]: readonly [number, number]): Finding['says'] {
  if (low === null || high === null) return 'nothing';
  if (low >= least && high <= most) return 'for';
  return high < least || low > most ? 'against' : 'nothing';
}

export function sideOf(result: CaseResult, figure: ClaimedFigure): Side {
  return { case: result.case, figure: intervalOf(result, figure), cpus: null, flags: result.flags };
}

/** Pairs of the one side with the other that have all in common but what the sides name, and what follows from that. */
export function pairUp(
  of: { cases: readonly CaseResult[]; selection: Selection },
  to: { cases: readonly CaseResult[]; selection: Selection },
): Pair[] {
  const named = PARAMETER_KEYS.filter((key) => key in of.selection || key in to.selection);
  const keyOf = keyWithout([...named, ...followingFrom(named)]);
  return of.cases.flatMap((b) =>
    to.cases.filter((a) => a !== b && keyOf(a.case) === keyOf(b.case)).map((a) => ({ a, b })),
  );
}

/** Cases that differ in this parameter alone, in its order. What is no number, as an unpaced rate, has no place in it. */
export function seriesAlong(cases: readonly CaseResult[], along: ParameterKey): CaseResult[][] {
  const keyOf = keyWithout([along, ...followingFrom([along])]);
  const placed = cases.filter((one) => typeof one.case[along] === 'number');
  return [...Map.groupBy(placed, (one) => keyOf(one.case)).values()].map((series) =>
    series.toSorted((one, other) => Number(one.case[along]) - Number(other.case[along])),
  );
}

/** Another switch may have other frameworks and ports; how applications wait follows from the CPUs that are left to them. */
function followingFrom(named: readonly ParameterKey[]): ParameterKey[] {
  if (named.includes('switch')) return ['wait', 'io', 'port'];
  return named.includes('io') ? ['wait', 'port'] : ['wait'];
}

function keyWithout(left: readonly ParameterKey[]): (testCase: TestCase) => string {
  const keys = PARAMETER_KEYS.filter((key) => !left.includes(key));
  return (testCase) => keys.map((key) => testCase[key]).join(' ');
}
