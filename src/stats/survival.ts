// SPDX-License-Identifier: Apache-2.0
// What survives of a campaign's verdicts where some of its cases are measured again, here or elsewhere.
import { shuffled } from '../model/random.ts';
import type { CaseResult } from '../model/result.ts';
import { caseKey, type TestCase } from '../model/testcase.ts';
import { groupCases, groupKey, groupOf } from './group.ts';
import type { Compared } from './standing.ts';
import { decidingFigure, type Judged, judgeGroup } from './verdict.ts';

/** Two cases that a campaign tells apart: `faster` is the better one at what decides. */
export interface Claim {
  faster: CaseResult;
  slower: CaseResult;
  /** How much, as the campaign has it. */
  compared: Compared;
}

/** Every two comparable cases of a campaign that its tests tell apart. */
export function claimsOf(results: readonly CaseResult[]): Claim[] {
  return groupCases(results).flatMap((caseGroup) => {
    const { contenders, standing } = judgeGroup(caseGroup);
    return contenders.flatMap((faster, place) =>
      contenders.slice(place + 1).flatMap((slower): Claim[] => {
        const [a, b] = [caseKey(faster.case), caseKey(slower.case)];
        return standing.areApart(a, b) ? [{ faster, slower, compared: standing.compare(a, b) }] : [];
      }),
    );
  });
}

/**
 * Cases to be measured again: at least this share of those that were measured, drawn as pairs that are told apart for as long as
 * there are any, as one case alone supports no claim. The same seed draws the same.
 */
export function drawCases(results: readonly CaseResult[], share: number, random: () => number): TestCase[] {
  const measured = results.filter((one) => decidingFigure(one) !== null);
  const wanted = Math.min(measured.length, Math.max(1, Math.ceil(share * measured.length)));
  const drawn = new Map<string, TestCase>();
  const take = ({ case: testCase }: CaseResult) => drawn.set(caseKey(testCase), testCase);
  for (const { faster, slower } of shuffled(claimsOf(measured), random)) {
    if (drawn.size >= wanted) break;
    take(faster);
    take(slower);
  }
  for (const one of shuffled(measured, random)) {
    if (drawn.size >= wanted) break;
    take(one);
  }
  return [...drawn.values()];
}

/** What became of a claim. */
export type Fate =
  /** The same is faster, and told apart. */
  | 'survives'
  /** The other one is. */
  | 'contradicted'
  /** They are not told apart. */
  | 'undecided'
  | 'cannot run here';

export interface Survival {
  claim: Claim;
  fate: Fate;
  /** As measured again; null where it could not be. */
  again: Compared | null;
  /** Why not; null where it could. */
  reason: string | null;
}

/** A case as it was measured again; where it was not, why. */
export type Again = { result: CaseResult } | { reason: string };

/**
 * The fates of those claims of which both cases were to be measured again. They are judged as any campaign judges its groups: by all
 * that was measured again of a group, so that the chance of even one false difference in it is at most 5 %.
 */
export function survivals(claims: readonly Claim[], again: ReadonlyMap<string, Again>): Survival[] {
  const results = [...again.values()].flatMap((one) => ('result' in one ? [one.result] : []));
  const groups = new Map(groupCases(results).map((one) => [groupKey(one.group), judgeGroup(one)]));
  return claims
    .filter(({ faster, slower }) => again.has(caseKey(faster.case)) && again.has(caseKey(slower.case)))
    .map((claim) => {
      const reasons = [claim.faster, claim.slower].flatMap((one) => whyNot(one, again));
      const judged = groups.get(groupKey(groupOf(claim.faster.case)));
      if (reasons.length > 0 || judged === undefined) {
        return { claim, fate: 'cannot run here', again: null, reason: [...new Set(reasons)].join('; ') };
      }
      return comparedAgain(claim, judged);
    });
}

function whyNot({ case: testCase }: CaseResult, again: ReadonlyMap<string, Again>): string[] {
  const found = again.get(caseKey(testCase));
  if (found === undefined) return ['was not drawn'];
  if ('reason' in found) return [found.reason];
  return decidingFigure(found.result) === null ? [found.result.reason ?? found.result.outcome] : [];
}

function comparedAgain(claim: Claim, { contenders, standing }: Judged): Survival {
  const [a, b] = [caseKey(claim.faster.case), caseKey(claim.slower.case)];
  const keys = new Set(contenders.map((one) => caseKey(one.case)));
  if (!keys.has(a) || !keys.has(b)) {
    return {
      claim,
      fate: 'undecided',
      again: null,
      reason: 'one of them is in super-packets here, and the other is not',
    };
  }
  const again = standing.compare(a, b);
  return { claim, fate: fateOf(again), again, reason: null };
}

/** `compared` is the slower one beside the faster. */
function fateOf({ verdict }: Compared): Fate {
  switch (verdict) {
    case 'slower':
      return 'survives';
    case 'faster':
      return 'contradicted';
    case 'no difference':
    case 'too few rounds':
      return 'undecided';
    default:
      return verdict satisfies never;
  }
}
