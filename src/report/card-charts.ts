// SPDX-License-Identifier: Apache-2.0
// The drawings of a card: delays beside loads, and throughput over flows.
import { lookOf } from '../model/looks.ts';
import type { CardPage } from './card.ts';
import type { Chart } from './chart.ts';
import type { Figure, Series } from './figures/figure.ts';
import { figureChart } from './figures/figure-chart.ts';
import { scaleFor } from './figures/scale.ts';
import { MICROSECONDS, ppsScale } from './format.ts';

const PERCENTILES = [
  { name: 'p50', dash: [] },
  { name: 'p99', dash: [6, 4] },
] as const;

function lineOf({ facts }: CardPage): Omit<Series, 'points'> {
  return { label: `${facts.switch} · ${facts.io}`, look: lookOf(facts.switch, facts.io) };
}

/** Null where nothing was measured beside a load. */
export function delayChart(pages: readonly CardPage[]): Chart | null {
  const series = pages.flatMap((page) =>
    PERCENTILES.map(({ name, dash }): Series => {
      const { label, look } = lineOf(page);
      return {
        ...{ label: `${label}, ${name}`, look: { ...look, dash } },
        points: (page.facts.roundTrips ?? []).flatMap(({ share, rttNs: { [name]: ns } }) =>
          ns === null ? [] : [{ x: 100 * share, y: ns / MICROSECONDS.divisor, low: null, high: null }],
        ),
      };
    }),
  );
  return chartOf({
    id: 'delay',
    title: 'Round trips beside a load',
    caption: 'Round trips of one pair, beside traffic of another pair at shares of PDR; 0 % is idle.',
    x: { title: 'load beside', unit: '% of PDR', scale: 'linear' },
    y: { title: 'round trip', unit: MICROSECONDS.unit },
    series,
  });
}

/** Null where no number of flows was measured. */
export function flowsChart(pages: readonly CardPage[]): Chart | null {
  const scale = ppsScale(pages.flatMap(({ facts }) => (facts.flows ?? []).map(({ throughputPps }) => throughputPps)));
  const series = pages.map((page) => ({
    ...lineOf(page),
    points: (page.facts.flows ?? []).map(({ flows, throughputPps }) => {
      return { x: flows, y: throughputPps / scale.divisor, low: null, high: null };
    }),
  }));
  return chartOf({
    id: 'flows',
    title: 'Throughput over flows',
    caption: 'What arrives of a sender that sends as fast as it can, its packets of so many flows in turn.',
    x: { title: 'flows', unit: null, scale: 'log' },
    y: { title: 'throughput', unit: scale.unit },
    series,
  });
}

interface Lines extends Pick<Figure, 'id' | 'title' | 'caption' | 'x'> {
  y: Omit<Figure['y'], 'scale'>;
  series: readonly Series[];
}

function chartOf({ series, y, ...told }: Lines): Chart | null {
  const shown = series.filter(({ points }) => points.length > 0);
  if (shown.length === 0) return null;
  const scale = scaleFor(shown.flatMap(({ points }) => points.map((point) => point.y)));
  return figureChart({
    ...{ ...told, kind: 'line', y: { ...y, scale } },
    panels: [{ title: null, series: shown, gaps: [] }],
  });
}
