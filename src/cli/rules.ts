// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './context.ts';

/** What a summary is made by: the rules themselves, what they speak of, and the library that they use. */
const FOLDERS = ['src/model', 'src/stats'];
const FILES = [
  'package-lock.json',
  'src/cli/results.ts',
  'src/store/columns.ts',
  'src/store/rows.ts',
  'src/store/sqlite-store.ts',
  'src/store/store.ts',
  'src/store/summaries.ts',
];

/**
 * Tells by which rules a summary was made: equal only where every source is that has a part in it, and the engine that runs them. A
 * version's number would not do, as sources change from one commit to the next.
 */
export function rulesStamp(folder: string = checkout.root): string {
  return stampOf(folder, [...FOLDERS.flatMap((path) => sourcesIn(folder, path)), ...FILES]);
}

/** The same for every source that there is: equal where the same figures lead to the same page, word by word. */
export function sourcesStamp(folder: string = checkout.root): string {
  const names = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(isSource)
    .sort()
    .map((name) => `src/${name}`);
  return stampOf(folder, [...names, 'package-lock.json']);
}

function stampOf(folder: string, names: readonly string[]): string {
  const hash = createHash('sha256').update(process.version);
  for (const name of names) hash.update(`\0${name}\0`).update(readFileSync(join(folder, name)));
  return hash.digest('hex').slice(0, 32);
}

function sourcesIn(folder: string, path: string): string[] {
  return readdirSync(join(folder, path))
    .filter(isSource)
    .sort()
    .map((name) => `${path}/${name}`);
}

function isSource(name: string): boolean {
  return name.endsWith('.ts') && !name.endsWith('.test.ts');
}
