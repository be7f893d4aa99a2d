// SPDX-License-Identifier: Apache-2.0
// A panel of two parameters, in PGFPlots: a series is a row of cells, and its label the value of the second.

import { escapeLatex } from '../latex.ts';
import type { Figure, Panel } from './figure.ts';
import { axisTitle, betweenRows, COLUMN_PT, type Group } from './pgf-page.ts';
import { scaleFor } from './scale.ts';
import { texNumber } from './tex.ts';

const CELL_PT = 17;
/** A character of a row's name. */
const LABEL_PT = 3.9;

export function heatGroup(figure: Figure): Group {
  const columns = columnsOf(figure);
  const shade = shadesOf(figure);
  const labels = columns.map((x) => `{${escapeLatex(String(x))}}`).join(',');
  const longest = Math.max(1, ...figure.panels.flatMap(({ series }) => series.map(({ label }) => label.length)));
  const places = columns.map((_, place) => place).join(',');
  return {
    size: `1 by ${figure.panels.length}`,
    style: `vertical sep=${betweenRows(figure, COLUMN_PT)}pt`,
    options: [
      ...[`width=\\columnwidth-${Math.ceil(LABEL_PT * longest + 12)}pt`, 'y dir=reverse', 'colormap/viridis'],
      ...[
        `xmin=-0.5`,
        `xmax=${Math.max(1, columns.length) - 0.5}`,
        `xtick={${places}}`,
        `xticklabels={${labels}}`,
        'tick style={draw=none}',
      ],
    ],
    plots: figure.panels.map((panel, place) => ({
      options: [
        ...[`height=${CELL_PT * Math.max(1, panel.series.length)}pt`, 'ymin=-0.5', `ymax=${panel.series.length - 0.5}`],
        `ytick={${panel.series.map((_, row) => row).join(',')}}`,
        `yticklabels={${panel.series.map(({ label }) => `{${escapeLatex(label)}}`).join(',')}}`,
        ...(place === figure.panels.length - 1 ? [`xlabel={${axisTitle(figure.x)}}`] : []),
      ],
      content: cellsOf(panel, columns, shade),
      legend: [],
    })),
  };
}

function columnsOf({ panels }: Figure): (string | number)[] {
  return [...new Set(panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ x }) => x))))];
}

/** From 0, dark, to 1, light: by the logarithm where values span a decade. */
function shadesOf({ panels }: Figure): (value: number) => number {
  const values = panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ y }) => y)));
  const along = scaleFor(values) === 'log' ? Math.log : (value: number) => value;
  const [least, most] = [along(Math.min(...values)), along(Math.max(...values))];
  return (value) => (most > least ? (along(value) - least) / (most - least) : 1);
}

function cellsOf({ series }: Panel, columns: readonly (string | number)[], shade: (value: number) => number): string[] {
  return series.flatMap(({ points }, row) =>
    points.flatMap(({ x, y }) => {
      const column = columns.indexOf(x);
      const dark = shade(y) < 0.5;
      return [
        `\\fill[color of colormap={${Math.round(1000 * shade(y))} of viridis}] (axis cs:${column - 0.5},${row - 0.5}) rectangle (axis cs:${column + 0.5},${row + 0.5});`,
        `\\node[font=\\scriptsize, text=${dark ? 'white' : 'black'}] at (axis cs:${column},${row}) {${texNumber(Number(y.toPrecision(3)))}};`,
      ];
    }),
  );
}
