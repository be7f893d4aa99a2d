// SPDX-License-Identifier: Apache-2.0
// What all charts share: their form, names, colours and axes.
import type { TopLevelSpec } from 'vega-lite';
import { lookOf } from '../model/looks.ts';
import type { CampaignResult, CaseResult } from '../model/result.ts';
import { ioName } from '../model/testcase.ts';
import type { Group } from '../stats/group.ts';
import type { Explored } from './figures/explored.ts';
import { PAGE } from './figures/ink.ts';

/** Text width cannot be measured without a browser; this is a system font's mean width at the charts' 12 px. */
export const CHARACTER_PX = 6.4;

/** What a colour, and for lines a dash, stands for. The page writes it, as it breaks lines better than a chart. */
export interface LegendEntry {
  label: string;
  color: string;
  /** SVG's `stroke-dasharray`; absent for an area. */
  dash?: string;
  /** The mark of a point, by Vega's name, and what is inside of it. */
  mark?: { shape: string; fill: string };
}

/** A chart that still has to be drawn. */
export interface Chart {
  title: string;
  /** What is shown, and how it is drawn. */
  caption: string;
  legend: LegendEntry[];
  /** The drawing for a width in pixels: a page has one for wide and one for narrow windows. */
  spec: (width: number) => TopLevelSpec;
  /** The same to be worked with; absent where there is nothing to zoom into. Of each case that it shows it asks the number. */
  explored?: (width: number, caseOf: (one: CaseResult) => number) => Explored;
}

export const INK = 'var(--ink)';

/** How a chart calls a case within its group. A chart has no notes: what sets a figure apart stands in its name. */
export function caseLabel(one: CaseResult): string {
  return `${one.case.switch} · ${ioName(one.case)}${superPacketsMark(one)}`;
}

/** What follows the name of a case whose figure is no other's equal. */
export function superPacketsMark({ flags }: Pick<CaseResult, 'flags'>): string {
  return flags.includes('super-packets') ? ' (super-packets)' : '';
}

/** Colour of a switch, the same in each report. */
export function colorOf(id: string): string {
  return PAGE.color(lookOf(id, ''));
}

/** The cases of a dimension that have a figure. */
export function measuredCases(result: CampaignResult, dimension: Group['dimension']): CaseResult[] {
  return result.results.filter((one) => one.summary !== null && one.case.dimension === dimension);
}

/** About how many ticks a horizontal axis has room for. */
export function ticksFor(width: number): number {
  return width > BESIDE_PX ? 6 : 4;
}

/** A page as wide as this has room for names beside the bars; on a narrower one they stand above them. */
const BESIDE_PX = 500;

/** Rows of a chart by name, in the order given. */
export interface RowLayout {
  names: string[];
  width: number;
  /** Height of a row where its name stands beside it, pixels. */
  step: number;
  labelPx: number;
}

/** Height of a chart of rows, pixels. */
export function rowsHeight({ names, width, step }: RowLayout): number {
  return names.length * (width > BESIDE_PX ? step : 40);
}

/** The vertical channel of a chart of rows. */
export function rowNames(field: string, { names, width, labelPx }: RowLayout, labelColor: string = INK) {
  const beside = width > BESIDE_PX;
  const extent = Math.max(0, ...names.map((name) => name.length)) * CHARACTER_PX * (labelPx / 12) + 8;
  return {
    field,
    type: 'nominal',
    sort: names,
    title: null,
    axis: {
      labelColor,
      labelFontSize: labelPx,
      ...(beside
        ? { minExtent: extent, maxExtent: extent }
        : ({ minExtent: 0, maxExtent: 0, labelAlign: 'left', labelPadding: 0, labelOffset: -16 } as const)),
    },
    scale: beside ? { paddingInner: 0.34, paddingOuter: 0.17 } : { paddingInner: 0.6, paddingOuter: 0.45 },
  } as const;
}
