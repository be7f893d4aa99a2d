// SPDX-License-Identifier: Apache-2.0
// What of a bundle is derived from its trials. Whoever writes one and whoever checks one goes through here, and by that gets the same.

import { BUNDLE, type BundleAbout, figureFile, type Maker, tableFile } from '../model/bundle.ts';
import type { CampaignResult } from '../model/result.ts';
import { appendixText } from '../report/bundle/appendix.ts';
import type { PlotQuestion } from '../report/figures/plot-figure.ts';
import { shownResult } from '../report/shown.ts';
import { dictionaryText, TABLES } from '../report/tables/dictionary.ts';
import type { Store } from '../store/store.ts';
import { WHATS } from './commands/export.ts';
import { version } from './context.ts';
import { exportText } from './export.ts';
import { drawFigure } from './figure-files.ts';
import { documentOf, requireResult } from './load.ts';
import { sourcesStamp } from './rules.ts';

export interface Content {
  name: string;
  form: 'json' | 'csv' | 'text';
  pieces(): Iterable<string>;
}

/** This vswbench, as a bundle names what made it. */
export function thisMaker(): Maker {
  return { vswbench: version, node: process.version, sources: sourcesStamp() };
}

/** All files of a bundle but its store, crate and manifest, in their order. The store has one campaign and no kept summaries. */
export async function contentsOf(store: Store, about: BundleAbout): Promise<Content[]> {
  const { renderHtml } = await import('../report/html.ts');
  const result = requireResult(store, about.campaign);
  const page = await renderHtml(result);
  const figures = await figuresOf(result);
  return [
    text(BUNDLE.about, 'json', `${JSON.stringify(about, null, 1)}\n`),
    { name: BUNDLE.document, form: 'json', pieces: () => documentOf(store, about.campaign) },
    text(BUNDLE.report, 'text', page),
    ...figures,
    text(BUNDLE.appendix, 'text', appendixText(result, about)),
    text(BUNDLE.machines, 'json', `${JSON.stringify(result.hosts, null, 1)}\n`),
    text(BUNDLE.dictionary, 'text', dictionaryText()),
    ...WHATS.filter((what) => TABLES.some(({ name }) => name === what))
      .map((what): Content => {
        return {
          name: tableFile(what),
          form: 'csv',
          pieces: () => store.stream(() => exportText(store, [about.campaign], what, 'csv')),
        };
      })
      .filter(hasRows),
  ];
}

/** What `vswbench plot` draws of a campaign when it is asked for little. */
const FIGURES: readonly Pick<PlotQuestion, 'kind' | 'y'>[] = [
  { kind: null, y: 'throughputPps' },
  { kind: null, y: 'rtt' },
  { kind: 'cdf', y: null },
  { kind: 'dots', y: 'throughputPps' },
  { kind: 'dots', y: 'rtt' },
  { kind: 'cost', y: null },
];
const FIGURE_SIZE = { width: 720, scale: 1 };

/** Those figures that the campaign has data for, as SVG: drawn without machine code and without fonts of the machine, and so the same anywhere. */
async function figuresOf(stored: CampaignResult): Promise<Content[]> {
  const { plotFigure } = await import('../report/figures/plot-figure.ts');
  const result = shownResult(stored);
  const figures = FIGURES.flatMap((asked) => {
    const figure = plotFigure(result, { ...asked, x: null, color: 'switch', facet: null, stat: 'median' });
    return figure.ok ? [figure.value] : [];
  });
  const byName = new Map(figures.map((figure) => [figureFile(figure.id), figure]));
  return Promise.all(
    [...byName].map(async ([name, figure]) =>
      text(name, 'text', new TextDecoder().decode(await drawFigure(figure, 'svg', FIGURE_SIZE))),
    ),
  );
}

function text(name: string, form: Content['form'], whole: string): Content {
  return { name, form, pieces: () => [whole] };
}

/** More than a heading. */
function hasRows({ pieces }: Content): boolean {
  let count = 0;
  for (const _ of pieces()) {
    count += 1;
    if (count > 1) return true;
  }
  return false;
}

/** So many characters are handed over at once: a piece is often one cell. */
const CHUNK = 2 ** 16;

export function* bytesOf(pieces: Iterable<string>): Generator<Uint8Array, void> {
  const encoder = new TextEncoder();
  let chunk = '';
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < CHUNK) continue;
    yield encoder.encode(chunk);
    chunk = '';
  }
  if (chunk !== '') yield encoder.encode(chunk);
}
