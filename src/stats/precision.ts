// SPDX-License-Identifier: Apache-2.0
// Whether a test case needs another trial: its interval is still wider than was asked for.
import type { Precision } from '../model/campaign.ts';
import type { Interval, RoundFigure, StoredCampaign } from '../model/result.ts';
import { valuesOf } from './figures.ts';
import { medianInterval } from './interval.ts';

/** Half of the interval's width as a ratio of the median; null where there is no interval, or nothing to relate it to. */
export function halfWidthRatio({ median, ciLow, ciHigh }: Interval): number | null {
  if (ciLow === null || ciHigh === null || median === 0) return null;
  return (ciHigh - ciLow) / 2 / Math.abs(median);
}

/**
 * A figure is less precise than was asked for. Only an interval that assumes no distribution counts: with fewer than six
 * measured trials a figure is imprecise however narrow its interval seems.
 */
export function isImprecise(figure: Interval, { ratio }: Pick<Precision, 'ratio'>): boolean {
  const width = figure.method === 'order-statistics' ? halfWidthRatio(figure) : null;
  return width === null || width > ratio;
}

/**
 * Whether a case takes part in a round: in all that were planned, and then while its figure (of all its trials so far) is
 * imprecise, up to the limit. Only trials of earlier rounds decide, so that a campaign that is cut short and resumed
 * within a round goes on as it would have. A case of which no trial was measured is left alone: more of the same would
 * fail as well.
 */
export function takesPart(
  figures: readonly RoundFigure[],
  round: number,
  { trialsPlanned, precision }: Pick<StoredCampaign, 'trialsPlanned' | 'precision'>,
): boolean {
  if (round < trialsPlanned) return true;
  if (precision === null || round >= precision.trialsMax) return false;
  const figure = medianInterval(valuesOf(figures.filter((one) => one.round < round)));
  return figure !== null && isImprecise(figure, precision);
}
