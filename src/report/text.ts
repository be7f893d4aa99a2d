// SPDX-License-Identifier: Apache-2.0
// Text for a terminal: what it can show, tables, lines of a width, and nothing in them that drives it.
import { styleText } from 'node:util';
import { textWidth } from './text-width.ts';

/** What the terminal can show. */
export interface TerminalOptions {
  /** Characters in a line. */
  columns: number;
  /** Of a table, where it may be wider than text. */
  tableColumns?: number;
  color: boolean;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';
export type Paint = (text: string, style: Style) => string;

/** Colours text where there are colours; whether there are, the caller knows. */
export function painter(color: boolean): Paint {
  return (text, style) => (color ? styleText(style, text, { validateStream: false }) : text);
}

/** Free text in one line without control characters: a reason from a program must not drive the reader's terminal. */
export function clean(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '');
}

/** The narrowest terminal that is written for: a narrower one breaks the lines itself. */
const COLUMNS_MIN = 60;

/** How wide to write for a terminal. */
export function writtenColumns({ columns }: Pick<TerminalOptions, 'columns'>): number {
  return Math.max(COLUMNS_MIN, columns);
}

/** How wide a table may be. */
export function writtenTableColumns({ columns, tableColumns = columns }: TerminalOptions): number {
  return Math.max(COLUMNS_MIN, tableColumns);
}

/** What belongs to the number before it. */
const UNIT = /^(?:%|[kMG]?pps|[kMG]?bit\/s|[nµm]?s|min|h|B|[kMG]Hz|CPUs?)(?![\w/])/;

/** The words of a text; a number and its unit are one, and so is what an equals sign joins. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const word of text.split(' ')) {
    const last = words.at(-1);
    const joined = last !== undefined && (word === '=' || last.endsWith(' =') || (/\d$/.test(last) && UNIT.test(word)));
    if (joined) words[words.length - 1] = `${last} ${word}`;
    else words.push(word);
  }
  return words;
}

/** Breaks at spaces, none within a figure; the second line on is indented. A word longer than the line stays whole. */
export function wrap(text: string, columns: number, indent: number): string[] {
  const lines: string[] = [];
  let line: string | null = null;
  for (const word of wordsOf(text)) {
    const longer: string = line === null ? word : `${line} ${word}`;
    if (line !== null && textWidth(longer) > columns) {
      lines.push(line);
      line = ' '.repeat(indent) + word;
    } else {
      line = longer;
    }
  }
  return line === null ? lines : [...lines, line];
}

/** As wrap, for a column of text: a word longer than the line is broken too. */
export function broken(text: string, columns: number): string[] {
  return wrap(text, columns, 0).flatMap((line) => pieces(line, columns));
}

/** Cut where a terminal would do it: never within what it shows as one character. */
function pieces(line: string, columns: number): string[] {
  const lines = [''];
  for (const { segment } of new Intl.Segmenter().segment(line)) {
    const longer = `${lines.at(-1)}${segment}`;
    if (textWidth(longer) > columns) lines.push(segment);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** Words that belong together, in lines: `  ` between two of them, and broken only there where one fits its line. */
export function wrapParts(parts: readonly string[], columns: number, indent: number): string[] {
  const lines: string[] = [];
  for (const part of parts.filter((one) => one !== '')) {
    const last = lines.at(-1);
    const longer = `${last}  ${part}`;
    if (last !== undefined && textWidth(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(...wrap(`${last === undefined ? '' : ' '.repeat(indent)}${part}`, columns, indent));
  }
  return lines;
}
