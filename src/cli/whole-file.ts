// SPDX-License-Identifier: Apache-2.0
import { rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeFolder } from './context.ts';
import { CliError, EXIT, isSystemError, mendOf } from './errors.ts';

/**
 * Writes a file into a folder, which is made where it is absent, and returns its path. Throws CliError where it cannot be written, in the words
 * of `refusal`, which is given the path and why; half of a file is not left.
 */
export function writeWhole(
  directory: string,
  name: string,
  content: string | Uint8Array,
  refusal: (path: string, why: string) => string,
): string {
  const path = resolve(directory, name);
  try {
    makeFolder(directory);
    writeFileSync(path, content);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const { code, syscall } = error;
    if (syscall === 'write') rmSync(path);
    throw new CliError(EXIT.trialFailed, refusal(path, `${code}: ${mendOf(code, syscall)}`));
  }
  return path;
}
