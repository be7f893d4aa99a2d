// SPDX-License-Identifier: Apache-2.0
// Which of two switches is better, whatever carries the packets: the best that either can do against the best that the other can.
import type { CaseResult } from '../model/result.ts';
import { caseKey, ioName } from '../model/testcase.ts';
import { type Group, groupCases } from './group.ts';
import { type Compared, tooFewRounds } from './standing.ts';
import { judgeGroup, keptPace } from './verdict.ts';

/** A switch, and the framework that it is to be used with; null for whichever is best. */
export interface Choice {
  switch: string;
  io: string | null;
}

/** Two choices compared under the same parameters. */
export interface Duel {
  group: Group;
  /** The best case of either, by its median. */
  a: CaseResult;
  b: CaseResult;
  /** How many cases either has to choose from. */
  of: readonly [number, number];
  /** B beside A; its p is the largest of those that the verdict needs. Null where it says nothing. */
  compared: Compared | null;
  reason?: string;
  /** All cases of both, and what they cost. */
  costs: CaseCost[];
}

/** A case, and what one would weigh against its throughput. */
export interface CaseCost {
  result: CaseResult;
  throughputPps: number;
  /** 99.9th percentile of the round trip, ns; null where it was not measured. */
  p999Ns: number | null;
  cpus: number;
  /** No other case of the two is at least as good in everything, and better in something. By medians. */
  unbeaten: boolean;
}

/** Whether a case is one of a choice. */
export function isChosen({ switch: id, io }: Choice, { case: testCase }: CaseResult): boolean {
  return testCase.switch === id && (io === null || io === testCase.io || io === ioName(testCase));
}

/**
 * A duel for each set of parameters under which both have a throughput, or a delay. B is called faster only if its best case is told
 * apart from each case of A, by the very p-values of the group's verdict, which hold for all pairs together: so whoever has more
 * frameworks to choose from gains no chance by it. The chance of a false verdict is at most 5 % for each set of parameters.
 */
export function duels(results: readonly CaseResult[], a: Choice, b: Choice): Duel[] {
  return groupCases(results).flatMap((caseGroup): Duel[] => {
    const judged = judgeGroup(caseGroup);
    const of = (choice: Choice) => judged.contenders.filter((one) => isChosen(choice, one));
    const [ofA, ofB] = [of(a), of(b)];
    const [[bestA], [bestB]] = [ofA, ofB];
    if (bestA === undefined || bestB === undefined) return [];
    const common = {
      group: caseGroup.group,
      ...{ a: bestA, b: bestB, of: [ofA.length, ofB.length] as const },
      costs: caseGroup.group.dimension === 'latency' ? [] : costsOf([...ofA, ...ofB], results),
    };
    if (keptPace(bestA) && keptPace(bestB)) {
      return [
        { ...common, compared: null, reason: 'both received what was asked for: the rate decides, not the switch' },
      ];
    }
    const compare = (one: CaseResult, other: CaseResult) =>
      judged.standing.compare(caseKey(one.case), caseKey(other.case));
    const compared = compare(bestA, bestB);
    if (compared.verdict === 'too few rounds') {
      return [{ ...common, compared: null, reason: tooFewRounds(Math.min(...compared.rounds), compared.roundsMin) }];
    }
    const needed =
      compared.verdict === 'slower' ? ofB.map((one) => compare(bestA, one)) : ofA.map((one) => compare(one, bestB));
    return [{ ...common, compared: weakest(compared, needed) }];
  });
}

/** A verdict that rests on several pairs is as sure as the least sure of them. */
function weakest(compared: Compared, needed: readonly Compared[]): Compared {
  if (compared.verdict === 'no difference') return compared;
  const pCorrected = Math.max(...needed.map((one) => one.pCorrected));
  const agree = needed.every((one) => one.verdict === compared.verdict);
  return { ...compared, pCorrected, verdict: agree ? compared.verdict : 'no difference' };
}

function costsOf(cases: readonly CaseResult[], results: readonly CaseResult[]): CaseCost[] {
  const costs = cases.flatMap((result): Omit<CaseCost, 'unbeaten'>[] => {
    if (result.summary === null) return [];
    const { throughputPps, cpu } = result.summary;
    return [{ result, throughputPps: throughputPps.median, p999Ns: p999Of(result, results), cpus: cpu.total }];
  });
  return costs
    .map((one) => ({ ...one, unbeaten: !costs.some((other) => beats(other, one)) }))
    .sort((one, other) => other.throughputPps - one.throughputPps);
}

/** Of the same case's round trips. They have a rate and a burst of their own: where there are several, the lowest rate counts. */
function p999Of({ case: testCase }: CaseResult, results: readonly CaseResult[]): number | null {
  const keyOf = (one: CaseResult['case']) => caseKey({ ...one, dimension: 'latency', rate: 'max', burst: 1 });
  const found = results
    .filter((one) => one.case.dimension === 'latency' && keyOf(one.case) === keyOf(testCase))
    .sort((one, other) => rateOf(one) - rateOf(other));
  return found.flatMap(({ summary }) => summary?.latencyNs?.rtt?.p999?.median ?? [])[0] ?? null;
}

function rateOf({ case: { rate } }: CaseResult): number {
  return rate === 'max' ? Number.POSITIVE_INFINITY : rate;
}

/** What is not known of both decides nothing. */
function beats(one: Omit<CaseCost, 'unbeaten'>, other: Omit<CaseCost, 'unbeaten'>): boolean {
  const delays = one.p999Ns === null || other.p999Ns === null ? 0 : other.p999Ns - one.p999Ns;
  const gains = [one.throughputPps - other.throughputPps, other.cpus - one.cpus, delays];
  return gains.every((gain) => gain >= 0) && gains.some((gain) => gain > 0);
}
