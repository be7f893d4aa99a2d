// SPDX-License-Identifier: Apache-2.0
import type { FoundSummary } from '../../model/result.ts';
import { objectiveName } from '../../model/search.ts';
import { boundsOf, foundScale } from '../found.ts';
import { figures, interval, numbers, type ResultColumn, TURN } from './column.ts';

/** For each objective what arrives at the highest rate that meets it, and between which rates that lies. */
export const found: ResultColumn = {
  key: 'found',
  dimensions: ['capacity'],
  shown(cases) {
    const scale = foundScale(cases);
    const objectives = cases.find(({ summary }) => summary?.found != null)?.summary?.found ?? [];
    return objectives.flatMap(({ objective }, index) => [
      numbers(objectiveName(objective), scale, ({ summary }) => summary?.found?.[index]?.throughputPps.median, {
        ...(index === 0 ? { decides: true } : {}),
      }),
      figures(
        'between',
        null,
        ({ summary }) => {
          const one = summary?.found?.[index];
          return one === undefined ? '–' : boundsOf(one, scale);
        },
        { yields: TURN.bounds },
      ),
      ...(index === 0 && cases.some((one) => one.figures.length > 1)
        ? [interval(scale, ({ summary }) => summary?.found?.[index]?.throughputPps)]
        : []),
    ]);
  },
  exported: [
    {
      ...{ name: 'found_json', type: 'json', unit: null },
      meaning:
        'of a capacity, for each objective: what arrived at the highest rate that met it (a median and its interval), and between which rates that lies, packets/s',
      of: ({ summary }) => (summary?.found == null ? null : JSON.stringify(summary.found.map(exportedOf))),
    },
  ],
};

function exportedOf({ objective, throughputPps, lowerPps, upperPps }: FoundSummary) {
  return { objective: objectiveName(objective), throughputPps, lowerPps, upperPps };
}
