// SPDX-License-Identifier: Apache-2.0
// What all pages share: their head, and the form of their drawings.
import { type ComponentChild, h } from 'preact';
import { render } from 'preact-render-to-string';
import type { Chart, LegendEntry } from './chart.ts';
import { markPath } from './figures/mark-path.ts';
import { STYLE } from './html-style.ts';
import { drawSvg } from './svg.ts';

/** Chart widths in CSS pixels: the text column, and a phone held upright. */
const WIDE_PX = 900;
const NARROW_PX = 340;

/** Keeps a browser from loading anything at all, whatever the data say. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** A self-contained HTML document. */
export function htmlPage(title: string, ...body: ComponentChild[]): string {
  const page = h(
    'html',
    { lang: 'en' },
    h(
      'head',
      null,
      h('meta', { charset: 'utf-8' }),
      h('meta', { 'http-equiv': 'Content-Security-Policy', content: POLICY }),
      h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      h('meta', { name: 'color-scheme', content: 'light dark' }),
      h('title', null, `${title} · vswbench`),
      h('style', { dangerouslySetInnerHTML: { __html: STYLE } }),
    ),
    h('body', null, ...body),
  );
  return `<!DOCTYPE html>\n${render(page)}\n`;
}

/** `headed`: under a heading of its own. */
export async function drawFigure(chart: Chart, headed: boolean): Promise<ComponentChild> {
  const svg = async (width: number, name: string) =>
    h('div', {
      class: name,
      dangerouslySetInnerHTML: { __html: await drawSvg(chart.spec(width), `${chart.title}. ${chart.caption}`) },
    });
  return h(
    'figure',
    null,
    headed ? h('h3', null, chart.title) : null,
    chart.legend.length === 0 ? null : h('ul', { class: 'legend' }, ...chart.legend.map(legendItem)),
    await svg(WIDE_PX, 'wide'),
    await svg(NARROW_PX, 'narrow'),
    h('figcaption', null, chart.caption),
  );
}

/** A swatch: a block for bars, a line in its dash for lines, and the mark of its points. */
function legendItem({ label, color, dash, mark }: LegendEntry): ComponentChild {
  const width = dash === undefined ? 12 : 30;
  return h(
    'li',
    null,
    h(
      'svg',
      { width, height: 12, 'aria-hidden': 'true' },
      dash === undefined && mark === undefined
        ? h('rect', { width: 12, height: 12, rx: 2, fill: color })
        : [
            dash === undefined
              ? null
              : h('line', {
                  x1: 0,
                  x2: width,
                  y1: 6,
                  y2: 6,
                  stroke: color,
                  'stroke-width': 2,
                  'stroke-dasharray': dash,
                }),
            mark === undefined
              ? null
              : h('path', {
                  ...{ d: markPath(mark.shape), transform: `translate(${width / 2} 6)` },
                  ...{ fill: mark.fill, stroke: color, 'stroke-width': 1.5 },
                }),
          ],
    ),
    label,
  );
}
