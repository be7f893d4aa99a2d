// SPDX-License-Identifier: Apache-2.0
// biome-ignore lint/style/noRestrictedImports: to load a library late is no effect
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Characters that are one column wide each, whichever of them stand together: all that our own words are made of, Latin and Greek besides. */
const NARROW = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u2010-\u2027\u2030-\u205e\u2190-\u22ff\u2500-\u25fc]*$/;

/** Columns that a text takes in a terminal. */
export function textWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  // Its tables of emoji and scripts take a tenth of a start to load.
  const stringWidth: typeof import('string-width') = require('string-width');
  return stringWidth.default(text);
}
