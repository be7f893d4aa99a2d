// SPDX-License-Identifier: Apache-2.0
// From where to where the axis of values of a figure reaches: of points in a plane the vertical one, of rows the horizontal one.
import { sumOf } from '../../stats/sum.ts';
import type { Figure, Panel, Point } from './figure.ts';
import { type Domain, domainOf } from './scale.ts';

/** What stands behind a bar takes this share of the axis. */
const TEXT_SHARE = 0.16;

/** All panels share it. */
export function valueDomain({ kind, panels, y }: Pick<Figure, 'kind' | 'panels' | 'y'>): Domain {
  const points = panels.flatMap(({ series }) => series.flatMap((one) => one.points));
  switch (kind) {
    case 'bars':
      return withText(points, barDomain(points, y.scale));
    case 'stack':
      return domainOf(panels.flatMap(sums), y.scale);
    case 'line':
    case 'cdf':
    case 'box':
    case 'dots':
    case 'timeline':
    case 'heatmap':
    case 'cost':
      return domainOf(points, y.scale);
    default:
      return kind satisfies never;
  }
}

/** Rounds stretch it no further than intervals do. A logarithmic axis begins at a power of ten, so that the shortest bar can be seen. */
function barDomain(points: readonly Point[], scale: Figure['y']['scale']): Domain {
  const reaching = points.map(({ x, y, low, high, rounds = [] }) => {
    return { x, y, low: Math.min(low ?? y, ...rounds), high: Math.max(high ?? y, ...rounds) };
  });
  const [least, most] = domainOf(reaching, scale);
  if (scale !== 'log') return [least, most];
  const shortest = Math.min(...points.map(({ y }) => y).filter((y) => y > 0));
  return [10 ** Math.floor(Math.log10(shortest / 1.2)), most];
}

function withText(points: readonly Point[], [least, most]: Domain): Domain {
  if (points.every(({ text = '' }) => text === '')) return [least, most];
  return least > 0 ? [least, most * (most / least) ** TEXT_SHARE] : [least, most + TEXT_SHARE * (most - least)];
}

/** How far the bars of each row reach together. */
function sums({ series }: Panel): Point[] {
  const rows = Map.groupBy(
    series.flatMap(({ points }) => points),
    ({ x }) => x,
  );
  return [...rows].map(([x, parts]) => ({ x, y: sumOf(parts, ({ y }) => y), low: null, high: null }));
}
