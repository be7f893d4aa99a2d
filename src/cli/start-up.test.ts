// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { it } from 'node:test';

/** Libraries that take a tenth of a second and more to load: they are imported when something is drawn or written with them. */
const LARGE = ['vega', 'vega-lite', '@napi-rs/canvas', 'hyparquet-writer', '@duckdb/node-api', 'pg'];

/** A command may draw whatever else it does, and these do nothing else. */
const DRAW = ['card.ts', 'reproduction.ts'];

const FOLDER = import.meta.dirname;

/** What a source imports as soon as it is loaded; types are not. */
function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/^(?:import|export)\s(?!type\s)(?:[^'";]*?\sfrom\s)?'([^']+)';$/gm)].flatMap(
    ([, name]) => name ?? [],
  );
}

/** The packages, and the sources by their paths, that are loaded with a source, each with the files by which. */
function packagesOf(start: string): Map<string, string[]> {
  const packages = new Map<string, string[]>();
  const seen = new Set<string>();
  const visit = (path: string, by: readonly string[]): void => {
    if (seen.has(path)) return;
    seen.add(path);
    packages.set(path, [...by]);
    for (const name of importsOf(path)) {
      if (name.startsWith('.')) visit(resolve(dirname(path), name), [...by, path]);
      else if (!packages.has(name)) packages.set(name, [...by, path]);
    }
  };
  visit(start, []);
  return packages;
}

it('no command loads a large library before it needs it', () => {
  const sources = readdirSync(FOLDER).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  for (const name of sources.filter((one) => !DRAW.includes(one))) {
    const packages = packagesOf(join(FOLDER, name));
    for (const large of LARGE) {
      assert.equal(
        packages
          .get(large)
          ?.map((path) => path.replace(`${dirname(FOLDER)}/`, ''))
          .join(' → '),
        undefined,
        `${name}: ${large}`,
      );
    }
  }
});

it('a run loads no parser of YAML before there is a file to read, and no tables of scripts for words of ours', () => {
  for (const part of ['run.ts', 'run-session.ts']) {
    const packages = packagesOf(join(FOLDER, part));
    for (const name of ['yaml', 'string-width']) assert.equal(packages.get(name)?.join(' → '), undefined, name);
  }
  assert.ok(packagesOf(join(FOLDER, 'cite.ts')).has('yaml'));
});

it('a run looks at its machines before it loads what it measures and shows figures with', () => {
  const packages = packagesOf(join(FOLDER, 'run.ts'));
  for (const late of ['run/campaign.ts', 'plan/expand.ts', 'stats/campaign.ts', 'report/terminal.ts', 'report/json.ts'])
    assert.equal(packages.get(resolve(FOLDER, '..', late))?.join(' → '), undefined, late);
  assert.ok(packagesOf(join(FOLDER, 'run-session.ts')).has(resolve(FOLDER, '../run/campaign.ts')));
});

it('the browser of one machine loads nothing of a lab', () => {
  const room = `${dirname(FOLDER)}/fleet/`;
  const lab = (start: string) => [...packagesOf(join(FOLDER, start)).keys()].filter((path) => path.startsWith(room));
  assert.deepEqual(lab('serve.ts'), []);
  assert.notDeepEqual(lab('lab-house.ts'), []);
});

it('finds the library of a source that does draw, by whichever way', () => {
  assert.ok(existsSync(join(FOLDER, 'reproduction.ts')));
  assert.ok(packagesOf(join(FOLDER, 'reproduction.ts')).has('vega'));
});
