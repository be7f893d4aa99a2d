// SPDX-License-Identifier: Apache-2.0
// The page's own files: plain modules of page/, what it shares with reports, and preact and Vega as npm brings them. All lie below one hash of all of them, so that a browser
// keeps them for good and still never mixes two versions.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { vegaLibrary } from '../report/explore/explorer.ts';
import { PARTS_STYLE } from '../report/html-style.ts';

interface Asset {
  type: string;
  body: string;
}

export interface Assets {
  /** The document that every page begins as, so many folders below the first; it holds no data. */
  shell(depth: 0 | 1): string;
  /** By path, as `/assets/HASH/app.js`. */
  files: ReadonlyMap<string, Asset>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Reads them, given the folder that node_modules is in. */
export function readAssets(root: string): Assets {
  const folder = join(import.meta.dirname, 'page');
  const own = readdirSync(folder).filter((name) => extname(name) in TYPES);
  const preact = join(root, 'node_modules/preact');
  const sources = [
    ...own.map((name) => [name, join(folder, name)] as const),
    ['preact.js', join(preact, 'dist/preact.mjs')] as const,
    ['hooks.js', join(preact, 'hooks/dist/hooks.mjs')] as const,
    ['explore.js', join(import.meta.dirname, '../report/explore/explore.js')] as const,
    ['fflate.js', join(root, 'node_modules/fflate/umd/index.js')] as const,
  ];
  const text = (path: string) => readFileSync(path, 'utf8');
  const read = sources.map(([name, path]) => ({
    name,
    body: name.endsWith('.js') ? withPaths(text(path)) : text(path),
  }));
  const npm = (path: string) => text(join(root, 'node_modules', path));
  const made = [
    { name: 'report.css', body: PARTS_STYLE },
    {
      name: 'vega.js',
      body: vegaLibrary(npm('vega/build/vega.min.js'), npm('vega-interpreter/build/vega-interpreter.js')),
    },
  ];
  const files = [...read, ...made].map((one) => ({ ...one, type: TYPES[extname(one.name)] ?? 'text/plain' }));
  const hash = createHash('sha256');
  for (const { name, body } of files) hash.update(`${name}\0${body}\0`);
  const base = `/assets/${hash.digest('hex').slice(0, 16)}`;
  const modules = modulesFrom('app.js', files);
  // Relative, as nobody knows below which path a reverse proxy has it.
  const shells = [shellOf(base.slice(1), modules), shellOf(`..${base}`, modules)] as const;
  return {
    shell: (depth) => shells[depth],
    files: new Map(files.map(({ name, type, body }) => [`${base}/${name}`, { type, body }])),
  };
}

/** A browser does not know packages by name without an import map, which would have to stand in the page itself. */
function withPaths(text: string): string {
  return text
    .replace(/(from\s*|import\s*)(['"])preact\/hooks\2/g, '$1$2./hooks.js$2')
    .replace(/(from\s*|import\s*)(['"])preact\2/g, '$1$2./preact.js$2')
    .replace(/(import\s*)(['"])fflate\2/g, '$1$2./fflate.js$2')
    .replace(/(from\s*)'..\/..\/report\/explore\/(\w+\.js)'/g, "$1'./$2'")
    .replace(/^\/\/# sourceMappingURL=.*$/m, '');
}

/** A module and those that it imports, and they in turn; what is loaded when it is asked for is not among them. */
function modulesFrom(first: string, files: readonly { name: string; body: string }[]): string[] {
  const bodies = new Map(files.map(({ name, body }) => [name, body]));
  const found = new Set([first]);
  // It grows while it is gone through.
  for (const name of found) {
    const imports = (bodies.get(name) ?? '').matchAll(/\b(?:from|import)\s*['"]\.\/([\w.-]+)['"]/g);
    for (const [, imported = ''] of imports) found.add(imported);
  }
  return [...found];
}

/** A browser asks for all modules at once: else it finds those of one after it has read another. */
function shellOf(base: string, modules: readonly string[]): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>vswbench</title>
<link rel="icon" href="${base}/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${base}/report.css">
<link rel="stylesheet" href="${base}/style.css">
${modules.map((name) => `<link rel="modulepreload" href="${base}/${name}">`).join('\n')}
<script type="module" src="${base}/app.js"></script>
</head>
<body>
<div id="app"><noscript>This page needs JavaScript. Without it: vswbench list, vswbench show, vswbench report.</noscript></div>
</body>
</html>
`;
}
