// SPDX-License-Identifier: Apache-2.0
// The I/O frameworks that there are, out of the data plane's sources: whoever misspells one need not wait until it is built.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Their names, in the order of the registry; null where the sources do not tell, so that only the program that is built of them will. */
export function frameworksInSource(root: string): string[] | null {
  const folder = join(root, 'dataplane/io');
  const registry = readFileSync(join(folder, 'registry.c'), 'utf8');
  const symbols = [...registry.matchAll(/^ *(?:always\(|optional\(HAVE_\w+, )(io_\w+)[,)]/gm)].map((found) => found[1]);
  const named = namesIn(folder);
  const names = symbols.flatMap((symbol) => named.get(symbol ?? '') ?? []);
  return names.length > 0 && names.length === symbols.length ? names : null;
}

/** The name of each framework, by its symbol. */
function namesIn(folder: string): Map<string, string> {
  const sources = readdirSync(folder).filter((name) => name.endsWith('.c'));
  return new Map(
    sources.flatMap((name) => {
      const source = readFileSync(join(folder, name), 'utf8');
      const found = source.matchAll(/^const struct io_ops (io_\w+) = \{\s*\.name = "([^"]+)"/gm);
      return Array.from(found, ([, symbol = '', framework = '']) => [symbol, framework] as const);
    }),
  );
}
