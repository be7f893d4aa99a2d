// SPDX-License-Identifier: Apache-2.0
// Text and tables for LaTeX, as pdflatex takes them with no package but booktabs.
import type { Column } from './table.ts';
import { clean } from './text.ts';
import { textWidth } from './text-width.ts';

/** What means something to LaTeX, would join with its neighbour, or begins an argument behind a line's end. */
const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  '%': '\\%',
  _: '\\_',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  '`': '\\textasciigrave{}',
  '<': '$<$',
  '>': '$>$',
  '|': '$|$',
  '"': '{\\char34}',
  '[': '{[}',
  ']': '{]}',
  '*': '{*}',
  // What is not ASCII and stands in names, units and sentences.
  '–': '--',
  '—': '---',
  '−': '$-$',
  '±': '$\\pm$',
  '×': '$\\times$',
  '÷': '$\\div$',
  '·': '$\\cdot$',
  '≤': '$\\leq$',
  '≥': '$\\geq$',
  '→': '$\\rightarrow$',
  µ: '$\\mu$',
  μ: '$\\mu$',
  '°': '$^\\circ$',
  '’': "'",
  '‘': '`',
  '“': '``',
  '”': "''",
  '…': '\\ldots{}',
  ß: '\\ss{}',
  æ: '\\ae{}',
  Æ: '\\AE{}',
  œ: '\\oe{}',
  Œ: '\\OE{}',
  ø: '\\o{}',
  Ø: '\\O{}',
  ł: '\\l{}',
  Ł: '\\L{}',
};

/** Accents as they follow a letter in Unicode's canonical decomposition. */
const ACCENTS: Readonly<Record<string, string>> = {
  '\u0300': '`',
  '\u0301': "'",
  '\u0302': '^',
  '\u0303': '~',
  '\u0304': '=',
  '\u0306': 'u',
  '\u0307': '.',
  '\u0308': '"',
  '\u030a': 'r',
  '\u030b': 'H',
  '\u030c': 'v',
  '\u0327': 'c',
};

/** Text that LaTeX sets as it stands here, in any encoding of its fonts; a character that these lack is told by its number. */
export function escapeLatex(text: string): string {
  const characters = [...clean(text).normalize('NFC')];
  const told = characters.map((one, index) => (one === '-' && characters[index + 1] === '-' ? '-{}' : escaped(one)));
  return told.join('').replaceAll(' \\%', '\\,\\%');
}

function escaped(character: string): string {
  const special = SPECIAL[character];
  if (special !== undefined) return special;
  if (/^[ -~]$/.test(character)) return character;
  const [letter = '', mark = '', ...more] = character.normalize('NFD');
  const accent = ACCENTS[mark];
  if (accent !== undefined && more.length === 0 && /^[A-Za-z]$/.test(letter)) return `\\${accent}{${letter}}`;
  return `{[}U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}{]}`;
}

/** A comment. */
export function latexComment(text: string): string {
  return `% ${clean(text)}`;
}

export interface LatexTable<Row> {
  caption: string;
  /** Letters, digits and hyphens. */
  label: string;
  columns: readonly Column<Row>[];
  /** A line stands between two of them. */
  bodies: readonly (readonly Row[])[];
  /** Below the table. */
  note: string | null;
  /** Over both columns of a page that has two. */
  wide: boolean;
}

/** A floating table, in lines. A title's second line is a second line of the head. */
export function latexTable<Row>({ caption, label, columns, bodies, note, wide }: LatexTable<Row>): string[] {
  const environment = wide ? 'table*' : 'table';
  const titles = columns.map(({ title }) => title.split('\n'));
  const height = Math.max(...titles.map(({ length }) => length));
  const head = Array.from({ length: height }, (_, line) =>
    titles.map((lines) => lines[line - height + lines.length] ?? ''),
  );
  const rows = bodies.map((body) => body.map((row) => rowOf(columns.map(({ cell }) => cell(row)))));
  return [
    `\\begin{${environment}}`,
    '  \\centering\\footnotesize',
    '  \\setlength{\\tabcolsep}{3pt}',
    `  \\caption{${escapeLatex(caption)}}`,
    `  \\label{tab:${label}}`,
    '  \\smallskip',
    `  \\begin{tabular}{@{}${columns.map(({ align }) => (align === 'left' ? 'l' : 'r')).join('')}@{}}`,
    '    \\toprule',
    ...head.map(rowOf),
    '    \\midrule',
    ...rows.flatMap((body, index) => (index === 0 ? body : ['    \\addlinespace', ...body])),
    '    \\bottomrule',
    '  \\end{tabular}',
    ...(note === null ? [] : [`  \\par\\smallskip ${escapeLatex(note)}`]),
    `\\end{${environment}}`,
  ];
}

/** How wide a table is set, in characters of its numbers: between two columns are six points, about one and a half of them. */
export function setWidth<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): number {
  const widths = columns.map(({ title, cell }) =>
    Math.max(...title.split('\n').map((line) => textWidth(line)), ...rows.map((row) => textWidth(cell(row)))),
  );
  return widths.reduce((sum, width) => sum + width, 1.5 * (columns.length - 1));
}

/** Rows in a page's height of `\footnotesize`, with a caption and a note. */
const PAGE_ROWS = 42;

/** The bodies of a table, page by page: between bodies where that goes. */
export function paged<Row>(bodies: readonly (readonly Row[])[]): (readonly Row[])[][] {
  const pages: (readonly Row[])[][] = [];
  let left = 0;
  for (const body of bodies.flatMap(inPages)) {
    if (pages.length === 0 || body.length > left) {
      pages.push([]);
      left = PAGE_ROWS;
    }
    pages.at(-1)?.push(body);
    left -= body.length;
  }
  return pages;
}

function inPages<Row>(body: readonly Row[]): (readonly Row[])[] {
  return Array.from({ length: Math.ceil(body.length / PAGE_ROWS) }, (_, page) =>
    body.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS),
  );
}

function rowOf(cells: readonly string[]): string {
  return `    ${cells.map(escapeLatex).join(' & ')} \\\\`;
}
