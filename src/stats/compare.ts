// SPDX-License-Identifier: Apache-2.0
// Two campaigns, or two switches of one, case by case: which is faster, by how much, and how sure that is.
import type { Inventory } from '../model/inventory.ts';
import type { CampaignResult, CaseResult, Flag, Interval } from '../model/result.ts';
import { type HostRecord, LOCAL_TESTBED, testbedsOf } from '../model/testbed.ts';
import { caseKey, type TestCase } from '../model/testcase.ts';
import { holm } from './correction.ts';
import { valuesOf } from './figures.ts';
import { mannWhitney, ratioEstimate, smallestPValue } from './ranks.ts';
import { decidingFigure, keptPace } from './verdict.ts';

/** Chance of calling any of the compared cases different where none is. */
export const ALPHA = 0.05;

/** How B relates to A. For latency the faster one is that whose median round trip is shorter. */
export type ComparisonVerdict = 'faster' | 'slower' | 'no difference' | 'not compared';

/** A difference in percent of A. */
export interface Effect {
  percent: number;
  /** Null where there are too few trials for a 95 % interval. */
  ciLow: number | null;
  ciHigh: number | null;
}

/** A test case on both sides. */
export interface ComparedCase {
  /** As in A; as in B where A has none. */
  case: TestCase;
  /** The figures that decide: received packets/s, or the median round trip in ns. Null where there is none. */
  a: Interval | null;
  b: Interval | null;
  verdict: ComparisonVerdict;
  /** Why it was not compared. */
  reason?: string;
  /** Null where it was not compared, or a trial received nothing. */
  effect: Effect | null;
  pValue: number | null;
  /** Corrected for the number of cases compared: what the verdict rests on. */
  pCorrected: number | null;
  /** Marks that only one side has: a reason to doubt that what was compared is alike. */
  flagsOnlyInA: Flag[];
  flagsOnlyInB: Flag[];
  flagsInBoth: Flag[];
}

export interface Comparison {
  cases: ComparedCase[];
  /** Cases compared, for which p-values were corrected. */
  compared: number;
  /** With so many comparisons and so few trials not even the clearest difference could be called one. */
  tooFewTrials: boolean;
}

/**
 * Equal test cases of two campaigns. p-values are those of the Mann-Whitney test on the trials, corrected by Holm's procedure over
 * all cases compared; effects are Hodges and Lehmann's (see ranks.ts). A verdict rests on the corrected value alone.
 */
export function compareCampaigns(a: readonly CaseResult[], b: readonly CaseResult[]): Comparison {
  return comparison(paired(a, b, caseKey));
}

/** Cases of one campaign that differ in nothing but the switch. */
export function compareSwitches(results: readonly CaseResult[], a: string, b: string): Comparison {
  const of = (id: string) => results.filter((result) => result.case.switch === id);
  return comparison(paired(of(a), of(b), (testCase) => caseKey({ ...testCase, switch: 'any' })));
}

interface Pair {
  a: CaseResult | undefined;
  b: CaseResult | undefined;
}

function paired(a: readonly CaseResult[], b: readonly CaseResult[], keyOf: (testCase: TestCase) => string): Pair[] {
  const others = new Map(b.map((result) => [keyOf(result.case), result]));
  const own = new Set(a.map((result) => keyOf(result.case)));
  return [
    ...a.map((result) => ({ a: result, b: others.get(keyOf(result.case)) })),
    ...b.filter((result) => !own.has(keyOf(result.case))).map((result) => ({ a: undefined, b: result })),
  ];
}

/** A case compared, before its p-value is corrected. */
interface Tested extends ComparedCase {
  /** The smallest p that its trials could have given. */
  pSmallest: number;
  /** B's figures tend to be larger. */
  larger: boolean;
}

function comparison(pairs: readonly Pair[]): Comparison {
  const tested = pairs.flatMap((pair) => testPair(pair) ?? []);
  const pValues = tested.flatMap(({ pValue }) => pValue ?? []);
  const corrected = holm(pValues)[Symbol.iterator]();
  const cases = tested.map(({ pSmallest: _, larger, ...compared }): ComparedCase => {
    if (compared.pValue === null) return compared;
    const pCorrected = Math.min(1, corrected.next().value ?? 1);
    return { ...compared, pCorrected, verdict: verdictFor(compared.case, pCorrected, larger) };
  });
  const smallest = Math.min(...tested.filter(({ pValue }) => pValue !== null).map(({ pSmallest }) => pSmallest));
  return { cases, compared: pValues.length, tooFewTrials: pValues.length > 0 && smallest * pValues.length >= ALPHA };
}

function verdictFor({ dimension }: TestCase, pCorrected: number, larger: boolean): ComparisonVerdict {
  if (pCorrected >= ALPHA) return 'no difference';
  return (dimension === 'latency') === larger ? 'slower' : 'faster';
}

function testPair({ a, b }: Pair): Tested | null {
  const either = a ?? b;
  if (either === undefined) return null;
  const common = {
    case: either.case,
    a: a === undefined ? null : decidingFigure(a),
    b: b === undefined ? null : decidingFigure(b),
    flagsOnlyInA: (a?.flags ?? []).filter((flag) => b !== undefined && !b.flags.includes(flag)),
    flagsOnlyInB: (b?.flags ?? []).filter((flag) => a !== undefined && !a.flags.includes(flag)),
    flagsInBoth: (a?.flags ?? []).filter((flag) => b?.flags.includes(flag) === true),
  };
  const untold = { effect: null, pValue: null, pCorrected: null, pSmallest: 1, larger: false } as const;
  const not = (reason: string): Tested => ({ ...common, ...untold, verdict: 'not compared', reason });
  if (a === undefined) return not('only in B');
  if (b === undefined) return not('only in A');
  if (common.a === null) return not(`not measured in A: ${a.reason ?? a.outcome}`);
  if (common.b === null) return not(`not measured in B: ${b.reason ?? b.outcome}`);
  if (a.flags.includes('super-packets') !== b.flags.includes('super-packets')) {
    return not('packets crossed as super-packets on one side only');
  }
  if (keptPace(a) && keptPace(b)) return not('both received what was asked for: the rate decides, not the switch');
  const [valuesA, valuesB] = [valuesOf(a.figures), valuesOf(b.figures)];
  const pSmallest = smallestPValue(valuesA.length, valuesB.length);
  const test = mannWhitney(valuesA, valuesB);
  if (test === null || pSmallest >= ALPHA) {
    return not(`too few trials (${valuesA.length} and ${valuesB.length}): no difference could be told from chance`);
  }
  return {
    ...common,
    verdict: 'no difference',
    effect: effectOf(valuesA, valuesB),
    pValue: test.pValue,
    pCorrected: null,
    pSmallest,
    larger: test.u > (valuesA.length * valuesB.length) / 2,
  };
}

function effectOf(a: readonly number[], b: readonly number[]): Effect | null {
  const estimate = ratioEstimate(a, b, ALPHA);
  if (estimate === null) return null;
  const percent = (ratio: number): number => 100 * (ratio - 1);
  return {
    percent: percent(estimate.ratio),
    ciLow: estimate.low === null ? null : percent(estimate.low),
    ciHigh: estimate.high === null ? null : percent(estimate.high),
  };
}

/** Something that two campaigns do not have in common. */
export interface Unlike {
  what: string;
  a: string;
  b: string;
}

/** In what two machines differ; figures of both are not to be mixed. Empty for the same machine in the same state. */
export function unlikeMachines(a: Inventory, b: Inventory): Unlike[] {
  const fields = ['hostname', 'kernel', 'cpuModel', 'microcode'] as const;
  return unlikeIn(fields.map((field) => [field, a[field], b[field]]));
}

interface Hosts {
  hosts: readonly HostRecord[];
}

/**
 * In what the hosts of a testbed differ between two campaigns, the uplinks included. Empty where they are the same machines in the
 * same state, and where one of the campaigns does not have the testbed: it has no figure then that could be mixed.
 */
export function unlikeHosts(a: Hosts, b: Hosts, testbed: string): Unlike[] {
  if (![a, b].every((campaign) => testbedsOf(campaign).includes(testbed))) return [];
  return (['near', 'far'] as const).flatMap((role) => {
    const [left, right] = [a, b].map(({ hosts }) =>
      hosts.find((host) => host.testbed === testbed && host.role === role),
    );
    if (left === undefined && right === undefined) return [];
    if (left === undefined || right === undefined) {
      return unlikeIn([[nameIn(testbed, role, 'host'), left?.name, right?.name]]);
    }
    const uplinks = unlikeIn([
      ['driver of the uplink', left.uplink?.driver, right.uplink?.driver],
      ['line rate (bit/s)', left.uplink?.lineRateBps, right.uplink?.lineRateBps],
    ]);
    return [...unlikeMachines(left.inventory, right.inventory), ...uplinks].map((unlike) => ({
      ...unlike,
      what: nameIn(testbed, role, unlike.what),
    }));
  });
}

/** The one machine of most campaigns goes without saying. */
function nameIn(testbed: string, role: HostRecord['role'], what: string): string {
  return testbed === LOCAL_TESTBED && role === 'near' ? what : `${what} of ${testbed} (${role})`;
}

/** In what else two campaigns differ that may be the reason for a difference, the versions that one wants to compare among it. */
export function unlikeConditions(a: CampaignResult, b: CampaignResult): Unlike[] {
  const hosts = a.hosts.flatMap((left) => {
    const right = b.hosts.find(({ testbed, role }) => testbed === left.testbed && role === left.role);
    return right === undefined ? [] : unlikeStates(left, right);
  });
  return [
    ...unlikeIn([
      ['warm-up (ms)', a.warmupAuto ? 'auto' : a.warmupMs, b.warmupAuto ? 'auto' : b.warmupMs],
      ['duration (ms)', a.durationMs, b.durationMs],
    ]),
    ...hosts,
  ];
}

function unlikeStates({ testbed, role, inventory: a }: HostRecord, { inventory: b }: HostRecord): Unlike[] {
  const records = (name: string, of: (inventory: Inventory) => Record<string, string>) => {
    const [left, right] = [of(a), of(b)];
    return [...new Set([...Object.keys(left), ...Object.keys(right)])].map(
      (key) => [`${name} ${key}`, left[key], right[key]] as const,
    );
  };
  return unlikeIn([
    ['vswbench', a.vswbenchVersion, b.vswbenchVersion],
    ['commit', a.vswbenchCommit, b.vswbenchCommit],
    ['kernel command line', a.kernelCommandLine, b.kernelCommandLine],
    ...records('version of', ({ versions }) => versions),
    ...records('knob', ({ knobs }) => knobs),
    ...records('mitigation', ({ mitigations }) => mitigations),
  ]).map((unlike) => ({ ...unlike, what: nameIn(testbed, role, unlike.what) }));
}

type Value = string | number | null | undefined;

function unlikeIn(rows: readonly (readonly [string, Value, Value])[]): Unlike[] {
  const spelled = (value: Value): string => (value === null || value === undefined ? 'none' : String(value));
  return rows.map(([what, a, b]) => ({ what, a: spelled(a), b: spelled(b) })).filter((row) => row.a !== row.b);
}
