// SPDX-License-Identifier: Apache-2.0
// Several figures as one document for LaTeX, which takes each from a file of its own: to look at, and to take them over one by one.
import { escapeLatex, latexComment } from '../latex.ts';
import type { Figure } from './figure.ts';
import { PGFPLOTS_PREAMBLE, pgfCaption } from './pgfplots.ts';

/** The document, given the figures in their order; each lies beside it as its id says, with `.tex` behind it. */
export function pgfDocument(title: string, figures: readonly Figure[]): string {
  return [
    latexComment(`${title}: the figures, each from a file of its own. pdflatex figures.tex`),
    '\\documentclass[twocolumn]{article}',
    ...PGFPLOTS_PREAMBLE,
    '% A column holds them all, however many there are.',
    '\\renewcommand{\\topfraction}{1}',
    '\\renewcommand{\\textfraction}{0}',
    '\\renewcommand{\\floatpagefraction}{0.5}',
    '\\begin{document}',
    ...figures.flatMap((figure) => [
      '\\begin{figure}[tp]',
      '  \\centering',
      `  \\input{${figure.id}}`,
      `  \\caption{${escapeLatex(pgfCaption(figure))}}`,
      `  \\label{fig:${figure.id}}`,
      '\\end{figure}',
    ]),
    '\\end{document}',
    '',
  ].join('\n');
}
