// SPDX-License-Identifier: Apache-2.0
// Tables as GitHub's Markdown has them: https://github.github.com/gfm/#tables-extension-
import type { Column } from './table.ts';
import { clean } from './text.ts';

/** Text in which nothing is markup. */
export function escapeMarkdown(text: string): string {
  return clean(text).replace(/[\\`*_{}[\]<>|~$&]/g, '\\$&');
}

/** A table, in lines. */
export function markdownTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  return [
    line(columns.map(({ title }) => title)),
    `|${columns.map(({ align }) => (align === 'left' ? '---' : '--:')).join('|')}|`,
    ...rows.map((row) => line(columns.map(({ cell }) => cell(row)))),
  ];
}
