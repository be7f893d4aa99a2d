// SPDX-License-Identifier: Apache-2.0
import { Error as ERRORS_ONLY, parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { pointedAt } from '../svg.ts';

/** Uses a specification's view, laid out, and gives it back. */
export async function withView<T>(spec: TopLevelSpec, use: (view: View) => T | Promise<T>): Promise<T> {
  const view = new View(parse(compile(spec).spec), { renderer: 'none', logLevel: ERRORS_ONLY });
  try {
    await view.runAsync();
    return await use(view);
  } finally {
    view.finalize();
  }
}

/** A drawing that stands alone: a namespace, real colours, and a title for each mark that says something. */
export function standaloneSvg(spec: TopLevelSpec): Promise<string> {
  return withView(spec, async (view) => `<?xml version="1.0" encoding="UTF-8"?>\n${pointedAt(await view.toSVG())}\n`);
}
