// SPDX-License-Identifier: Apache-2.0
// Text for LaTeX, as pdfLaTeX has it without any package.

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
  // In the font that LaTeX begins with, these are other characters.
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': "''",
  '’': "'",
  '‘': '`',
  '“': '``',
  '”': "''",
  '–': '--',
  '—': '---',
  '…': '\\ldots{}',
  '×': '\\texttimes{}',
  '·': '\\textperiodcentered{}',
  '±': '\\textpm{}',
  µ: '\\textmu{}',
  μ: '\\textmu{}',
  '®': '\\textregistered{}',
  '™': '\\texttrademark{}',
  '°': '\\textdegree{}',
  '−': '$-$',
  '≤': '$\\le$',
  '≥': '$\\ge$',
  '→': '$\\to$',
  '\u00a0': '~',
};
const ASCII = /^[\x20-\x7e]$/;

/** A text that stands for itself in LaTeX, on one line. A letter loses its accents, and what is no letter of ASCII then becomes a question mark. */
export function texText(text: string): string {
  return [...text.normalize('NFC').replaceAll(/\s+/g, ' ')].map(texCharacter).join('');
}

function texCharacter(character: string): string {
  const special = Object.hasOwn(SPECIAL, character) ? SPECIAL[character] : undefined;
  if (special !== undefined) return special;
  if (ASCII.test(character)) return character;
  const [base = ''] = character.normalize('NFKD');
  if (ASCII.test(base)) return SPECIAL[base] ?? base;
  return /\p{Cc}/u.test(character) ? '' : '?';
}

/** A number as TeX reads it: six digits are more than a page shows. */
export function texNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}
