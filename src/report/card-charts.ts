// SPDX-License-Identifier: Apache-2.0
// The drawings of a card: delays beside loads, and throughput over flows.
import type { CardPage } from './card.ts';
import { type Chart, type LegendEntry, seriesColor, UNIT_ABOVE } from './chart.ts';
import { MICROSECONDS, ppsScale } from './format.ts';

const PERCENTILES = [
  { name: 'p50', key: 'p50', dash: '1,0' },
  { name: 'p99', key: 'p99', dash: '6,4' },
] as const;

function nameOf({ facts }: CardPage): string {
  return `${facts.switch} · ${facts.io}`;
}

/** Null where nothing was measured beside a load. */
export function delayChart(pages: readonly CardPage[]): Chart | null {
  const rows = pages.flatMap((page) =>
    (page.facts.roundTrips ?? []).flatMap(({ share, rttNs }) =>
      PERCENTILES.flatMap(({ name, key }) => {
        const ns = rttNs[key];
        const load = share === 0 ? 'idle' : `${100 * share} %`;
        return ns === null
          ? []
          : [{ page: nameOf(page), percentile: name, load, turn: share, us: ns / MICROSECONDS.divisor }];
      }),
    ),
  );
  if (rows.length === 0) return null;
  const legend = pages.flatMap((page, index): LegendEntry[] =>
    PERCENTILES.map(({ name, dash }) => ({ label: `${nameOf(page)}, ${name}`, color: seriesColor(index), dash })),
  );
  return {
    title: 'Round trips beside a load',
    caption: 'Round trips of one pair, beside traffic of another pair at shares of PDR.',
    legend,
    spec: (width) => ({
      ...{ width, height: 260, autosize: { type: 'fit', contains: 'padding' }, data: { values: rows } },
      mark: { type: 'line', strokeWidth: 2, point: { filled: true, size: 45 } },
      encoding: {
        x: { field: 'load', type: 'ordinal', sort: { field: 'turn' }, title: 'load beside', axis: { labelAngle: 0 } },
        y: {
          ...{ field: 'us', type: 'quantitative', title: MICROSECONDS.unit, axis: UNIT_ABOVE },
          scale: { type: 'log', nice: false },
        },
        color: scaleOf(
          'page',
          pages.map(nameOf),
          pages.map((_, index) => seriesColor(index)),
        ),
        strokeDash: {
          ...{ field: 'percentile', type: 'nominal', legend: null },
          scale: {
            domain: PERCENTILES.map(({ name }) => name),
            range: PERCENTILES.map(({ dash }) => dash.split(',').map(Number)),
          },
        },
      },
    }),
  };
}

/** Null where no number of flows was measured. */
export function flowsChart(pages: readonly CardPage[]): Chart | null {
  const all = pages.flatMap(({ facts }) => facts.flows ?? []);
  if (all.length === 0) return null;
  const scale = ppsScale(all.map(({ throughputPps }) => throughputPps));
  const rows = pages.flatMap((page) =>
    (page.facts.flows ?? []).map(({ flows, throughputPps }) => ({
      ...{ page: nameOf(page), flows, pps: throughputPps / scale.divisor },
    })),
  );
  return {
    title: 'Throughput over flows',
    caption: 'What arrives of a sender that sends as fast as it can, its packets of so many flows in turn.',
    legend: pages.map((page, index) => ({ label: nameOf(page), color: seriesColor(index), dash: '1,0' })),
    spec: (width) => ({
      ...{ width, height: 240, autosize: { type: 'fit', contains: 'padding' }, data: { values: rows } },
      mark: { type: 'line', strokeWidth: 2, point: { filled: true, size: 45 } },
      encoding: {
        x: {
          ...{ field: 'flows', type: 'quantitative', title: 'flows', scale: { type: 'log', base: 10, padding: 14 } },
          axis: { grid: false, domain: true, ticks: true, values: [...new Set(all.map(({ flows }) => flows))] },
        },
        y: { field: 'pps', type: 'quantitative', title: scale.unit, axis: UNIT_ABOVE, scale: { zero: true } },
        color: scaleOf(
          'page',
          pages.map(nameOf),
          pages.map((_, index) => seriesColor(index)),
        ),
      },
    }),
  };
}

function scaleOf(field: string, domain: string[], range: string[]) {
  return { field, type: 'nominal', legend: null, scale: { domain, range } } as const;
}
