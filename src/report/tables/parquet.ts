// SPDX-License-Identifier: Apache-2.0
// A table as a Parquet file (https://parquet.apache.org/docs/file-format/). Loaded by who writes one: it brings a library.
import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import type { CellValue, Column, ColumnType, Table } from './columns.ts';

/** So many rows are held in memory at once and written as a row group. */
const GROUP_ROWS = 5000;

/** Key of the file's metadata under which its part of the data dictionary stands, as JSON. */
export const DICTIONARY_KEY = 'vswbench';

/** JSON is a text: readers that know nothing of JSON in Parquet take it for bytes otherwise. */
const STORED_AS: Record<ColumnType, Omit<SchemaElement, 'name'>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  json: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  integer: { type: 'INT64' },
  number: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
  time: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  },
};

/** Hands over what was written so far. */
class PieceWriter extends ByteWriter {
  take(): Uint8Array {
    const piece = this.getBytes().slice();
    this.index = 0;
    return piece;
  }
}

/** A table as Parquet, piece by piece: a null where CSV has an empty cell. */
export function* parquetBytes<Row>(table: Table<Row>, rows: Iterable<Row>): Generator<Uint8Array, void> {
  const pieces = new PieceWriter();
  const file = new ParquetWriter({
    writer: pieces,
    schema: schemaOf(table),
    createdBy: 'vswbench',
    kvMetadata: [{ key: DICTIONARY_KEY, value: dictionaryOf(table) }],
  });
  for (const group of groupsOf(rows)) {
    // Into memory: done when it returns, here and below.
    void file.write({ columnData: table.columns.map((column) => dataOf(column, group)), rowGroupSize: GROUP_ROWS });
    yield pieces.take();
  }
  void file.finish();
  yield pieces.take();
}

function schemaOf<Row>({ name, columns }: Table<Row>): SchemaElement[] {
  return [
    { name, num_children: columns.length },
    ...columns.map(
      (column): SchemaElement => ({
        name: column.name,
        repetition_type: 'OPTIONAL',
        ...STORED_AS[column.type],
      }),
    ),
  ];
}

function dictionaryOf<Row>({ name, about, columns }: Table<Row>): string {
  const described = columns.map((column) => {
    const { type, unit, meaning } = column;
    return [column.name, { type, unit, meaning }] as const;
  });
  return JSON.stringify({ table: name, about, columns: Object.fromEntries(described) });
}

function* groupsOf<Row>(rows: Iterable<Row>): Generator<Row[], void> {
  let group: Row[] = [];
  for (const row of rows) {
    group.push(row);
    if (group.length < GROUP_ROWS) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

function dataOf<Row>(column: Column<Row>, rows: readonly Row[]) {
  return { name: column.name, data: rows.map((row) => stored(column.type, column.of(row))) };
}

/** A cell as the writer takes it. An empty text is none, as in CSV. */
function stored(type: ColumnType, value: CellValue): string | number | bigint | boolean | Date | null {
  if (value === null || value === undefined || value === '') return null;
  switch (type) {
    case 'integer':
      return BigInt(value);
    case 'time':
      return new Date(String(value));
    case 'text':
    case 'json':
    case 'number':
    case 'boolean':
      return value;
    default:
      return type satisfies never;
  }
}
