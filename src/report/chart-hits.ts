// SPDX-License-Identifier: Apache-2.0
// Which share of the packets each cache of a switch answered, over the number of flows: what is behind the curve of throughput.
import type { CampaignResult } from '../model/result.ts';
import { type Curve, curvesOf } from '../stats/curves.ts';
import { type Chart, caseLabel, NEUTRAL, seriesColor, UNIT_ABOVE } from './chart.ts';
import { about } from './cliff-words.ts';

/** A chart for each path whose switch tells it. */
export function hitCharts(result: CampaignResult): Chart[] {
  return curvesOf(result).flatMap((curve) => hitChart(curve) ?? []);
}

function hitChart({ cases }: Curve): Chart | null {
  const [first] = cases;
  const caches = cases.at(-1)?.evidence.caches.filter(({ hitRatio }) => hitRatio !== null) ?? [];
  const rows = cases.flatMap(({ case: { flows }, evidence: { switchFigures } }) =>
    caches.flatMap(({ name, hitRatio }) => {
      const ratio = switchFigures[hitRatio ?? ''];
      return ratio === undefined ? [] : [{ name, x: flows, percent: 100 * ratio }];
    }),
  );
  if (first === undefined || rows.length === 0) return null;
  const names = caches.map(({ name }) => name);
  const colors = names.map((_, index) => seriesColor(index));
  const color = { field: 'name', type: 'nominal', legend: null, scale: { domain: names, range: colors } } as const;
  // What lies beyond the axis would stretch it.
  const [least, most] = [cases[0]?.case.flows ?? 1, cases.at(-1)?.case.flows ?? 1];
  const sizes = caches.flatMap(({ name, entries }) => {
    const flows = (entries ?? 0) / first.case.pairs;
    return flows >= least && flows <= most ? [{ name, x: flows }] : [];
  });
  const values = [...new Set(rows.map(({ x }) => x))];
  return {
    title: `Answers by cache and number of flows: ${caseLabel(first)}`,
    caption: `Share of the packets that each cache answered over the steady state, by the switch's own counters, medians of the trials.${
      sizes.length === 0 ? '' : ' A thin line stands at what a cache holds.'
    }`,
    legend: names.map((label, index) => ({ label: labelOf(label, caches), color: colors[index] ?? NEUTRAL, dash: '' })),
    spec: (width) => ({
      width,
      height: width > 500 ? 200 : 170,
      autosize: { type: 'fit', contains: 'padding' },
      data: { values: rows },
      encoding: {
        x: {
          field: 'x',
          type: 'quantitative',
          title: 'flows of a pair',
          scale: { type: 'log', base: 2, nice: false, padding: 14 },
          axis: { grid: false, domain: true, ticks: true, labelOverlap: true, values, labelExpr: 'datum.value' },
        },
        color,
      },
      layer: [
        { data: { values: sizes }, mark: { type: 'rule', strokeWidth: 1 } },
        {
          mark: { type: 'line', strokeWidth: 2, point: true },
          encoding: {
            y: {
              field: 'percent',
              type: 'quantitative',
              title: '% of the packets',
              scale: { domain: [0, 100] },
              axis: UNIT_ABOVE,
            },
          },
        },
      ],
    }),
  };
}

function labelOf(name: string, caches: readonly { name: string; entries: number | null }[]): string {
  const entries = caches.find((cache) => cache.name === name)?.entries ?? null;
  return entries === null ? name : `${name}, ${about(entries)}`;
}
