// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { CliError, EXIT } from './errors.ts';
import { readText } from './text-file.ts';

const require = createRequire(import.meta.url);

/**
 * What a YAML file of the user's holds, an empty object where that is nothing; `what` is told where it cannot be read. With `orAbsent` a file
 * that is not there is null. Throws CliError.
 */
export function readYaml(path: string, what: string, orAbsent?: 'absent'): unknown {
  if (orAbsent === 'absent' && !existsSync(path)) return null;
  return yamlIn(readText(path, `the ${what}`), path);
}

/** The same of a text, whose `name` is told where it is none. Throws CliError. */
export function yamlIn(text: string, name: string): unknown {
  // Most commands read no such file, and the parser is seventy modules.
  const { parse }: typeof import('yaml') = require('yaml');
  try {
    return parse(text) ?? {};
  } catch (error) {
    // What the parser throws: of its own, or a RangeError or ReferenceError for aliases that lead too far or nowhere.
    const [told] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new CliError(EXIT.usage, `${name} is not YAML: ${told}`);
  }
}
