// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { AXIS_KEYS } from '../model/parameters.ts';
import type { CampaignResult } from '../model/result.ts';
import { ASPECTS } from '../report/figures/arrangement.ts';
import { caption } from '../report/figures/caption.ts';
import type { Figure } from '../report/figures/figure.ts';
import { MEASURES, STATS } from '../report/figures/measures.ts';
import { askedInVain, PLOT_KINDS, type PlotQuestion, plotFigure } from '../report/figures/plot-figure.ts';
import { timelineFigure } from '../report/figures/timeline-figure.ts';
import { caseName, common, describeGroup } from '../report/format.ts';
import { shownResult } from '../report/shown.ts';
import { WITHOUT_HISTOGRAMS } from '../store/store.ts';
import { caseSelected } from './case-selector.ts';
import type { PlotOptions } from './commands/plot.ts';
import { CliError, EXIT, isSystemError, mendOf } from './errors.ts';
import { drawFigure, FIGURE_FORMATS, type FigureFormat } from './figure-files.ts';
import { requireResult, withCampaign } from './load.ts';

/** Pixels of a PNG for each of the figure's: sharp where it is printed in a column. */
const PNG_SCALE = 2;
const WIDTH = { least: 200, most: 4000 } as const;

export async function plot(id: string | undefined, options: PlotOptions): Promise<void> {
  const format = formatOf(options);
  const width = widthOf(options.width);
  const figure = options.kind === 'timeline' ? await timelineOf(id, options) : await figureOf(id, options);
  const content = await drawFigure(figure, format, { width, scale: PNG_SCALE });
  if (options.output === undefined) process.stdout.write(content);
  else write(options.output, content);
}

async function figureOf(id: string | undefined, options: PlotOptions): Promise<Figure> {
  if (options.case !== undefined) throw new CliError(EXIT.usage, '--case is for --kind timeline: add that');
  const kind = options.kind === undefined ? null : oneOf('--kind', PLOT_KINDS, options.kind, ['timeline']);
  const question = questionOf(options);
  const figure = plotFigure(shownResult(await withCampaign(id, requireResult)), { kind, ...question });
  if (!figure.ok) throw new CliError(EXIT.usage, figure.error);
  return figure.value;
}

/** The trials of a case over time; of the first that was measured unless one is named. */
function timelineOf(id: string | undefined, options: PlotOptions): Promise<Figure> {
  const vain = askedInVain('timeline', questionOf(options));
  if (vain !== null) throw new CliError(EXIT.usage, vain);
  return withCampaign(id, (store, found) => {
    const stored = requireResult(store, found);
    const index = caseOf(stored, options.case);
    const result = shownResult(stored);
    const one = result.results[index];
    if (one === undefined) throw new RangeError(`the campaign has no case ${index}`);
    const title = `Trials over time: ${caseName(one.case)}`;
    const parameters = describeGroup(one.case, common(result, one.case));
    const figure = timelineFigure(one, [...store.trials(stored.id, index, WITHOUT_HISTOGRAMS)], {
      ...{ id: `timeline-${index}`, title },
      caption: caption(`${title} (${parameters}), between two samples`, result, [one]),
    });
    if (figure === null) throw new CliError(EXIT.usage, `no trial of case ${index} has samples: give another --case`);
    return figure;
  });
}

function caseOf({ id, fcs, results }: CampaignResult, named: string | undefined): number {
  if (named === undefined)
    return Math.max(
      0,
      results.findIndex((one) => one.summary !== null),
    );
  const selected = caseSelected(named, { id, fcs, cases: results });
  if (!selected.ok) throw new CliError(EXIT.usage, `--case: ${selected.error}`);
  return selected.value;
}

function questionOf({ x, y, color, facet, stat }: PlotOptions): Omit<PlotQuestion, 'kind'> {
  return {
    x: x === undefined ? null : oneOf('--x', AXIS_KEYS, x),
    y: y === undefined ? null : oneOf('--y', MEASURES, y),
    color: color === undefined ? null : oneOf('--color', ASPECTS, color),
    facet: facet === undefined ? null : oneOf('--facet', ASPECTS, facet),
    stat: oneOf('--stat', STATS, stat),
  };
}

/** `others` are taken as well, elsewhere. */
function oneOf<const T extends string>(
  option: string,
  known: readonly T[],
  given: string,
  others: readonly string[] = [],
): T {
  const found = known.find((one) => one === given);
  if (found === undefined) {
    throw new CliError(EXIT.usage, `${option} takes ${[...known, ...others].join(', ')}; not '${given}'`);
  }
  return found;
}

function formatOf({ format, output }: PlotOptions): FigureFormat {
  const named = FIGURE_FORMATS.find((one) => output?.endsWith(`.${one}`));
  const chosen =
    format === undefined ? (named ?? (output === undefined ? 'svg' : null)) : oneOf('--format', FIGURE_FORMATS, format);
  if (chosen === null)
    throw new CliError(
      EXIT.usage,
      `'${output}' tells no format: end it in .svg, .png, .pdf, .tex or .vl.json, or add --format`,
    );
  if (output === undefined && (chosen === 'png' || chosen === 'pdf') && process.stdout.isTTY) {
    throw new CliError(EXIT.usage, `a terminal cannot show ${chosen}: add -o figure.${chosen}`);
  }
  return chosen;
}

function widthOf(text: string): number {
  const width = Number(text);
  if (!Number.isInteger(width) || width < WIDTH.least || width > WIDTH.most) {
    throw new CliError(EXIT.usage, `--width takes ${WIDTH.least} to ${WIDTH.most} pixels; not '${text}'`);
  }
  return width;
}

function write(path: string, content: Uint8Array): void {
  try {
    writeFileSync(path, content);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new CliError(
      EXIT.trialFailed,
      `the figure cannot be written to ${path}: ${error.code}: ${mendOf(error.code, error.syscall)}`,
    );
  }
}
