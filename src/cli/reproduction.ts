// SPDX-License-Identifier: Apache-2.0
// A paper's figures from one command: measured here, drawn as it has them, and its claims judged.
import { resolve } from 'node:path';
import type { Paper, PaperPanel } from '../model/paper-panel.ts';
import type { CampaignResult } from '../model/result.ts';
import { panelCampaigns } from '../plan/panels.ts';
import { claimsDocument, countWords, OUTCOME_WORDS, reasonWords } from '../report/claim-words.ts';
import type { Figure } from '../report/figures/figure.ts';
import { pgfDocument } from '../report/figures/pgf-document.ts';
import { panelFigure, panelGaps } from '../report/panel-figure.ts';
import { type ReproducedFigure, renderReproduction } from '../report/reproduction-html.ts';
import { clean, wrap } from '../report/text.ts';
import { type Judgement, judgeTogether } from '../stats/claims.ts';
import { campaignOf } from './campaign-file.ts';
import type { ReproduceOptions } from './commands/reproduce.ts';
import { checkout, giveToInvoker, resultsDirectory, tell } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { readExplorer } from './explorer.ts';
import { drawFigure, type FigureSize } from './figure-files.ts';
import { requireResult, withStore } from './load.ts';
import { type ReadPaper, readPaper } from './paper-files.ts';
import { runCampaigns } from './run.ts';
import { lineWidth } from './terminal.ts';
import { writeWhole } from './whole-file.ts';

/** Measures a paper's figures, or takes campaigns that there are; draws them and judges the claims. Throws CliError. */
export async function reproduce(name: string, ids: readonly string[], options: ReproduceOptions): Promise<void> {
  const read = readPaper(name, options.claims);
  const panels = chosenPanels(read, options);
  if (ids.length > 0) {
    refuseMeasuring(options);
    const results = await withStore((store) => ids.map((id) => requireResult(store, id)));
    const each = [...new Map(results.map((result) => [result.id, result])).values()];
    await conclude(read, panels, each, options);
    return;
  }
  if (read.paper === null) {
    throw new CliError(
      EXIT.usage,
      `${read.name} has claims alone: give the id of a campaign to judge them on (vswbench list)`,
    );
  }
  await measurePanels(read.paper, panels, options, (result) => conclude(read, panels, [result], options));
}

async function measurePanels(
  paper: Paper,
  panels: readonly PaperPanel[],
  { quick = false, testbed, trials, dryRun = false }: ReproduceOptions,
  concludeWith: (result: CampaignResult) => Promise<void>,
): Promise<void> {
  if (testbed?.includes(',') === true) {
    throw new CliError(EXIT.usage, '--testbed: a figure is of one testbed, as netns or lab: give one');
  }
  const common = { quick, title: paper.title, ...(testbed === undefined ? {} : { testbed }) };
  const files = panelCampaigns(paper, panels, common).map((file) =>
    trials === undefined ? file : { ...file, trials },
  );
  const [first, ...others] = files.map(campaignOf);
  if (first === undefined) throw new CliError(EXIT.usage, 'no figure is left to measure');
  if (!quick && !dryRun)
    tell('Measuring as published, a minute a trial: --dry-run tells how long, --quick takes less.');
  await runCampaigns([first, ...others], { dryRun }, async (store, id) => concludeWith(requireResult(store, id)));
}

/** All, or those that were named. Throws CliError for one that the paper does not have. */
function chosenPanels({ paper }: ReadPaper, { figure, table }: ReproduceOptions): readonly PaperPanel[] {
  const panels = paper?.panels ?? [];
  const named = [...idsIn(figure, 'figure'), ...idsIn(table, 'table')];
  if (named.length === 0) return panels;
  const stranger = named.find((ids) => !panels.some((panel) => ids.includes(panel.id)));
  if (stranger !== undefined) {
    const known = panels.map((panel) => panel.id).join(', ') || 'none';
    throw new CliError(EXIT.usage, `the paper has no ${stranger[0]}; its figures and tables: ${known}`);
  }
  return panels.filter((panel) => named.flat().includes(panel.id));
}

/** As the paper numbers them, `4a`, or as its file calls them, `bursts`. */
function idsIn(given: string | undefined, what: 'figure' | 'table'): string[][] {
  return (given ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => [`${what}-${item}`, item]);
}

function refuseMeasuring({ quick, testbed, trials, dryRun }: ReproduceOptions): void {
  const given = [
    ...(quick === true ? ['--quick'] : []),
    ...(testbed === undefined ? [] : ['--testbed']),
    ...(trials === undefined ? [] : ['--trials']),
    ...(dryRun === true ? ['--dry-run'] : []),
  ];
  if (given.length === 0) return;
  throw new CliError(EXIT.usage, `a campaign is drawn as it was measured: leave out ${given.join(', ')}, or the id`);
}

async function conclude(
  { name, paper, claims }: ReadPaper,
  panels: readonly PaperPanel[],
  results: readonly CampaignResult[],
  { out }: ReproduceOptions,
): Promise<void> {
  const campaigns = results.map((result) => result.id);
  const placed = judgeTogether(
    claims.claims,
    results.map((result) => result.results),
  );
  const judgements = placed.map(({ judgement }) => judgement);
  const folder = resolve(out ?? resolve(resultsDirectory, [name, ...campaigns].join('-')));
  const figures = panels.map(
    (panel): ReproducedFigure => ({
      figure: panelFigure(panel, results),
      gaps: panelGaps(panel, results),
    }),
  );
  const drawn = figures.filter(({ figure }) => figure.panels.some(({ series }) => series.length > 0));
  const page = await renderReproduction(
    {
      title: paper?.title ?? `The claims of ${name}`,
      ...{ citation: claims.citation, doi: claims.doi, machine: paper?.machine ?? null },
      ...{ figures, judgements, results },
    },
    { ...readExplorer(checkout.root), inflater: null },
  );
  writeAll(folder, [
    ...(await drawings(drawn)),
    ...(drawn.length === 0
      ? []
      : [
          {
            name: 'figures.tex',
            content: pgfDocument(
              paper?.title ?? name,
              drawn.map(({ figure }) => figure),
            ),
          },
        ]),
    ...figures.map(({ figure }) => ({ name: `${figure.id}.json`, content: figureText(figure) })),
    { name: 'claims.json', content: `${JSON.stringify(claimsDocument(name, campaigns, placed), null, 1)}\n` },
    { name: 'index.html', content: page },
  ]);
  process.stdout.write(`${claimLines(judgements, lineWidth(process.stdout)).join('\n')}\n`);
  tell(`Figures and claims: ${resolve(folder, 'index.html')}`);
}

/** As wide as a column and a half of a paper, CSS pixels, and twice as many pixels of a PNG. */
const SIZE: FigureSize = { width: 640, scale: 2 };

async function drawings(figures: readonly ReproducedFigure[]): Promise<NamedContent[]> {
  const files: NamedContent[] = [];
  for (const { figure } of figures) {
    for (const format of ['svg', 'png', 'tex'] as const) {
      files.push({ name: `${figure.id}.${format}`, content: await drawFigure(figure, format, SIZE) });
    }
  }
  return files;
}

/** The values of a figure, without the cases that its points lead to. */
function figureText(figure: Figure): string {
  return `${JSON.stringify(figure, (key, value) => (key === 'of' ? undefined : value), 1)}\n`;
}

interface NamedContent {
  name: string;
  content: string | Uint8Array;
}

/** Throws CliError where one cannot be written. */
function writeAll(folder: string, files: readonly NamedContent[]): void {
  for (const { name, content } of files) {
    writeWhole(folder, name, content, (path, why) => `${path} cannot be written: ${why}`);
  }
  giveToInvoker(folder);
}

function claimLines(judgements: readonly Judgement[], columns: number): string[] {
  return [
    ...judgements.flatMap((judgement) => [
      ...wrap(clean(`${OUTCOME_WORDS[judgement.outcome]}: ${judgement.claim.says}`), columns, 2),
      ...wrap(clean(`${judgement.claim.from}: ${reasonWords(judgement)}`), columns - 4, 2).map((line) => `    ${line}`),
    ]),
    ...wrap(`${countWords(judgements)}.`, columns, 2),
  ];
}
