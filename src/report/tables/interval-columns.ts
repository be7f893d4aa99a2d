// SPDX-License-Identifier: Apache-2.0
import type { CaseResult, Interval } from '../../model/result.ts';
import type { Column } from './columns.ts';

/** A figure that has an interval. */
export interface IntervalFigure {
  /** Name of the median's column, with which those of the others begin. */
  prefix: string;
  unit: string;
  title: string;
  of(result: CaseResult): Interval | null | undefined;
}

/** Its median, the bounds, how they were made, and of how many trials. */
export function intervalColumns({ prefix, unit, title, of }: IntervalFigure): Column<CaseResult>[] {
  return [
    {
      name: prefix,
      type: 'number',
      unit,
      meaning: `${title}: median of the trials`,
      of: (result) => of(result)?.median,
    },
    {
      name: `${prefix}_ci_low`,
      type: 'number',
      unit,
      meaning: `${title}: lower bound of its 95 % interval`,
      of: (result) => of(result)?.ciLow,
    },
    {
      name: `${prefix}_ci_high`,
      type: 'number',
      unit,
      meaning: `${title}: upper bound`,
      of: (result) => of(result)?.ciHigh,
    },
    {
      ...{ name: `${prefix}_method`, type: 'text', unit: null },
      meaning: `${title}: how the interval was made: \`order-statistics\`, \`student-t\`, \`pooled\` or \`none\``,
      of: (result) => of(result)?.method,
    },
    {
      name: `${prefix}_trials`,
      type: 'integer',
      unit: 'trials',
      meaning: `${title}: trials in the median`,
      of: (result) => of(result)?.trials,
    },
  ];
}
