// SPDX-License-Identifier: Apache-2.0
// Panels of rows: bars with their intervals and rounds, bars laid end to end, and rounds as dots or boxes.
import { CHARACTER_PX, rowNames, rowsHeight, ticksFor } from '../chart.ts';
import { clipped, domainWithin, shownAlone, told } from './explored.ts';
import { axisText, type Panel, rowsOf, written } from './figure.ts';
import { logTicks, whiskerIn } from './scale.ts';
import { byLabel, type Drawing, type Layer, type LayeredPanel } from './vega-lite.ts';

const STEP_PX = 26;
const LABEL_PX = 12;

/** Beside the names: what pads the drawing, and half of the last number at the axis; pixels. */
const SIDES_PX = 36;

/** A bar, or a round. */
interface Mark {
  label: string;
  row: string;
  y: number;
  /** Where its bar begins and ends. */
  from: number;
  to: number;
  color: string;
  text: string;
  told: string;
  case?: number;
}

export function rowPanel(drawing: Drawing, panel: Panel, legend: boolean): LayeredPanel {
  const { figure, ink, width, layout } = drawing;
  const names = rowsOf(figure, panel);
  const isSingle = layout.columns === 1;
  const rowLayout = { names, width: isSingle ? width : 0, step: STEP_PX, labelPx: LABEL_PX };
  const labels = rowLayout.width > 500 ? Math.max(0, ...names.map(({ length }) => length)) * CHARACTER_PX + 8 : 0;
  return {
    width: isSingle ? Math.max(120, width - SIDES_PX - labels) : layout.panelWidth,
    height: rowsHeight(rowLayout),
    data: { values: marksOf(drawing, panel) },
    ...shownAlone(drawing.explored),
    encoding: { y: rowNames('row', rowLayout, ink.ink) },
    layer: layersOf(drawing, panel, legend),
  };
}

function marksOf({ figure, domain: [least], ink, explored }: Drawing, { series }: Panel): Mark[] {
  const ends = new Map<string, number>();
  return series.flatMap(({ label, look, points }) =>
    points.map((point) => {
      const isStack = figure.kind === 'stack';
      const row = isStack ? String(point.x) : label;
      const from = isStack ? (ends.get(row) ?? 0) : least;
      const to = isStack ? from + point.y : point.y;
      ends.set(row, to);
      return {
        ...{ label, row, y: point.y, from, to, color: ink.color(look), text: point.text ?? '' },
        told: `${isStack ? `${row}, ${label}` : label}: ${written(figure, { ...point, x: '' })}`,
        ...(explored === null || point.of === undefined ? {} : { case: explored.caseOf(point.of) }),
      };
    }),
  );
}

function layersOf(drawing: Drawing, panel: Panel, legend: boolean): Layer[] {
  const { figure, ink, styles, explored } = drawing;
  // Rows are named beside them; of what is laid end to end in one the legend tells.
  const color =
    legend && figure.kind === 'stack'
      ? ({ ...byLabel(styles, ({ color }) => color), legend: { symbolType: 'square' } } as const)
      : ({ field: 'color', type: 'nominal', scale: null, legend: null } as const);
  const asked = { description: { field: 'told', type: 'nominal' }, ...told(explored) } as const;
  const x = { ...axisOfValues(drawing), type: 'quantitative', stack: null } as const;
  switch (figure.kind) {
    case 'dots':
      return [
        {
          mark: { type: 'circle', size: 30, opacity: 0.7, aria: true, ...clipped(explored) },
          encoding: { x: { ...x, field: 'y' }, color, ...asked },
        },
      ];
    case 'box':
      return [
        {
          mark: { type: 'boxplot', extent: 'min-max', size: 13, median: { color: ink.ink } },
          encoding: { x: { ...x, field: 'y' }, color },
        },
      ];
    default:
      return [
        {
          mark: { type: 'bar', cornerRadiusEnd: figure.kind === 'stack' ? 0 : 2, aria: true, ...clipped(explored) },
          encoding: { x: { ...x, field: 'to' }, x2: { field: 'from' }, color, ...asked },
        },
        ...(figure.kind === 'bars' ? beside(drawing, panel) : []),
      ];
  }
}

/** What is laid over bars: intervals, rounds, and the figures behind them. */
function beside({ domain, ink, explored }: Drawing, { series }: Panel): Layer[] {
  const points = series.flatMap(({ label, points }) =>
    points.map((point) => ({ ...point, label, row: label, whisker: whiskerIn(point, domain) })),
  );
  const whiskers = points.flatMap(({ label, row, whisker }) => (whisker === null ? [] : [{ label, row, ...whisker }]));
  const rounds = points.flatMap(({ label, row, rounds: each = [] }) =>
    each.filter((y) => y >= domain[0] && y <= domain[1]).map((y) => ({ label, row, y })),
  );
  const texts = points.flatMap(({ label, row, y, text = '', whisker }) =>
    text === '' ? [] : [{ label, row, text, y: Math.max(y, whisker?.high ?? y) }],
  );
  const shared = shownAlone(explored);
  const at = { x: { field: 'y', type: 'quantitative' } } as const;
  return [
    ...(whiskers.length === 0
      ? []
      : [
          // On a dark bar a dark line is seen by its edge.
          ...[
            { strokeWidth: 4, color: ink.ground, opacity: 0.65 },
            { strokeWidth: 1.5, color: ink.ink, opacity: 1 },
          ].map(
            (stroke): Layer => ({
              ...{ data: { values: whiskers }, ...shared },
              mark: { type: 'rule', ...stroke, ...clipped(explored) },
              encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
            }),
          ),
        ]),
    ...(rounds.length === 0
      ? []
      : [
          {
            ...{ data: { values: rounds }, ...shared },
            mark: { type: 'circle', size: 18, opacity: 0.5, color: ink.ink, ...clipped(explored) },
            encoding: at,
          } satisfies Layer,
        ]),
    ...(texts.length === 0
      ? []
      : [
          {
            ...{ data: { values: texts }, ...shared },
            mark: { type: 'text', align: 'left', dx: 8, fontWeight: 600, ...clipped(explored) },
            encoding: { ...at, text: { field: 'text', type: 'nominal' } },
          } satisfies Layer,
        ]),
  ];
}

function axisOfValues({ figure, domain, width, explored }: Drawing) {
  const isLog = figure.y.scale === 'log';
  return {
    title: axisText(figure.y),
    scale: {
      ...(isLog ? { type: 'log' as const } : { zero: false }),
      domain: domainWithin('x', explored) ?? domain,
      nice: false,
    },
    axis: {
      ...(isLog && explored === null ? { values: logTicks(domain) } : { tickCount: ticksFor(width) }),
      labelOverlap: true,
    },
  } as const;
}
