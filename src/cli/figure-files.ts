// SPDX-License-Identifier: Apache-2.0
// Figures as files. What draws pixels and pages is a large library with machine code, loaded when one of them is asked for; it brings
// what it needs, and so does its font.
import { createRequire } from 'node:module';
import type { View } from 'vega';
import type { Figure } from '../report/figures/figure.ts';
import { CliError, EXIT } from './errors.ts';

export const FIGURE_FORMATS = ['svg', 'png', 'pdf', 'tex', 'vl.json'] as const;
export type FigureFormat = (typeof FIGURE_FORMATS)[number];

export interface FigureSize {
  /** CSS pixels: 96 of them are an inch of a PDF's 72 points. */
  width: number;
  /** Pixels of a PNG for each of those. */
  scale: number;
}

/** Throws CliError where this machine has no library for pixels and pages. */
export async function drawFigure(figure: Figure, format: FigureFormat, size: FigureSize): Promise<Uint8Array> {
  if (format === 'tex') {
    const { pgfplots } = await import('../report/figures/pgfplots.ts');
    return Buffer.from(pgfplots(figure));
  }
  const { vegaLite } = await import('../report/figures/vega-lite.ts');
  const spec = vegaLite(figure, size.width);
  const { withView } = await import('../report/figures/vega-view.ts');
  switch (format) {
    case 'vl.json':
      return Buffer.from(`${JSON.stringify({ ...spec, description: figure.caption }, null, 2)}\n`);
    case 'svg':
      return Buffer.from(await (await import('../report/svg.ts')).standaloneSvg(spec));
    case 'png':
      return withView(spec, (view) => pngOf(view, size.scale));
    case 'pdf':
      return withView(spec, (view) => pdfOf(view, figure));
    default:
      return format satisfies never;
  }
}

async function pngOf(view: View, scale: number): Promise<Uint8Array> {
  const { createCanvas } = await canvasLibrary();
  const { width, height } = await extentOf(view);
  const canvas = createCanvas(Math.ceil(width * scale), Math.ceil(height * scale));
  await view.toCanvas(scale, { externalContext: canvas.getContext('2d') });
  return canvas.encode('png');
}

/** Points of a CSS pixel. */
const POINTS = 72 / 96;

async function pdfOf(view: View, { title, caption }: Figure): Promise<Uint8Array> {
  const { PDFDocument } = await canvasLibrary();
  const { width, height } = await extentOf(view);
  const document = new PDFDocument({ title, subject: caption, creator: 'vswbench' });
  const context = document.beginPage(width * POINTS, height * POINTS);
  await view.toCanvas(POINTS, { externalContext: context });
  document.endPage();
  return document.close();
}

/** All of a drawing, axes and legends included. */
async function extentOf(view: View): Promise<{ width: number; height: number }> {
  const [, width = '0', height = '0'] = /\bwidth="([\d.]+)" height="([\d.]+)"/.exec(await view.toSVG()) ?? [];
  return { width: Number(width), height: Number(height) };
}

/** As `PAPER` calls it. */
const FONT = 'SourceSans';

async function canvasLibrary() {
  const library = await import('@napi-rs/canvas').catch((error: unknown) => {
    throw new CliError(
      EXIT.usage,
      `no library for PNG and PDF on this machine (${error instanceof Error ? error.message.split('\n')[0] : error}): npm install @napi-rs/canvas, or take --format svg`,
    );
  });
  const { resolve } = createRequire(import.meta.url);
  if (!library.GlobalFonts.has(FONT)) {
    for (const weight of [400, 600]) {
      library.GlobalFonts.registerFromPath(
        resolve(`@fontsource/source-sans-3/files/source-sans-3-latin-${weight}-normal.woff2`),
        FONT,
      );
    }
  }
  return library;
}
