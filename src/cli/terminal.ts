// SPDX-License-Identifier: Apache-2.0
import type { WriteStream } from 'node:tty';
import type { TerminalOptions } from '../report/text.ts';

/** How wide a line for people may be: as wide as the terminal, and in a log as wide as it comes. */
export function lineWidth(stream: Pick<WriteStream, 'isTTY' | 'columns' | 'hasColors'>): number {
  return stream.isTTY ? terminalOf(stream).columns : Number.POSITIVE_INFINITY;
}

/** Where nobody says how wide a line may be. */
const COLUMNS_DEFAULT = 100;

/**
 * What a stream can show. A terminal says itself how wide it is; what is no terminal, such as a pipe or a log, is as wide as COLUMNS says, and
 * without that tables are as wide as they come. NO_COLOR outdoes all; else a terminal has colours by FORCE_COLOR and TERM, as Node.js reads
 * them, and anything else has them where FORCE_COLOR asks for them.
 */
export function terminalOf(stream: Pick<WriteStream, 'isTTY' | 'columns' | 'hasColors'>): TerminalOptions {
  // A terminal of no size, as some consoles are, does not know it.
  const [known] = [stream.columns, Number(process.env.COLUMNS)].filter((one) => one > 0);
  const isPlain = (process.env.NO_COLOR ?? '') !== '';
  const color = !isPlain && (stream.isTTY ? stream.hasColors() : isColorForced());
  if (known !== undefined || stream.isTTY) return { columns: known ?? COLUMNS_DEFAULT, color };
  return { columns: COLUMNS_DEFAULT, tableColumns: Number.POSITIVE_INFINITY, color };
}

/** As Node.js reads it: empty is yes. */
function isColorForced(): boolean {
  const { FORCE_COLOR } = process.env;
  return FORCE_COLOR !== undefined && FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
}
