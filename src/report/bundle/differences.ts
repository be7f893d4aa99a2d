// SPDX-License-Identifier: Apache-2.0
// What a file of a bundle says, beside what its trials say: by the name of the figure, old value and new.

export interface Difference {
  file: string;
  /** Which figure, trial or line. */
  where: string;
  /** As the bundle has it; null where it has none. */
  told: string | null;
  /** As it follows from the trials; null where nothing does. */
  derived: string | null;
}

/** How alike two values have to be. */
export interface Strictness {
  /** The same program made both: any difference counts, words and new fields among them. */
  sameProgram: boolean;
}

/** Other engines may round the last bit of a logarithm otherwise. */
const ROUNDING_RATIO = 1e-12;

/** So much of a value is quoted. */
const QUOTED_MAX = 80;

/** Where two JSON texts differ, member by member. */
export function jsonDifferences(file: string, told: string, derived: string, strict: Strictness): Difference[] {
  if (told === derived) return [];
  try {
    const found = differencesOf(JSON.parse(told), JSON.parse(derived), '', strict);
    const named = found.map((one) => ({ file, ...one }));
    if (named.length > 0 || !strict.sameProgram) return named;
  } catch {
    return [{ file, where: 'the whole', told: 'not JSON', derived: 'JSON' }];
  }
  return [{ file, where: 'spaces or order', told: quoted(told), derived: quoted(derived) }];
}

type Place = Omit<Difference, 'file'>;

function differencesOf(told: unknown, derived: unknown, where: string, strict: Strictness): Place[] {
  if (isSame(told, derived, strict)) return [];
  if (Array.isArray(told) && Array.isArray(derived)) {
    return Array.from({ length: Math.max(told.length, derived.length) }, (_, index) =>
      differencesOf(told[index], derived[index], `${where}[${index}]`, strict),
    ).flat();
  }
  if (isObject(told) && isObject(derived)) {
    const [a, b] = [new Map(Object.entries(told)), new Map(Object.entries(derived))];
    const keys = [...new Set([...a.keys(), ...b.keys()])];
    return keys
      .filter((key) => strict.sameProgram || (a.has(key) && b.has(key)))
      .flatMap((key) => differencesOf(a.get(key), b.get(key), where === '' ? key : `${where}.${key}`, strict));
  }
  return [{ where: where || 'the whole', told: quotedValue(told), derived: quotedValue(derived) }];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSame(told: unknown, derived: unknown, { sameProgram }: Strictness): boolean {
  if (Object.is(told, derived)) return true;
  if (sameProgram || typeof told !== 'number' || typeof derived !== 'number') return false;
  return isRounding(told, derived);
}

/** Whole numbers are counts, and never rounded. */
function isRounding(a: number, b: number): boolean {
  if (Number.isInteger(a) && Number.isInteger(b)) return false;
  return Math.abs(a - b) <= ROUNDING_RATIO * Math.max(Math.abs(a), Math.abs(b));
}

/** Where two CSV texts differ, cell by cell; rows are named by their case and round. */
export function csvDifferences(file: string, told: string, derived: string, strict: Strictness): Difference[] {
  if (told === derived) return [];
  const [oldRows, newRows] = [csvRows(told), csvRows(derived)];
  const [oldHead = [], newHead = []] = [oldRows[0], newRows[0]];
  const columns = [...new Set([...oldHead, ...newHead])].filter(
    (column) => strict.sameProgram || (oldHead.includes(column) && newHead.includes(column)),
  );
  const at = columns.map((column) => ({ column, before: oldHead.indexOf(column), now: newHead.indexOf(column) }));
  const found: Difference[] = [];
  for (let row = 1; row < Math.max(oldRows.length, newRows.length); row += 1) {
    const [before, now] = [oldRows[row], newRows[row]];
    const name = rowName(newHead, now ?? before ?? [], row);
    if (before === undefined || now === undefined) {
      found.push({
        file,
        where: name,
        told: before === undefined ? null : 'a row',
        derived: now === undefined ? null : 'a row',
      });
      continue;
    }
    for (const cell of at) {
      const [a = null, b = null] = [before[cell.before], now[cell.now]];
      if (a === b || (!strict.sameProgram && isRounding(Number(a), Number(b)))) continue;
      found.push({ file, where: `${name}: ${cell.column}`, told: quotedOrNull(a), derived: quotedOrNull(b) });
    }
  }
  if (found.length > 0 || !strict.sameProgram) return found;
  return [{ file, where: 'how it is written', told: quoted(told), derived: quoted(derived) }];
}

function rowName(head: readonly string[], row: readonly string[], line: number): string {
  const named = ['case_index', 'round'].flatMap((column) => {
    const value = row[head.indexOf(column)];
    return value === undefined ? [] : [`${column.replace('_index', '')} ${value}`];
  });
  return [...named, `row ${line}`].join(', ');
}

/** RFC 4180. */
function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quotedCell, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    // The text has ended behind its last line.
    if (end === '' && quotedCell === undefined && plain === '' && row.length === 0) break;
    row.push(quotedCell === undefined ? plain : quotedCell.replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push(row);
    row = [];
    if (end === '') break;
  }
  return rows;
}

/** Where two texts first differ, line by line; a page is taken as the text between its tags. */
export function textDifferences(file: string, told: string, derived: string): Difference[] {
  if (told === derived) return [];
  const [before, now] = [piecesOf(told), piecesOf(derived)];
  const found: Difference[] = [];
  for (let index = 0; index < Math.max(before.length, now.length); index += 1) {
    if (before[index] === now[index]) continue;
    const place = { file, where: `piece ${index + 1}` };
    found.push({ ...place, told: quotedOrNull(before[index] ?? null), derived: quotedOrNull(now[index] ?? null) });
    // What follows a piece too many or too few is another everywhere.
    if (before.length !== now.length) break;
  }
  return found;
}

function piecesOf(text: string): string[] {
  return text.split(/(?<=>)|(?=<)|\n/);
}

function quotedOrNull(text: string | null): string | null {
  return text === null ? null : quoted(text);
}

function quotedValue(value: unknown): string | null {
  return value === undefined ? null : quoted(JSON.stringify(value) ?? String(value));
}

function quoted(text: string): string {
  const line = text.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '');
  return line.length > QUOTED_MAX ? `${line.slice(0, QUOTED_MAX)}…` : line;
}
