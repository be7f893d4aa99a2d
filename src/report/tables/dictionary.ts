// SPDX-License-Identifier: Apache-2.0
// The data dictionary: what each column of each export means, from the lists that the exports themselves are made of.
import { BURSTS, TRAINS } from './bursts.ts';
import { CASES } from './cases.ts';
import { CHURNS, EVENTS } from './churns.ts';
import type { Column, ColumnType } from './columns.ts';
import { HISTOGRAMS, SAMPLES, SIZES } from './parts.ts';
import { LOADS, OBJECTIVES } from './searches.ts';
import { TRIALS } from './trials.ts';

/** A table without its rows. */
interface DescribedTable {
  name: string;
  about: string;
  columns: readonly Omit<Column<never>, 'of'>[];
}

/** Every table that `export --what` names. */
export const TABLES: readonly DescribedTable[] = [
  TRIALS,
  CASES,
  OBJECTIVES,
  LOADS,
  BURSTS,
  TRAINS,
  CHURNS,
  EVENTS,
  SAMPLES,
  SIZES,
  HISTOGRAMS,
];

const TYPES: Record<ColumnType, string> = {
  text: 'any text, quoted as RFC 4180 has it',
  integer: 'a whole number',
  number: 'a decimal number with a point, to its last digit',
  boolean: '`true` or `false`',
  time: 'ISO 8601 in UTC, such as `2026-11-25T20:05:01.123Z`',
  json: 'JSON; in JSON Lines a value of its own',
};

/** The dictionary as Markdown. */
export function dictionaryText(): string {
  return [
    '<!-- SPDX-License-Identifier: Apache-2.0 -->',
    '<!-- Made by scripts/docs.ts; a test fails where it is stale. -->',
    '# Data dictionary',
    '',
    'The columns of `vswbench export`, as CSV, JSON Lines (`--format json`) or Parquet (`--format parquet`). An empty cell (a null in JSON and Parquet) means that nothing was measured, or that the column does not apply. Columns that stand in the database as well have the same name there. A Parquet file carries its part of this dictionary as JSON in its metadata, under the key `vswbench`; times are timestamps in UTC there, and JSON is text.',
    '',
    'Types:',
    '',
    ...Object.entries(TYPES).map(([type, meaning]) => `- **${type}**: ${meaning}`),
    ...TABLES.flatMap(tableText),
    '',
  ].join('\n');
}

function tableText({ name, about, columns }: DescribedTable): string[] {
  return [
    '',
    `## \`--what ${name}\``,
    '',
    about,
    '',
    '| column | type | unit | meaning |',
    '|---|---|---|---|',
    ...columns.map(
      ({ name: column, type, unit, meaning }) => `| \`${column}\` | ${type} | ${unit ?? ''} | ${meaning} |`,
    ),
  ];
}
