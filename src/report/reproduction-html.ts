// SPDX-License-Identifier: Apache-2.0
// A paper's figures as they came out here, with what they lack and what becomes of the paper's claims: one page that needs nothing beside it.
import { type ComponentChild, h } from 'preact';
import type { CampaignResult } from '../model/result.ts';
import type { Judgement } from '../stats/claims.ts';
import { countWords, flagsOf, OUTCOME_WORDS, reasonWords } from './claim-words.ts';
import { exploredDocument, type ToldCases } from './explore/document.ts';
import type { Explorer } from './explore/explorer.ts';
import { axisText, type Figure, type Panel, type Point } from './figures/figure.ts';
import { figureChart } from './figures/figure-chart.ts';
import { capital, common, describeGroup, listed } from './format.ts';
import { drawFigure, exploredPage } from './html-page.ts';

export interface ReproducedFigure {
  figure: Figure;
  /** What it lacks, each with its whole reason. */
  gaps: readonly string[];
}

export interface Reproduction {
  title: string;
  citation: string;
  doi: string | undefined;
  /** Where the paper measured; null of a paper of which we have claims alone. */
  machine: string | null;
  figures: readonly ReproducedFigure[];
  judgements: readonly Judgement[];
  /** The campaigns that all of it comes from. */
  results: readonly CampaignResult[];
}

/** Its figures can be worked with where there is an `explorer`, and are all there without. */
export async function renderReproduction(
  reproduction: Reproduction,
  explorer: Explorer | null = null,
): Promise<string> {
  const { title, citation, doi, machine, figures, judgements, results } = reproduction;
  const campaigns = results.map(({ id }) => id);
  const told = explorer === null ? null : toldOf(results);
  return exploredPage(title, explorer, [
    h('header', null, h('h1', null, title), h('p', null, `${citation}${doi === undefined ? '' : `, doi ${doi}`}.`)),
    h(
      'main',
      null,
      h(
        'p',
        null,
        `${campaigns.length === 1 ? 'Campaign' : 'Campaigns'} ${listed(campaigns)}. ${countWords(judgements)}.`,
      ),
      machine === null ? null : h('p', null, `The paper measured on ${machine}.`),
      ...(figures.length === 0
        ? []
        : [
            h('h2', null, 'Figures'),
            h('p', { class: 'soft' }, FILES),
            ...(await Array.fromAsync(figures, (figure) => figureOf(figure, told))),
          ]),
      h('h2', null, 'Claims'),
      claimTable(judgements),
    ),
  ]);
}

/** The cases of all campaigns, one after another; where there are several, each with the name of its own. */
function toldOf(results: readonly CampaignResult[]): ToldCases {
  const hosts = results.flatMap((result) => result.hosts);
  const all = results.flatMap(({ id, results: cases }) => cases.map((one) => ({ one, id })));
  const ids = new Map(all.map(({ one, id }) => [one, id]));
  return {
    numbers: new Map(all.map(({ one }, index) => [one, index])),
    aboutOf: (one) =>
      [
        describeGroup(one.case, common({ hosts }, one.case)),
        ...(results.length === 1 ? [] : [`campaign ${ids.get(one)}`]),
      ].join(', '),
  };
}

/** What `reproduce` writes. */
const FILES =
  'Each figure lies beside this page for papers and slides: SVG, PNG, LaTeX (figures.tex has them all) and its values as JSON.';

async function figureOf({ figure, gaps }: ReproducedFigure, told: ToldCases | null): Promise<ComponentChild> {
  const isEmpty = figure.panels.every(({ series }) => series.length === 0);
  const chart = figureChart(figure);
  return h(
    'section',
    { id: figure.id },
    h('h3', null, `${nameOf(figure)}: ${figure.title}`),
    isEmpty
      ? h('p', null, figure.caption)
      : await drawFigure(chart, false, (width) => told && exploredDocument(chart, told, width)),
    ...figure.panels.map((panel) => valuesOf(figure, panel)),
    gaps.length === 0
      ? null
      : h('details', null, h('summary', null, 'Not measured'), h('ul', null, ...gaps.map((gap) => h('li', null, gap)))),
  );
}

/** The same in numbers. */
function valuesOf({ x, y }: Figure, { series }: Panel): ComponentChild {
  const places = [...new Set(series.flatMap(({ points }) => points.map((point) => point.x)))].sort(byPlace);
  if (places.length === 0) return null;
  const head = [axisText(x), ...series.map(({ label }) => label)].map((title) => h('th', { scope: 'col' }, title));
  const rows = places.map((place) =>
    h(
      'tr',
      null,
      h('th', { scope: 'row' }, typeof place === 'number' ? written(place) : place),
      ...series.map(({ points }) => h('td', null, cellOf(points.find((point) => point.x === place)))),
    ),
  );
  return h(
    'details',
    null,
    h('summary', null, `Values: ${axisText(y)}`),
    h(
      'div',
      { class: 'scroll', tabIndex: 0 },
      h('table', null, h('thead', null, h('tr', null, ...head)), h('tbody', null, ...rows)),
    ),
  );
}

function byPlace(a: Point['x'], b: Point['x']): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : 0;
}

function cellOf(point: Point | undefined): string {
  if (point === undefined) return '–';
  const { y, low, high } = point;
  return low === null || high === null ? written(y) : `${written(y)} (${written(low)} – ${written(high)})`;
}

/** Four digits tell figures apart that differ at all; whole numbers stay whole. */
function written(value: number): string {
  return Number.isInteger(value) ? String(value) : Number(value.toPrecision(4)).toString();
}

/** `Figure 4b`, `Table 2`. */
export function nameOf({ id }: Pick<Figure, 'id'>): string {
  return capital(id.replaceAll('-', ' '));
}

function claimTable(judgements: readonly Judgement[]): ComponentChild {
  const head = ['Claim', 'From', 'Here', 'Why', 'Flags'].map((title) => h('th', { scope: 'col' }, title));
  const rows = judgements.map((judgement) =>
    h(
      'tr',
      null,
      h('td', null, judgement.claim.says, judgement.claim.note === undefined ? '' : ` (${judgement.claim.note})`),
      h('td', null, judgement.claim.from),
      h('td', null, OUTCOME_WORDS[judgement.outcome]),
      h('td', null, reasonWords(judgement)),
      h('td', null, flagsOf(judgement).join(', ')),
    ),
  );
  return h(
    'div',
    { class: 'scroll', tabIndex: 0 },
    h('table', null, h('thead', null, h('tr', null, ...head)), h('tbody', null, ...rows)),
  );
}
