// SPDX-License-Identifier: Apache-2.0
// All paths as one chart: a bar a switch and framework, the best first, its colour what the framework asks of an application.
import { CLASS_ENTRIES, FRAMEWORK_CLASSES, type FrameworkClass } from '../model/framework-class.ts';
import type { CampaignResult } from '../model/result.ts';
import { groupKey } from '../stats/group.ts';
import { type PathRow, pathRows } from '../stats/paths.ts';
import { type Chart, capital, caseLabel, INK, rowNames, rowsHeight, seriesColor, ticksFor, whisker } from './chart.ts';
import { common, describeGroup, inScale, ppsScale } from './format.ts';

/** Where figures are further apart than this, the small ones would be lines. */
const DECADE = 10;

/** For the figure behind the longest bar, as a share of the axis. */
const ROOM = 0.2;

/** Where sets of parameters or classes are one and several, other charts show more. */
export function pathCharts(result: CampaignResult): Chart[] {
  const rows = pathRows(result).filter(({ throughputPps }) => (throughputPps?.median ?? 0) > 0);
  const groups = new Set(rows.map(({ group }) => groupKey(group)));
  const classes = new Set(rows.map((row) => row.class));
  return groups.size === 1 && classes.size > 1 ? [pathChart(result, rows)] : [];
}

function pathChart(result: CampaignResult, rows: readonly PathRow[]): Chart {
  const scale = ppsScale(rows.flatMap(({ throughputPps }) => throughputPps?.median ?? []));
  const bars = rows.flatMap(({ result: one, class: id, throughputPps }) =>
    throughputPps === null
      ? []
      : [
          {
            label: caseLabel(one),
            color: classColor(id),
            text: inScale(throughputPps.median, scale),
            ...whisker(throughputPps, scale.divisor),
          },
        ],
  );
  const medians = bars.map(({ median }) => median);
  const [least, most] = [Math.min(...medians), Math.max(...medians)];
  const isLog = most / least >= DECADE;
  const origin = isLog ? 10 ** Math.floor(Math.log10(Math.min(...bars.map(({ low, median }) => low || median)))) : 0;
  const end = Math.max(...bars.map(({ high }) => high));
  const layout = { names: bars.map(({ label }) => label), step: 22, labelPx: 12 };
  const shown = new Set(rows.map((row) => row.class));
  const first = rows[0]?.group;
  const where = first === undefined ? '' : `${capital(describeGroup(first, common(result, first)))}. `;
  return {
    title: 'Every path, by what it asks of an application',
    caption: `${where}Bars are medians, whiskers their 95 % intervals${isLog ? ', on a logarithmic axis: a bar twice as long is not twice as fast' : ''}. direct is a cable in place of a switch. Super-packets cross as one packet for a burst, and are not ranked with others.`,
    legend: FRAMEWORK_CLASSES.filter((id) => shown.has(id)).map((id) => ({
      label: CLASS_ENTRIES[id].title,
      color: classColor(id),
    })),
    spec: (width) => ({
      width,
      height: rowsHeight({ ...layout, width }),
      autosize: { type: 'fit-x', contains: 'padding' },
      data: { values: bars },
      encoding: { y: rowNames('label', { ...layout, width }) },
      layer: [
        {
          mark: { type: 'bar', cornerRadiusEnd: 2 },
          encoding: {
            x: {
              field: 'median',
              type: 'quantitative',
              stack: null,
              title: scale.unit,
              axis: { tickCount: ticksFor(width) },
              scale: isLog
                ? { type: 'log', domainMin: origin, domainMax: end * (end / origin) ** ROOM, nice: false }
                : { domainMin: 0, domainMax: end * (1 + ROOM) },
            },
            x2: { datum: origin },
            color: { field: 'color', type: 'nominal', scale: null, legend: null },
          },
        },
        {
          mark: { type: 'rule', strokeWidth: 1.5, color: INK, clip: true },
          encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
        },
        {
          mark: { type: 'text', align: 'left', dx: 9, fontWeight: 600 },
          encoding: { x: { field: 'high', type: 'quantitative' }, text: { field: 'text', type: 'nominal' } },
        },
      ],
    }),
  };
}

function classColor(id: FrameworkClass): string {
  return seriesColor(FRAMEWORK_CLASSES.indexOf(id));
}
