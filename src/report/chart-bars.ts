// SPDX-License-Identifier: Apache-2.0
// Throughput as bars: the paper's table 2, and the cases of one group.
import { lookOf } from '../model/looks.ts';
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { ioName } from '../model/testcase.ts';
import { type CaseGroup, groupCases, groupKey, groupOf } from '../stats/group.ts';
import { ranked } from '../stats/verdict.ts';
import { type Chart, measuredCases } from './chart.ts';
import { dotsOf } from './dots.ts';
import { heightIn, type Point, type Series } from './figures/figure.ts';
import { figureChart } from './figures/figure-chart.ts';
import { MEASURE_OF } from './figures/measures.ts';
import { rowFigure } from './figures/row-figure.ts';
import { sweeps } from './figures/sweeps.ts';
import { capital, common, describeGroup, inScale, namesTestbeds, type Scale, varying, whereOf } from './format.ts';
import { publishedPps, table2Pps } from './paper.ts';

/** As the paper gives them. */
const KPPS: Scale = { unit: 'kpps', divisor: 1e3, digits: 0 };

/** The grey of what is no switch. */
const PUBLISHED = lookOf('direct', 'udp');

/** The paper's table 2 beside the same cases measured here, a chart for each testbed that has some of them. */
export function table2Charts(result: CampaignResult): Chart[] {
  const comparable = measuredCases(result, 'throughput').filter((one) => publishedPps(one.case) !== null);
  return [...Map.groupBy(comparable, (one) => one.case.testbed).values()].map((cases) => table2Chart(result, cases));
}

function table2Chart(result: CampaignResult, comparable: readonly CaseResult[]): Chart {
  const [first] = comparable;
  const where = first === undefined ? '' : whereOf(result, groupOf(first.case));
  const here = namesTestbeds(result) && first !== undefined ? `testbed ${first.case.testbed}` : 'this machine';
  // Where a campaign has the paper's rate and also none, the paper's it is.
  const paced = comparable.filter((one) => one.case.rate !== 'max');
  const ours = paced.length > 0 ? paced : comparable;
  const drawn = dotsOf(ours);
  const series = Object.entries(table2Pps).flatMap(([io, pps]): Series[] => {
    const some = ours.filter((one) => one.case.io === io);
    if (some.length === 0) return [];
    const published = { x: '', y: pps / KPPS.divisor, low: null, high: null, text: inScale(pps, KPPS) };
    return [
      { label: `${io}, published`, look: PUBLISHED, points: [published] },
      ...some.map((one) => ({
        label: `${io}, ${here}`,
        look: lookOf(one.case.switch, ioName(one.case)),
        points: ownPoints(one, drawn.of(one)),
      })),
    ];
  });
  return figureChart({
    id: 'table-2',
    title: `The paper’s table 2, measured again${where}`,
    caption: `Received throughput of one pair over linux-bridge, 64-byte frames in bursts of 64, more of them intended than the path carries (the paper: 1 Mpps). Bars are medians, whiskers 95 % intervals, dots rounds; the paper gives a single figure. The machines differ, so compare the order and the ratios before the lengths.${drawn.note}`,
    kind: 'bars',
    x: { title: '', unit: null, scale: 'ordinal' },
    y: { title: 'throughput', unit: KPPS.unit, scale: 'linear' },
    panels: [{ title: null, series, gaps: [] }],
  });
}

function ownPoints(one: CaseResult, rounds: readonly number[]): Point[] {
  if (one.summary === null) return [];
  const { throughputPps } = one.summary;
  return [
    {
      ...{ x: '', ...heightIn(throughputPps, KPPS.divisor), n: throughputPps.trials, of: one },
      ...{ text: inScale(throughputPps.median, KPPS), rounds: rounds.map((value) => value / KPPS.divisor) },
    },
  ];
}

/**
 * A chart for each group of comparable cases. Groups that differ in a parameter only are drawn as lines over it instead;
 * where all are, the first unpaced one is shown as bars too, since it is what most readers look for.
 */
export function throughputCharts(result: CampaignResult): Chart[] {
  const groups = groupCases(measuredCases(result, 'throughput'));
  const inLines = new Set(
    sweeps(result, 'throughput').flatMap(({ cases }) => cases.map((one) => groupKey(groupOf(one.case)))),
  );
  const apart = groups.filter(({ group }) => !inLines.has(groupKey(group)));
  const unpaced = groups.filter(({ group }) => group.rate === 'max');
  const shown = apart.length > 0 ? apart : unpaced.slice(0, 1);
  const names = varying(shown.map(({ group }) => group));
  return shown.map((caseGroup) =>
    barChart(
      result,
      caseGroup,
      names.length === 0
        ? `Received throughput${whereOf(result, caseGroup.group)}`
        : capital(describeGroup(caseGroup.group, names)),
    ),
  );
}

function barChart(result: CampaignResult, caseGroup: CaseGroup, title: string): Chart {
  const cases = ranked(caseGroup);
  const drawn = dotsOf(cases);
  const figure = rowFigure(
    { kind: 'bars', measure: MEASURE_OF.throughputPps, stat: 'median', cases, rounds: drawn.of },
    { id: 'throughput', title, caption: '' },
  );
  const about = capital(describeGroup(caseGroup.group, common(result, caseGroup.group)));
  return figureChart({
    ...figure,
    caption: `${about}. Bars are medians, whiskers their 95 % intervals, dots rounds; whether two cases differ is said at the top, and not by whether whiskers overlap. Grey is direct: the same framework without any switch, the ceiling.${figure.y.scale === 'log' ? ' The axis is logarithmic: a bar twice as long is not twice as fast.' : ''}${drawn.note}`,
  });
}
