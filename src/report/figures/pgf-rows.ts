// SPDX-License-Identifier: Apache-2.0
// Panels with a row for each series, in PGFPlots: bars with their intervals, and rounds as dots or boxes. A column has no room for names
// beside the rows: they stand above them.

import { escapeLatex } from '../latex.ts';
import type { Figure, Panel, Series } from './figure.ts';
import { colorName } from './pgf-look.ts';
import { axisTitle, betweenRows, COLUMN_PT, type Group, valueAxis, valueDomain } from './pgf-page.ts';
import { whiskerIn } from './scale.ts';
import { texNumber } from './tex.ts';

const ROW_PT = 19;

export function rowGroup(figure: Figure): Group {
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
    plots: figure.panels.map((panel, place) => ({
      options: [
        ...[`height=${ROW_PT * Math.max(1, panel.series.length)}pt`, 'ymin=-0.65', `ymax=${panel.series.length - 0.5}`],
        ...(place === figure.panels.length - 1 ? [`xlabel={${axisTitle(figure.y)}}`] : []),
      ],
      content: contentOf(figure, panel),
      legend: [],
    })),
  };
}

function contentOf(figure: Figure, { series }: Panel): string[] {
  const [least] = valueDomain(figure);
  return series.flatMap((one, row) => [
    ...rowOf(figure, one, row),
    `\\node[anchor=west, inner sep=1pt, font=\\scriptsize] at ${at(least, row - 0.42)} {${escapeLatex(one.label)}};`,
  ]);
}

function rowOf(figure: Figure, { look, points }: Series, row: number): string[] {
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
    default: {
      const [least, most] = valueDomain(figure);
      return drawn.flatMap((point) => {
        const whisker = whiskerIn(point, [least, most]);
        return [
          `\\fill[${color}] ${at(least, row - 0.14)} rectangle ${at(point.y, row + 0.3)};`,
          ...(whisker === null
            ? []
            : [
                `\\draw[black, line width=0.7pt${whisker.cutHigh ? ', ->' : ''}] ${at(whisker.low, row + 0.08)} -- ${at(whisker.high, row + 0.08)};`,
              ]),
        ];
      });
    }
  }
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
