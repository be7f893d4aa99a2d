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
 * What a stream can show. A terminal says itself how wide it is; what is no terminal, such as a pipe or a log, is as wide as COLUMNS says.
 * Colours follow NO_COLOR, FORCE_COLOR and TERM, as Node.js reads them.
 */
export function terminalOf(stream: Pick<WriteStream, 'isTTY' | 'columns' | 'hasColors'>): TerminalOptions {
  // A terminal of no size, as some consoles are, does not know it.
  const [columns = COLUMNS_DEFAULT] = [stream.columns, Number(process.env.COLUMNS)].filter((one) => one > 0);
  return { columns, color: stream.isTTY && stream.hasColors() };
}
