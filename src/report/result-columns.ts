// SPDX-License-Identifier: Apache-2.0
// The figures of a case, once: the tables of the terminal, of the page, of Markdown and of LaTeX, and `export --what cases` come from here.
import type { CaseResult } from '../model/result.ts';
import { depth, longestBurst } from './columns/burst.ts';
import { found } from './columns/capacity.ts';
import { blocked, churnDelay, churnLost, churnRate, firstPacket } from './columns/churn.ts';
import type { ResultColumn, ShownColumn } from './columns/column.ts';
import { cpus, trials } from './columns/effort.ts';
import { rttMean, rttP50, rttP99, rttP999 } from './columns/latency.ts';
import { background, fairness, flooded, flows, loss } from './columns/loss.ts';
import { ceiling, gigabits, lineRate, perCpu, throughput, ways } from './columns/rate.ts';

/** In the order in which tables show them. */
export const resultColumns: readonly ResultColumn[] = [
  throughput,
  found,
  gigabits,
  lineRate,
  ceiling,
  perCpu,
  rttP50,
  rttMean,
  rttP99,
  rttP999,
  longestBurst,
  depth,
  churnRate,
  blocked,
  churnDelay,
  firstPacket,
  churnLost,
  loss,
  ways,
  background,
  flooded,
  flows,
  fairness,
  cpus,
  trials,
];

/** The columns of a table of measured cases of one dimension. */
export function shownColumns(
  cases: readonly CaseResult[],
  list: readonly ResultColumn[] = resultColumns,
): readonly ShownColumn[] {
  const dimension = cases[0]?.case.dimension;
  return list.flatMap(({ dimensions, shown }) =>
    dimension !== undefined && dimensions.includes(dimension) ? shown(cases) : [],
  );
}
