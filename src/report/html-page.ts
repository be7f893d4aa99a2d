// SPDX-License-Identifier: Apache-2.0
// What all pages share: their head, and the form of their drawings.
import { type ComponentChild, h } from 'preact';
import { render } from 'preact-render-to-string';
import type { Chart, LegendEntry } from './chart.ts';
import type { ExploredDocument } from './explore/document.ts';
import { type Explorer, LIBRARY_ID, scriptPolicy } from './explore/explorer.ts';
import { markPath } from './figures/mark-path.ts';
import { STYLE } from './html-style.ts';
import { packed } from './later.ts';
import { drawSvg } from './svg.ts';

/** Chart widths in CSS pixels: the text column, and a phone held upright. */
const WIDE_PX = 900;
const NARROW_PX = 340;

/** A drawing as long as this, of hundreds of marks, is in the page once: where that is too narrow, it scrolls. */
const ONCE_CHARACTERS = 100_000;

/** Keeps a browser from loading anything at all, whatever the data say. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** A self-contained HTML document. */
export function htmlPage(title: string, ...body: ComponentChild[]): string {
  return exploredPage(title, null, body);
}

/** The same where figures can be worked with; without an `explorer` they are pictures. */
export function exploredPage(title: string, explorer: Explorer | null, body: readonly ComponentChild[]): string {
  const policy = explorer === null ? POLICY : `${POLICY}; ${scriptPolicy(explorer)}`;
  const page = h(
    'html',
    { lang: 'en' },
    h(
      'head',
      null,
      h('meta', { charset: 'utf-8' }),
      h('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
      h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      h('meta', { name: 'color-scheme', content: 'light dark' }),
      h('title', null, `${title} · vswbench`),
      h('style', { dangerouslySetInnerHTML: { __html: STYLE } }),
    ),
    h('body', null, ...body, ...(explorer === null ? [] : explorerParts(explorer))),
  );
  return `<!DOCTYPE html>\n${render(page)}\n`;
}

/** At the end of the page, which is read and painted before. */
function explorerParts({ script, inflater, library }: Explorer): ComponentChild[] {
  return [
    inflater === null ? null : h('script', { dangerouslySetInnerHTML: { __html: inflater.text } }),
    h('template', { id: LIBRARY_ID, dangerouslySetInnerHTML: { __html: library } }),
    h('script', { type: 'module', dangerouslySetInnerHTML: { __html: script } }),
  ];
}

/**
 * `headed`: under a heading of its own. `explore` is what it is worked with by. `laterOf` keeps long drawings until they are wanted: a page of
 * thousands of cases is read from its top.
 */
export async function drawFigure(
  chart: Chart,
  headed: boolean,
  explore: (width: number) => ExploredDocument | null = () => null,
  laterOf: (drawings: ComponentChild[]) => ComponentChild[] = (drawings) => drawings,
): Promise<ComponentChild> {
  const document = explore(WIDE_PX);
  const svg = (width: number) => drawSvg(chart.spec(width), `${chart.title}. ${chart.caption}`);
  const wide = await svg(WIDE_PX);
  const isLong = wide.length > ONCE_CHARACTERS;
  const drawings = (
    isLong
      ? [{ kind: 'once', label: chart.title, text: wide }]
      : [
          { kind: 'wide', label: null, text: wide },
          { kind: 'narrow', label: null, text: await svg(NARROW_PX) },
        ]
  ).map(({ kind, label, text }) =>
    h('div', {
      class: kind,
      ...(label === null ? {} : { role: 'region', 'aria-label': label, tabIndex: 0 }),
      dangerouslySetInnerHTML: { __html: text },
    }),
  );
  return h(
    'figure',
    document === null ? null : { 'data-title': document.title, 'data-explore': packed(JSON.stringify(document)) },
    headed ? h('h3', null, chart.title) : null,
    chart.legend.length === 0 ? null : h('ul', { class: 'legend' }, ...chart.legend.map(legendItem)),
    ...(isLong ? laterOf(drawings) : drawings),
    h('figcaption', null, chart.caption),
  );
}

/** Of a line: as much as tells its dash from others. */
const DASHED_PX = 46;

/** A swatch: a block for bars, a line in its dash for lines, and the mark of its points. */
function legendItem({ label, color, dash, mark }: LegendEntry): ComponentChild {
  const width = dash === undefined ? 12 : DASHED_PX;
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
