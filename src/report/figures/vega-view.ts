// SPDX-License-Identifier: Apache-2.0
// The only place that loads Vega, which takes a tenth of a second: no DOM, no canvas, no network.
import { Error as ERRORS_ONLY, logger, parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** A specification in Vega's own language: who draws it then needs no Vega-Lite. */
export function compiled(spec: TopLevelSpec): object {
  return compile(spec, { logger: logger(ERRORS_ONLY) }).spec;
}

/** Uses a specification's view, laid out, and gives it back. */
export async function withView<T>(spec: TopLevelSpec, use: (view: View) => T | Promise<T>): Promise<T> {
  const view = new View(parse(compile(spec, { logger: logger(ERRORS_ONLY) }).spec), {
    renderer: 'none',
    logLevel: ERRORS_ONLY,
  });
  try {
    await view.runAsync();
    return await use(view);
  } finally {
    view.finalize();
  }
}
