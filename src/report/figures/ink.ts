// SPDX-License-Identifier: Apache-2.0
// What a figure is drawn with: on a page that has a light and a dark scheme, or on white paper.
import type { Config } from 'vega-lite';
import { HUES, type Look } from '../../model/looks.ts';

export interface Ink {
  /** Of a switch. */
  color(look: Look): string;
  ground: string;
  ink: string;
  soft: string;
  grid: string;
  line: string;
  font: string;
}

/** Real colours, which a file takes with it wherever it goes. */
export const PAPER: Ink = {
  color: ({ color }) => color,
  ground: '#ffffff',
  ink: '#16191d',
  soft: '#4a525c',
  grid: '#e3e7eb',
  line: '#aab2bb',
  // Names without digits and quotes: it is read as CSS, by canvases as well.
  font: 'SourceSans, Source Sans Pro, Helvetica, Arial, sans-serif',
};

/** CSS variables, of which the page's style sheet has the colours of both schemes. */
export const PAGE: Ink = {
  color: ({ color }) => `var(${hueName(color)},${color})`,
  ground: 'var(--bg)',
  ink: 'var(--ink)',
  soft: 'var(--soft)',
  grid: 'var(--grid)',
  line: 'var(--line)',
  font: 'inherit',
};

function hueName(color: string): string {
  return `--h${color.slice(1)}`;
}

/** The variables of all switches' colours, for one of the schemes. */
export function hueVariables(scheme: 'light' | 'dark'): string {
  return Object.values(HUES)
    .map(([light, dark]) => `${hueName(light)}:${scheme === 'light' ? light : dark}`)
    .join(';');
}

/** How Vega is to draw with it. */
export function configOf({ ground, ink, soft, grid, line, font }: Ink, aria = false): Config {
  return {
    background: ground === PAPER.ground ? ground : 'transparent',
    font,
    // The figure around a drawing says what it shows; axes that are announced one by one would only be in the way.
    aria,
    view: { stroke: null },
    axis: {
      ...{ labelColor: soft, titleColor: soft, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal' },
      ...{ labelLimit: 0, titleLimit: 0, gridColor: grid, domainColor: line, tickColor: line },
      ...{ domain: false, ticks: false, labelPadding: 6, labelFlush: false, titlePadding: 8 },
    },
    legend: {
      ...{ labelColor: ink, labelFontSize: 12, labelLimit: 0, title: null, orient: 'bottom', direction: 'horizontal' },
      ...{ symbolSize: 70, columnPadding: 18, offset: 14 },
    },
    title: {
      ...{ color: ink, fontSize: 13, fontWeight: 600, anchor: 'start', frame: 'group', offset: 8, limit: 0 },
      ...{ subtitleColor: soft, subtitleFontSize: 11, subtitlePadding: 3 },
    },
    text: { color: ink, fontSize: 12 },
  };
}
