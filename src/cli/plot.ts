// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { AXIS_KEYS } from '../model/parameters.ts';
import type { CampaignResult } from '../model/result.ts';
import { MEASURES, STATS } from '../report/figures/measures.ts';
import { PLOT_KINDS, type PlotQuestion, plotFigure } from '../report/figures/plot-figure.ts';
import { shownResult } from '../report/shown.ts';
import type { PlotOptions } from './commands/plot.ts';
import { CliError, EXIT, isSystemError, mendOf } from './errors.ts';
import { drawFigure, FIGURE_FORMATS, type FigureFormat } from './figure-files.ts';
import { loadFrom, requireResult, withStore } from './load.ts';

/** Pixels of a PNG for each of the figure's: sharp where it is printed in a column. */
const PNG_SCALE = 2;
const WIDTH = { least: 200, most: 4000 } as const;

export async function plot(id: string | undefined, options: PlotOptions): Promise<void> {
  const question = questionOf(options);
  const format = formatOf(options);
  const width = widthOf(options.width);
  const result = shownResult(await campaignOf(id));
  const figure = plotFigure(result, question);
  if (!figure.ok) throw new CliError(EXIT.usage, figure.error);
  const content = await drawFigure(figure.value, format, { width, scale: PNG_SCALE });
  if (options.output === undefined) process.stdout.write(content);
  else write(options.output, content);
}

function campaignOf(id: string | undefined): Promise<CampaignResult> {
  return id === undefined ? withStore((store) => requireResult(store, id)) : loadFrom(id);
}

function questionOf({ kind, x, y, color, facet, stat }: PlotOptions): PlotQuestion {
  return {
    kind: kind === undefined ? null : oneOf('--kind', PLOT_KINDS, kind),
    x: x === undefined ? null : oneOf('--x', AXIS_KEYS, x),
    y: y === undefined ? null : oneOf('--y', MEASURES, y),
    color: oneOf('--color', ['switch', 'io'], color),
    facet: facet === undefined ? null : oneOf('--facet', AXIS_KEYS, facet),
    stat: oneOf('--stat', STATS, stat),
  };
}

function oneOf<const T extends string>(option: string, known: readonly T[], given: string): T {
  const found = known.find((one) => one === given);
  if (found === undefined) throw new CliError(EXIT.usage, `${option} takes ${known.join(', ')}; not '${given}'`);
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
