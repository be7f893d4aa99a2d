// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lookAt, lookOf } from '../model/looks.ts';
import { FIGURE_KINDS, type Figure } from '../report/figures/figure.ts';
import { drawFigure, FIGURE_FORMATS, type FigureFormat } from './figure-files.ts';

const FIGURE: Figure = {
  ...{ id: 'one', title: 'Throughput by packet size', caption: 'What is shown.', kind: 'line' },
  x: { title: 'packet size, bytes', unit: null, scale: 'log' },
  y: { title: 'throughput', unit: 'kpps', scale: 'linear' },
  panels: [
    {
      title: null,
      series: [
        {
          label: 'linux-bridge · udp',
          look: lookOf('linux-bridge', 'udp'),
          points: [64, 128, 1500].map((x) => ({ x, y: 9, low: 8, high: 10 })),
        },
      ],
      gaps: [],
    },
  ],
};
const SIZE = { width: 600, scale: 1 };

describe('a figure in a file', () => {
  it('is an SVG that stands alone', async () => {
    const svg = Buffer.from(await drawFigure(FIGURE, 'svg', SIZE)).toString();
    assert.match(svg, /<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    assert.match(svg, /#0072b2/);
    assert.match(svg, />Throughput by packet size</);
    assert.doesNotMatch(svg, /var\(|inherit|<script|href/);
  });

  it('is a PNG with ink where the title stands, in a font of its own', async () => {
    const png = Buffer.from(await drawFigure(FIGURE, 'png', SIZE));
    const { createCanvas, loadImage } = await import('@napi-rs/canvas');
    const image = await loadImage(png);
    const context = createCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    const dark = (y: number, height: number) => {
      const { data } = context.getImageData(0, y, image.width, height);
      return data.filter((value, index) => index % 4 === 0 && value < 100).length;
    };
    assert.ok(dark(4, 20) > 300, `${dark(4, 20)} dark pixels of the title`);
    assert.ok(Math.abs(image.width - 600) <= 40, `${image.width}`);
  });

  it('is a PDF of one page that names its title, its text as glyphs of an embedded font', async () => {
    const pdf = Buffer.from(await drawFigure(FIGURE, 'pdf', SIZE)).toString('latin1');
    assert.match(pdf, /^%PDF-1\./);
    assert.match(pdf, /\/Title \(Throughput by packet size\)/);
    assert.match(pdf, /\/FontFile2 /);
    assert.match(pdf, /\/BaseFont \/[A-Z]{6}\+SourceSans/);
    assert.doesNotMatch(pdf, /\/Subtype \/Image/);
  });

  it('has no text in a PDF that is drawn as outlines: an unnamed Type 3 font, which journals refuse', async () => {
    const [panel] = FIGURE.panels;
    assert.ok(panel !== undefined);
    const series = panel.series.map((one) => ({
      ...one,
      points: one.points.map((point) => ({ ...point, text: '4vs4' })),
    }));
    const panels = ['64 B', '1500 B'].map((title) => ({ title, series, gaps: ['snabb: not installed'] }));
    for (const kind of ['line', 'cost'] as const) {
      const pdf = Buffer.from(await drawFigure({ ...FIGURE, kind, panels }, 'pdf', SIZE)).toString('latin1');
      assert.match(pdf, /\/Subtype \/CIDFontType2/);
      assert.doesNotMatch(pdf, /\/Subtype \/Type3/, kind);
    }
  });

  it('is a picture that LaTeX takes, with what that asks for', async () => {
    const tex = Buffer.from(await drawFigure(FIGURE, 'tex', SIZE)).toString();
    assert.match(
      tex,
      /^%.*\\usepackage\{pgfplots\}.*\\caption\{What is shown\.\}.*\\begin\{tikzpicture\}.*\\end\{tikzpicture\}%\n$/s,
    );
    assert.match(tex, /^ {4}1500 9 1 1$/m);
  });

  it('is a specification that Vega-Lite draws anywhere', async () => {
    const spec: unknown = JSON.parse(Buffer.from(await drawFigure(FIGURE, 'vl.json', SIZE)).toString());
    assert.ok(typeof spec === 'object' && spec !== null && '$schema' in spec && 'concat' in spec && 'config' in spec);
  });

  const BEGIN: Readonly<Record<FigureFormat, string>> = {
    ...{ svg: '<?xml ', png: '\x89PNG\r\n', pdf: '%PDF-1.', tex: '% Throughput ', 'vl.json': '{\n  "$schema"' },
  };
  for (const kind of FIGURE_KINDS) {
    for (const format of FIGURE_FORMATS) {
      it(`can be of the kind ${kind} and in ${format}, in several panels that look different`, async () => {
        const panels = FIGURE.panels.flatMap((panel) =>
          ['ovs', 'linux-bridge'].map((title, place) => ({
            ...panel,
            title,
            series: panel.series.map((one) => ({
              ...one,
              look: lookAt(place, place),
              // Percentiles as well.
              points: one.points.map((point, turn) => ({ ...point, x: 90 + turn })),
            })),
          })),
        );
        const file = Buffer.from(await drawFigure({ ...FIGURE, kind, panels }, format, SIZE)).toString('latin1');
        assert.ok(file.startsWith(BEGIN[format]), file.slice(0, 20));
        assert.ok(file.length > 1000);
        if (format !== 'png' && format !== 'pdf') assert.doesNotMatch(file, /NaN|undefined/);
      });
    }
  }
});
