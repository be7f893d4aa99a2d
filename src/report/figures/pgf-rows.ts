// SPDX-License-Identifier: Apache-2.0
// Panels of rows, in PGFPlots: bars with their intervals and rounds, bars laid end to end, and rounds as dots or boxes. A column has no room
// for names beside the rows: they stand above them.

import { escapeLatex } from '../latex.ts';
import { type Figure, type Panel, type Point, rowsOf, type Series } from './figure.ts';
import { colorName, seriesOf } from './pgf-look.ts';
import { axisTitle, betweenRows, COLUMN_PT, type Group, valueAxis } from './pgf-page.ts';
import { type Domain, whiskerIn } from './scale.ts';
import { texNumber } from './tex.ts';
import { valueDomain } from './value-domain.ts';

const ROW_PT = 19;

export function rowGroup(figure: Figure): Group {
  const domain = valueDomain(figure);
  return {
    size: `1 by ${figure.panels.length}`,
    style: `vertical sep=${betweenRows(figure, COLUMN_PT)}pt`,
    options: [
      'width=\\columnwidth-22pt',
      'y dir=reverse',
      'ytick=\\empty',
      'axis y line*=left',
      'axis x line*=bottom',
      'title style={text width=\\columnwidth-22pt}',
      ...valueAxis('x', figure),
    ],
    plots: figure.panels.map((panel, place) => {
      const isLast = place === figure.panels.length - 1;
      const names = rowsOf(figure, panel);
      return {
        options: [
          ...[`height=${ROW_PT * Math.max(1, names.length)}pt`, 'ymin=-0.65', `ymax=${names.length - 0.5}`],
          ...(isLast ? [`xlabel={${axisTitle(figure.y)}}`] : []),
          ...(isLast && figure.kind === 'stack' ? [LEGEND_STYLE] : []),
        ],
        content: [...contentOf(figure, panel, names, domain), ...nameLines(names, domain)],
        legend: isLast && figure.kind === 'stack' ? legendOf(figure) : [],
      };
    }),
  };
}

/** Below ticks and title of the axis. */
const LEGEND_STYLE =
  'legend style={at={(0,0)}, anchor=north west, yshift=-31pt, draw=none, fill=none, font=\\scriptsize, legend columns=1, legend cell align=left}';

function legendOf({ panels }: Figure): string[] {
  return seriesOf(panels).flatMap(({ label, look }) => [
    `\\addlegendimage{area legend, draw=none, fill=${colorName(look.color)}}`,
    `\\addlegendentry{${escapeLatex(label)}}`,
  ]);
}

function nameLines(names: readonly string[], [least]: Domain): string[] {
  return names.map(
    (name, row) =>
      `\\node[anchor=west, inner sep=1pt, font=\\scriptsize] at ${at(least, row - 0.42)} {${escapeLatex(name)}};`,
  );
}

function contentOf(figure: Figure, panel: Panel, names: readonly string[], domain: Domain): string[] {
  if (figure.kind === 'stack') return stackLines(panel, names);
  return panel.series.flatMap((one, row) => rowOf(figure, one, row, domain));
}

function stackLines(panel: Panel, names: readonly string[]): string[] {
  return names.flatMap((place, row) => {
    let from = 0;
    return panel.series.flatMap(({ look, points }) =>
      points
        .filter(({ x, y }) => String(x) === place && y > 0)
        .map(({ y }) => {
          const begun = at(from, row - 0.14);
          from += y;
          return `\\fill[${colorName(look.color)}] ${begun} rectangle ${at(from, row + 0.3)};`;
        }),
    );
  });
}

function rowOf(figure: Figure, { look, points }: Series, row: number, domain: Domain): string[] {
  const color = colorName(look.color);
  const drawn = points.filter(({ y }) => figure.y.scale !== 'log' || y > 0);
  const values = drawn.map(({ y }) => y);
  if (values.length === 0) return [];
  switch (figure.kind) {
    case 'dots':
      return [
        `\\addplot[forget plot, only marks, mark=*, mark size=1.4pt, ${color}, fill opacity=0.6] coordinates {${values.map((y) => `(${texNumber(y)},${row})`).join(' ')}};`,
      ];
    case 'box':
      return boxOf(values, color, row);
    default:
      return drawn.flatMap((point) => barLines(point, color, row, domain));
  }
}

function barLines(point: Point, color: string, row: number, [least, most]: Domain): string[] {
  const { y, text = '', rounds = [] } = point;
  const whisker = whiskerIn(point, [least, most]);
  const dots = rounds.filter((round) => round >= least && round <= most);
  return [
    `\\fill[${color}] ${at(least, row - 0.14)} rectangle ${at(y, row + 0.3)};`,
    ...(whisker === null
      ? []
      : [
          `\\draw[black, line width=0.7pt${whisker.cutHigh ? ', ->' : ''}] ${at(whisker.low, row + 0.08)} -- ${at(whisker.high, row + 0.08)};`,
        ]),
    ...dots.map((round) => `\\fill[black, opacity=0.5] ${at(round, row + 0.08)} circle[radius=0.8pt];`),
    ...(text === ''
      ? []
      : [
          `\\node[anchor=west, inner sep=3pt, font=\\tiny] at ${at(Math.max(y, whisker?.high ?? y), row + 0.08)} {${escapeLatex(text)}};`,
        ]),
  ];
}

/** From the least to the most, with a box about the middle half. */
function boxOf(values: readonly number[], color: string, row: number): string[] {
  const sorted = values.toSorted((a, b) => a - b);
  const quartile = (share: number) => {
    const place = share * (sorted.length - 1);
    const [below = 0, above = below] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return below + (above - below) * (place % 1);
  };
  const line = (from: number, to: number) =>
    `\\draw[${color}, line width=0.7pt] ${at(quartile(from), row + 0.08)} -- ${at(quartile(to), row + 0.08)};`;
  return [
    line(0, 0.25),
    line(0.75, 1),
    `\\draw[${color}, fill=${color}!25] ${at(quartile(0.25), row - 0.12)} rectangle ${at(quartile(0.75), row + 0.28)};`,
    `\\draw[black, line width=0.9pt] ${at(quartile(0.5), row - 0.12)} -- ${at(quartile(0.5), row + 0.28)};`,
  ];
}

function at(value: number, row: number): string {
  return `(axis cs:${texNumber(value)},${texNumber(row)})`;
}
