// SPDX-License-Identifier: Apache-2.0
// What a table for other programs is made of: columns that know their name, type, unit and meaning. Heading, cells and the data
// dictionary (docs/data-dictionary.md) all come from one list.

/** How a value is written, and what a reader may take it for. Any cell may be empty: nothing was measured, or nothing applies. */
export type ColumnType = 'text' | 'integer' | 'number' | 'boolean' | 'time' | 'json';

export type CellValue = string | number | boolean | null | undefined;

/** A column of a table whose rows are made of Rows. */
export interface Column<Row> {
  /** As the figure is called in the database, where it stands there. */
  name: string;
  type: ColumnType;
  /** Null where there is none. */
  unit: string | null;
  meaning: string;
  of(row: Row): CellValue;
}

/** A table, as `export --what` names it. */
export interface Table<Row> {
  name: string;
  /** What a row is. */
  about: string;
  columns: readonly Column<Row>[];
}

/** The same columns of rows that contain what they are made of. */
export function within<Row, Part>(columns: readonly Column<Part>[], part: (row: Row) => Part | null): Column<Row>[] {
  return columns.map((column) => ({
    ...column,
    of: (row) => {
      const found = part(row);
      return found === null ? null : column.of(found);
    },
  }));
}

/** A table as RFC 4180's CSV with a header line, piece by piece. */
export function* csvText<Row>({ columns }: Table<Row>, rows: Iterable<Row>): Generator<string, void> {
  yield lineOf(columns.map(({ name }) => name));
  for (const row of rows) yield lineOf(columns.map((column) => cell(column.of(row))));
}

/** A table as one JSON object a line (https://jsonlines.org), piece by piece: a null where CSV has an empty cell. */
export function* jsonLines<Row>({ columns }: Table<Row>, rows: Iterable<Row>): Generator<string, void> {
  for (const row of rows) {
    yield `${JSON.stringify(Object.fromEntries(columns.map((column) => [column.name, member(column, row)])))}\n`;
  }
}

function member<Row>(column: Column<Row>, row: Row): unknown {
  const value = column.of(row) ?? null;
  return column.type === 'json' && typeof value === 'string' ? JSON.parse(value) : value;
}

function lineOf(cells: readonly string[]): string {
  return `${cells.join(',')}\r\n`;
}

function cell(value: CellValue): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
