// SPDX-License-Identifier: Apache-2.0
// Whether what a paper claims holds on what was measured here. docs/decisions/0041-claims.md says how sure each outcome is.
import type { Claim } from '../model/claim.ts';
import type { CaseResult, Flag, Interval } from '../model/result.ts';
import { ioName, type TestCase } from '../model/testcase.ts';
import { judgeBounds, judgeScaling, judgeValues } from './claim-bounds.ts';
import type { Missing } from './claim-cases.ts';
import { judgeCount } from './claim-count.ts';
import { judgeOrder } from './claim-order.ts';
import { judgeTrend } from './claim-trend.ts';

export const CLAIM_OUTCOMES = ['holds', 'does-not-hold', 'cannot-be-decided'] as const;
export type ClaimOutcome = (typeof CLAIM_OUTCOMES)[number];

/** A comparison or a value that speaks for a claim, or against it, or says nothing. */
export interface Finding {
  says: 'for' | 'against' | 'nothing';
  /** The cases, in the order of the claim; of a trend its two ends, or the step that goes the other way. */
  sides: readonly Side[];
  /** What is claimed to be within bounds: a ratio, or percent of what would be in proportion. Null where that is a value itself. */
  measure: Measure | null;
  /** Corrected for all comparisons of its family. */
  pCorrected: number | null;
  /** Why it says nothing; null where the figures are just too close, or noisy. */
  why: string | null;
}

export interface Side {
  case: TestCase;
  /** Null for what is counted. */
  figure: Interval | null;
  /** CPUs that poll, where they are counted. */
  cpus: number | null;
  flags: readonly Flag[];
}

export interface Measure {
  unit: 'ratio' | 'percent';
  value: number;
  low: number | null;
  high: number | null;
}

/** What the kinds of claim find. */
export interface Found {
  findings: Finding[];
  missing: Missing[];
}

export interface Judgement extends Found {
  claim: Claim;
  outcome: ClaimOutcome;
  /** Switches with their frameworks that took part. */
  present: string[];
}

/** Judges a claim by itself. */
export function judgeClaim(claim: Claim, results: readonly CaseResult[]): Judgement {
  const { findings, missing } = findingsOf(claim, results);
  const found = { missing, findings: findings.map((finding) => reliable(claim, finding)) };
  const present = [
    ...new Set(
      found.findings.flatMap(({ sides }) => sides.map((side) => `${side.case.switch} with ${ioName(side.case)}`)),
    ),
  ];
  return { claim, ...found, present, outcome: outcomeOf(claim, found, present.length) };
}

/** A judgement, and the one of several campaigns that it comes from. */
export interface PlacedJudgement {
  judgement: Judgement;
  /** Its place among them. */
  place: number;
}

/**
 * Judges each claim on each campaign by itself, since machines are not compared, and takes the one that tells most: a refutation, then a
 * proof, then the one that lacks least.
 */
export function judgeTogether(
  claims: readonly Claim[],
  campaigns: readonly (readonly CaseResult[])[],
): PlacedJudgement[] {
  return claims.flatMap((claim) => {
    const all = campaigns.map((results, place) => ({ judgement: judgeClaim(claim, results), place }));
    return all.toSorted((a, b) => compareTelling(a.judgement, b.judgement)).slice(0, 1);
  });
}

const TELLING: readonly ClaimOutcome[] = ['does-not-hold', 'holds', 'cannot-be-decided'];

function compareTelling(a: Judgement, b: Judgement): number {
  return (
    TELLING.indexOf(a.outcome) - TELLING.indexOf(b.outcome) ||
    Number(a.findings.length === 0) - Number(b.findings.length === 0) ||
    a.missing.length - b.missing.length
  );
}

function findingsOf(claim: Claim, results: readonly CaseResult[]): Found {
  switch (claim.kind) {
    case 'order':
      return judgeOrder(claim, results);
    case 'ratio':
    case 'alike':
      return judgeBounds(claim, results);
    case 'scaling':
      return judgeScaling(claim, results);
    case 'value':
      return judgeValues(claim, results);
    case 'trend':
      return judgeTrend(claim, results);
    case 'count':
      return judgeCount(claim, results);
    case 'beyond':
      return { findings: [], missing: [] };
    default:
      return claim satisfies never;
  }
}

/** What says nothing of speed says nothing for a claim on it, nor against it. Counted CPUs are the same wherever they are. */
function reliable(claim: Claim, finding: Finding): Finding {
  if (claim.kind === 'count' || finding.says === 'nothing') return finding;
  const flags = new Set(finding.sides.flatMap((side) => side.flags));
  if (flags.has('emulated')) return { ...finding, says: 'nothing', why: 'emulated: counts are valid, speeds are not' };
  // A comparison within rounds stands: what disturbs a round disturbs both.
  if (claim.kind === 'value' && flags.has('disturbed')) {
    return { ...finding, says: 'nothing', why: 'disturbed: others had its CPUs' };
  }
  return finding;
}

/** One finding against a claim refutes it. It holds where all that it names was measured, or enough, and every finding is for it. */
function outcomeOf(claim: Claim, { findings, missing }: Found, present: number): ClaimOutcome {
  if (findings.some(({ says }) => says === 'against')) return 'does-not-hold';
  if (findings.length === 0 || findings.some(({ says }) => says === 'nothing')) return 'cannot-be-decided';
  return missing.length === 0 || isEnough(claim, present) ? 'holds' : 'cannot-be-decided';
}

function isEnough(claim: Claim, present: number): boolean {
  return claim.kind !== 'beyond' && claim.least !== undefined && present >= claim.least;
}
