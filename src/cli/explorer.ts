// SPDX-License-Identifier: Apache-2.0
// What figures of a page are worked with, out of the packages that npm brings.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { type Explorer, pageScript, vegaLibrary } from '../report/explore/explorer.ts';

/** Reads it, given the folder that node_modules is in. */
export function readExplorer(root: string): Explorer {
  const text = (path: string) => readFileSync(join(root, path), 'utf8');
  const script = pageScript(text('src/report/explore/explore.js'));
  const inflater = text('node_modules/fflate/umd/index.js');
  const library = vegaLibrary(
    text('node_modules/vega/build/vega.min.js'),
    text('node_modules/vega-interpreter/build/vega-interpreter.js'),
  );
  return {
    script,
    scriptHash: hashOf(script),
    inflater: { text: inflater, hash: hashOf(inflater) },
    library: deflateRawSync(library, { level: 9 }).toString('base64'),
    libraryHash: hashOf(library),
  };
}

/** As a Content-Security-Policy names a script. */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
