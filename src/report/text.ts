// SPDX-License-Identifier: Apache-2.0
// Text for a terminal: what it can show, tables, lines of a width, and nothing in them that drives it.
import { stripVTControlCharacters, styleText } from 'node:util';
import { type Alignment, table } from 'table';

/** What the terminal can show. */
export interface TerminalOptions {
  /** Characters in a line. */
  columns: number;
  color: boolean;
}

export type Paint = (text: string, style: 'bold' | 'dim' | 'red' | 'green' | 'yellow') => string;

/** Colours text where there are colours; whether there are, the caller knows. */
export function painter(color: boolean): Paint {
  return (text, style) => (color ? styleText(style, text, { validateStream: false }) : text);
}

/** A table without frames; `rules` are the rows (from 0) above which a line is drawn. */
export function plainTable(
  rows: string[][],
  align: readonly Alignment[],
  gap: number,
  rules: ReadonlySet<number>,
): string[] {
  const text = table(rows, {
    columns: align.map((alignment) => ({ alignment })),
    columnDefault: { paddingLeft: 0, paddingRight: gap },
    border: { bodyLeft: '', bodyRight: '', bodyJoin: '', joinBody: '─', joinLeft: '', joinRight: '', joinJoin: '' },
    drawHorizontalLine: (index, size) => index < size && rules.has(index),
  });
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
}

/** Free text in one line without control characters: a reason from a program must not drive the reader's terminal. */
export function clean(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '');
}

/** Breaks at single spaces; the second line on is indented. A word longer than the line stays whole. */
export function wrap(text: string, columns: number, indent: number): string[] {
  const lines: string[] = [];
  let line: string | null = null;
  for (const word of text.split(' ')) {
    const longer: string = line === null ? word : `${line} ${word}`;
    if (line !== null && longer.length > columns) {
      lines.push(line);
      line = ' '.repeat(indent) + word;
    } else {
      line = longer;
    }
  }
  return line === null ? lines : [...lines, line];
}

/** Whether all of some lines, colours aside, have room. */
export function fits(lines: readonly string[], columns: number): boolean {
  return lines.every((line) => stripVTControlCharacters(line).length <= columns);
}
