// SPDX-License-Identifier: Apache-2.0
// CPUs that poll without a pause, by construction: they are counted, not measured, and are the same on any machine.
import type { ClaimOf } from '../model/claim.ts';
import type { CaseResult } from '../model/result.ts';
import { select, within } from './claim-cases.ts';
import { pairUp } from './claim-pairs.ts';
import type { Finding, Found, Side } from './claims.ts';

export function judgeCount(claim: ClaimOf<'count'>, results: readonly CaseResult[]): Found {
  const side = (selection: typeof claim.of) => ({
    selection,
    ...select(results, 'throughput', within(claim.cases, selection)),
  });
  const [of, to] = [side(claim.of), side(claim.to)];
  const findings = pairUp(of, to).map(({ a, b }): Finding => {
    const [counted, beside] = [sideOf(b), sideOf(a)];
    const known = counted.cpus !== null && beside.cpus !== null;
    const isFor = known && (counted.cpus ?? 0) - (beside.cpus ?? 0) === claim.difference;
    return {
      says: known ? (isFor ? 'for' : 'against') : 'nothing',
      sides: [counted, beside],
      ...{ measure: null, pCorrected: null },
      why: known ? null : 'no record says where things ran',
    };
  });
  return { findings, missing: [...of.missing, ...to.missing] };
}

function sideOf({ case: testCase, evidence: { placements }, flags }: CaseResult): Side {
  const counts = placements.map(
    ({ pairs, switch: own, far }) => 2 * pairs.length + own.length + (far?.switch.length ?? 0),
  );
  return { case: testCase, figure: null, cpus: counts.length === 0 ? null : Math.max(...counts), flags };
}
