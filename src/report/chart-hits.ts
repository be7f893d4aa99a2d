// SPDX-License-Identifier: Apache-2.0
// Which share of the packets each cache of a switch answered, over the number of flows: what is behind the curve of throughput.
import { lookAt } from '../model/looks.ts';
import type { CampaignResult } from '../model/result.ts';
import { type Curve, curvesOf } from '../stats/curves.ts';
import { type Chart, caseLabel } from './chart.ts';
import { about } from './cliff-words.ts';
import type { Panel, Series } from './figures/figure.ts';
import { figureChart } from './figures/figure-chart.ts';

/** A chart for each path whose switch tells it. */
export function hitCharts(result: CampaignResult): Chart[] {
  return curvesOf(result).flatMap((curve) => hitChart(curve) ?? []);
}

function hitChart({ cases }: Curve): Chart | null {
  const [first] = cases;
  const caches = cases.at(-1)?.evidence.caches.filter(({ hitRatio }) => hitRatio !== null) ?? [];
  const series = caches.map(
    ({ name, entries, hitRatio }, place): Series => ({
      label: entries === null ? name : `${name}, ${about(entries)}`,
      look: lookAt(place, place),
      points: cases.flatMap((one) => {
        const ratio = one.evidence.switchFigures[hitRatio ?? ''];
        return ratio === undefined ? [] : [{ x: one.case.flows, y: 100 * ratio, low: null, high: null, of: one }];
      }),
    }),
  );
  if (first === undefined || series.every(({ points }) => points.length === 0)) return null;
  // What lies beyond the axis would stretch it.
  const [least, most] = [cases[0]?.case.flows ?? 1, cases.at(-1)?.case.flows ?? 1];
  const limits: NonNullable<Panel['limits']> = caches.flatMap(({ entries }, place) => {
    const x = (entries ?? 0) / first.case.pairs;
    return x >= least && x <= most ? [{ x, look: lookAt(place, place) }] : [];
  });
  return figureChart({
    id: 'answers-by-cache',
    title: `Answers by cache and number of flows: ${caseLabel(first)}`,
    caption: `Share of the packets that each cache answered over the steady state, by the switch's own counters, medians of the trials.${
      limits.length === 0 ? '' : ' A thin line stands at what a cache holds.'
    }`,
    kind: 'line',
    x: { title: 'flows of a pair', unit: null, scale: 'log' },
    y: { title: 'packets answered', unit: '%', scale: 'linear' },
    panels: [{ title: null, series, gaps: [], limits }],
  });
}
