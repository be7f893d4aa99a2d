// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { parse, YAMLParseError } from 'yaml';
import { CliError, EXIT } from './errors.ts';

/**
 * What a YAML file of the user's holds, an empty object where that is nothing; `what` is told where it cannot be read. With `orAbsent` a file
 * that is not there is null. Throws CliError.
 */
export function readYaml(path: string, what: string, orAbsent?: 'absent'): unknown {
  try {
    return parse(readFileSync(path, 'utf8')) ?? {};
  } catch (error) {
    if (error instanceof YAMLParseError) {
      throw new CliError(EXIT.usage, `${path} is not YAML: ${error.message.split('\n')[0]}`);
    }
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (orAbsent === 'absent' && code === 'ENOENT') return null;
    throw new CliError(EXIT.usage, `cannot read the ${what} ${path}: ${code}`);
  }
}
