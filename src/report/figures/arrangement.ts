// SPDX-License-Identifier: Apache-2.0
// What of a figure's cases its panels tell apart, and what its lines do: by itself parameters are panels, switches and frameworks lines.
import { type Look, lookAt, lookOf } from '../../model/looks.ts';
import { GROUP_KEYS, type GroupKey, toldOf } from '../../model/parameters.ts';
import type { CaseResult } from '../../model/result.ts';
import { ioName } from '../../model/testcase.ts';
import { superPacketsMark } from '../chart.ts';
import { capital } from '../format.ts';

/** What cases differ in. */
export const ASPECTS = ['switch', 'io', ...GROUP_KEYS] as const;
export type Aspect = 'switch' | 'io' | GroupKey;

/** What is asked for; null is left to the figure. */
export interface Arranging {
  facet: Aspect | null;
  color: Aspect | null;
}

/** What a line is, or a row. */
export interface Line {
  label: string;
  look: Look;
}

export interface Arrangement {
  /** Equal for cases of one panel. */
  keyOf(one: CaseResult): string;
  /** Of its panel; null where there is but one. */
  titleOf(one: CaseResult): string | null;
  lineOf(one: CaseResult): Line;
}

const BY_ITSELF: Arranging = { facet: null, color: null };

/**
 * Lays out some cases, among which `along` is told by the place of a point. With a facet, panels are its values, and lines tell whatever else
 * differs; with a colour alone, lines are its values, and panels tell the rest.
 */
export function arranged(
  cases: readonly CaseResult[],
  along: readonly GroupKey[],
  { facet, color }: Arranging = BY_ITSELF,
): Arrangement {
  const apart = ASPECTS.filter((aspect) => isOfSwitch(aspect) || !along.includes(aspect));
  const differ = apart.filter((aspect) => new Set(cases.map((one) => aspectOf(one, aspect))).size > 1);
  const inPanels = apart.filter((aspect) => isOfPanels(aspect, { facet, color }));
  const titled = differ.filter((aspect) => inPanels.includes(aspect));
  const inLines = apart.filter((aspect) => !inPanels.includes(aspect));
  const named = inLines.filter((aspect) => isOfSwitch(aspect) || differ.includes(aspect));
  const looks = looksOf(cases, named, color ?? (facet === 'switch' ? 'io' : 'switch'));
  return {
    keyOf: (one) => inPanels.map((aspect) => aspectOf(one, aspect)).join(' '),
    titleOf: (one) => (titled.length === 0 ? null : titleOf(one, titled)),
    lineOf: (one) => ({ label: labelOf(one, named), look: looks(one) }),
  };
}

function isOfPanels(aspect: Aspect, { facet, color }: Arranging): boolean {
  if (facet !== null) return aspect === facet;
  return color === null || color === 'switch' ? !isOfSwitch(aspect) : aspect !== color;
}

/** Lines and rows are named by these anyway. */
export function isOfSwitch(aspect: Aspect): aspect is 'switch' | 'io' {
  return aspect === 'switch' || aspect === 'io';
}

/** What an aspect is of a case. */
export function aspectOf(one: CaseResult, aspect: Aspect): string | number | boolean {
  return aspect === 'io' ? ioName(one.case) : one.case[aspect];
}

function toldAs({ case: testCase }: CaseResult, aspect: Aspect): string {
  switch (aspect) {
    case 'switch':
      return testCase.switch;
    case 'io':
      return ioName(testCase);
    default:
      return toldOf(aspect, testCase[aspect]);
  }
}

function titleOf(one: CaseResult, aspects: readonly Aspect[]): string {
  const [first = '', ...others] = aspects;
  const words = first === '' ? '' : toldAs(one, first);
  // A switch is called as it is.
  const begun = first !== '' && isOfSwitch(first) ? words : capital(words);
  return [begun, ...others.map((aspect) => toldAs(one, aspect))].join(', ');
}

function labelOf(one: CaseResult, aspects: readonly Aspect[]): string {
  const path = aspects.filter(isOfSwitch).map((aspect) => toldAs(one, aspect));
  const others = aspects.filter((aspect) => !isOfSwitch(aspect)).map((aspect) => toldAs(one, aspect));
  return [...(path.length === 0 ? [] : [`${path.join(' · ')}${superPacketsMark(one)}`]), ...others].join(', ');
}

/** A switch with its framework looks as it does everywhere. Else the colour tells what it is asked to, and mark and dash whatever else lines tell. */
function looksOf(cases: readonly CaseResult[], named: readonly Aspect[], color: Aspect): (one: CaseResult) => Look {
  const others = named.filter((aspect) => aspect !== color);
  if (color === 'switch' && others.every(isOfSwitch)) return ({ case: one }) => lookOf(one.switch, ioName(one));
  const hues = placesOf(cases, [color]);
  const marks = placesOf(cases, others);
  return (one) => {
    const look = lookAt(hues(one), marks(one));
    if (color !== 'switch') return look;
    const { color: light, darkColor } = lookOf(one.case.switch, ioName(one.case));
    return { ...look, color: light, darkColor };
  };
}

/** Which of the values that there are a case has, from 0; numbers by size, all else in order of appearance. */
function placesOf(cases: readonly CaseResult[], aspects: readonly Aspect[]): (one: CaseResult) => number {
  const keyOf = (one: CaseResult) => aspects.map((aspect) => aspectOf(one, aspect)).join(' ');
  const keys = [...new Set(cases.map(keyOf))];
  const ordered = keys.every((key) => Number.isFinite(Number(key))) ? keys.sort((a, b) => Number(a) - Number(b)) : keys;
  return (one) => Math.max(0, ordered.indexOf(keyOf(one)));
}
