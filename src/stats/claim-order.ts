// SPDX-License-Identifier: Apache-2.0
// One is better than others: what the verdict of their group says, and nothing else.
import type { ClaimOf } from '../model/claim.ts';
import type { CaseResult } from '../model/result.ts';
import { caseKey } from '../model/testcase.ts';
import { dimensionOf, select, within } from './claim-cases.ts';
import { bothKeptPace, RATE_DECIDES, sideOf } from './claim-pairs.ts';
import type { Finding, Found } from './claims.ts';
import { ALPHA } from './correction.ts';
import { groupCases, groupKey, groupOf } from './group.ts';
import { tooFewRounds } from './standing.ts';
import { type Judged, judgeGroup } from './verdict.ts';

/** In each group of comparable cases, each of the better ones beside each of the others. */
export function judgeOrder(claim: ClaimOf<'order'>, results: readonly CaseResult[]): Found {
  const dimension = dimensionOf(claim.figure);
  const better = select(results, dimension, within(claim.cases, claim.better));
  const than = select(results, dimension, within(claim.cases, claim.than));
  const wanted = new Set(better.cases.map((one) => groupKey(groupOf(one.case))));
  const groups = groupCases(results).filter(({ group }) => wanted.has(groupKey(group)));
  const findings = groups.flatMap((caseGroup) => {
    const judgedGroup = judgeGroup(caseGroup);
    const own = (cases: readonly CaseResult[]) => cases.filter((one) => caseGroup.cases.includes(one));
    return own(better.cases).flatMap((one) =>
      own(than.cases)
        .filter((other) => other !== one)
        .map((other) => findingOf(claim, judgedGroup, one, other)),
    );
  });
  return {
    findings: findings.map((one) => doubted(one, groups.length)),
    missing: [...better.missing, ...than.missing],
  };
}

function findingOf({ figure }: ClaimOf<'order'>, group: Judged, one: CaseResult, other: CaseResult): Finding {
  const common = { sides: [sideOf(one, figure), sideOf(other, figure)], measure: null, pCorrected: null };
  const nothing = (why: string): Finding => ({ ...common, says: 'nothing', why });
  const outside = [one, other].find((side) => !group.contenders.includes(side));
  if (outside !== undefined) return nothing(`${outside.case.switch} is not compared with others in the verdict`);
  if (bothKeptPace({ a: one, b: other })) return nothing(RATE_DECIDES);
  const { verdict, pCorrected, rounds, roundsMin } = group.standing.compare(caseKey(other.case), caseKey(one.case));
  switch (verdict) {
    case 'faster':
      return { ...common, says: 'for', pCorrected, why: null };
    case 'slower':
      return { ...common, says: 'against', pCorrected, why: null };
    case 'no difference':
      return { ...common, says: 'nothing', pCorrected, why: null };
    case 'too few rounds':
      return nothing(tooFewRounds(Math.min(...rounds), roundsMin));
    default:
      return verdict satisfies never;
  }
}

/** A claim that all groups have to keep falls with one of them: the more there are, the surer each has to be. */
function doubted(finding: Finding, groups: number): Finding {
  if (finding.says !== 'against' || (finding.pCorrected ?? 1) * groups <= ALPHA) return finding;
  return { ...finding, says: 'nothing', why: `against it, but not surely so as one of ${groups} points` };
}
