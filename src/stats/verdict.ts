// SPDX-License-Identifier: Apache-2.0
import type { CaseResult, Interval } from '../model/result.ts';
import { ioName, type TestCase } from '../model/testcase.ts';
import { type CaseGroup, type Group, groupCases, groupKey, groupOf } from './group.ts';
import { RATE_KEPT_RATIO } from './pace.ts';

/** Why a group has no winner. */
export type NoWinnerReason = 'intervals-overlap' | 'rate-met' | 'too-few-trials';

/** Which of some comparable cases is the fastest, and which took no part because their packets crossed in super-packets. */
export type Verdict = Finding & { group: Group; apart: CaseResult[] };

type Finding =
  /** `ratio`: how many times faster than the runner-up, by medians (for latency: how many times lower). Above 1. */
  | { verdict: 'winner'; winner: CaseResult; runnerUp: CaseResult; ratio: number }
  /** Best median first; the cases that cannot be told from the best one. */
  | { verdict: 'no-winner'; tied: CaseResult[]; why: NoWinnerReason }
  /** One measured case: there is nothing to compare it with. */
  | { verdict: 'alone'; only: CaseResult }
  | { verdict: 'nothing' };

/** A case with the figure that decides: throughput, or the median round trip. */
interface Contender {
  result: CaseResult;
  figure: Interval;
}

/** The driver that connects containers without any switch: the ceiling of the others, and no answer to which is best. */
export const CEILING = 'direct';

/**
 * One verdict for each group of comparable cases. `direct` is no switch: it takes part only where nothing else was
 * measured. Nor does a case with super-packets show how fast packets are switched: it is compared with its like only,
 * where there is nothing else. A winner is named only if its 95 % interval lies wholly beyond those of all others; a case
 * without bounds (a single trial) can neither win nor be beaten.
 *
 * Two disjoint 95 % intervals are stronger evidence than a 95 % test: for estimates of equal spread they mean a difference
 * of 2 · 1.96 standard errors of one, 2.77 of the difference, so α ≈ 0.6 %. With six trials the interval is the whole
 * range, and two equal cases separate wholly in 2 of C(12,6) = 924 orders: a false winner in 0.22 % of comparisons. More
 * equal cases make it rarer, as one must lie beyond all the others, so no correction for their number is needed within a
 * group. Over many groups the chances add up. With two to five trials the same holds for normal values.
 */
export function verdicts(results: readonly CaseResult[]): Verdict[] {
  return groupCases(results).map(verdictOf);
}

/** The verdict of one group; see `verdicts`. */
export function verdictOf({ group, cases }: CaseGroup): Verdict {
  const all = rank({ group, cases });
  const switches = all.filter(({ result }) => result.case.switch !== CEILING);
  const present = switches.length > 0 ? switches : all;
  const single = present.filter(({ result }) => !result.flags.includes('super-packets'));
  const contenders = single.length > 0 ? single : present;
  const apart = present.filter((contender) => !contenders.includes(contender)).map(({ result }) => result);
  return { ...findingOf(contenders, group), group, apart };
}

function findingOf(contenders: readonly Contender[], group: Group): Finding {
  const [best, second] = contenders;
  if (best === undefined) return { verdict: 'nothing' };
  if (second === undefined) return { verdict: 'alone', only: best.result };
  const met = contenders.filter(({ result }) => keptPace(result));
  if (met.length > 1) return { verdict: 'no-winner', tied: met.map(({ result }) => result), why: 'rate-met' };
  const others = contenders.slice(1);
  if (others.every((other) => beats(best.figure, other.figure, group))) {
    return {
      verdict: 'winner',
      winner: best.result,
      runnerUp: second.result,
      ratio: ratio(best, second, group),
    };
  }
  const tied = contenders.filter((other) => !beats(best.figure, other.figure, group));
  const unbounded = contenders.some(({ figure }) => figure.method === 'none');
  return {
    verdict: 'no-winner',
    tied: tied.map(({ result }) => result),
    why: unbounded ? 'too-few-trials' : 'intervals-overlap',
  };
}

/** The figure by which cases are ranked; null where it was not measured. */
export function decidingFigure(result: CaseResult): Interval | null {
  if (result.outcome !== 'measured' || result.summary === null) return null;
  switch (result.case.dimension) {
    case 'throughput':
      return result.summary.throughputPps;
    case 'latency':
      return result.summary.latencyNs?.rtt?.p50 ?? null;
    default:
      return result.case.dimension satisfies never;
  }
}

/** Equal for cases that have the same ceiling, and for that ceiling. */
export function ceilingKey(testCase: TestCase): string {
  return `${groupKey(groupOf(testCase))} ${ioName(testCase)}`;
}

/**
 * The case without any switch, but otherwise like this one: what the switch is to be judged against. Null if not measured.
 */
export function ceilingOf(result: CaseResult, cases: readonly CaseResult[]): CaseResult | null {
  if (result.case.switch === CEILING) return null;
  const key = ceilingKey(result.case);
  const ceiling = cases.find((other) => other.case.switch === CEILING && ceilingKey(other.case) === key);
  return ceiling === undefined || decidingFigure(ceiling) === null ? null : ceiling;
}

/** The measured cases of a group, best median first. A rank is no verdict: neighbours may be tied. */
export function ranked(caseGroup: CaseGroup): CaseResult[] {
  return rank(caseGroup).map(({ result }) => result);
}

function rank({ group, cases }: CaseGroup): Contender[] {
  const sign = group.dimension === 'latency' ? 1 : -1;
  return cases
    .flatMap((result): Contender[] => {
      const figure = decidingFigure(result);
      return figure === null ? [] : [{ result, figure }];
    })
    .sort((a, b) => sign * (a.figure.median - b.figure.median));
}

function beats(a: Interval, b: Interval, group: Group): boolean {
  if (a.ciLow === null || a.ciHigh === null || b.ciLow === null || b.ciHigh === null) return false;
  return group.dimension === 'latency' ? a.ciHigh < b.ciLow : a.ciLow > b.ciHigh;
}

function ratio(best: Contender, second: Contender, group: Group): number {
  const faster = best.figure.median / second.figure.median;
  return group.dimension === 'latency' ? 1 / faster : faster;
}

/** A paced throughput case that received what was asked for: its figure is the pace, and not how fast its switch is. */
export function keptPace({ case: { dimension, rate }, evidence }: CaseResult): boolean {
  if (dimension !== 'throughput' || rate === 'max' || evidence.measured === 0) return false;
  return evidence.receivedRatio >= RATE_KEPT_RATIO;
}
