// SPDX-License-Identifier: Apache-2.0
// A table of the page.
import { type ComponentChild, h } from 'preact';

/** A column: its header, whether it holds numbers, and the content for a row. */
export interface Column<Row> {
  title: string;
  number?: boolean;
  key?: boolean;
  cell: (row: Row) => ComponentChild;
}

interface TableInput<Row> {
  caption: string;
  /** The first column names its row. */
  columns: Column<Row>[];
  bodies: Row[][];
  /** Class of a row. */
  rowClass?: (row: Row) => string;
}

/** A table that scrolls sideways by itself where the page is too narrow, also by keyboard. */
export function dataTable<Row>({ caption, columns, bodies, rowClass }: TableInput<Row>): ComponentChild {
  const alignment = ({ number, key }: Column<Row>) =>
    [number ? 'n' : '', key ? 'key' : ''].join(' ').trim() || undefined;
  return h(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': caption, tabIndex: 0 },
    h(
      'table',
      null,
      h('caption', null, caption),
      h(
        'thead',
        null,
        h('tr', null, ...columns.map((column) => h('th', { scope: 'col', class: alignment(column) }, column.title))),
      ),
      ...bodies.map((rows) =>
        h(
          'tbody',
          null,
          ...rows.map((row) =>
            h(
              'tr',
              { class: rowClass?.(row) },
              ...columns.map((column, index) =>
                index === 0
                  ? h('th', { scope: 'row', class: alignment(column) }, column.cell(row))
                  : h('td', { class: alignment(column) }, column.cell(row)),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}
