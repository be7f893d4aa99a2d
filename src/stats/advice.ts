// SPDX-License-Identifier: Apache-2.0
// A decision tree out of a campaign's figures: for what applications can do, and for what somebody wants, the path that the engine of
// verdicts tells apart from all others; where it tells none, that it is undecided. docs/choosing.md explains it.
import { canUse, classOf, FRAMEWORK_CLASSES, type FrameworkClass } from '../model/framework-class.ts';
import type { CampaignResult, CaseResult, Interval, RoundFigure } from '../model/result.ts';
import { caseKey } from '../model/testcase.ts';
import { valuesOf } from './figures.ts';
import { GOAL_IDS, GOALS, type GoalId, type TrialFigures } from './goals.ts';
import { type CaseGroup, type Group, groupCases } from './group.ts';
import { medianInterval } from './interval.ts';
import { type Compared, judge, type Standing } from './standing.ts';
import { CEILING } from './verdict.ts';

/** A path that may be advised. */
export interface Candidate {
  result: CaseResult;
  class: FrameworkClass;
  figures: readonly RoundFigure[];
  /** Of the goal. */
  figure: Interval;
}

export type Finding =
  /** Told apart from all others; `next` is the best of these. */
  | { finding: 'best'; best: Candidate; next: Beside }
  | { finding: 'alone'; best: Candidate }
  /** The best median and those that cannot be told from it. */
  | { finding: 'undecided'; leaders: Candidate[]; next: Beside }
  | { finding: 'too-few-rounds'; leaders: Candidate[]; rounds: number; roundsMin: number }
  /** Nothing of the class has such a figure. */
  | { finding: 'nothing'; why: Nothing };

export type Nothing = 'no-framework' | 'no-dimension' | 'no-figure' | 'not-measured' | 'paced';

/** Another path, beside the best. */
export interface Beside {
  candidate: Candidate;
  compared: Compared;
}

/** What is best for a goal under one set of parameters; null where nothing of the dimension was measured under any. */
export interface Leaf {
  goal: GoalId;
  group: Group | null;
  finding: Finding;
}

/** What an application can do, and what is best then. */
export interface Branch {
  class: FrameworkClass;
  leaves: Leaf[];
}

/** The figures that a result lacks, by the key of the case; null where trials cannot be read, and goals that need them are left out. */
export type MoreFigures = ReadonlyMap<string, TrialFigures> | null;

export function advise({ results }: Pick<CampaignResult, 'results'>, more: MoreFigures): Branch[] {
  const judged = goalsOf(more).map((goal) => ({ goal, groups: groupsFor(goal, results, more) }));
  const known = new Set(results.map(classOfCase));
  return FRAMEWORK_CLASSES.filter((id) => known.has(id) || !isOptional(id)).map((id) => ({
    class: id,
    leaves: judged.flatMap(({ goal, groups }) => leavesOf(goal, groups, id, results)),
  }));
}

function goalsOf(more: MoreFigures): GoalId[] {
  return GOAL_IDS.filter((goal) => more !== null || goal === 'throughput' || goal === 'p50');
}

/** That nothing of these was measured is no gap of a campaign. */
function isOptional(id: FrameworkClass): boolean {
  return id === 'unknown' || id === 'super-packets';
}

export function classOfCase({ case: { io }, flags }: CaseResult): FrameworkClass {
  return classOf(io, flags.includes('super-packets'));
}

/** Those of one set of parameters, judged. */
interface JudgedGroup {
  group: Group;
  candidates: Candidate[];
  /** Of single packets, and of super-packets: neither is compared with the other. */
  standings: { single: Standing; large: Standing };
}

function groupsFor(goal: GoalId, results: readonly CaseResult[], more: MoreFigures): JudgedGroup[] {
  const { dimension, better } = GOALS[goal];
  const able = results.filter((one) => one.case.dimension === dimension && one.outcome === 'measured' && !isPaced(one));
  return groupCases(able).map(({ group, cases }) => {
    const all = candidatesOf(goal, { group, cases }, more);
    const switches = all.filter(({ result }) => result.case.switch !== CEILING);
    const candidates = switches.length > 0 ? switches : all;
    const judged = (those: readonly Candidate[]) =>
      judge(those.map(contender), better, all.filter((one) => !those.includes(one)).map(contender));
    const isLarge = (one: Candidate) => one.class === 'super-packets';
    const [large, single] = [candidates.filter(isLarge), candidates.filter((one) => !isLarge(one))];
    return { group, candidates, standings: { single: judged(single), large: judged(large) } };
  });
}

/** A rate that was asked for says who keeps it, and not who is fastest. Round trips have one in any case. */
function isPaced({ case: { dimension, rate } }: CaseResult): boolean {
  return dimension === 'throughput' && rate !== 'max';
}

function candidatesOf(goal: GoalId, { cases }: CaseGroup, more: MoreFigures): Candidate[] {
  return cases.flatMap((result) => {
    const figures = GOALS[goal].figures(result, more?.get(caseKey(result.case)) ?? null);
    const figure = medianInterval(valuesOf(figures));
    return figure === null ? [] : [{ result, class: classOfCase(result), figures, figure }];
  });
}

function contender({ result, figures }: Candidate) {
  return { key: caseKey(result.case), figures };
}

function leavesOf(
  goal: GoalId,
  groups: readonly JudgedGroup[],
  id: FrameworkClass,
  results: readonly CaseResult[],
): Leaf[] {
  const leaves = groups.flatMap((judged): Leaf[] => {
    const finding = findingOf(judged, id);
    return finding === null ? [] : [{ goal, group: judged.group, finding }];
  });
  if (leaves.length > 0) return leaves;
  return [{ goal, group: null, finding: { finding: 'nothing', why: whyNothing(goal, id, results) } }];
}

/** Null where nothing of the class itself has a figure: what lesser ones do stands with these. */
function findingOf({ candidates, standings }: JudgedGroup, id: FrameworkClass): Finding | null {
  const usable = candidates.filter((one) => canUse(id, one.class));
  if (!usable.some((one) => one.class === id)) return null;
  const standing = id === 'super-packets' ? standings.large : standings.single;
  const sorted = standing.order.flatMap((key) => usable.find(({ result }) => caseKey(result.case) === key) ?? []);
  const [best, second] = sorted;
  if (best === undefined) return null;
  if (second === undefined) return { finding: 'alone', best };
  const key = caseKey(best.result.case);
  const leaders = sorted.filter((one) => one === best || !standing.areApart(key, caseKey(one.result.case)));
  if (standing.roundsMin !== null) {
    const rounds = Math.min(...usable.map(({ figures }) => figures.length));
    return { finding: 'too-few-rounds', leaders, rounds, roundsMin: standing.roundsMin };
  }
  const beside = (candidate: Candidate): Beside => ({
    candidate,
    compared: standing.compare(key, caseKey(candidate.result.case)),
  });
  const [, tied] = leaders;
  return tied === undefined
    ? { finding: 'best', best, next: beside(second) }
    : { finding: 'undecided', leaders, next: beside(tied) };
}

function whyNothing(goal: GoalId, id: FrameworkClass, results: readonly CaseResult[]): Nothing {
  const own = results.filter((one) => classOfCase(one) === id);
  if (own.length === 0) return 'no-framework';
  const ofDimension = own.filter((one) => one.case.dimension === GOALS[goal].dimension);
  if (ofDimension.length === 0) return 'no-dimension';
  const measured = ofDimension.filter((one) => one.outcome === 'measured');
  if (measured.length === 0) return 'not-measured';
  return measured.every(isPaced) ? 'paced' : 'no-figure';
}
