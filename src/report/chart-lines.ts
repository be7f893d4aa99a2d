// SPDX-License-Identifier: Apache-2.0
// Lines: a figure over each parameter that was swept, and latency over percentiles.
import { axisOf } from '../model/parameters.ts';
import type { CampaignResult } from '../model/result.ts';
import type { Group } from '../stats/group.ts';
import { BEYOND_MIN } from '../stats/percentiles.ts';
import { type Chart, measuredCases } from './chart.ts';
import { figureChart } from './figures/figure-chart.ts';
import { lineFigure } from './figures/line-figure.ts';
import { MEASURE_OF, type Measure, type MeasureName } from './figures/measures.ts';
import { percentileFigure } from './figures/percentile-figure.ts';
import { type SweptCases, sweeps } from './figures/sweeps.ts';
import { capital, common, describeGroup, varying, whereOf } from './format.ts';
import { remoteFigure } from './paper.ts';

/**
 * Figures along a parameter: the paper's figures 4a (rate), 4b and 4c (packet size), 4e and 4f (pairs); between two hosts 4d
 * (packet size), 4g and 4h (pairs).
 */
export function sweepCharts(result: CampaignResult): Chart[] {
  return sweptTogether(result, 'throughput').flatMap((sweep) => {
    const names: MeasureName[] =
      sweep.parameter === 'packetSize' ? ['throughputPps', 'throughputBps'] : ['throughputPps'];
    return names.map((name) => lineChart(result, sweep, MEASURE_OF[name]));
  });
}

/** Median round trips along a parameter: the paper's figures 5a to 5c on one host, 5d to 5f between two. */
export function latencySweepCharts(result: CampaignResult): Chart[] {
  const measure = { ...MEASURE_OF.rtt, what: 'Median round trip' };
  return sweptTogether(result, 'latency').map((sweep) => lineChart(result, sweep, measure));
}

/** Sweeps over the same parameter at the same place: small multiples of one figure. */
interface SweptTogether extends SweptCases {
  rests: Group[];
}

function sweptTogether(result: CampaignResult, dimension: Group['dimension']): SweptTogether[] {
  const together = Map.groupBy(
    sweeps(result, dimension),
    ({ parameter, rest }) => `${parameter} ${rest.testbed} ${rest.location}`,
  );
  return [...together.values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    return [{ ...first, rests: some.map(({ rest }) => rest), cases: some.flatMap(({ cases }) => cases) }];
  });
}

function lineChart(result: CampaignResult, sweep: SweptTogether, measure: Measure): Chart {
  const { parameter, rest, rests, cases } = sweep;
  const names = common(result, rest, [parameter, ...varying(rests)]);
  const figure = rests.map((one) => remoteFigure(one, parameter)).find((one) => one !== null) ?? null;
  const published = figure === null ? '' : ` The paper’s ${figure} shows the same scenario, L = remote.`;
  return figureChart(
    lineFigure({
      id: `${rest.dimension}-by-${parameter}`,
      title: `${measure.what} by ${axisOf(parameter).by}${whereOf(result, rest)}`,
      caption: `${capital(describeGroup(rest, names))}. Points are medians, whiskers 95 % intervals; one that ends in an arrow reaches beyond the axis. Colour and mark tell the switch, dash and filling its framework.${published}`,
      ...{ parameter, measure, stat: 'median', cases, result },
    }),
  );
}

/** One figure of all groups of latency cases: the round trips of all measured trials. */
export function latencyCharts(result: CampaignResult): Chart[] {
  const cases = measuredCases(result, 'latency');
  const places = Map.groupBy(cases, (one) => `${one.case.testbed} ${one.case.location}`);
  return [...places.values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const names = varying(some.map((one) => one.case));
    const figure = percentileFigure(some, {
      id: 'latency-by-percentile',
      title: `Round-trip latency by percentile${whereOf(result, first.case)}`,
      caption: `${capital(describeGroup(first.case, common(result, first.case, names)))}. The packets of all measured trials together; a curve ends where fewer than ${BEYOND_MIN} of them lie beyond, or where packets begin that were due and never sent. Times count from the intended send time, so that a stall is not hidden by the packets it held back.`,
    });
    return figure === null ? [] : [figureChart(figure)];
  });
}
