// SPDX-License-Identifier: Apache-2.0
// Panels whose points lie in a plane: lines over a parameter, percentiles, time lines, and cost.
import { clipped, domainWithin, shownAlone, told } from './explored.ts';
import { axisText, type Panel, type Point, written } from './figure.ts';
import { NINES, nameOfNines, ninesOf } from './nines.ts';
import { type Domain, logTicks, whiskerIn } from './scale.ts';
import { byLabel, type Drawing, type Layer, type LayeredPanel } from './vega-lite.ts';

/** A legend is as wide as the figure: a column needs its longest label, as wide as Vega takes it for without a browser, and a mark; pixels. */
const CHARACTER_PX = 9.6;
const MARK_PX = 44;

export function linePanel(drawing: Drawing, panel: Panel, legend: boolean): LayeredPanel {
  const { figure, domain, ink, layout, styles, explored } = drawing;
  const rows = panel.series.flatMap(({ label, points }) =>
    drawable(points, figure.y.scale).map((point) => ({
      label,
      line: label,
      x: figure.kind === 'cdf' && typeof point.x === 'number' ? ninesOf(point.x) : point.x,
      y: point.y,
      text: point.text ?? '',
      told: `${label}: ${written(figure, point)}`,
      ...(explored === null || point.of === undefined ? {} : { case: explored.caseOf(point.of) }),
      whisker: whiskerIn(point, domain),
    })),
  );
  const whiskers = rows.flatMap(({ label, x, whisker }) =>
    whisker === null || whisker.low === whisker.high ? [] : [{ label, x, ...whisker }],
  );
  const cutLow = whiskers.filter((one) => one.cutLow).map(({ label, x, low }) => ({ label, x, y: low }));
  const cutHigh = whiskers.filter((one) => one.cutHigh).map(({ label, x, high }) => ({ label, x, y: high }));
  // The same for all channels, so that Vega makes one legend of them.
  const marked = figure.kind !== 'timeline';
  const symbol = {
    symbolOpacity: 1,
    symbolStrokeWidth: 1.5,
    ...(marked ? {} : { symbolType: 'stroke', symbolSize: 400 }),
  };
  const shared = { legend: legend ? { columns: columnsOf(drawing), ...symbol } : null };
  const stroke = { ...byLabel(styles, ({ color }) => color), ...shared };
  const y = { field: 'y', type: 'quantitative', ...verticalOf(drawing, panel, domain) } as const;
  const marks: Layer = {
    mark: {
      type: 'point',
      filled: true,
      size: figure.kind === 'cost' ? 70 : 46,
      opacity: 1,
      strokeWidth: 1.5,
      aria: true,
      ...clipped(explored),
    },
    encoding: {
      y,
      ...told(explored),
      shape: { ...byLabel(styles, ({ shape }) => shape), ...shared },
      fill: { ...byLabel(styles, ({ fill }) => fill), ...shared },
      description: { field: 'told', type: 'nominal' },
    },
  };
  const lines: Layer = {
    mark: {
      ...{ type: 'line', strokeWidth: 1.8, ...(figure.kind === 'cdf' ? { interpolate: 'monotone' } : {}) },
      ...clipped(explored),
    },
    encoding: {
      y,
      strokeDash: {
        ...byLabel(styles, ({ dash }) => dash),
        // By a field of its own: the legend's marks are not to be dashed.
        ...(marked ? { field: 'line', legend: null } : shared),
      },
    },
  };
  return {
    ...{ width: layout.panelWidth, height: layout.panelHeight },
    data: { values: rows },
    ...shownAlone(explored),
    encoding: { x: horizontalOf(drawing), stroke },
    layer: [
      ...limitsOf(panel, drawing),
      ...(figure.kind === 'cost' ? [] : [lines]),
      {
        data: { values: whiskers },
        ...shownAlone(explored),
        mark: { type: 'rule', strokeWidth: 1.3, opacity: 0.75, ...clipped(explored) },
        encoding: { y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
      },
      arrows(drawing, cutLow, 'triangle-down'),
      arrows(drawing, cutHigh, 'triangle-up'),
      ...(marked ? [marks] : []),
      ...(rows.some(({ text }) => text !== '')
        ? [
            {
              mark: {
                ...{ type: 'text', align: 'right', dx: -7, fontSize: 10, fill: ink.soft },
                ...clipped(explored),
              },
              // Else it is stroked as lines are, and outlines in a PDF.
              encoding: { y, text: { field: 'text', type: 'nominal' }, stroke: { value: null } },
            } satisfies Layer,
          ]
        : []),
    ],
  };
}

/** Under the lines. */
function limitsOf({ limits = [] }: Panel, { ink, explored }: Drawing): Layer[] {
  return limits.map(({ x, look }) => ({
    data: { values: [{ x }] },
    mark: { type: 'rule', strokeWidth: 1, ...clipped(explored) },
    encoding: { x: { field: 'x', type: 'quantitative' }, stroke: { value: ink.color(look) } },
  }));
}

/** Where whiskers were cut off. */
function arrows(
  { explored }: Drawing,
  values: { label: string; x: string | number; y: number }[],
  shape: string,
): Layer {
  return {
    data: { values },
    ...shownAlone(explored),
    mark: { type: 'point', filled: false, size: 34, opacity: 1, shape, ...clipped(explored) },
    encoding: { y: { field: 'y', type: 'quantitative' } },
  };
}

/** A logarithmic axis has no place for what is not positive. */
function drawable(points: readonly Point[], scale: 'linear' | 'log' | 'ordinal'): Point[] {
  return points.filter(({ y }) => scale !== 'log' || y > 0);
}

function columnsOf({ styles, width }: Drawing): number {
  const longest = Math.max(1, ...styles.map(({ label }) => label.length));
  return Math.max(1, Math.floor(width / (longest * CHARACTER_PX + MARK_PX)));
}

/** Panels share their axis: its name stands beside the first of each row alone. */
function verticalOf({ figure, layout, explored }: Drawing, panel: Panel, domain: Domain) {
  const isFirst = figure.panels.indexOf(panel) % layout.columns === 0;
  const { y } = figure;
  const title = isFirst ? axisText(y) : null;
  const scale =
    y.scale === 'log'
      ? ({ type: 'log', domain: domainWithin('y', explored) ?? domain, nice: false } as const)
      : ({ domain: domainWithin('y', explored) ?? domain, nice: false, zero: false } as const);
  const ticks = y.scale === 'log' && explored === null ? { values: logTicks(domain) } : { tickCount: 5 };
  return { title, scale, axis: { ...ticks, labelExpr: PLAIN_NUMBER } } as const;
}

/** A number as it is, without the exponents that Vega gives to millions. */
const PLAIN_NUMBER = "datum.value >= 10000 ? format(datum.value, ',') : format(datum.value, '~g')";

function horizontalOf({ figure, layout, places, explored }: Drawing) {
  const { x, kind } = figure;
  const axis = { grid: false, domain: true, ticks: true, labelOverlap: true } as const;
  const values = places.filter((place) => typeof place === 'number').sort((a, b) => a - b);
  const title = axisText(x);
  if (kind === 'cdf') {
    const most = ninesOf(values.at(-1) ?? 99) + 0.01;
    const ticks = NINES.filter(({ nines }) => nines <= most);
    return {
      ...({ field: 'x', type: 'quantitative', title } as const),
      scale: { zero: true, nice: false },
      axis: { ...axis, values: ticks.map(({ nines }) => nines), labelExpr: nameOfNines() },
    };
  }
  if (x.scale === 'ordinal') {
    return {
      ...({ field: 'x', type: 'ordinal', title, sort: [...places] } as const),
      axis: { ...axis, labelAngle: 0 },
    };
  }
  const within = domainWithin('x', explored);
  if (within !== null) {
    return {
      ...({ field: 'x', type: 'quantitative', title } as const),
      scale: {
        ...(x.scale === 'log' ? { type: 'log' as const, base: 2 } : {}),
        domain: within,
        nice: false,
        zero: false,
      },
      // So few that what is swept by doubling has its ticks there.
      axis: { ...axis, tickCount: Math.min(8, Math.floor(layout.panelWidth / 70)), labelExpr: PLAIN_NUMBER },
    };
  }
  // What was swept in steps is named at its steps; elsewhere round numbers are.
  const isSwept = kind === 'line';
  const log = x.scale === 'log' ? ({ type: 'log', base: 2, nice: false, padding: 14 } as const) : { domainMin: 0 };
  return {
    ...({ field: 'x', type: 'quantitative', title } as const),
    scale: log,
    axis: {
      ...axis,
      ...(isSwept
        ? { values: apartOf(values, x.scale, layout.panelWidth), labelOverlap: false }
        : { tickCount: Math.max(3, Math.floor(layout.panelWidth / 70)) }),
      labelExpr: PLAIN_NUMBER,
    },
  };
}

/** Names of steps on an axis need so much room, pixels. */
const STEP_PX = 36;

/** Those of the steps that can be named: the last, and before it whatever has room. */
function apartOf(values: readonly number[], scale: 'linear' | 'log' | 'ordinal', width: number): number[] {
  const at = (value: number) => (scale === 'log' ? Math.log(value) : value);
  const [first = 1, last = 1] = [values[0], values.at(-1)];
  const span = at(last) - at(first) || 1;
  const kept: number[] = [];
  for (const value of values.toReversed()) {
    const next = kept.at(-1);
    if (next === undefined || ((at(next) - at(value)) / span) * width >= STEP_PX) kept.push(value);
  }
  return kept.toReversed();
}
