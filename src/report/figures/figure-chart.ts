// SPDX-License-Identifier: Apache-2.0
// A figure on a page, which writes title, legend and caption beside it.
import type { Chart } from '../chart.ts';
import { axesOf } from './explored.ts';
import type { Figure } from './figure.ts';
import { PAGE } from './ink.ts';
import { bareVegaLite, exploredVegaLite, stylesOf } from './vega-lite.ts';

export function figureChart(figure: Figure): Chart {
  const lines = figure.kind !== 'cost';
  return {
    title: figure.title,
    caption: figure.caption,
    legend: stylesOf(figure, PAGE).map(({ label, color, fill, shape, dash }) => ({
      ...{ label, color, mark: { shape, fill } },
      ...(lines ? { dash: dash.join(' ') } : {}),
    })),
    spec: (width) => bareVegaLite(figure, width, PAGE),
    explored: (width, caseOf) => {
      const axes = axesOf(figure);
      return { ...axes, spec: exploredVegaLite(figure, width, PAGE, { ...axes, caseOf }) };
    },
  };
}
