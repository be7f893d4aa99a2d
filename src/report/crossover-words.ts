// SPDX-License-Identifier: Apache-2.0
// Where one path overtakes another along packet size or burst, in words: a line for each two that change places.
import { DECIDING } from '../model/deciding.ts';
import type { CampaignResult, CaseResult } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { CROSSED, type Crossed, type PathPair, pathPairs } from '../stats/crossings.ts';
import type { Crossing, Undecided } from '../stats/crossovers.ts';
import { type Group, groupOf } from '../stats/group.ts';
import { tooFewRounds } from '../stats/standing.ts';
import { caseName, counted, describeGroup, listed, varying, whereOf } from './format.ts';

/** What is said of two paths, without a full stop. */
export interface CrossoverLine {
  pair: PathPair;
  sentence: string;
}

/** Of every two comparable paths. */
export function crossoverLines(result: CampaignResult): CrossoverLine[] {
  const pairs = pathPairs(result);
  const sentenceOf = sentencesAmong(result, pairs);
  return pairs.map((pair) => ({ pair, sentence: sentenceOf(pair) }));
}

/** Lines for people, of some pairs: those that change places, and how many do not. */
export function crossoverSummary(result: CampaignResult, isAsked: (pair: PathPair) => boolean = () => true): string[] {
  const pairs = pathPairs(result);
  const asked = pairs.filter(isAsked);
  // Of thousands of pairs a few change places: the others need no words.
  return [...asked.filter(changesPlaces).map(sentencesAmong(result, pairs)), ...restWords(asked)];
}

function sentencesAmong(result: CampaignResult, pairs: readonly PathPair[]): (pair: PathPair) => string {
  const told = new Map(CROSSED.map((parameter) => [parameter, toldBeside(parameter, pairs)]));
  return (pair) => `${crossoverWords(pair)}${besideWords(result, pair, told.get(pair.parameter) ?? [])}`;
}

function changesPlaces({ crossover: { outcome } }: PathPair): boolean {
  return outcome === 'crosses' || outcome === 'several';
}

/** `Of 12 other pairs 9 keep their order at every value, and 3 cannot be told`. */
function restWords(pairs: readonly PathPair[]): string[] {
  const rest = pairs.filter((pair) => !changesPlaces(pair));
  if (rest.length === 0) return [];
  const kept = rest.filter(({ crossover }) => crossover.outcome === 'never').length;
  const all = `${counted(rest.length, rest.length === pairs.length ? 'pair' : 'other pair')} of paths`;
  if (kept === rest.length) return [`${all}: one is ahead at every value that was measured`];
  const reasons = [
    ...new Set(
      rest.flatMap(({ crossover }) => (crossover.outcome === 'undecided' ? [undecidedWords(crossover.why)] : [])),
    ),
  ];
  const told = kept === 0 ? '' : `${kept} keep their order at every value that was measured, and `;
  return [`${all}: ${told}${rest.length - kept} cannot be told (${reasons.join('; ')})`];
}

/** `From 750 B on (95 % interval 600 to 900), ovs with dpdk is faster than linux-bridge with udp-gso`. */
export function crossoverWords({ parameter, a, b, payload, crossover }: PathPair): string {
  const [nameA, nameB] = [nameOf(a), nameOf(b)];
  const unit = payload ? ', in bits of payload a second (one of them carries super-packets)' : '';
  const is = comparative(a);
  const order = (ahead: 'a' | 'b') => (ahead === 'a' ? `${nameA} ${is} than ${nameB}` : `${nameB} ${is} than ${nameA}`);
  switch (crossover.outcome) {
    case 'crosses': {
      const { crossing } = crossover;
      return `From ${placeWords(parameter, crossing)} on ${order(crossing.above)}${unit}`;
    }
    case 'several': {
      const places = crossover.crossings.map((one) => `from ${placeWords(parameter, one)} on ${order(one.above)}`);
      return `${nameA} and ${nameB} change places more than once: ${listed(places)}${unit}`;
    }
    case 'never':
      return `${order(crossover.ahead)} at every value that was measured${unit}`;
    case 'undecided':
      return `Undecided between ${nameA} and ${nameB}: ${undecidedWords(crossover.why)}${unit}`;
    default:
      return crossover satisfies never;
  }
}

function undecidedWords(why: Undecided): string {
  switch (why.why) {
    case 'too-few-points':
      return `it takes ${why.pointsMin} values that both were measured at`;
    case 'too-few-rounds':
      return tooFewRounds(why.rounds, why.roundsMin);
    case 'noise':
      return why.ahead === null ? 'told apart at no value' : 'told apart at some values, always in the same order';
    default:
      return why satisfies never;
  }
}

function nameOf([first]: readonly CaseResult[]): string {
  return first === undefined ? 'nothing' : caseName(first.case);
}

function comparative([first]: readonly CaseResult[]): string {
  return first !== undefined && DECIDING[first.case.dimension].better === 'lower' ? 'answers sooner' : 'is faster';
}

/** `750 B (95 % interval 600 to 900)`. */
function placeWords(parameter: Crossed, { at, from, to }: Crossing): string {
  return `${valueWords(parameter, at)} (95 % interval ${digits(from)} to ${digits(to)})`;
}

function valueWords(parameter: Crossed, at: number): string {
  switch (parameter) {
    case 'packetSize':
      return `${digits(at)} B`;
    case 'burst':
      return `bursts of ${digits(at)}`;
    default:
      return parameter satisfies never;
  }
}

/** More digits than two would say more than is known. */
function digits(value: number): string {
  return String(Number(value.toPrecision(2)));
}

/** The parameters in which the pairs along this one differ: gone through once, as a campaign of a thousand cases has thousands of pairs. */
function toldBeside(parameter: Crossed, pairs: readonly PathPair[]): (keyof Group)[] {
  const same = pairs.filter((pair) => pair.parameter === parameter);
  const names = varying(same.flatMap((pair) => pair.a.slice(0, 1).map((one) => along(parameter, one.case))));
  return names.filter((name) => name !== parameter && name !== 'testbed' && name !== 'location');
}

function along(parameter: Crossed, testCase: TestCase): Group {
  return groupOf({ ...testCase, [parameter]: 1 });
}

/** What else a pair has that others have not: `, B = 1, testbed lab`. */
function besideWords(result: CampaignResult, { a, parameter }: PathPair, told: readonly (keyof Group)[]): string {
  const [first] = a;
  if (first === undefined) return '';
  const words = told.length === 0 ? '' : `, ${describeGroup(along(parameter, first.case), told)}`;
  return `${words}${whereOf(result, first.case)}`;
}
