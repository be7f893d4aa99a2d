// SPDX-License-Identifier: Apache-2.0
// Advice in words: a line for each goal of each branch, with the figures that it rests on.

import { CLASS_ENTRIES, type FrameworkClass } from '../model/framework-class.ts';
import type { CampaignResult, Flag } from '../model/result.ts';
import type { Branch, Candidate, Finding, Leaf, Nothing } from '../stats/advice.ts';
import { GOALS, type GoalId } from '../stats/goals.ts';
import type { Group } from '../stats/group.ts';
import { packetsNeeded } from '../stats/percentiles.ts';
import { tooFewRounds } from '../stats/standing.ts';
import { flagMarks } from './flags.ts';
import {
  bounds,
  caseName,
  counted,
  describeGroup,
  effectWords,
  grouped,
  listed,
  MICROSECONDS,
  percentLost,
  ppsScale,
  type Scale,
  varying,
  whereOf,
  withUnit,
} from './format.ts';
import { noiseWords } from './sentences.ts';

/** A leaf in words, without a full stop. */
export interface AdviceLine {
  leaf: Leaf;
  /** `most throughput`, with the parameters where there are several sets of them. */
  goal: string;
  sentence: string;
}

/** What weakens all of a campaign's figures, without a full stop; null where nothing does. */
export function flaggedEverywhere(result: CampaignResult): string | null {
  const { everywhere } = flagMarks(result.results);
  return everywhere.length === 0
    ? null
    : `Every figure is flagged ${listed(everywhere)} (vswbench show says what that means)`;
}

export function conditionOf({ class: id }: Branch): string {
  return CLASS_ENTRIES[id].condition;
}

/** The lines of a branch; sets of parameters are told apart where the campaign has several. */
export function adviceLines(result: CampaignResult, branches: readonly Branch[], branch: Branch): AdviceLine[] {
  const everywhere = flagMarks(result.results).everywhere;
  const byGoal = Map.groupBy(
    branches.flatMap(({ leaves }) => leaves),
    ({ goal }) => goal,
  );
  const told = new Map([...byGoal].map(([goal, same]) => [goal, toldBeside(same)]));
  return branch.leaves.map((leaf) => ({
    leaf,
    goal: `${GOALS[leaf.goal].title}${whereIs(result, leaf, told.get(leaf.goal) ?? [])}`,
    sentence: findingWords(leaf, branch.class, everywhere),
  }));
}

/** The parameters in which the leaves of a goal differ. */
function toldBeside(same: readonly Leaf[]): (keyof Group)[] {
  return varying(same.flatMap(({ group }) => group ?? [])).filter((name) => name !== 'testbed' && name !== 'location');
}

function whereIs(result: CampaignResult, { group }: Leaf, names: readonly (keyof Group)[]): string {
  if (group === null) return '';
  return `${names.length === 0 ? '' : `, ${describeGroup(group, names)}`}${whereOf(result, group)}`;
}

function findingWords({ goal, finding }: Leaf, id: FrameworkClass, everywhere: readonly Flag[]): string {
  const named = (one: Candidate) => `${caseName(one.result.case)} (${figureWords(goal, one, everywhere)})`;
  const beside = ({ candidate, compared }: Extract<Finding, { next: unknown }>['next']) =>
    `${named(candidate)} ${effectWords(compared)}`;
  switch (finding.finding) {
    case 'best':
      return `${named(finding.best)}${gainWords(finding, id)}; next, ${beside(finding.next)}`;
    case 'alone':
      return `${named(finding.best)}, the only one of its kind here: nothing to tell it from`;
    case 'undecided': {
      const [best] = finding.leaders;
      if (best === undefined) return 'undecided';
      const others = finding.leaders.length - 2;
      const more =
        others === 0 ? '' : ` and ${counted(others, 'other')} (${listed(namesOf(finding.leaders.slice(2)))})`;
      return `undecided between ${named(best)} and ${beside(finding.next)}${more}: ${noiseWords(finding.next.compared)}${gainWords(finding, id)}`;
    }
    case 'too-few-rounds':
      return `undecided between ${listed(namesOf(finding.leaders))}: ${tooFewRounds(finding.rounds, finding.roundsMin)} (--trials ${finding.roundsMin})`;
    case 'nothing':
      return nothingWords(finding.why, goal, id);
    default:
      return finding satisfies never;
  }
}

function namesOf(candidates: readonly Candidate[]): string[] {
  return candidates.map(({ result }) => caseName(result.case));
}

/** Where what a branch asks for is not shown to be worth it. */
function gainWords(finding: Extract<Finding, { finding: 'best' | 'undecided' }>, id: FrameworkClass): string {
  const leaders = finding.finding === 'best' ? [finding.best] : finding.leaders;
  const title = CLASS_ENTRIES[id].title;
  if (leaders.every((one) => one.class !== id)) return `; ${title} is not needed for it`;
  return leaders.some((one) => one.class !== id) ? `; so no gain by ${title} is told` : '';
}

/** `15.914 Mpps, 95 % interval 13.1 – 16.1, 6 trials, 0.31 % lost, flagged shared-cpu`. */
function figureWords(goal: GoalId, { result, figure }: Candidate, everywhere: readonly Flag[]): string {
  const scale = scaleOf(goal, figure.median);
  const lost = result.summary?.lossRatio ?? 0;
  const flags = result.flags.filter((flag) => flag !== 'super-packets' && !everywhere.includes(flag));
  return [
    withUnit(figure.median, scale),
    ...(figure.ciLow === null ? [] : [`95 % interval ${bounds(figure, scale)}`]),
    counted(figure.trials, 'trial'),
    ...(lost > 0 && GOALS[goal].dimension === 'throughput' ? [`${percentLost(lost)} lost`] : []),
    ...flagWords(flags),
  ].join(', ');
}

function flagWords(flags: readonly Flag[]): string[] {
  return flags.length === 0 ? [] : [`flagged ${listed(flags)}`];
}

function scaleOf(goal: GoalId, figure: number): Scale {
  if (GOALS[goal].unit === 'pps') return ppsScale([figure]);
  return goal === 'cpu' ? { unit: 'ns', divisor: 1, digits: 0 } : MICROSECONDS;
}

function nothingWords(why: Nothing, goal: GoalId, id: FrameworkClass): string {
  const { title } = CLASS_ENTRIES[id];
  const { dimension } = GOALS[goal];
  switch (why) {
    case 'no-framework':
      return `no framework of this kind (${title}) is in the campaign`;
    case 'no-dimension':
      return `the campaign has no ${dimension} of ${title} (-D ${dimension})`;
    case 'not-measured':
      return `none was measured; the reasons are told with the campaign (vswbench show)`;
    case 'paced':
      return 'only paced rates were measured, and these do not tell who is fastest (-R max)';
    case 'no-figure':
      return goal === 'p999'
        ? `undecided: a trial has too few round trips for p99.9, which takes ${grouped(packetsNeeded('p999'))} (a longer --duration, or a higher -R)`
        : 'undecided: no trial has the figure';
    default:
      return why satisfies never;
  }
}
