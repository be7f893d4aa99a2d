// SPDX-License-Identifier: Apache-2.0
// Of each dimension of a campaign, which share of the variation of its deciding figure is the switch's, the framework's and that of what was
// swept. Campaigns have gaps; the largest full part of what was measured is told of, and what was left out.
// docs/decisions/0042-shares-of-variance.md has why.
import { DECIDING } from '../model/deciding.ts';
import type { Dimension } from '../model/parameter.ts';
import { GROUP_KEYS, type GroupKey, writtenOf } from '../model/parameters.ts';
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { ioName, type TestCase } from '../model/testcase.ts';
import { groupCases } from './group.ts';
import { type Allocation, allocateVariation } from './variation.ts';
import { contendersOf, decidingFigure } from './verdict.ts';

/** What varies: `path` is switch and framework as one, where too few of their combinations exist to tell them apart. */
export type FactorKey = 'switch' | 'framework' | 'path' | Exclude<GroupKey, 'testbed' | 'dimension'>;

export interface Factor {
  key: FactorKey;
  /** In the campaign's order, as options take them. */
  levels: readonly string[];
}

export interface Variation {
  dimension: Dimension;
  testbed: string;
  /** Of logarithms, factors count and not differences; a figure that may be 0 is taken as it is. */
  scale: 'logarithm' | 'plain';
  /** As the places in `allocation` have them. */
  factors: readonly Factor[];
  /** Cases and rounds that it is of, and how many cases there were. */
  cases: number;
  casesMeasured: number;
  rounds: number;
  /** Levels without which the design is full. */
  leftOut: readonly { key: FactorKey; level: string }[];
  allocation: Allocation;
}

/** One for each dimension on each testbed that has two factors or more in a full design, and two rounds. */
export function variationsOf({ results }: Pick<CampaignResult, 'results'>): Variation[] {
  const contenders = new Set(groupCases(results).flatMap(contendersOf));
  const inOrder = results.filter((one) => contenders.has(one));
  const those = Map.groupBy(inOrder, ({ case: { dimension, testbed } }) => `${dimension} ${testbed}`);
  return [...those.values()].flatMap(variationOf);
}

function variationOf(measured: readonly CaseResult[]): Variation[] {
  const [first] = measured;
  if (first === undefined) return [];
  const design = fullDesign(wellMeasured(measured));
  const rounds = commonRounds(design.cases);
  const factors = design.factors.filter(({ levels }) => levels.length > 1);
  // A path stands for two factors.
  const told = factors.reduce((count, { key }) => count + (key === 'path' ? 2 : 1), 0);
  if (told < 2) return [];
  const values = design.cases.flatMap((one) =>
    one.figures
      .filter(({ round }) => rounds.has(round))
      .map(({ round, value }) => ({ levels: factors.map(({ key }) => levelOf(key, one.case)), round, value })),
  );
  const { dimension, testbed } = first.case;
  const isRatio = DECIDING[dimension].unit !== 'ms' && values.every(({ value }) => value > 0);
  const allocation = allocateVariation(
    factors.length,
    isRatio ? values.map((one) => ({ ...one, value: Math.log(one.value) })) : values,
  );
  if (allocation === null) return [];
  return [
    {
      ...{ dimension, testbed, scale: isRatio ? 'logarithm' : 'plain', factors, leftOut: design.leftOut },
      ...{ cases: design.cases.length, casesMeasured: measured.length, rounds: rounds.size, allocation },
    },
  ];
}

/** Without those that lack more than half of the rounds: a case that failed twice of three times would take the rounds of all others along. */
function wellMeasured(cases: readonly CaseResult[]): CaseResult[] {
  const most = Math.max(...cases.map(({ figures }) => figures.length));
  return cases.filter((one) => decidingFigure(one) !== null && 2 * one.figures.length >= most);
}

function commonRounds(cases: readonly CaseResult[]): Set<number> {
  const [first, ...others] = cases.map(({ figures }) => new Set(figures.map(({ round }) => round)));
  return others.reduce((common, rounds) => common.intersection(rounds), first ?? new Set());
}

interface Design {
  cases: readonly CaseResult[];
  factors: readonly Factor[];
  leftOut: readonly { key: FactorKey; level: string }[];
}

const SWEPT = GROUP_KEYS.filter((key) => key !== 'testbed' && key !== 'dimension');

/** Switch and framework apart, where half of the cases or more are left by that; else as one. */
function fullDesign(cases: readonly CaseResult[]): Design {
  const apart = filled(cases, ['switch', 'framework', ...SWEPT]);
  const vary = (design: Design) => design.factors.every(({ key, levels }) => !isPart(key) || levels.length > 1);
  if (!vary({ cases, factors: factorsOf(cases, ['switch', 'framework']), leftOut: [] })) return apart;
  return vary(apart) && 2 * apart.cases.length >= cases.length ? apart : filled(cases, ['path', ...SWEPT]);
}

function isPart(key: FactorKey): boolean {
  return key === 'switch' || key === 'framework';
}

/** Leaves out one level after another, that which lacks most of its combinations first, until none is missing. */
function filled(all: readonly CaseResult[], keys: readonly FactorKey[]): Design {
  let cases = all;
  const leftOut: { key: FactorKey; level: string }[] = [];
  for (;;) {
    const factors = factorsOf(cases, keys);
    const expected = factors.reduce((product, { levels }) => product * levels.length, 1);
    const sparsest = cases.length === expected ? null : sparsestLevel(cases, factors, expected);
    if (sparsest === null) return { cases, factors, leftOut };
    const { key, level } = sparsest;
    leftOut.push({ key, level });
    cases = cases.filter((one) => levelOf(key, one.case) !== level);
  }
}

function factorsOf(cases: readonly CaseResult[], keys: readonly FactorKey[]): Factor[] {
  return keys.map((key) => ({ key, levels: [...new Set(cases.map((one) => levelOf(key, one.case)))] }));
}

/** Of two that lack as much, the one that fewer cases have. */
function sparsestLevel(
  cases: readonly CaseResult[],
  factors: readonly Factor[],
  expected: number,
): { key: FactorKey; level: string } | null {
  const [sparsest] = factors
    .filter(({ levels }) => levels.length > 1)
    .flatMap(({ key, levels }) => {
      const counts = Map.groupBy(cases, (one) => levelOf(key, one.case));
      return levels.map((level) => {
        const count = counts.get(level)?.length ?? 0;
        return { key, level, count, present: (count * levels.length) / expected };
      });
    })
    .sort((a, b) => a.present - b.present || a.count - b.count);
  return sparsest ?? null;
}

function levelOf(key: FactorKey, testCase: TestCase): string {
  switch (key) {
    case 'switch':
      return testCase.switch;
    case 'framework':
      return ioName(testCase);
    case 'path':
      return `${testCase.switch} with ${ioName(testCase)}`;
    default:
      return writtenOf(key, testCase[key]);
  }
}
