// SPDX-License-Identifier: Apache-2.0
// Capacities: for each case what arrives at the highest rate that meets each objective, and the bounds of that rate.
import { lookOf } from '../model/looks.ts';
import type { CampaignResult } from '../model/result.ts';
import { objectiveName } from '../model/search.ts';
import { ioName } from '../model/testcase.ts';
import { groupCases } from '../stats/group.ts';
import { ranked } from '../stats/verdict.ts';
import { type Chart, caseLabel, measuredCases } from './chart.ts';
import type { Series } from './figures/figure.ts';
import { figureChart } from './figures/figure-chart.ts';
import { scaleFor } from './figures/scale.ts';
import { capital, common, describeGroup, inScale, varying, whereOf } from './format.ts';
import { foundScale } from './found.ts';

/** A chart for each group of cases that are compared. */
export function capacityCharts(result: CampaignResult): Chart[] {
  const groups = groupCases(measuredCases(result, 'capacity'));
  const names = varying(groups.map(({ group }) => group));
  return groups.map((group): Chart => {
    const cases = ranked(group);
    const scale = foundScale(cases);
    const told = cases.flatMap((one) => (one.summary?.found ?? []).map((found) => ({ one, ...found })));
    const what = capital(describeGroup(group.group, common(result, group.group, names)));
    return figureChart({
      id: 'capacity',
      title: `Capacity${whereOf(result, group.group)}`,
      caption: `${what}. Bars are what arrives at the highest rate that meets an objective, lines reach from that rate to the lowest that does not.`,
      kind: 'bars',
      x: { title: '', unit: null, scale: 'ordinal' },
      y: {
        title: 'capacity',
        unit: scale.unit,
        scale: scaleFor(told.map(({ throughputPps }) => throughputPps.median)),
      },
      interval: 'the rate between',
      panels: [
        {
          title: null,
          series: told.map(({ one, objective, throughputPps: { median }, lowerPps, upperPps }): Series => {
            const bounds = lowerPps === null || upperPps === null ? null : { low: lowerPps, high: upperPps };
            return {
              label: `${caseLabel(one)}, ${objectiveName(objective)}`,
              look: lookOf(one.case.switch, ioName(one.case)),
              points: [
                {
                  ...{ x: '', y: median / scale.divisor, text: inScale(median, scale), of: one },
                  low: bounds === null ? null : bounds.low / scale.divisor,
                  high: bounds === null ? null : bounds.high / scale.divisor,
                },
              ],
            };
          }),
          gaps: [],
        },
      ],
    });
  });
}
