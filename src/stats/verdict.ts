// SPDX-License-Identifier: Apache-2.0
import { DECIDING } from '../model/deciding.ts';
import type { CaseResult, Interval } from '../model/result.ts';
import { caseKey, ioName, type TestCase } from '../model/testcase.ts';
import { type CaseGroup, type Group, groupCases, groupKey, groupOf } from './group.ts';
import { RATE_KEPT_RATIO } from './pace.ts';
import { type Better, type Contender, judge, type Standing } from './standing.ts';

/** Which of some comparable cases is the fastest, and which took no part because their packets crossed in super-packets. */
export type Verdict = Finding & Judged;

/** The cases of a group, and how those stand that are compared with each other. */
export interface Judged {
  group: Group;
  /** Best median first. */
  contenders: CaseResult[];
  /** Faster or slower at something else. */
  apart: CaseResult[];
  standing: Standing;
}

type Finding =
  /** Best first. A winner is told apart from each of the others; `leaders` are those that cannot be told from the best median. */
  | { verdict: 'order'; tiers: CaseResult[][]; leaders: CaseResult[]; winner: CaseResult | null }
  /** Paced cases that received what was asked for: nothing tells which is faster. */
  | { verdict: 'rate-met'; tied: CaseResult[] }
  /** Not even the clearest difference could be told from chance; it takes so many. */
  | { verdict: 'too-few-rounds'; roundsMin: number }
  /** One measured case: there is nothing to compare it with. */
  | { verdict: 'alone'; only: CaseResult }
  | { verdict: 'nothing' };

/** The driver that connects containers without any switch: the ceiling of the others, and no answer to which is best. */
export const CEILING = 'direct';

/** One verdict for each group of comparable cases, in the campaign's order. */
export function verdicts(results: readonly CaseResult[]): Verdict[] {
  return groupCases(results).map(verdictOf);
}

/** The verdict of one group; see `judgeGroup`. */
export function verdictOf(caseGroup: CaseGroup): Verdict {
  const judged = judgeGroup(caseGroup);
  return { ...findingOf(judged), ...judged };
}

/**
 * Judges the cases of a group among each other. `direct` is no switch: it takes part only where nothing else was measured. Nor
 * does a case with super-packets show how fast packets are switched: it is compared with its like only, where there is nothing
 * else. Those who take no part are witnesses of the rounds' mood all the same.
 */
export function judgeGroup(caseGroup: CaseGroup): Judged {
  const { group } = caseGroup;
  const all = ranked(caseGroup);
  const { contenders, apart } = parted(all);
  const witnesses = all.filter((result) => !contenders.includes(result));
  return {
    ...{ group, contenders, apart },
    standing: judge(contenders.map(contenderOf), betterOf(group), witnesses.map(contenderOf)),
  };
}

/** The cases of a group that are judged among each other, best median first. */
export function contendersOf(caseGroup: CaseGroup): CaseResult[] {
  return parted(ranked(caseGroup)).contenders;
}

function parted(all: readonly CaseResult[]): Pick<Judged, 'contenders' | 'apart'> {
  const switches = all.filter((result) => result.case.switch !== CEILING);
  const present = switches.length > 0 ? switches : all;
  const single = present.filter(({ flags }) => !flags.includes('super-packets'));
  const contenders = single.length > 0 ? single : present;
  return { contenders: [...contenders], apart: present.filter((result) => !contenders.includes(result)) };
}

/** A case as the engine takes it. */
export function contenderOf({ case: testCase, figures }: CaseResult): Contender {
  return { key: caseKey(testCase), figures };
}

/** Throughput is to be high, and delay low. */
export function betterOf({ dimension }: Pick<Group, 'dimension'>): Better {
  return DECIDING[dimension].better;
}

function findingOf({ contenders, standing }: Judged): Finding {
  const [best, second] = contenders;
  if (best === undefined) return { verdict: 'nothing' };
  if (second === undefined) return { verdict: 'alone', only: best };
  const met = contenders.filter(keptPace);
  if (met.length > 1) return { verdict: 'rate-met', tied: met };
  if (standing.roundsMin !== null) return { verdict: 'too-few-rounds', roundsMin: standing.roundsMin };
  const byKey = new Map(contenders.map((result) => [caseKey(result.case), result]));
  const named = (keys: readonly string[]) => keys.flatMap((key) => byKey.get(key) ?? []);
  const leaders = named(standing.leaders);
  return {
    verdict: 'order',
    tiers: standing.tiers.map(named),
    leaders,
    winner: leaders.length === 1 ? best : null,
  };
}

/** The figure by which cases are ranked; null where it was not measured. */
export function decidingFigure(result: CaseResult): Interval | null {
  if (result.outcome !== 'measured' || result.summary === null) return null;
  return DECIDING[result.case.dimension].over(result.summary);
}

/** Equal for cases that differ in nothing but the switch, and in how applications wait where that follows from the CPUs which a switch leaves to them. */
export function alikeKey(testCase: TestCase): string {
  return `${groupKey(groupOf(testCase))} ${ioName(testCase)}`;
}

/**
 * The case without any switch, but otherwise like this one: what the switch is to be judged against. Null if not measured.
 */
export function ceilingOf(result: CaseResult, cases: readonly CaseResult[]): CaseResult | null {
  if (result.case.switch === CEILING) return null;
  const ceiling = ceilingsOf(cases).get(alikeKey(result.case));
  return ceiling === undefined || decidingFigure(ceiling) === null ? null : ceiling;
}

/** Of each campaign once: ten thousand cases would each be held against ten thousand. */
const ceilings = new WeakMap<readonly CaseResult[], ReadonlyMap<string, CaseResult>>();

/** The first case without any switch of each key. */
function ceilingsOf(cases: readonly CaseResult[]): ReadonlyMap<string, CaseResult> {
  const known = ceilings.get(cases);
  if (known !== undefined) return known;
  const direct = cases.filter((one) => one.case.switch === CEILING);
  const found = new Map(direct.toReversed().map((one) => [alikeKey(one.case), one]));
  ceilings.set(cases, found);
  return found;
}

/** The measured cases of a group, best median first. A rank is no verdict: neighbours may be tied. */
export function ranked({ group, cases }: CaseGroup): CaseResult[] {
  const sign = betterOf(group) === 'lower' ? 1 : -1;
  return cases
    .flatMap((result) => {
      const figure = decidingFigure(result);
      return figure === null ? [] : [{ result, median: figure.median }];
    })
    .sort((a, b) => sign * (a.median - b.median) || (caseKey(a.result.case) < caseKey(b.result.case) ? -1 : 1))
    .map(({ result }) => result);
}

/** A paced throughput case that received what was asked for: its figure is the pace, and not how fast its switch is. */
export function keptPace({ case: { dimension, rate }, evidence }: CaseResult): boolean {
  if (dimension !== 'throughput' || rate === 'max' || evidence.measured === 0) return false;
  return evidence.receivedRatio >= RATE_KEPT_RATIO;
}
