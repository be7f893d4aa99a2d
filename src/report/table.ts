// SPDX-License-Identifier: Apache-2.0
// Tables for a terminal of any width. Where it is narrow lesser columns give way, and are told; no figure is ever broken.
import { broken, type Paint, type Style, wrap } from './text.ts';
import { textWidth } from './text-width.ts';

/** A column of a table, and what becomes of it where there is no room. */
export interface Column<Row> {
  /** Broken at line feeds. */
  title: string;
  align: 'left' | 'right';
  /** One line of plain text. */
  cell: (row: Row) => string;
  style?: (row: Row) => Style | null;
  /** The turn in which it gives way, 1 first; never where absent. */
  yields?: number;
  /** Shorter columns that take its place then. */
  instead?: readonly Column<Row>[];
  /** Its text may be wrapped, to this width at the least. */
  wrapsTo?: number;
  /** Nothing that is missed where it had to give way. */
  detail?: true;
  /** It says what its row is about: where a row needs two lines, it stands in the first. */
  names?: true;
  /** As a text that needs no title, `P = 64 B`: where even two lines have no room for all columns, it stands in the first as well. */
  told?: (row: Row) => string;
}

/** A table as it fits. */
export interface FittedTable<Row> {
  lines: string[];
  /** The columns that are shown. */
  columns: readonly Column<Row>[];
  /** Titles of those that had to give way, are more than details, and have no shorter form with the same title. */
  missing: string[];
  /** How wide a terminal shows these too. */
  columnsNeeded: number;
}

/** Columns between two columns; where even the last that yields has gone, the half of it. */
const GAP = 2;

/**
 * Draws rows in at most `width` columns of the terminal, colours aside: with all columns, with fewer of them, packed, and at last with
 * two lines a row. A line is drawn below the titles and above the rows whose indices are in `rules`.
 */
export function fitTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width: number,
  paint: Paint,
  rules: ReadonlySet<number> = new Set(),
): FittedTable<Row> {
  const sheet = new Sheet(rows, paint, rules);
  const forms = turnsOf(columns).map((turn) => after(columns, turn));
  const least = forms.at(-1) ?? columns;
  const form = forms.find((shown) => sheet.widths(shown, GAP, width) !== null) ?? least;
  const complete = forms.findLast((shown) => missingOf(columns, shown).length === 0) ?? columns;
  return {
    lines: sheet.draw(form, GAP, width) ?? sheet.draw(form, 1, width) ?? sheet.drawInTwoLines(form, width),
    columns: form,
    missing: missingOf(columns, form),
    columnsNeeded: sheet.naturalWidth(complete, GAP),
  };
}

/** What a table lacks that was drawn in `width` columns, and where it is; null where it lacks nothing. */
export function missingLine(
  { missing, columnsNeeded }: FittedTable<never>,
  width: number,
  elsewhere: string,
): string | null {
  if (missing.length === 0) return null;
  return `Not shown in ${width} columns: ${missing.join(', ')}. A terminal of ${columnsNeeded} columns shows all, and so does ${elsewhere}.`;
}

/** The turns in which columns yield, in order; 0 is before any. */
function turnsOf<Row>(columns: readonly Column<Row>[]): number[] {
  const own = (column: Column<Row>): number[] => [column.yields ?? 0, ...(column.instead ?? []).flatMap(own)];
  return [...new Set([0, ...columns.flatMap(own)])].sort((a, b) => a - b);
}

/** The columns once those have given way whose turn has come. */
function after<Row>(columns: readonly Column<Row>[], turn: number): Column<Row>[] {
  return columns.flatMap((column) =>
    column.yields !== undefined && column.yields <= turn ? after(column.instead ?? [], turn) : [column],
  );
}

function missingOf<Row>(all: readonly Column<Row>[], shown: readonly Column<Row>[]): string[] {
  const titles = new Set(shown.map(({ title }) => title));
  return all.flatMap(({ title, detail }) => (detail || titles.has(title) ? [] : [title.replaceAll('\n', ' ')]));
}

/** A column's text, measured once, however many forms are tried. */
interface Measured {
  title: string[];
  cells: string[];
  width: number;
}

class Sheet<Row> {
  private readonly rows: readonly Row[];
  private readonly paint: Paint;
  private readonly rules: ReadonlySet<number>;
  private readonly known = new Map<Column<Row>, Measured>();

  constructor(rows: readonly Row[], paint: Paint, rules: ReadonlySet<number>) {
    this.rows = rows;
    this.paint = paint;
    this.rules = rules;
  }

  private measured(column: Column<Row>): Measured {
    const known = this.known.get(column);
    if (known !== undefined) return known;
    const title = column.title.split('\n');
    const cells = this.rows.map(column.cell);
    const width = Math.max(...title.map(textWidth), 0, ...cells.map(textWidth));
    const measured = { title, cells, width };
    this.known.set(column, measured);
    return measured;
  }

  naturalWidth(columns: readonly Column<Row>[], gap: number): number {
    return columns.reduce((sum, column) => sum + this.measured(column).width, gap * (columns.length - 1));
  }

  /** How wide each column is drawn; null where they have no room. */
  widths(columns: readonly Column<Row>[], gap: number, width: number): number[] | null {
    let excess = this.naturalWidth(columns, gap) - width;
    const widths = columns.map((column) => {
      const natural = this.measured(column).width;
      const spare = column.wrapsTo === undefined ? 0 : Math.max(0, natural - column.wrapsTo);
      const given = Math.max(0, Math.min(excess, spare));
      excess -= given;
      return natural - given;
    });
    return excess > 0 ? null : widths;
  }

  /** Null where they have no room. */
  draw(columns: readonly Column<Row>[], gap: number, width: number): string[] | null {
    const widths = this.widths(columns, gap, width);
    if (widths === null) return null;
    const rule = '─'.repeat(widths.reduce((sum, one) => sum + one, gap * (widths.length - 1)));
    return [
      ...this.titles(columns, widths, gap),
      rule,
      ...this.rows.flatMap((_, index) => [
        ...(this.rules.has(index) ? [rule] : []),
        ...this.row(columns, widths, gap, index),
      ]),
    ];
  }

  /** A row's names in a line, and its figures in the next. */
  drawInTwoLines(columns: readonly Column<Row>[], width: number): string[] {
    const names = columns.filter((column) => column.names);
    const others = columns.filter((column) => !column.names);
    const isTooWide = this.naturalWidth(others, 1) + GAP > width;
    const told = isTooWide ? others.flatMap((column) => column.told ?? []) : [];
    const figures = isTooWide ? others.filter((column) => column.told === undefined) : others;
    const widths = figures.map((column) => this.measured(column).width);
    const gap = this.naturalWidth(figures, GAP) + GAP <= width ? GAP : 1;
    const rule = '─'.repeat(Math.min(width, this.naturalWidth(figures, gap) + GAP));
    const indented = (lines: readonly string[]) => lines.map((line) => ' '.repeat(GAP) + line);
    const inOne = (texts: readonly string[]) => texts.filter((one) => one !== '').join('  ');
    return [
      ...wrap(inOne(names.map(({ title }) => title)), width, GAP).map((line) => this.paint(line, 'dim')),
      ...indented(this.titles(figures, widths, gap)),
      rule,
      ...this.rows.flatMap((row, index) => {
        const style = names[0]?.style?.(row) ?? null;
        const cells = names.map((column) => this.measured(column).cells[index] ?? '');
        const lines = wrap(inOne([...cells, ...told.map((text) => text(row))]), width, GAP);
        return [
          ...(this.rules.has(index) ? [rule] : []),
          ...lines.map((line) => (style === null ? line : this.paint(line, style))),
          ...indented(this.row(figures, widths, gap, index)),
        ];
      }),
    ];
  }

  /** Titles stand on the line. */
  private titles(columns: readonly Column<Row>[], widths: readonly number[], gap: number): string[] {
    const titles = columns.map((column) => this.measured(column).title);
    const height = Math.max(...titles.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      this.line(columns, widths, gap, (_column, index) => ({
        text: titles[index]?.[line - height + (titles[index]?.length ?? 0)] ?? '',
        style: 'dim',
      })),
    );
  }

  private row(columns: readonly Column<Row>[], widths: readonly number[], gap: number, row: number): string[] {
    const cells = columns.map((column, index) => {
      const text = this.measured(column).cells[row] ?? '';
      return column.wrapsTo === undefined ? [text] : broken(text, widths[index] ?? 0);
    });
    const value = this.rows[row];
    return Array.from({ length: Math.max(...cells.map((lines) => lines.length)) }, (_, line) =>
      this.line(columns, widths, gap, (column, index) => ({
        text: cells[index]?.[line] ?? '',
        style: value === undefined ? null : (column.style?.(value) ?? null),
      })),
    );
  }

  private line(
    columns: readonly Column<Row>[],
    widths: readonly number[],
    gap: number,
    cell: (column: Column<Row>, index: number) => { text: string; style: Style | null },
  ): string {
    let line = '';
    let behind = 0;
    for (const [index, column] of columns.entries()) {
      const { text, style } = cell(column, index);
      const blanks = (widths[index] ?? 0) - textWidth(text);
      const before = behind + (column.align === 'right' ? blanks : 0);
      // Blanks are only written ahead of text: no line ends in them.
      if (text !== '') line += ' '.repeat(before) + (style === null ? text : this.paint(text, style));
      behind = (text === '' ? behind + (widths[index] ?? 0) : column.align === 'right' ? 0 : blanks) + gap;
    }
    return line;
  }
}
