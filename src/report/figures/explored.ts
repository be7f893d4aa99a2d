// SPDX-License-Identifier: Apache-2.0
// What makes a drawing one that can be worked with: signals for the ends of its axes and for the series that are hidden, points that say
// what they are and whose. Whoever shows it sets the signals (`explore/explore.js`); nothing of Vega's own reacts to anything.
import type { TopLevelSpec } from 'vega-lite';
import type { CaseResult } from '../../model/result.ts';
import { type Figure, isRows } from './figure.ts';
import type { Domain } from './scale.ts';
import { valueDomain } from './value-domain.ts';

/** An axis as it is at first. */
export interface ZoomAxis {
  scale: 'linear' | 'log';
  domain: Domain;
}

export interface Exploring {
  /** The number by which a case is asked for. */
  caseOf(one: CaseResult): number;
  /** Null where that axis stays as it is. */
  x: ZoomAxis | null;
  y: ZoomAxis | null;
}

/** A drawing that can be worked with. */
export interface Explored extends Pick<Exploring, 'x' | 'y'> {
  spec: TopLevelSpec;
}

type Signals = Extract<NonNullable<TopLevelSpec['params']>[number], { value?: unknown }>[];

/** `xLow`, `xHigh`, `yLow`, `yHigh`, and the labels of what is `hidden`. */
export function signalsOf({ x, y }: Pick<Exploring, 'x' | 'y'>): Signals {
  const ends = (name: 'x' | 'y', axis: ZoomAxis | null) =>
    axis === null
      ? []
      : [
          { name: `${name}Low`, value: axis.domain[0] },
          { name: `${name}High`, value: axis.domain[1] },
        ];
  return [...ends('x', x), ...ends('y', y), { name: 'hidden', value: [] }];
}

/** The ends of an axis as signals; null where they are what they are. */
export function domainWithin(name: 'x' | 'y', explored: Pick<Exploring, 'x' | 'y'> | null) {
  if (explored === null || explored[name] === null) return null;
  return [{ expr: `${name}Low` }, { expr: `${name}High` }];
}

/** Leaves out the series that are hidden. */
export function shownAlone(explored: object | null) {
  return explored === null ? {} : { transform: [{ filter: 'indexof(hidden, datum.label) < 0' }] };
}

/** What lies beyond an end of an axis is not drawn beside it. */
export function clipped(explored: object | null) {
  return explored === null ? {} : { clip: true };
}

/** What a point says to whoever points at it. */
export function told(explored: object | null) {
  return explored === null ? {} : { tooltip: { field: 'told', type: 'nominal' } as const };
}

/** Free space left and right of what lies along a parameter, as a share of what it spans. */
const MARGIN_X = 0.04;

/** Of points in a plane both axes; of rows that of their values. Percentiles and names have places of their own, which are not moved. */
export function axesOf(figure: Pick<Figure, 'kind' | 'x' | 'y' | 'panels'>): Pick<Exploring, 'x' | 'y'> {
  const { kind, x, y, panels } = figure;
  const values: ZoomAxis | null = y.scale === 'ordinal' ? null : { scale: y.scale, domain: valueDomain(figure) };
  if (isRows(figure)) return { x: values, y: null };
  const points = panels.flatMap(({ series }) => series.flatMap((one) => one.points));
  const xs = points.flatMap((point) => (typeof point.x === 'number' ? [point.x] : []));
  const isMoved = kind !== 'cdf' && x.scale !== 'ordinal' && xs.length > 0;
  return {
    x: isMoved ? spanOf(xs, x.scale === 'log' ? 'log' : 'linear') : null,
    y: values,
  };
}

function spanOf(values: readonly number[], scale: ZoomAxis['scale']): ZoomAxis {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (scale === 'linear') {
    const low = Math.min(0, least);
    return { scale, domain: [low, most + MARGIN_X * (most - low) || 1] };
  }
  const room = (most / least) ** MARGIN_X;
  return room > 1 ? { scale, domain: [least / room, most * room] } : { scale, domain: [least / 2, most * 2] };
}
