// SPDX-License-Identifier: Apache-2.0
// Panels whose points lie in a plane, in PGFPlots: lines over a parameter, percentiles, time lines, and cost.

import { escapeLatex } from '../latex.ts';
import type { Axis, Figure, Panel, Point, Series } from './figure.ts';
import { NINES, ninesOf } from './nines.ts';
import { colorName, lineOptions, markOptions, seriesOf } from './pgf-look.ts';
import { axisTitle, betweenRows, COLUMN_PT, type Group, type Plot, valueAxis } from './pgf-page.ts';
import { type Domain, whiskerIn } from './scale.ts';
import { texNumber } from './tex.ts';
import { valueDomain } from './value-domain.ts';

/** A character of a label, and a mark with its line, points. */
const CHARACTER_PT = 3.8;
const LEGEND_MARK_PT = 26;
const TITLE_CHARACTER_PT = 4.3;
const LINE_PT = 10;
/** Ticks and title of the horizontal axis, under which the legend is. */
const BELOW_PT = 31;

const ROWS_PT = { single: 120, several: 80 } as const;

/** Where panels stand beside each other, what the axis of the second would say is said by the first. */
export function planeGroup(figure: Figure): Group {
  const columns = Math.min(2, figure.panels.length);
  const rows = Math.ceil(figure.panels.length / columns);
  const width = columns === 1 ? '\\columnwidth-44pt' : '0.5*\\columnwidth-36pt';
  const height = figure.panels.length === 1 ? ROWS_PT.single : ROWS_PT.several;
  return {
    size: `${columns} by ${rows}`,
    style: `horizontal sep=14pt, vertical sep=${betweenRows(figure, COLUMN_PT / columns - 36)}pt, ylabels at=edge left, yticklabels at=edge left`,
    options: [
      `width=${width}`,
      `title style={text width=${width}}`,
      `xlabel style={text width=${width}, align=center}`,
      `height=${height}pt`,
      ...valueAxis('y', figure),
      ...horizontalRange(figure),
      ...horizontal(figure, columns),
    ],
    plots: figure.panels.map((panel, place) => ({
      ...planePlot(figure, panel),
      options: [
        ...(place >= figure.panels.length - columns ? [`xlabel={${axisTitle(figure.x)}}`] : []),
        ...(place === (rows - 1) * columns ? [legendStyle(figure, columns)] : []),
      ],
      legend: place === (rows - 1) * columns ? legendOf(figure) : [],
    })),
  };
}

function legendStyle(figure: Figure, panelsBeside: number): string {
  const longest = Math.max(1, ...seriesOf(figure.panels).map(({ label }) => label.length));
  const columns = Math.max(1, Math.floor(COLUMN_PT / (longest * CHARACTER_PT + LEGEND_MARK_PT)));
  const place = `at={(0,0)}, anchor=north west, xshift=-34pt, yshift=-${BELOW_PT + LINE_PT * (titleLines(figure, panelsBeside) - 1)}pt`;
  return `legend style={${place}, draw=none, fill=none, font=\\scriptsize, legend columns=${columns}, legend cell align=left}`;
}

/** A panel of half a column may have no room for its axis' title on one line. */
function titleLines({ x }: Figure, panelsBeside: number): number {
  return Math.ceil((axisTitle(x).length * TITLE_CHARACTER_PT) / (COLUMN_PT / panelsBeside - 36));
}

function legendOf(figure: Figure): string[] {
  return seriesOf(figure.panels).flatMap(({ label, look }) => [
    `\\addlegendimage{${styleOf(figure, look)}}`,
    `\\addlegendentry{${escapeLatex(label)}}`,
  ]);
}

function styleOf({ kind }: Figure, look: Series['look']): string {
  if (kind === 'timeline') return `${lineOptions(look)}, no marks`;
  if (kind === 'cost') return `${colorName(look.color)}, only marks, ${markOptions(look)}`;
  return `${lineOptions(look)}, ${markOptions(look)}`;
}

function planePlot(figure: Figure, { series, limits = [] }: Panel): Pick<Plot, 'content'> {
  const domain = valueDomain(figure);
  const [least, most] = domain.map(texNumber);
  const upright = limits.map(
    ({ x, look }) =>
      `\\draw[${colorName(look.color)}, line width=0.4pt] (axis cs:${texNumber(x)},${least}) -- (axis cs:${texNumber(x)},${most});`,
  );
  return { content: [...upright, ...series.flatMap((one) => seriesLines(figure, one, domain))] };
}

function seriesLines(figure: Figure, { look, points }: Series, domain: Domain): string[] {
  const drawn = points.filter(({ y }) => figure.y.scale !== 'log' || y > 0);
  if (drawn.length === 0) return [];
  const placed = drawn.map((point) => ({
    ...point,
    at: texNumber(positionOf(figure, point)),
    whisker: whiskerIn(point, domain),
  }));
  const rows = placed.map(({ at, y, whisker }) =>
    [at, texNumber(y), texNumber(y - (whisker?.low ?? y)), texNumber((whisker?.high ?? y) - y)].join(' '),
  );
  const cut = placed.flatMap(({ at, whisker }) => [
    ...(whisker?.cutHigh ? [cutMark(at, domain[1], 0)] : []),
    ...(whisker?.cutLow ? [cutMark(at, domain[0], 180)] : []),
  ]);
  const texts = placed.flatMap(({ at, y, text }) =>
    text === undefined ? [] : [`\\node[left, font=\\tiny] at (axis cs:${at},${texNumber(y)}) {${escapeLatex(text)}};`],
  );
  return [
    `\\addplot[forget plot, ${styleOf(figure, look)}, error bars/.cd, y dir=both, y explicit, error bar style={solid}]`,
    `  table[x index=0, y index=1, y error minus index=2, y error plus index=3] {`,
    ...rows.map((row) => `    ${row}`),
    '  };',
    ...cut,
    ...texts,
  ];
}

/** An interval that reaches beyond the axis ends in an arrow. */
function cutMark(at: string, y: number, degrees: number): string {
  return `\\addplot[forget plot, only marks, black!60, mark=triangle*, mark size=1.2pt, mark options={rotate=${degrees}}] coordinates {(${at},${texNumber(y)})};`;
}

function positionOf({ kind, x, panels }: Figure, point: Point): number {
  if (typeof point.x === 'string' || x.scale === 'ordinal') return placesOf(panels).indexOf(point.x);
  return kind === 'cdf' ? ninesOf(point.x) : point.x;
}

/** What an ordinal axis shows, in order of appearance. */
function placesOf(panels: readonly Panel[]): (string | number)[] {
  return [...new Set(panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ x }) => x))))];
}

/** Panels share it, those among them where nothing was measured. */
function horizontalRange(figure: Figure): string[] {
  const all = figure.panels.flatMap(({ series }) => series.flatMap(({ points }) => points));
  const isLog = figure.x.scale === 'log';
  const places = all.map((point) => positionOf(figure, point)).filter((place) => !isLog || place > 0);
  if (places.length === 0) return ['xmin=1', 'xmax=2'];
  const [least, most] = [Math.min(...places), Math.max(...places)];
  const room = most > least ? 0.08 : 0.5;
  if (!isLog) return rangeOf(least - room * (most - least || 1), most + room * (most - least || 1));
  const factor = (most / least) ** room * (most > least ? 1 : 2);
  return rangeOf(least / factor, most * factor);
}

function rangeOf(least: number, most: number): string[] {
  return [`xmin=${texNumber(least)}`, `xmax=${texNumber(most)}`];
}

function horizontal(figure: Figure, columns: number): string[] {
  const places = placesOf(figure.panels);
  const values = places.flatMap((value) => (typeof value === 'number' ? [value] : [])).sort((a, b) => a - b);
  if (figure.kind === 'cdf') {
    const most = ninesOf(values.at(-1) ?? 99);
    const ticks = NINES.filter(({ nines }) => nines <= most + 0.01);
    return ticksAt(ticks.map(({ nines, name }) => [nines, name] as const));
  }
  if (figure.x.scale === 'ordinal')
    return ticksAt(places.map((value, place) => [place, escapeLatex(String(value))] as const));
  if (figure.kind !== 'line')
    return figure.x.scale === 'log' ? ['xmode=log', 'log ticks with fixed point'] : ['scaled x ticks=false'];
  const room = (COLUMN_PT - 40) / columns;
  const steps = ticksAt(thinned(values, figure.x.scale, room).map((value) => [value, texNumber(value)] as const));
  return [...(figure.x.scale === 'log' ? ['xmode=log'] : []), 'xminorticks=false', ...steps];
}

function ticksAt(ticks: readonly (readonly [number, string])[]): string[] {
  const positions = ticks.map(([at]) => texNumber(at)).join(',');
  return [`xtick={${positions}}`, `xticklabels={${ticks.map(([, name]) => `{${name}}`).join(',')}}`];
}

/** Of values along an axis so many points long, those whose labels do not touch; the first and the last are kept. */
export function thinned(values: readonly number[], scale: Axis['scale'], room: number): number[] {
  const along = (value: number) => (scale === 'log' ? Math.log(value) : value);
  const [first, last] = [values[0], values.at(-1)];
  if (first === undefined || last === undefined || first === last) return [...values];
  const place = (value: number) => (room * (along(value) - along(first))) / (along(last) - along(first));
  const half = (value: number) => (texNumber(value).length * CHARACTER_PT + 3) / 2;
  const kept = [first];
  for (const value of values.slice(1, -1)) {
    const before = kept.at(-1) ?? first;
    const isFree = (a: number, b: number) => place(b) - place(a) >= half(a) + half(b);
    if (isFree(before, value) && isFree(value, last)) kept.push(value);
  }
  return [...kept, last];
}
