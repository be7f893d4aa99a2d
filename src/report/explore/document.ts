// SPDX-License-Identifier: Apache-2.0
// What a figure that can be worked with takes along: its drawing in Vega's language, and what there is to say of the cases in it.
import { DECIDING } from '../../model/deciding.ts';
import type { CampaignResult, CaseResult } from '../../model/result.ts';
import type { Chart } from '../chart.ts';
import type { Explored } from '../figures/explored.ts';
import { compiled } from '../figures/vega-view.ts';
import { capital, caseName, common, decidingScale, describeGroup, withUnit } from '../format.ts';

export interface ExploredCase {
  name: string;
  about: string;
  /** What its rounds tell. */
  figure: string;
  /** In words, in their order. */
  rounds: string[];
  flags: string;
}

export interface ExploredDocument extends Pick<Explored, 'x' | 'y'> {
  title: string;
  spec: object;
  /** By number. */
  cases: Record<number, ExploredCase>;
}

/** What the figures of a page tell of its cases. */
export interface ToldCases {
  /** By which a case is asked for: its place in its campaign, or on the page where that is of several. */
  numbers: ReadonlyMap<CaseResult, number>;
  /** Its parameters. */
  aboutOf(one: CaseResult): string;
}

/** Those of a campaign. */
export function toldCases(result: CampaignResult): ToldCases {
  return {
    numbers: new Map(result.results.map((one, index) => [one, index])),
    aboutOf: (one) => describeGroup(one.case, common(result, one.case)),
  };
}

/** Null where there is nothing to zoom into. */
export function exploredDocument(
  { title, explored }: Chart,
  { numbers, aboutOf }: ToldCases,
  width: number,
): ExploredDocument | null {
  if (explored === undefined) return null;
  const cases: Record<number, ExploredCase> = {};
  const { x, y, spec } = explored(width, (one) => {
    const number = numbers.get(one) ?? -1;
    cases[number] ??= caseOf(one, aboutOf(one));
    return number;
  });
  return { title, x, y, spec: compiled(spec), cases };
}

/** More rounds of a case are only counted: a page does not grow with them. */
const ROUNDS_MAX = 30;

function caseOf(one: CaseResult, about: string): ExploredCase {
  const { dimension } = one.case;
  return {
    ...{ name: caseName(one.case), about, figure: capital(DECIDING[dimension].name), flags: one.flags.join(', ') },
    rounds: [
      ...one.figures.slice(0, ROUNDS_MAX).map(({ value }) => withUnit(value, decidingScale(dimension, value))),
      ...(one.figures.length > ROUNDS_MAX
        ? [`and ${one.figures.length - ROUNDS_MAX} more, which vswbench export has`]
        : []),
    ],
  };
}
