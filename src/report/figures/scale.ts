// SPDX-License-Identifier: Apache-2.0
// How values are laid on an axis. Medians decide; an interval that reaches far beyond them does not.
import type { Axis, Point } from './figure.ts';

/** From this ratio on, the small values of a linear axis lie on its end. */
const DECADE = 10;

/** Logarithmic where the values span a decade; linear where they do not, or where one is no positive number. */
export function scaleFor(values: readonly number[]): 'linear' | 'log' {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return values.length > 0 && least > 0 && most / least >= DECADE ? 'log' : 'linear';
}

/** From where to where an axis reaches. */
export type Domain = [low: number, high: number];

/** An interval may stretch a linear axis by this share of what the values span (or of the highest, where that is less), and a logarithmic one by this factor. */
const STRETCH = { linear: 0.5, log: 3 } as const;

/** Free space at the ends, of the same kinds. */
const MARGIN = { linear: 0.06, log: 1.2 } as const;

/** The vertical domain of some points: of their values, and of their intervals so far as these do not set the scale. */
export function domainOf(points: readonly Point[], scale: Axis['scale']): Domain {
  const values = points.map(({ y }) => y).filter((y) => scale !== 'log' || y > 0);
  if (values.length === 0) return scale === 'log' ? [1, 10] : [0, 1];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const lows = points.flatMap(({ low }) => low ?? []);
  const highs = points.flatMap(({ high }) => high ?? []);
  if (scale === 'log') {
    const low = Math.max(least / STRETCH.log, Math.min(least, ...lows));
    const high = Math.min(most * STRETCH.log, Math.max(most, ...highs));
    return [low / MARGIN.log, high * MARGIN.log];
  }
  const room = STRETCH.linear * Math.max(most - least, Math.abs(most) / 4);
  const low = Math.max(least - room, Math.min(least, ...lows));
  const high = Math.min(most + room, Math.max(most, ...highs));
  // A linear axis that does not begin at nought makes small differences look large.
  return [Math.min(0, low), high + MARGIN.linear * (high - Math.min(0, low)) || 1];
}

/** A point's interval within a domain, and at which of its ends it was cut off. */
export interface Whisker {
  low: number;
  high: number;
  cutLow: boolean;
  cutHigh: boolean;
}

/** Null where there is no interval. */
export function whiskerIn({ low, high }: Pick<Point, 'low' | 'high'>, [least, most]: Domain): Whisker | null {
  if (low === null || high === null) return null;
  const within = (value: number) => Math.min(most, Math.max(least, value));
  return { low: within(low), high: within(high), cutLow: low < least, cutHigh: high > most };
}

/** Round numbers for a logarithmic axis: 1, 2, 5, 10 and so on, or powers of ten where these are enough. */
export function logTicks([least, most]: Domain): number[] {
  const first = Math.floor(Math.log10(least));
  const decades = Math.ceil(Math.log10(most)) - first;
  const steps = decades > 3 ? [1] : [1, 2, 5];
  return Array.from({ length: decades + 1 }, (_, index) => index)
    .flatMap((index) => steps.map((step) => Number(`${step}e${first + index}`)))
    .filter((value) => value >= least && value <= most);
}
