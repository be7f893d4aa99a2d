// SPDX-License-Identifier: Apache-2.0
// Any two campaigns compared: by the same command and tests as on the command line, laid out for the page.
import { z } from 'zod';
import { PARAMETERS } from '../model/parameters.ts';
import type { Interval } from '../model/result.ts';
import { ioName } from '../model/testcase.ts';
import type { ComparisonDocument as Compared } from '../report/comparison.ts';
import {
  caseName,
  decidingScale,
  parameters,
  probability,
  signedPercent,
  varying,
  withUnit,
} from '../report/format.ts';
import type { ComparedCase, Unlike } from '../stats/compare.ts';
import { groupOf } from '../stats/group.ts';
import { cellOf } from './cells.ts';
import { answerOf, complaintOf, type Program } from './command.ts';
import { Complained } from './complained.ts';
import type { ComparisonDocument } from './documents.ts';

/** Two of the store's campaigns. Throws Complained with what the command says where they cannot be compared. */
export async function comparisonOf(
  program: Program,
  a: string,
  b: string,
  acrossMachines: boolean,
  signal: AbortSignal,
): Promise<ComparisonDocument> {
  const told = await answerOf(
    program,
    ['compare', a, b, '--json', ...(acrossMachines ? ['--across-machines'] : [])],
    signal,
  );
  const document = ours(told.stdout);
  if (document === null) throw new Complained(422, complaintOf(told));
  return laidOut(document);
}

/** What our own command has just printed; null where that is no document. */
function ours(text: string): Compared | null {
  return text.startsWith('{') ? DocumentSchema.parse(JSON.parse(text)) : null;
}

const DocumentSchema = z.custom<Compared>((value) => typeof value === 'object' && value !== null && 'cases' in value);

function laidOut({ a, b, machines, conditions, cases, compared, family }: Compared): ComparisonDocument {
  const told = cases.filter(({ verdict }) => verdict !== 'not compared');
  const names = varying(told.map((one) => groupOf(one.case)));
  const count = (verdict: string) => told.filter((one) => one.verdict === verdict).length;
  const where = family === 'table' ? 'this table' : 'cases of the same parameters';
  return {
    ...{ a, b },
    machines: machines.map(unlikeWords),
    conditions: conditions.map(unlikeWords),
    basis: `${compared} cases compared: B is faster in ${count('faster')}, slower in ${count('slower')}, no difference found in ${count('no difference')}. Rank tests, two-sided and corrected: the chance of any false verdict in ${where} is at most 5 %.`,
    columns: [
      { title: 'Case', align: 'left' },
      ...names.map((name) => ({ title: PARAMETERS[name].heading, align: PARAMETERS[name].align })),
      { title: 'A', align: 'right' },
      { title: 'B', align: 'right' },
      { title: 'B/A − 1', align: 'right' },
      { title: '95 % interval', align: 'right' },
      { title: 'p, corrected', align: 'right' },
      { title: 'B is', align: 'left' },
    ],
    rows: told.map((one) => {
      const texts = parameters(one.case);
      return {
        verdict: one.verdict,
        cells: [
          `${one.case.switch} · ${ioName(one.case)}`,
          ...names.map((name) => texts[name].replace(/^.* = | B$/g, '')),
          figureText(one.a, one),
          figureText(one.b, one),
          percentText(one.effect?.percent),
          intervalText(one),
          one.pCorrected === null ? '–' : probability(one.pCorrected),
          one.verdict,
        ].map(cellOf),
        notes: [
          ...one.flagsOnlyInA.map((flag) => `${flag} only in A`),
          ...one.flagsOnlyInB.map((flag) => `${flag} only in B`),
        ],
      };
    }),
    notCompared: cases
      .filter(({ verdict }) => verdict === 'not compared')
      .map((one) => ({ name: caseName(one.case), reason: one.reason ?? '' })),
  };
}

function unlikeWords({ what, a, b }: Unlike): string {
  return `${what}: ${a} / ${b}`;
}

function figureText(value: Interval | null, { case: { dimension } }: ComparedCase): string {
  return value === null ? '–' : withUnit(value.median, decidingScale(dimension, value.median));
}

function percentText(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : signedPercent(value);
}

function intervalText({ effect }: ComparedCase): string {
  if (effect === null || effect.ciLow === null) return '–';
  return `${percentText(effect.ciLow)} to ${percentText(effect.ciHigh)}`;
}
