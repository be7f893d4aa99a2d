// SPDX-License-Identifier: Apache-2.0
// Panels with a row for each series: bars with their intervals, and rounds as dots or boxes.
import { rowNames, rowsHeight, ticksFor } from '../chart.ts';
import { axisText, type Panel, written } from './figure.ts';
import { type Domain, domainOf, logTicks, whiskerIn } from './scale.ts';
import type { Drawing, Layer, LayeredPanel } from './vega-lite.ts';

const STEP_PX = 24;

export function rowPanel(drawing: Drawing, panel: Panel): LayeredPanel {
  const { figure, ink, width, layout } = drawing;
  const domain = domainOf(
    figure.panels.flatMap(({ series }) => series.flatMap(({ points }) => points)),
    figure.y.scale,
  );
  const rows = panel.series.flatMap(({ label, look, points }) =>
    points.map((point) => ({
      ...{ label, y: point.y, color: ink.color(look), told: `${label}: ${written(figure, point)}` },
      ...(whiskerIn(point, domain) ?? {}),
    })),
  );
  const names = panel.series.map(({ label }) => label);
  const rowLayout = { names, width: layout.columns > 1 ? 0 : width, step: STEP_PX, labelPx: 12 };
  const isBeside = rowLayout.width > 500;
  const labels = isBeside ? Math.max(0, ...names.map(({ length }) => length)) * 6.4 : 0;
  return {
    width: Math.max(120, layout.panelWidth - labels - (isBeside ? 60 : 0)),
    height: rowsHeight(rowLayout),
    data: { values: rows },
    encoding: { y: rowNames('label', rowLayout, ink.ink) },
    layer: layersOf(drawing, domain, rows),
  };
}

function layersOf({ figure, ink, width }: Drawing, domain: Domain, rows: readonly { y: number }[]): Layer[] {
  const isLog = figure.y.scale === 'log';
  const x = {
    field: 'y',
    type: 'quantitative',
    stack: null,
    title: axisText(figure.y),
    scale: { ...(isLog ? { type: 'log' as const } : {}), domain, nice: false },
    axis: isLog ? { values: logTicks(domain), labelOverlap: true } : { tickCount: ticksFor(width) },
  } as const;
  const color = { field: 'color', type: 'nominal', scale: null, legend: null } as const;
  const description = { field: 'told', type: 'nominal' } as const;
  const dots: Layer = {
    mark: { type: 'circle', size: 30, opacity: 0.7, aria: true },
    encoding: { x, color, description },
  };
  if (figure.kind === 'dots') return [dots];
  if (figure.kind === 'box') {
    return [
      {
        mark: { type: 'boxplot', extent: 'min-max', size: 13, median: { color: ink.ink } },
        encoding: { x, color },
      },
    ];
  }
  const whiskers = rows.filter((row) => 'low' in row);
  return [
    {
      mark: { type: 'bar', cornerRadiusEnd: 2, aria: true },
      encoding: { x, x2: { datum: domain[0] }, color, description },
    },
    {
      data: { values: whiskers },
      mark: { type: 'rule', strokeWidth: 1.5, color: ink.ink },
      encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
    },
  ];
}
