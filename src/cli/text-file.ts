// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { CliError, EXIT, isSystemError, mendOf } from './errors.ts';

/** The text of a file of the user's; `what` is told where it cannot be read. Throws CliError. */
export function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const told = isSystemError(error) ? `${error.code}; ${mendOf(error.code, error.syscall)}` : String(error);
    throw new CliError(EXIT.usage, `cannot read ${what} ${path}: ${told}`);
  }
}
