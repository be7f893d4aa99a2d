// SPDX-License-Identifier: Apache-2.0
// Two campaigns, or two switches of one, case by case: which is faster, by how much, and how sure that is.
import { formatCpuList } from '../model/cpu-list.ts';
import { type Cpu, type Inventory, PROGRAM_SUM } from '../model/inventory.ts';
import type { CampaignResult, CaseResult, Flag, Interval } from '../model/result.ts';
import { type SearchSettings, writtenObjective } from '../model/search.ts';
import { type HostRecord, LOCAL_TESTBED, testbedsOf } from '../model/testbed.ts';
import { caseKey, type TestCase } from '../model/testcase.ts';
import type { KnobRecord } from '../model/tuning.ts';
import { groupCases, groupKey, groupOf } from './group.ts';
import type { PairMethod } from './pair-test.ts';
import { type Compared, type Effect, judgePairs, tooFewRounds } from './standing.ts';
import { alikeKey, betterOf, contenderOf, decidingFigure, judgeGroup, keptPace } from './verdict.ts';

/** How B relates to A. For latency the faster one is that whose median round trip is shorter. */
export type ComparisonVerdict = 'faster' | 'slower' | 'no difference' | 'not compared';

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
  /** Corrected for the comparisons of its family: what the verdict rests on. */
  pCorrected: number | null;
  /** Null where it was not compared. */
  method: PairMethod | null;
  /** Rounds more that would tell a difference like this; null where there is a verdict, or none would. */
  roundsMore: number | null;
  /** Marks that only one side has: a reason to doubt that what was compared is alike. */
  flagsOnlyInA: Flag[];
  flagsOnlyInB: Flag[];
  flagsInBoth: Flag[];
}

export interface Comparison {
  cases: ComparedCase[];
  /** Cases compared. */
  compared: number;
  /** Those among which p-values are corrected: all that are compared here, or all cases of the same parameters. */
  family: 'table' | 'group';
}

/**
 * Equal test cases of two campaigns, which have no rounds in common: p-values are those of the Mann-Whitney test, corrected by
 * Holm's procedure over all cases compared.
 */
export function compareCampaigns(a: readonly CaseResult[], b: readonly CaseResult[]): Comparison {
  // Rounds of two campaigns are not the same rounds, whatever their numbers.
  const apart = b.map((result) => ({ ...result, figures: result.figures.map(({ value }) => ({ round: -1, value })) }));
  return comparison(paired(a, apart, caseKey), 'table', () => null);
}

/** Cases of one campaign that differ in nothing but the switch: the verdicts of their groups, where they are judged there. */
export function compareSwitches(results: readonly CaseResult[], a: string, b: string): Comparison {
  const of = (id: string) => results.filter((result) => result.case.switch === id);
  const groups = new Map(groupCases(results).map((caseGroup) => [groupKey(caseGroup.group), judgeGroup(caseGroup)]));
  const inGroup = ({ a: first, b: second }: MeasuredPair): Compared | null => {
    const judged = groups.get(groupKey(groupOf(first.case)));
    const isJudged = [first, second].every((one) => judged?.contenders.includes(one) === true);
    return judged === undefined || !isJudged
      ? null
      : judged.standing.compare(caseKey(first.case), caseKey(second.case));
  };
  return comparison(paired(of(a), of(b), alikeKey), 'group', inGroup);
}

interface Pair {
  a: CaseResult | undefined;
  b: CaseResult | undefined;
}
interface MeasuredPair {
  a: CaseResult;
  b: CaseResult;
}

function paired(a: readonly CaseResult[], b: readonly CaseResult[], keyOf: (testCase: TestCase) => string): Pair[] {
  const others = new Map(b.map((result) => [keyOf(result.case), result]));
  const own = new Set(a.map((result) => keyOf(result.case)));
  return [
    ...a.map((result) => ({ a: result, b: others.get(keyOf(result.case)) })),
    ...b.filter((result) => !own.has(keyOf(result.case))).map((result) => ({ a: undefined, b: result })),
  ];
}

/** Judges pairs, each within its group where it has one, and the others together. */
function comparison(
  pairs: readonly Pair[],
  family: Comparison['family'],
  inGroup: (pair: MeasuredPair) => Compared | null,
): Comparison {
  const able = pairs.flatMap((pair) => (whyNot(pair) === null && isMeasured(pair) ? [pair] : []));
  const known = new Map(able.map((pair) => [pair, inGroup(pair)]));
  const others = able.filter((pair) => known.get(pair) === null);
  const judged = judgePairs(
    others.map(({ a, b }) => ({ a: contenderOf(a), b: contenderOf(b), better: betterOf(groupOf(a.case)) })),
  );
  for (const [index, pair] of others.entries()) known.set(pair, judged[index] ?? null);
  const cases = pairs.flatMap((pair) => comparedCase(pair, isMeasured(pair) ? (known.get(pair) ?? null) : null) ?? []);
  return { cases, compared: cases.filter(({ verdict }) => verdict !== 'not compared').length, family };
}

function isMeasured(pair: Pair): pair is MeasuredPair {
  return pair.a !== undefined && pair.b !== undefined;
}

/** Why the cases of a pair cannot be compared; null where they can. */
function whyNot({ a, b }: Pair): string | null {
  if (a === undefined) return 'only in B';
  if (b === undefined) return 'only in A';
  if (decidingFigure(a) === null) return `not measured in A: ${a.reason ?? a.outcome}`;
  if (decidingFigure(b) === null) return `not measured in B: ${b.reason ?? b.outcome}`;
  if (a.flags.includes('super-packets') !== b.flags.includes('super-packets')) {
    return 'packets crossed as super-packets on one side only';
  }
  if (keptPace(a) && keptPace(b)) return 'both received what was asked for: the rate decides, not the switch';
  return null;
}

function comparedCase(pair: Pair, compared: Compared | null): ComparedCase | null {
  const { a, b } = pair;
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
  const untold = { effect: null, pValue: null, pCorrected: null, method: null, roundsMore: null } as const;
  if (compared === null)
    return { ...common, ...untold, verdict: 'not compared', reason: whyNot(pair) ?? 'not measured' };
  const { verdict, effect, pValue, pCorrected, method, roundsMore, rounds, roundsMin } = compared;
  if (verdict === 'too few rounds') {
    return { ...common, ...untold, verdict: 'not compared', reason: tooFewRounds(Math.min(...rounds), roundsMin) };
  }
  return { ...common, verdict, effect, pValue, pCorrected, method, roundsMore };
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
  // Of a machine whose older record does not tell them, they are not unlike.
  const told = a.topology !== null && b.topology !== null;
  return unlikeIn([
    ...fields.map((field) => [field, a[field], b[field]] as const),
    ...(told ? ([['CPUs', layoutOf(a), layoutOf(b)]] as const) : []),
  ]);
}

/** How many CPUs, cores, sockets, nodes and caches there are, by kind: hyperthreads that were switched off make another machine. */
export function layoutOf({ cpus, topology }: Inventory): string {
  const count = (of: (cpu: Cpu) => unknown) => new Set(cpus.map(of)).size;
  const kinds = [...Map.groupBy(cpus, ({ kind }) => kind).values()].map(({ length }) => length).join(' + ');
  const caches = Map.groupBy(topology?.caches ?? [], ({ level, sizeKib }) => `L${level} ${sizeKib ?? '?'} KiB`);
  const places = [
    `${kinds} online on ${count(({ socket, core }) => `${socket}/${core}`)} cores`,
    `${count(({ socket }) => socket)} sockets`,
    `${count(({ node }) => node)} nodes`,
    ...[...caches].map(([name, those]) => `${those.length} × ${name}`),
  ];
  return places.join(', ');
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

/**
 * A campaign as if it had been measured on the testbed that another one names, where each has one: a name tells two machines of one lab
 * apart, and no figure. Whether they are alike is for `unlikeHosts` to tell. As it is where one of them has several.
 */
export function onTestbedOf(other: Hosts, campaign: CampaignResult): CampaignResult {
  const [[theirs, ...more], [own, ...others]] = [testbedsOf(other), testbedsOf(campaign)];
  if (theirs === undefined || theirs === own || more.length > 0 || others.length > 0) return campaign;
  return {
    ...campaign,
    hosts: campaign.hosts.map((host) => ({ ...host, testbed: theirs })),
    results: campaign.results.map((one) => ({ ...one, case: { ...one.case, testbed: theirs } })),
  };
}

/** Which programs were not the same, byte for byte, where both campaigns tell. */
export function unlikePrograms(a: Hosts, b: Hosts): Unlike[] {
  return a.hosts.flatMap((left) => {
    const right = b.hosts.find(({ testbed, role }) => testbed === left.testbed && role === left.role);
    if (right === undefined) return [];
    const [was, is] = [left.inventory.versions, right.inventory.versions];
    const sums = Object.keys(was).filter((key) => key.startsWith(PROGRAM_SUM) && key in is);
    return unlikeIn(sums.map((key) => [nameIn(left.testbed, left.role, key), was[key], is[key]]));
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
    ...unlikeSearches(a.search, b.search),
    ...hosts,
  ];
}

/** Capacities for other objectives, or within other bounds, are other figures. A campaign without has none to compare. */
function unlikeSearches(a: SearchSettings | null, b: SearchSettings | null): Unlike[] {
  if (a === null || b === null) return [];
  const written = ({ objectives }: SearchSettings) => objectives.map(writtenObjective).join(',');
  return unlikeIn([
    ['objectives', written(a), written(b)],
    ['width', a.widthRatio, b.widthRatio],
    ['duration sum (ms)', a.durationSumMs, b.durationSumMs],
    ['budget (ms)', a.budgetMs ?? 'none', b.budgetMs ?? 'none'],
  ]);
}

/** All that has changed between two records of a host: another machine, another state of it, other programs. */
export function changesOf(before: HostRecord, after: HostRecord): Unlike[] {
  const machine = unlikeMachines(before.inventory, after.inventory).map((unlike) => ({
    ...unlike,
    what: nameIn(before.testbed, before.role, unlike.what),
  }));
  return [...machine, ...unlikeStates(before, after)];
}

function unlikeStates(left: HostRecord, right: HostRecord): Unlike[] {
  const { testbed, role, inventory: a } = left;
  const { inventory: b } = right;
  const records = (name: string, of: (inventory: Inventory) => Record<string, string>) => {
    const [ofA, ofB] = [of(a), of(b)];
    return [...new Set([...Object.keys(ofA), ...Object.keys(ofB)])].map(
      (key) => [`${name} ${key}`, ofA[key], ofB[key]] as const,
    );
  };
  return unlikeIn([
    ['vswbench', a.vswbenchVersion, b.vswbenchVersion],
    ['commit', a.vswbenchCommit, b.vswbenchCommit],
    ['kernel command line', a.kernelCommandLine, b.kernelCommandLine],
    ['CPUs used', usedCpus(a), usedCpus(b)],
    ['clock source', a.clocksource, b.clocksource],
    ...records('version of', ({ versions }) => askedByBoth(versions, a.versions, b.versions)),
    ...records('knob', ({ knobs }) => knobs),
    ...unlikeKnobs(left, right),
    ...records('mitigation', ({ mitigations }) => mitigations),
  ]).map((unlike) => ({ ...unlike, what: nameIn(testbed, role, unlike.what) }));
}

/** A campaign asks for the switches alone that it names, and lacks those of others; older records lack sums. */
function askedByBoth(
  versions: Inventory['versions'],
  ...both: readonly Inventory['versions'][]
): Inventory['versions'] {
  const isAsked = ([key]: [string, string]) =>
    !(key.startsWith('switch ') || key.startsWith(PROGRAM_SUM)) || both.every((one) => key in one);
  return Object.fromEntries(Object.entries(versions).filter(isAsked));
}

/** How each knob stood while trials ran, where both campaigns tell. */
function unlikeKnobs({ tuning: a }: HostRecord, { tuning: b }: HostRecord): [string, string, string][] {
  return a.flatMap((left): [string, string, string][] => {
    const right = b.find(({ knob }) => knob === left.knob);
    return right === undefined ? [] : [[`tuning of ${left.knob}`, stood(left), stood(right)]];
  });
}

function stood({ state, before, after }: KnobRecord): string {
  if (state === 'lost') return 'changed on the way';
  return (state === 'off' || state === 'refused' ? before : after) ?? 'none';
}

/** Records of older versions do not tell. */
function usedCpus({ cpus, topology }: Inventory): string | null {
  return topology === null ? null : formatCpuList(cpus.flatMap(({ id, allowed }) => (allowed ? [id] : [])));
}

type Value = string | number | null | undefined;

function unlikeIn(rows: readonly (readonly [string, Value, Value])[]): Unlike[] {
  const spelled = (value: Value): string => (value === null || value === undefined ? 'none' : String(value));
  return rows.map(([what, a, b]) => ({ what, a: spelled(a), b: spelled(b) })).filter((row) => row.a !== row.b);
}
