// SPDX-License-Identifier: Apache-2.0
// The answer in words: one sentence or two for each group of comparable cases.
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { ioName } from '../model/testcase.ts';
import type { Group } from '../stats/group.ts';
import { lineRateRatio } from '../stats/line-rate.ts';
import { ceilingOf, decidingFigure, type Verdict, verdicts } from '../stats/verdict.ts';
import {
  bounds,
  caseName,
  listed,
  MICROSECONDS,
  percentOfLine,
  ppsScale,
  quantity,
  type Scale,
  withUnit,
} from './format.ts';

/** How many tied cases are named before the rest is only counted. */
const NAMED_MAX = 4;

/** What a verdict says, at two lengths. Only `detail` ends in a full stop. */
export interface Answer {
  group: Group;
  /** Null where there is none. */
  winner: CaseResult | null;
  /** The core. */
  headline: string;
  /** What the core rests on. */
  detail: string;
  /** Both in one sentence, without the figures that stand in a table beside it. */
  sentence: string;
}

/** One answer a group, in the campaign's order. */
export function answers(result: CampaignResult): Answer[] {
  return verdicts(result.results).map((verdict) => ({
    group: verdict.group,
    winner: verdict.verdict === 'winner' ? verdict.winner : null,
    ...withApart(words(verdict, result.results), verdict.apart),
  }));
}

type Words = Pick<Answer, 'headline' | 'detail' | 'sentence'>;

/** Adds those that took no part, being faster or slower at something else. */
function withApart(told: Words, apart: readonly CaseResult[]): Words {
  if (apart.length === 0) return told;
  const why = 'in super-packets and not compared';
  return {
    ...told,
    detail: `${told.detail} Beside it, ${why}: ${named(apart.map((one) => `${caseName(one.case)} ${figure(one)}`))}.`,
    sentence: `${told.sentence}; beside it, ${why}: ${named(apart.map((one) => caseName(one.case)))}`,
  };
}

function words(verdict: Verdict, results: readonly CaseResult[]): Words {
  switch (verdict.verdict) {
    case 'winner':
      return winnerWords(verdict, results);
    case 'no-winner':
      return noWinnerWords(verdict);
    case 'alone': {
      const name = caseName(verdict.only.case);
      const ceiling = ceilingWords(verdict.only, results);
      return {
        headline: `${name}: nothing to compare it with`,
        detail: sentenceOf(`${figureWithBounds(verdict.only)}${ceiling}`),
        sentence: `${name} was measured alone: there is nothing to compare it with${ceiling}`,
      };
    }
    case 'nothing':
      return {
        headline: 'Nothing was measured',
        detail: 'The reasons are listed with the cases.',
        sentence: 'Nothing was measured',
      };
    default:
      return verdict satisfies never;
  }
}

function winnerWords(verdict: Extract<Verdict, { verdict: 'winner' }>, results: readonly CaseResult[]): Words {
  const { winner, runnerUp, group } = verdict;
  const ratio = verdict.ratio.toFixed(2);
  const name = caseName(winner.case);
  const next = caseName(runnerUp.case);
  const ceiling = ceilingWords(winner, results);
  const latency = group.dimension === 'latency';
  const headline = latency ? `${name} answers soonest` : `${name} is the fastest`;
  const compared = latency ? `${ratio} times sooner than the next` : `${ratio} times as much as the next`;
  return {
    headline,
    detail: sentenceOf(`${figureWithBounds(winner)}, ${compared}, ${next} (${figure(runnerUp)})${ceiling}`),
    sentence: `${headline}, ${compared}, ${next}${ceiling}`,
  };
}

function noWinnerWords({ tied, why, group }: Extract<Verdict, { verdict: 'no-winner' }>): Words {
  const inOrder = tied.map((result) => caseName(result.case));
  // Who kept up has no rank among those who did: one order for all groups lets a reader see that they are the same.
  const names = named(why === 'rate-met' ? inOrder.sort() : inOrder);
  switch (why) {
    case 'intervals-overlap':
      return {
        headline: `No winner: ${names} cannot be told apart`,
        detail: `Their 95 % intervals overlap: ${named(tied.map(figureWithBounds))}.`,
        sentence: `No winner: ${names} cannot be told apart (their 95 % intervals overlap)`,
      };
    case 'rate-met':
      return {
        headline: `No winner: ${names} ${tied.length === 2 ? 'both' : 'all'} kept up`,
        detail: `Each received what was asked for (${quantity(group.rate)} packets/s a sender); only a higher rate, or -R max, shows which is faster.`,
        sentence: `No winner: ${names} ${tied.length === 2 ? 'both' : 'all'} received the rate that was asked for`,
      };
    case 'too-few-trials':
      return {
        headline: `No winner: a single trial cannot tell ${names} apart`,
        detail: `The best median is ${tied[0] === undefined ? 'unknown' : figure(tied[0])}; --trials 6 gives each case an interval.`,
        sentence: `No winner: a single trial cannot tell ${names} apart (--trials 6 gives each an interval)`,
      };
    default:
      return why satisfies never;
  }
}

function sentenceOf(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function named(items: readonly string[]): string {
  if (items.length <= NAMED_MAX) return listed(items);
  return listed([...items.slice(0, NAMED_MAX - 1), `${items.length - NAMED_MAX + 1} others`]);
}

/** What the switch costs: the same framework without one. */
function ceilingWords(result: CaseResult, results: readonly CaseResult[]): string {
  const direct = ceilingOf(result, results);
  const [own, bare] = [decidingFigure(result), direct === null ? null : decidingFigure(direct)];
  if (direct === null || own === null || bare === null || bare.median === 0) return '';
  const ratio = own.median / bare.median;
  return result.case.dimension === 'latency'
    ? `; without any switch (direct) ${ioName(result.case)} takes ${figure(direct)}`
    : `; that is ${(100 * ratio).toFixed(0)} % of what ${ioName(result.case)} does without any switch (direct)`;
}

function scaleOf(result: CaseResult): Scale {
  return result.case.dimension === 'latency' ? MICROSECONDS : ppsScale([decidingFigure(result)?.median ?? 0]);
}

function figure(result: CaseResult): string {
  const interval = decidingFigure(result);
  return interval === null ? 'not measured' : withUnit(interval.median, scaleOf(result));
}

function figureWithBounds(result: CaseResult): string {
  const interval = decidingFigure(result);
  const text = `${result.case.dimension === 'latency' ? 'median round trip' : 'received'} ${figure(result)}`;
  const ratio = lineRateRatio(result);
  const line = ratio === null ? '' : `, ${percentOfLine(ratio)} of line rate`;
  if (interval === null || interval.ciLow === null) return `${text}${line}`;
  return `${text} (95 % interval ${bounds(interval, scaleOf(result))})${line}`;
}
