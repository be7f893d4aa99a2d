// SPDX-License-Identifier: Apache-2.0
// Figures for LaTeX, compiled by pdfLaTeX where there is one.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { lookOf } from '../../model/looks.ts';
import { FIGURE_KINDS, type Figure, type FigureKind, type Point, type Series } from './figure.ts';
import { pgfDocument } from './pgf-document.ts';
import { thinned } from './pgf-plane.ts';
import { pgfplots } from './pgfplots.ts';

/** Everything that TeX takes for something else, and letters that its first font lacks. */
const HOSTILE = '100 % of $x_1 & {y} #2 ~ ^ \\end {document} <a> "b" |c| µs ± × – … ’ ® ñ é Ł 日本 \u001b';

const PATHS = [
  ['linux-bridge', 'udp'],
  ['linux-bridge', 'raw-mmsg'],
  ['ovs', 'dpdk/vhost-user'],
  ['vpp', 'dpdk/memif'],
  ['snabb', 'dpdk/vhost-user'],
  ['sriov', 'dpdk'],
  ['vale', 'netmap'],
] as const;

const SIZES = [64, 128, 256, 512, 1024, 1500];
const PERCENTS = [50, 90, 99, 99.9];

/** Some x for each kind, as figures have them. */
function pointsOf(kind: FigureKind, place: number): Point[] {
  const point = (x: number | string, y: number): Point => ({ x, y, low: 0.9 * y, high: 1.1 * y });
  const base = 0.03 * 3 ** place;
  switch (kind) {
    case 'cdf':
      return PERCENTS.map((percent, index) => point(percent, (10 + place) * 2 ** index));
    case 'bars':
      return [point('', base)];
    case 'stack':
      return ['1vs1', '2vs2'].map((row, index) => ({ ...point(row, 1 + index + place / 7), low: null, high: null }));
    case 'box':
    case 'dots':
      return [0, 1, 2, 3, 4, 5].map((round) => ({ x: round, y: 5 + place + 0.1 * round, low: null, high: null }));
    case 'cost':
      return [{ ...point(base, 1 + place / 7), text: '4vs4' }];
    case 'timeline':
      return [0, 0.1, 0.2, 0.3].map((second) => point(second, 1 + place + second));
    case 'line':
    case 'heatmap':
      return SIZES.map((size) => point(size, base * (1 - size / 3000)));
    default:
      return kind satisfies never;
  }
}

/** A figure of a kind with so many panels. An interval of the first series reaches far beyond its axis. */
function figureOf(kind: FigureKind, panels = 1, title = 'Throughput by packet size'): Figure {
  const series = PATHS.map(([name, io], place): Series => {
    const points = pointsOf(kind, place);
    return {
      label: `${name}, ${io}`,
      look: lookOf(name, io),
      points: place > 0 ? points : points.map((point) => (point.high === null ? point : { ...point, high: 1e6 })),
    };
  });
  const scale = kind === 'line' || kind === 'bars' || kind === 'heatmap' ? 'log' : 'linear';
  return {
    ...{ id: `figure-${kind}-${panels}`, title, kind },
    caption: `${title}: medians of 6 rounds with 95 % intervals (order statistics).`,
    x: { title: 'packet size', unit: 'B', scale: kind === 'line' ? 'log' : 'linear' },
    y: { title: 'throughput', unit: 'Mpps', scale },
    panels: Array.from({ length: panels }, (_, place) => ({
      title: panels === 1 ? null : `${place + 1}vs${place + 1}`,
      series: series.slice(place % 3),
      gaps: place === 1 ? ['fastclick: not installed'] : [],
    })),
  };
}

/** A document of two columns with some figures in it, compiled untouched: what TeX had to say of it. */
function compiled(folder: string, figures: readonly Figure[]): string {
  for (const figure of figures) writeFileSync(join(folder, `${figure.id}.tex`), pgfplots(figure));
  writeFileSync(join(folder, 'paper.tex'), pgfDocument(HOSTILE, figures));
  const { status, stdout } = spawnSync('pdflatex', ['-interaction=nonstopmode', '-halt-on-error', 'paper.tex'], {
    ...{ cwd: folder, encoding: 'utf8' },
  });
  assert.equal(status, 0, stdout.slice(-1500));
  return readFileSync(join(folder, 'paper.log'), 'latin1');
}

describe('figures for LaTeX', () => {
  it('compile untouched in a column of two, of each kind, and are no wider than it', (context) => {
    if (spawnSync('kpsewhich', ['pgfplots.sty']).status !== 0) return context.skip('needs pdflatex and pgfplots.sty');
    const folder = mkdtempSync(join(tmpdir(), 'vswbench-tex-'));
    try {
      const figures = [
        ...FIGURE_KINDS.map((kind) => figureOf(kind)),
        figureOf('line', 3),
        { ...figureOf('line', 2, HOSTILE), id: 'hostile', panels: [{ title: HOSTILE, series: [], gaps: [HOSTILE] }] },
      ];
      const log = compiled(folder, figures);
      for (const { id } of figures) assert.ok(log.replaceAll('\n', '').includes(`(./${id}.tex`), id);
      // A second run would have the numbers of the figures.
      assert.doesNotMatch(
        log,
        /Overfull|Undefined|Missing character|LaTeX Warning: (?!Label)|Package pgfplots Warning/,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('say what they take, and their caption', () => {
    const head =
      pgfplots({ ...figureOf('line'), caption: 'n = 6, 95 %\nof all.' }).split('\\begin{tikzpicture}')[0] ?? '';
    assert.ok(head.split('\n').every((line) => line === '' || line.startsWith('%')));
    assert.match(head, /\\usepgfplotslibrary\{groupplots\}/);
    assert.match(head, /\\caption\{n = 6, 95\\,\\% of all\.\}/);
  });

  it('say once, in the caption, what all panels lack', () => {
    const figure = figureOf('line', 2);
    const panels = figure.panels.map((panel) => ({ ...panel, gaps: [...panel.gaps, 'snabb: not installed'] }));
    const text = pgfplots({ ...figure, panels });
    assert.equal(text.match(/issing: snabb/g)?.length, 1);
    assert.match(text, /^% {3}\\caption\{.*\. Missing: snabb: not installed\.\}$/m);
    assert.match(text, /title=\{2vs2\\\\\\scriptsize missing: fastclick/);
  });

  it('have all points, with intervals as far as the axis goes, and each series once in the legend', () => {
    const text = pgfplots(figureOf('line', 3));
    assert.equal(text.match(/\\addlegendentry/g)?.length, PATHS.length);
    assert.equal(text.match(/^ {4}1500 /gm)?.length, PATHS.length + PATHS.length - 1 + PATHS.length - 2);
    assert.equal(text.match(/mark=triangle\*, mark size=1\.2pt/g)?.length, SIZES.length);
  });

  it('name as many values of an axis as it has room for, the first and the last among them', () => {
    assert.deepEqual(thinned([64, 128, 256, 512, 1024, 1500], 'log', 200), [64, 128, 256, 512, 1024, 1500]);
    assert.deepEqual(thinned([64, 128, 256, 512, 1024, 1500], 'log', 90), [64, 128, 256, 512, 1500]);
    assert.deepEqual(thinned([4], 'linear', 200), [4]);
  });
});
