// SPDX-License-Identifier: Apache-2.0
// A figure as a specification in Vega-Lite, with its data in it. Vega draws it; whoever has it can draw it anew and otherwise.
import type { TopLevelSpec } from 'vega-lite';
import { isFilled } from '../../model/looks.ts';
import { type Exploring, signalsOf } from './explored.ts';
import { type Figure, isRows, type Panel, type Point } from './figure.ts';
import { configOf, type Ink, PAPER } from './ink.ts';
import { headingOf, type Layout, layoutOf } from './layout.ts';
import type { Domain } from './scale.ts';
import { valueDomain } from './value-domain.ts';
import { heatPanel } from './vega-heat.ts';
import { linePanel } from './vega-lines.ts';
import { rowPanel } from './vega-rows.ts';

/** What the panels of a figure are drawn from. */
export interface Drawing {
  figure: Figure;
  /** Of its axis of values. */
  domain: Domain;
  ink: Ink;
  layout: Layout;
  width: number;
  /** By label, each once. */
  styles: readonly Style[];
  /** Where points stand along x, each once in order of appearance: panels share that axis. */
  places: readonly Point['x'][];
  /** What is asked of it where it can be worked with. */
  explored: Exploring | null;
}

/** How a series is drawn. */
export interface Style {
  label: string;
  color: string;
  /** Inside of its marks. */
  fill: string;
  shape: string;
  dash: number[];
}

/** A layer of a panel. */
export type Layer = Extract<TopLevelSpec, { layer: unknown }>['layer'][number];
/** One of several drawings beside each other. */
export type PanelSpec = Extract<TopLevelSpec, { concat: unknown }>['concat'][number];

/** Between rows of panels lie the axis of the upper one and the headings of the lower one, pixels. */
const ROW_SPACING_PX = 72;
const HEADING_UP_PX = 8;
const GAP_LINE_PX = 15;

function gapsPx(panels: readonly Panel[], { panelWidth }: Layout): number {
  return GAP_LINE_PX * Math.max(0, ...panels.map((panel) => headingOf(panel, panelWidth).gaps.length));
}

/** A panel that more can be laid over. */
export type LayeredPanel = Extract<PanelSpec, { layer: unknown }>;

/** The figure as it stands on paper, so many pixels wide, with title and legend. */
export function vegaLite(figure: Figure, width: number): TopLevelSpec {
  return { ...specOf(drawingOf(figure, width, PAPER, null), true), config: configOf(PAPER) };
}

/** The figure for whoever writes title and legend beside it. */
export function bareVegaLite(figure: Figure, width: number, ink: Ink): TopLevelSpec {
  return specOf(drawingOf(figure, width, ink, null), false);
}

/** The same where it can be zoomed, moved and asked: whatever draws it sets the signals of `explored.ts`. */
export function exploredVegaLite(figure: Figure, width: number, ink: Ink, explored: Exploring): TopLevelSpec {
  const drawing = drawingOf(figure, width, ink, explored);
  return { ...specOf(drawing, false), params: signalsOf(explored), config: configOf(ink) };
}

function drawingOf(figure: Figure, width: number, ink: Ink, explored: Exploring | null): Drawing {
  const [domain, layout, styles] = [valueDomain(figure), layoutOf(figure, width), stylesOf(figure, ink)];
  const points = figure.panels.flatMap(({ series }) => series.flatMap((one) => one.points));
  const places = [...new Set(points.map(({ x }) => x))];
  return { figure, domain, ink, layout, width, styles, places, explored };
}

function specOf(drawing: Drawing, whole: boolean): TopLevelSpec {
  const { figure, layout } = drawing;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    padding: { left: 4, right: 10, top: 6, bottom: 6 },
    ...(whole ? { title: { text: figure.title, fontSize: 15, offset: 14 } } : {}),
    columns: layout.columns,
    spacing: { column: layout.spacing, row: ROW_SPACING_PX + gapsPx(figure.panels, layout) },
    // Rows are as many as there are.
    align: isRows(figure) ? 'each' : 'all',
    bounds: 'flush',
    concat: figure.panels.map((panel) => headed(panelOf(drawing, panel, whole), panel, drawing)),
  };
}

/** Title and gaps stand above the panel's frame, as text: a title of Vega's stands where the largest label lets it. */
function headed(spec: LayeredPanel, panel: Panel, { ink, layout: { panelWidth } }: Drawing): PanelSpec {
  const { title, gaps } = headingOf(panel, panelWidth);
  const lines = [
    ...(title === null
      ? []
      : [{ text: title, up: HEADING_UP_PX + GAP_LINE_PX * gaps.length, size: 13, weight: 600, fill: ink.ink }]),
    ...gaps.map((text, index) => ({
      ...{ text, up: HEADING_UP_PX + GAP_LINE_PX * (gaps.length - 1 - index), size: 11, weight: 400, fill: ink.soft },
    })),
  ];
  const layers = lines.map(
    ({ text, up, size, weight, fill }): Layer => ({
      data: { values: [{}] },
      mark: {
        type: 'text',
        align: 'left',
        baseline: 'alphabetic',
        text,
        fontSize: size,
        fontWeight: weight === 600 ? 600 : 400,
        fill,
      },
      encoding: { x: { value: 0 }, y: { value: -up }, stroke: { value: null } },
    }),
  );
  return { ...spec, layer: [...spec.layer, ...layers] };
}

function panelOf(drawing: Drawing, panel: Panel, legend: boolean): LayeredPanel {
  const { kind } = drawing.figure;
  switch (kind) {
    case 'line':
    case 'cdf':
    case 'timeline':
    case 'cost':
      return linePanel(drawing, panel, legend);
    case 'bars':
    case 'stack':
    case 'box':
    case 'dots':
      return rowPanel(drawing, panel, legend);
    case 'heatmap':
      return heatPanel(drawing, panel);
    default:
      return kind satisfies never;
  }
}

/** The series of all panels, each once: a figure has one legend. */
export function stylesOf({ panels }: Pick<Figure, 'panels'>, ink: Ink): Style[] {
  const series = new Map(panels.flatMap((panel) => panel.series.map((one) => [one.label, one.look] as const)));
  return [...series].map(([label, look]) => {
    const color = ink.color(look);
    return { label, color, fill: isFilled(look) ? color : ink.ground, shape: look.shape, dash: [...look.dash] };
  });
}

/** A channel that takes what it shows from the styles, by label. */
export function byLabel<T>(styles: readonly Style[], range: (style: Style) => T) {
  const scale = { domain: styles.map(({ label }) => label), range: styles.map(range) };
  return { field: 'label', type: 'nominal', scale } as const;
}
