// SPDX-License-Identifier: Apache-2.0
// Which share of all variation is the switch's, the framework's and that of what was swept, in words: a line for each dimension.
import { PARAMETERS } from '../model/parameters.ts';
import type { CampaignResult } from '../model/result.ts';
import { type FactorKey, type Variation, variationsOf } from '../stats/variations.ts';

import { capital, counted, listed, namesTestbeds, percentDigits } from './format.ts';

/** An interaction below this share is told together with others. */
const SHARE_TOLD_MIN = 0.01;
/** So many levels that were left out are named; more are counted. */
const LEFT_OUT_MAX = 4;

/** A share and whose it is. */
export interface ShareLine {
  name: string;
  share: number;
}

/** What is said of a dimension. */
export interface VariationLine {
  variation: Variation;
  /** Whose variation, and of how many cases: `Throughput (36 cases, 6 rounds)`. */
  of: string;
  /** Factors and interactions, the largest first; then the round, and what nothing explains. */
  shares: readonly ShareLine[];
  /** What else is to be known: sentences, or nothing. */
  note: string;
  /** All of that in one. */
  sentence: string;
}

export function variationLines(result: CampaignResult): VariationLine[] {
  return variationsOf(result).map((variation) => {
    const of = subjectOf(result, variation);
    const shares = sharesOf(variation);
    const told = shares.map(({ name, share }) => `${name} ${percentOfAll(share)}`).join(', ');
    const note = noteOf(variation);
    return { variation, of, shares, note, sentence: [`${of}: ${told}.`, ...(note === '' ? [] : [note])].join(' ') };
  });
}

/** `61 %`; never none of something. */
export function percentOfAll(share: number): string {
  const percent = 100 * share;
  return percent > 0 && percent < 0.01 ? '<0.01 %' : `${percentDigits(percent)} %`;
}

function subjectOf(
  result: CampaignResult,
  { dimension, testbed, scale, cases, casesMeasured, rounds }: Variation,
): string {
  const where = namesTestbeds(result) ? ` on testbed ${testbed}` : '';
  const how = scale === 'logarithm' ? 'as ratios' : 'as differences';
  const count = cases === casesMeasured ? `${cases}` : `${cases} of ${casesMeasured}`;
  return `${capital(dimension)}${where} (${how}; ${count} cases, ${counted(rounds, 'round')})`;
}

function sharesOf({ factors, allocation }: Variation): ShareLine[] {
  const named = allocation.effects.map((effect) => ({
    ...effect,
    name: effect.factors
      .flatMap((place) => (factors[place] === undefined ? [] : [factorName(factors[place].key)]))
      .join(' × '),
  }));
  const isTold = ({ factors: { length }, share }: (typeof named)[number]) => length === 1 || share >= SHARE_TOLD_MIN;
  const rest = named.filter((effect) => !isTold(effect)).reduce((sum, { share }) => sum + share, allocation.higher);
  const hasRest = factors.length > 2 || named.some((effect) => !isTold(effect));
  return [
    ...named.filter(isTold).sort((a, b) => b.share - a.share),
    ...(hasRest ? [{ name: factors.length > 2 ? 'other interactions' : 'interaction', share: rest }] : []),
    { name: 'round', share: allocation.round },
    { name: 'unexplained', share: allocation.unexplained },
  ].map(({ name, share }) => ({ name, share }));
}

/** As it stands within a sentence. */
function factorName(key: FactorKey): string {
  switch (key) {
    case 'switch':
    case 'framework':
    case 'path':
      return key;
    default: {
      const { axis, title } = PARAMETERS[key];
      // VLAN and IP stay as they are.
      return axis?.by ?? (/^[A-Z][a-z]/.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title);
    }
  }
}

function noteOf({ leftOut, factors }: Variation): string {
  const named = leftOut.map(({ key, level }) => `${factorName(key)} ${level}`);
  const what = named.length > LEFT_OUT_MAX ? `${named.length} levels` : listed(named);
  return [
    ...(leftOut.length === 0 ? [] : [`Left out: ${what}, not measured in every combination.`]),
    ...(factors.some(({ key }) => key === 'path')
      ? ['A path is a switch with a framework: too few of their combinations exist to tell the two apart.']
      : []),
  ].join(' ');
}
