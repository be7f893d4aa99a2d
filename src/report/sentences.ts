// SPDX-License-Identifier: Apache-2.0
// The answer in words: one sentence or two for each group of comparable cases.
import { DECIDING } from '../model/deciding.ts';
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { bindingOf, objectiveName } from '../model/search.ts';
import { caseKey, ioName } from '../model/testcase.ts';
import { quantity } from '../model/units.ts';
import type { Group } from '../stats/group.ts';
import { lineRateRatio } from '../stats/line-rate.ts';
import { type Compared, tooFewRounds } from '../stats/standing.ts';
import { CEILING, ceilingOf, decidingFigure, type Verdict, verdicts } from '../stats/verdict.ts';
import {
  bounds,
  capital,
  caseName,
  decidingScale,
  effectWords,
  listed,
  percentDigits,
  percentOfLine,
  type Scale,
  withUnit,
} from './format.ts';

/** How many tied cases are named before the rest is only counted. */
const NAMED_MAX = 4;

/** How many steps of an order are told before the rest is only counted. */
const TIERS_MAX = 8;

/** What a verdict says, at two lengths. Only `detail` ends in a full stop. */
export interface Answer {
  group: Group;
  /** Null where there is none. */
  winner: CaseResult | null;
  /** The best median, which need not be a winner; null where nothing was measured. */
  best: CaseResult | null;
  /** The core. */
  headline: string;
  /** What the core rests on. */
  detail: string;
  /** Both, for a place beside a table that has the other figures; without its last full stop. */
  sentence: string;
}

/** One answer a group, in the campaign's order. */
export function answers(result: CampaignResult): Answer[] {
  return verdicts(result.results).map((verdict) => ({
    group: verdict.group,
    winner: verdict.verdict === 'order' ? verdict.winner : null,
    best: verdict.contenders[0] ?? null,
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
    sentence: `${told.sentence}. Beside it, ${why}: ${named(apart.map((one) => caseName(one.case)))}`,
  };
}

function words(verdict: Verdict, results: readonly CaseResult[]): Words {
  switch (verdict.verdict) {
    case 'order':
      return verdict.winner === null ? noWinnerWords(verdict) : winnerWords(verdict, verdict.winner, results);
    case 'rate-met':
      return rateMetWords(verdict);
    case 'too-few-rounds':
      return tooFewWords(verdict);
    case 'alone':
      return aloneWords(verdict.only, results);
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

type Order = Extract<Verdict, { verdict: 'order' }>;

function winnerWords(verdict: Order, winner: CaseResult, results: readonly CaseResult[]): Words {
  const name = caseName(winner.case);
  const [, next] = verdict.contenders;
  const beside = next === undefined ? '' : `. Next, ${besideWords(verdict, winner, next)}`;
  const order = verdict.contenders.length > 2 ? orderWords(verdict) : '';
  const ceiling = ceilingWords(winner, results);
  const headline = `${name} ${DECIDING[verdict.group.dimension].wins}`;
  return {
    headline,
    detail: sentenceOf(`${figureWithBounds(winner)}${ceiling}${beside}${order}`),
    sentence: `${headline}: ${figure(winner)}${ceiling}${beside}${order}`,
  };
}

function noWinnerWords(verdict: Order): Words {
  const { leaders, standing } = verdict;
  const [best, second] = leaders;
  // In one order whatever their medians: `A and B` and `B and A` are one finding.
  const headline = `No winner: ${named(leaders.map((one) => caseName(one.case)).sort())} cannot be told apart`;
  if (best === undefined || second === undefined) return { headline, detail: `${headline}.`, sentence: headline };
  const compared = standing.compare(caseKey(best.case), caseKey(second.case));
  const order = verdict.tiers.length > 1 ? orderWords(verdict) : '';
  const told = `${besideWords(verdict, best, second)}, ${noiseWords(compared)}${order}`;
  return {
    headline,
    detail: sentenceOf(`${figureWithBounds(best)}; beside it ${told}`),
    sentence: `${headline}: ${leaders.length === 2 ? '' : 'the first two, '}${told}`,
  };
}

/** `ovs with dpdk −33 % (−48 to −5 %, p = 0.009)`: how a case does beside another. */
function besideWords({ standing }: Order, one: CaseResult, other: CaseResult): string {
  return `${caseName(other.case)} ${effectWords(standing.compare(caseKey(one.case), caseKey(other.case)))}`;
}

/** How far noise reaches, and what would help. */
export function noiseWords({ effect, rounds, roundsMin, roundsMore }: Compared): string {
  if (effect === null || effect.ciLow === null || effect.ciHigh === null) {
    return tooFewRounds(Math.min(...rounds), roundsMin);
  }
  const reach = `±${percentDigits((effect.ciHigh - effect.ciLow) / 2)} %`;
  if (roundsMore === null) return `within ±${percentDigits(Math.max(-effect.ciLow, effect.ciHigh))} %`;
  return `too noisy: ${reach}; ${roundsMore} more ${roundsMore === 1 ? 'round' : 'rounds'} would tell`;
}

/** A sentence more: the whole order, best first, as far as it goes. */
function orderWords({ tiers, contenders, group }: Order): string {
  const isSwitchAlone = new Set(contenders.map((one) => one.case.switch)).size === contenders.length;
  const nameOf = ({ case: testCase }: CaseResult) => (isSwitchAlone ? testCase.switch : caseName(testCase));
  const texts = tiers.map((tier) => (tier.length === 1 ? tier.map(nameOf).join() : `[${tier.map(nameOf).join(', ')}]`));
  const shown =
    texts.length > TIERS_MAX ? [...texts.slice(0, TIERS_MAX - 1), `${texts.length - TIERS_MAX + 1} more`] : texts;
  const steps = tiers.length > 2 ? 'each step significant' : 'a significant step';
  const joined = tiers.some(({ length }) => length > 1) ? '; within brackets the order is not certain' : '';
  return `. In order${DECIDING[group.dimension].ordered}: ${shown.join(' > ')}, ${steps}${joined}`;
}

function rateMetWords({ tied, group }: Extract<Verdict, { verdict: 'rate-met' }>): Words {
  // Who kept up has no rank among those who did: one order for all groups lets a reader see that they are the same.
  const names = named(tied.map((result) => caseName(result.case)).sort());
  const all = tied.length === 2 ? 'both' : 'all';
  return {
    headline: `No winner: ${names} ${all} kept up`,
    detail: `Each received what was asked for (${quantity(group.rate)} packets/s a sender); only a higher rate, or -R max, shows which is faster.`,
    sentence: `No winner: ${names} ${all} received the rate that was asked for`,
  };
}

function tooFewWords({ contenders, roundsMin }: Extract<Verdict, { verdict: 'too-few-rounds' }>): Words {
  const names = named(contenders.map((result) => caseName(result.case)));
  const rounds = Math.min(...contenders.map(({ figures }) => figures.length));
  const headline = `No winner: ${tooFewRounds(rounds, roundsMin)}`;
  const best = contenders[0] === undefined ? 'unknown' : figure(contenders[0]);
  return {
    headline,
    detail: `The best median is ${best}; --trials ${roundsMin} or more tells ${names} apart, as far as they differ.`,
    sentence: `No winner of ${names}: ${tooFewRounds(rounds, roundsMin)} (--trials ${roundsMin})`,
  };
}

function aloneWords(only: CaseResult, results: readonly CaseResult[]): Words {
  const name = caseName(only.case);
  const what = only.case.switch === CEILING ? 'was measured, and no switch' : 'is the only switch measured';
  const ceiling = ceilingWords(only, results);
  const shared = ceiling === '' && only.flags.includes('shared-cpu') ? ', on a shared CPU' : '';
  return {
    headline: `${name} ${what}`,
    detail: sentenceOf(`${figureWithBounds(only)}${shared}${ceiling}`),
    sentence: `${name} ${what}: ${figure(only)}${shared}${ceiling}`,
  };
}

function sentenceOf(text: string): string {
  return `${capital(text)}.`;
}

function named(items: readonly string[]): string {
  if (items.length <= NAMED_MAX) return listed(items);
  return listed([...items.slice(0, NAMED_MAX - 1), `${items.length - NAMED_MAX + 1} others`]);
}

/** Applications that had this much more CPU without a switch than with one had another machine. */
const CPUS_ALIKE_RATIO = 1.1;

/**
 * What the switch costs: the same framework without one. Where the applications had less CPU beside the switch, the share is not the
 * switch's alone, and the CPUs are told with it.
 */
function ceilingWords(result: CaseResult, results: readonly CaseResult[]): string {
  const direct = ceilingOf(result, results);
  const [own, bare] = [decidingFigure(result), direct === null ? null : decidingFigure(direct)];
  if (direct === null || own === null || bare === null || bare.median === 0) return '';
  const cpus = cpuWords(result, direct);
  if (result.case.dimension === 'latency') {
    return `; without any switch (direct) ${ioName(result.case)} takes ${figure(direct)}${cpus}`;
  }
  return `; that is ${((100 * own.median) / bare.median).toFixed(0)} % of what ${ioName(result.case)} does without any switch (direct)${cpus}`;
}

function cpuWords(result: CaseResult, direct: CaseResult): string {
  const [own, bare] = [result, direct].map(({ summary }) =>
    summary === null ? 0 : summary.cpu.sender + summary.cpu.receiver,
  );
  if (own === undefined || bare === undefined || bare <= CPUS_ALIKE_RATIO * own) return '';
  const shared = result.flags.includes('shared-cpu') ? 'on a shared CPU: ' : '';
  return `, ${shared}its applications had ${own.toFixed(2)} CPUs, and without a switch ${bare.toFixed(2)}`;
}

function scaleOf(result: CaseResult): Scale {
  return decidingScale(result.case.dimension, decidingFigure(result)?.median ?? 0);
}

function figure(result: CaseResult): string {
  const interval = decidingFigure(result);
  return interval === null ? 'not measured' : withUnit(interval.median, scaleOf(result));
}

/** What the figure is that decides. */
function figureName({ case: { dimension }, summary }: CaseResult): string {
  const binding = bindingOf(
    (summary?.found ?? []).map(({ objective, throughputPps }) => ({ objective, throughputPps: throughputPps.median })),
  );
  if (binding !== null) return objectiveName(binding.objective);
  return DECIDING[dimension].name;
}

function figureWithBounds(result: CaseResult): string {
  const interval = decidingFigure(result);
  const text = `${figureName(result)} ${figure(result)}`;
  const ratio = lineRateRatio(result);
  const line = ratio === null ? '' : `, ${percentOfLine(ratio)} of line rate`;
  if (interval === null || interval.ciLow === null) return `${text}${line}`;
  return `${text} (95 % interval ${bounds(interval, scaleOf(result))})${line}`;
}
