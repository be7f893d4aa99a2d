// SPDX-License-Identifier: Apache-2.0
// Vega-Lite specification to a static SVG text: no DOM, no canvas, no network. Colours are CSS variables, so that one
// drawing serves the light and the dark scheme and print.
import { Error as ERRORS_ONLY, parse, View } from 'vega';
import { type Config, compile, type TopLevelSpec } from 'vega-lite';

/** Text width cannot be measured without a browser; this is a system font's mean width at the charts' 12 px. */
export const CHARACTER_PX = 6.4;

const CONFIG: Config = {
  background: 'transparent',
  font: 'inherit',
  // The figure around a drawing says what it shows; marks that are announced one by one would only be in the way.
  aria: false,
  view: { stroke: null },
  axis: {
    labelColor: 'var(--soft)',
    titleColor: 'var(--soft)',
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    labelLimit: 0,
    titleLimit: 0,
    gridColor: 'var(--grid)',
    domainColor: 'var(--line)',
    tickColor: 'var(--line)',
    domain: false,
    ticks: false,
    labelPadding: 6,
    labelFlush: false,
    titlePadding: 10,
  },
  legend: {
    labelColor: 'var(--ink)',
    labelFontSize: 12,
    labelLimit: 0,
    title: null,
    orient: 'top',
    direction: 'horizontal',
    symbolSize: 90,
    columnPadding: 18,
    offset: 12,
  },
  text: { color: 'var(--ink)', fontSize: 12 },
};

/** Draws a specification. The result is inline SVG for an HTML page: without a fixed size it keeps its proportions. */
export async function drawSvg(spec: TopLevelSpec, label: string): Promise<string> {
  const view = new View(parse(compile({ ...spec, config: CONFIG }).spec), { renderer: 'none', logLevel: ERRORS_ONLY });
  try {
    const svg = await view.toSVG();
    // In HTML the element needs no namespaces, and a page without any address in it cannot be suspected of loading one.
    return (
      svg
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

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
