// SPDX-License-Identifier: Apache-2.0
// A panel of two parameters: a series is a row of cells, and its label the value of the second.
import { axisText, type Panel, written } from './figure.ts';
import { scaleFor } from './scale.ts';
import type { Drawing, LayeredPanel } from './vega-lite.ts';

const CELL_PX = 34;

/** Labels of rows that are longer than those of an axis take of the panel's width, as wide as Vega takes them for without a browser. */
const CHARACTER_PX = 9.6;
const AXIS_CHARACTERS = 4;

export function heatPanel({ figure, layout }: Drawing, panel: Panel): LayeredPanel {
  const all = figure.panels.flatMap(({ series }) => series.flatMap(({ points }) => points));
  const values = all.map(({ y }) => y);
  const domain = [Math.min(...values), Math.max(...values)];
  const scale = scaleFor(values);
  const middle =
    scale === 'log' ? Math.sqrt((domain[0] ?? 1) * (domain[1] ?? 1)) : ((domain[0] ?? 0) + (domain[1] ?? 0)) / 2;
  const rows = panel.series.flatMap(({ label, points }) =>
    points.map((point) => ({
      label,
      x: point.x,
      y: point.y,
      text: short(point.y),
      told: `${label}, ${written(figure, point)}`,
    })),
  );
  return {
    width:
      layout.panelWidth -
      CHARACTER_PX * Math.max(0, ...panel.series.map(({ label }) => label.length - AXIS_CHARACTERS)),
    height: panel.series.length * CELL_PX,
    data: { values: rows },
    encoding: {
      x: {
        ...({
          field: 'x',
          type: 'ordinal',
          title: axisText(figure.x),
          sort: [...new Set(all.map(({ x }) => x))],
        } as const),
        axis: { labelAngle: 0, labelOverlap: true },
      },
      y: { field: 'label', type: 'ordinal', title: null, sort: panel.series.map(({ label }) => label) },
    },
    layer: [
      {
        mark: { type: 'rect', aria: true },
        encoding: {
          color: {
            ...({ field: 'y', type: 'quantitative', legend: null } as const),
            scale: { type: scale, domain, scheme: 'viridis', nice: false },
          },
          description: { field: 'told', type: 'nominal' },
        },
      },
      {
        mark: { type: 'text', fontSize: 11 },
        encoding: {
          text: { field: 'text', type: 'nominal' },
          // Viridis is dark below and light above.
          color: { condition: { test: `datum.y < ${middle}`, value: '#ffffff' }, value: '#16191d' },
        },
      },
    ],
  };
}

/** Three digits that mean something. */
function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
