// SPDX-License-Identifier: Apache-2.0
// A figure for LaTeX: a picture as wide as a column, with its data in it. It asks for nothing but PGFPlots, which each TeX Live has.

import { capital } from '../format.ts';
import { escapeLatex } from '../latex.ts';
import type { Figure, Panel } from './figure.ts';
import { heatGroup } from './pgf-heat.ts';
import { colorDefinitions } from './pgf-look.ts';
import { type Group, missing, type Plot } from './pgf-page.ts';
import { planeGroup } from './pgf-plane.ts';
import { rowGroup } from './pgf-rows.ts';

/** What the document says before it begins. */
export const PGFPLOTS_PREAMBLE = [
  '\\usepackage{pgfplots}',
  '\\usepgfplotslibrary{groupplots}',
  '\\pgfplotsset{compat=1.16}',
];

/** The picture, to be `\input`; the comment that begins it says what that takes, and has the caption as `\caption` takes it. */
export function pgfplots(whole: Figure): string {
  const { figure } = parted(whole);
  const group = groupOf(figure);
  return [
    `% ${escapeLatex(figure.title)}, by vswbench: \\input where a document has its figures. In its preamble:`,
    ...PGFPLOTS_PREAMBLE.map((line) => `%   ${line}`),
    '% Beside it:',
    `%   \\caption{${escapeLatex(pgfCaption(whole))}}`,
    '\\begin{tikzpicture}[font=\\footnotesize]',
    ...colorDefinitions(figure.panels),
    `\\begin{groupplot}[${[`group style={group size=${group.size}, ${group.style}}`, ...COMMON, ...group.options].join(',\n  ')}]`,
    ...figure.panels.flatMap((panel, place) => plotLines(panel, group.plots[place])),
    '\\end{groupplot}',
    '\\end{tikzpicture}%',
    '',
  ].join('\n');
}

/** What stands under the picture. */
export function pgfCaption(whole: Figure): string {
  const { figure, everywhere } = parted(whole);
  return [figure.caption, ...everywhere.map((gap) => `${capital(missing(gap))}.`)].join(' ');
}

/** What all of several panels lack is said once, in the caption: a panel of half a column has no room for it. */
function parted(figure: Figure): { figure: Figure; everywhere: string[] } {
  const [first, ...others] = figure.panels;
  if (first === undefined || others.length === 0) return { figure, everywhere: [] };
  const everywhere = first.gaps.filter((gap) => others.every(({ gaps }) => gaps.includes(gap)));
  const panels = figure.panels.map((panel) => ({
    ...panel,
    gaps: panel.gaps.filter((gap) => !everywhere.includes(gap)),
  }));
  return { figure: { ...figure, panels }, everywhere };
}

const COMMON = [
  'scale only axis',
  'clip=false',
  '/pgf/number format/fixed',
  '/pgf/number format/1000 sep={}',
  'title style={align=center, font=\\footnotesize, yshift=-3pt}',
  'label style={font=\\footnotesize}',
  'tick label style={font=\\scriptsize}',
  'tick align=outside',
  'tick pos=left',
  'ymajorgrids',
  'grid style={black!12}',
];

function groupOf(figure: Figure): Group {
  const { kind } = figure;
  switch (kind) {
    case 'line':
    case 'cdf':
    case 'timeline':
    case 'cost':
      return planeGroup(figure);
    case 'bars':
    case 'stack':
    case 'dots':
    case 'box':
      return rowGroup(figure);
    case 'heatmap':
      return heatGroup(figure);
    default:
      return kind satisfies never;
  }
}

function plotLines({ title, gaps }: Panel, plot: Plot | undefined): string[] {
  if (plot === undefined) return [];
  const heading = [
    ...(title === null ? [] : [escapeLatex(title)]),
    ...gaps.map((gap) => `\\scriptsize ${escapeLatex(missing(gap))}`),
  ].join('\\\\');
  const options = [...(heading === '' ? [] : [`title={${heading}}`]), ...plot.options];
  return [`\\nextgroupplot[${options.join(',\n  ')}]`, ...plot.content, ...plot.legend];
}
