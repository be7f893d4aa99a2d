// SPDX-License-Identifier: Apache-2.0
// Capacities: for each case what arrives at the highest rate that meets each objective, and the bounds of that rate.

import type { CampaignResult } from '../model/result.ts';
import { objectiveName } from '../model/search.ts';
import { groupCases } from '../stats/group.ts';
import { ranked } from '../stats/verdict.ts';
import { type Chart, caseLabel, measuredCases, rowNames, rowsHeight, seriesColor, ticksFor } from './chart.ts';
import { capital, common, describeGroup, varying, whereOf } from './format.ts';
import { foundScale } from './found.ts';

/** Height of a case with its gap, pixels, for each objective. */
const OBJECTIVE_STEP = 18;

/** A chart for each group of cases that are compared. */
export function capacityCharts(result: CampaignResult): Chart[] {
  const groups = groupCases(measuredCases(result, 'capacity'));
  const names = varying(groups.map(({ group }) => group));
  return groups.map((group): Chart => {
    const cases = ranked(group);
    const scale = foundScale(cases);
    const rows = cases.flatMap((one) =>
      (one.summary?.found ?? []).map(({ objective, throughputPps, lowerPps, upperPps }) => ({
        ...{ label: caseLabel(one), objective: objectiveName(objective), pps: throughputPps.median / scale.divisor },
        ...{ low: (lowerPps ?? 0) / scale.divisor, high: (upperPps ?? lowerPps ?? 0) / scale.divisor },
      })),
    );
    const objectives = [...new Set(rows.map(({ objective }) => objective))];
    const labels = [...new Set(rows.map(({ label }) => label))];
    const what = capital(describeGroup(group.group, common(result, group.group, names)));
    return {
      title: `Capacity${whereOf(result, group.group)}`,
      caption: `${what}. Bars are what arrives at the highest rate that meets an objective, lines reach from that rate to the lowest that does not.`,
      legend: objectives.map((label, index) => ({ label, color: seriesColor(index) })),
      spec: (width) => {
        const layout = { names: labels, width, step: 14 + OBJECTIVE_STEP * objectives.length, labelPx: 12 };
        return {
          ...{ width, height: rowsHeight(layout) + 60, autosize: { type: 'fit', contains: 'padding' } },
          data: { values: rows },
          encoding: {
            y: rowNames('label', layout),
            yOffset: { field: 'objective', type: 'nominal', sort: objectives },
          },
          layer: [
            {
              mark: { type: 'bar', cornerRadiusEnd: 2 },
              encoding: {
                x: { field: 'pps', type: 'quantitative', title: scale.unit, axis: { tickCount: ticksFor(width) } },
                color: {
                  ...{ field: 'objective', type: 'nominal', legend: null },
                  scale: { domain: objectives, range: objectives.map((_, index) => seriesColor(index)) },
                },
              },
            },
            {
              mark: { type: 'rule', strokeWidth: 2 },
              encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
            },
          ],
        };
      },
    };
  });
}
