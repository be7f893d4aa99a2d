// SPDX-License-Identifier: Apache-2.0
// Vega-Lite specifications as static SVG texts.
import type { TopLevelSpec } from 'vega-lite';
import { configOf, PAGE } from './figures/ink.ts';
import { withView } from './figures/vega-view.ts';
import { escapeXml } from './xml.ts';

/**
 * Inline SVG for an HTML page: without a fixed size it keeps its proportions. Colours are CSS variables, so that one drawing serves the light
 * and the dark scheme and print.
 */
export function drawSvg(spec: TopLevelSpec, label: string, config = configOf(PAGE)): Promise<string> {
  return withView({ ...spec, config }, async (view) =>
    // In HTML the element needs no namespaces, and a page without any address in it cannot be suspected of loading one.
    slim(pointedAt(await view.toSVG()))
      .replaceAll(/ xmlns(:xlink)?="[^"]*"/g, '')
      // Vega calls marks graphics all the same, and graphics without a name are announced as such.
      .replaceAll(/ (role="graphics-[a-z]+"|aria-roledescription="[^"]*")/g, '')
      .replace('<svg ', `<svg role="img" aria-label="${escapeXml(label)}" `)
      .replace('>', `><title>${escapeXml(label)}</title>`),
  );
}

/** Without what shows nothing: hundredths of a pixel, what is opaque anyway, and frames that are not drawn. Of a thousand cases it is a megabyte. */
function slim(svg: string): string {
  return svg
    .replaceAll(/ (?:transform|x2|y2|d)="[^"]*"/g, (attribute) => attribute.replaceAll(/(\.\d\d)\d+/g, '$1'))
    .replaceAll(/ opacity="1"| stroke-dasharray=""/g, '')
    .replaceAll(/<path class="foreground"[^<>]* display="none"\/>/g, '');
}

/** A drawing that stands alone: a namespace, real colours, and a title for each mark that says something. */
export function standaloneSvg(spec: TopLevelSpec): Promise<string> {
  return withView(spec, async (view) => `<?xml version="1.0" encoding="UTF-8"?>\n${pointedAt(await view.toSVG())}\n`);
}

/** Marks that Vega describes for a screen reader, and does not to who points at them: a title does both. */
function pointedAt(svg: string): string {
  return svg.replaceAll(
    /<(path|rect)([^<>]*?) aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="[^"]*"([^<>]*?)(?:\/>|><\/\1>)/g,
    '<$1$2$4><title>$3</title></$1>',
  );
}
