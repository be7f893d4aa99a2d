// SPDX-License-Identifier: Apache-2.0
// Vega-Lite specification to a static SVG text: no DOM, no canvas, no network. Colours are CSS variables, so that one
// drawing serves the light and the dark scheme and print.
import { Error as ERRORS_ONLY, parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { configOf, PAGE } from './figures/ink.ts';

/** Text width cannot be measured without a browser; this is a system font's mean width at the charts' 12 px. */
export const CHARACTER_PX = 6.4;

/** Draws a specification. The result is inline SVG for an HTML page: without a fixed size it keeps its proportions. */
export async function drawSvg(spec: TopLevelSpec, label: string, config = configOf(PAGE)): Promise<string> {
  const view = new View(parse(compile({ ...spec, config }).spec), { renderer: 'none', logLevel: ERRORS_ONLY });
  try {
    const svg = await view.toSVG();
    // In HTML the element needs no namespaces, and a page without any address in it cannot be suspected of loading one.
    return (
      pointedAt(svg)
        .replaceAll(/ xmlns(:xlink)?="[^"]*"/g, '')
        // Vega calls marks graphics all the same, and graphics without a name are announced as such.
        .replaceAll(/ (role="graphics-[a-z]+"|aria-roledescription="[^"]*")/g, '')
        .replace('<svg ', `<svg role="img" aria-label="${escapeAttribute(label)}" `)
        .replace('>', `><title>${escapeAttribute(label)}</title>`)
    );
  } finally {
    view.finalize();
  }
}

/** Marks that Vega describes for a screen reader, and does not to who points at them: a title does both. */
export function pointedAt(svg: string): string {
  return svg.replaceAll(
    /<(path|rect)([^<>]*?) aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="[^"]*"([^<>]*?)(?:\/>|><\/\1>)/g,
    '<$1$2$4><title>$3</title></$1>',
  );
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
