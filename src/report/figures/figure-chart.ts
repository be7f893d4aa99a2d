// SPDX-License-Identifier: Apache-2.0
// A figure on a page, which writes title, legend and caption beside it.
import type { Chart, LegendEntry } from '../chart.ts';
import { axesOf } from './explored.ts';
import type { Figure } from './figure.ts';
import { PAGE } from './ink.ts';
import { bareVegaLite, exploredVegaLite, type Style, stylesOf } from './vega-lite.ts';

export function figureChart(figure: Figure): Chart {
  return {
    title: figure.title,
    caption: figure.caption,
    legend: legendOf(figure),
    spec: (width) => bareVegaLite(figure, width, PAGE),
    explored: (width, caseOf) => {
      const axes = axesOf(figure);
      return { ...axes, spec: exploredVegaLite(figure, width, PAGE, { ...axes, caseOf }) };
    },
  };
}

function legendOf(figure: Figure): LegendEntry[] {
  const styles = stylesOf(figure, PAGE);
  const marked = ({ label, color, fill, shape }: Style) => ({ label, color, mark: { shape, fill } });
  const dashed = ({ dash }: Style) => ({ dash: dash.join(' ') });
  const { kind } = figure;
  switch (kind) {
    case 'line':
    case 'cdf':
      return styles.map((style) => ({ ...marked(style), ...dashed(style) }));
    case 'timeline':
      return styles.map((style) => ({ label: style.label, color: style.color, ...dashed(style) }));
    case 'cost':
      return styles.map(marked);
    case 'stack':
      return styles.map(({ label, color }) => ({ label, color }));
    // Their names stand beside them.
    case 'bars':
    case 'box':
    case 'dots':
    case 'heatmap':
      return [];
    default:
      return kind satisfies never;
  }
}
