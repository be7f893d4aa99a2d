// SPDX-License-Identifier: Apache-2.0
// The file that a CI system reads.
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { type JunitSuite, junitXml } from '../report/junit.ts';
import { makeFolder } from './context.ts';
import { CliError, EXIT, isSystemError, mendOf } from './errors.ts';
import { writeWhole } from './whole-file.ts';

/** Throws CliError where the file could not be written: known before hours of measuring, not after. What is in it stays. */
export function refuseUnwritable(file: string): void {
  const path = resolve(file);
  try {
    makeFolder(dirname(path));
    const isNew = !existsSync(path);
    closeSync(openSync(path, 'a'));
    if (isNew) rmSync(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new CliError(
      EXIT.usage,
      `--junit ${file} cannot be written: ${error.code}: ${mendOf(error.code, error.syscall)}`,
    );
  }
}

/** Throws CliError where it cannot be written; half of it is not left. */
export function writeJunit(file: string, suite: JunitSuite): void {
  writeWhole(
    dirname(resolve(file)),
    basename(file),
    junitXml(suite),
    (path, why) => `${path} cannot be written: ${why}`,
  );
}
