// SPDX-License-Identifier: Apache-2.0
// What throughput costs in CPUs, a figure for each testbed and place.
import type { CampaignResult } from '../model/result.ts';
import { groupOf } from '../stats/group.ts';
import { type Chart, measuredCases } from './chart.ts';
import { costFigure, groupOfCost } from './figures/cost-figure.ts';
import { figureChart } from './figures/figure-chart.ts';
import { capital, common, describeGroup, varying, whereOf } from './format.ts';

/** Of each set of parameters that has several switches or numbers of pairs to compare. */
export function costCharts(result: CampaignResult): Chart[] {
  // A super-packet costs what a packet costs, and carries dozens: beside them nothing else could be seen.
  const cases = measuredCases(result, 'throughput').filter((one) => !one.flags.includes('super-packets'));
  const shown = [...Map.groupBy(cases, groupOfCost).values()].filter(
    (group) => new Set(group.map((one) => `${one.case.switch} ${one.case.pairs}`)).size > 1,
  );
  const places = Map.groupBy(shown.flat(), (one) => `${one.case.testbed} ${one.case.location}`);
  return [...places.values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const names = varying(some.map((one) => groupOf(one.case)));
    const figure = costFigure(some, {
      id: 'cost',
      title: `Throughput and what it costs${whereOf(result, groupOf(first.case))}`,
      caption: `${capital(describeGroup(first.case, common(result, first.case, ['pairs', ...names])))}. A point is the median of a case, its whisker the 95 % interval of the throughput; up and to the left is better. Whoever polls uses a whole CPU, however few packets come.`,
    });
    if (figure === null) return [];
    const chart = figureChart(figure);
    return [
      figure.y.scale === 'log' ? { ...chart, caption: `${chart.caption} The vertical axis is logarithmic.` } : chart,
    ];
  });
}
