// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedCampaign, storedCase, testCase } from '../../../test/fixtures/campaign.ts';
import { toCampaignResult } from '../../stats/campaign.ts';
import { sweepCharts } from '../chart-lines.ts';
import { drawSvg } from '../svg.ts';
import { FIGURE_KINDS, type Figure } from './figure.ts';
import { configOf, PAPER } from './ink.ts';
import { vegaLite } from './vega-lite.ts';

const LOOK = { color: '#0072b2', darkColor: '#4aa8e0', shape: 'circle', dash: [] };

function figureOf(kind: Figure['kind']): Figure {
  const points = [1, 2, 4].map((x) => ({ x, y: 10 * x, low: 9 * x, high: 11 * x }));
  return {
    ...{ id: 'one', title: 'A title', caption: '', kind },
    x: { title: 'pairs', unit: null, scale: 'log' },
    y: { title: 'throughput', unit: 'kpps', scale: 'linear' },
    panels: [
      {
        title: 'P = 128 B',
        series: [{ label: 'linux-bridge · udp', look: LOOK, points }],
        gaps: ['snabb: not installed'],
      },
    ],
  };
}

describe('a figure', () => {
  it('is as wide as it is asked to be, however much is missing', async () => {
    const figure = figureOf('line');
    const gaps = ['snabb', 'sriov', 'vale', 'vpp'].map(
      (id) => `${id}: this machine lacks what it needs, and nobody can mend it`,
    );
    const long = { ...figure, panels: figure.panels.map((panel) => ({ ...panel, gaps })) };
    const [, width = 'none'] = /viewBox="0 0 ([\d.]+) /.exec(await drawSvg(vegaLite(long, 640), 'L')) ?? [];
    assert.ok(Number(width) <= 660, width);
  });
  for (const kind of FIGURE_KINDS) {
    for (const width of [340, 900]) {
      it(`of the kind ${kind} is drawn ${width} pixels wide`, async () => {
        const spec = vegaLite(figureOf(kind), width);
        const svg = await drawSvg(spec, 'label', configOf(PAPER));
        assert.match(svg, />P = 128 B</);
        assert.match(svg, />Missing: snabb: not installed</);
        assert.doesNotMatch(svg, /NaN|undefined|var\(/);
        const drawn = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1]);
        // Without a browser Vega takes text for half as wide again as it is: of a narrow heat map, its heading.
        const room = kind === 'heatmap' && width < 500 ? 1.4 : 1.05;
        assert.ok(drawn <= room * width, `${drawn} of ${width}`);
      });
    }
  }

  it('says of each mark what it shows', async () => {
    const svg = await drawSvg(vegaLite(figureOf('line'), 900), 'label', configOf(PAPER));
    assert.match(svg, /<title>linux-bridge · udp: 20 kpps at pairs 2, 95 % interval 18 to 22<\/title>/);
    assert.equal(svg.match(/<title>linux-bridge/g)?.length, 3);
  });

  it('shows a sweep of sizes and pairs whole: three figures of small multiples, every point in them', () => {
    const swept = [1, 2, 4].flatMap((pairs) =>
      [64, 256, 1500].flatMap((packetSize) =>
        ['linux-bridge', 'ovs'].map((id) =>
          storedCase({ case: testCase({ switch: id, pairs, packetSize }), pps: 1e5 * pairs }),
        ),
      ),
    );
    const charts = sweepCharts(toCampaignResult(storedCampaign({ cases: swept })));
    assert.deepEqual(
      charts.map(({ title }) => title),
      ['Throughput by packet size', 'Throughput in Gbit/s by packet size', 'Throughput by number of pairs'],
    );
    for (const { spec } of charts) assert.equal(JSON.stringify(spec(900)).match(/"told":/g)?.length, swept.length);
  });

  it('shows every rate of a sweep', () => {
    const rates = Array.from({ length: 14 }, (_, index) => 1e6 * (index + 1));
    const cases = rates.map((rate) => storedCase({ case: testCase({ rate }), pps: Math.min(rate, 5e5) }));
    const [chart, ...others] = sweepCharts(toCampaignResult(storedCampaign({ cases })));
    assert.equal(others.length, 0);
    for (const rate of rates) assert.match(JSON.stringify(chart?.spec(900)), new RegExp(`"x":${rate / 1e6},`));
  });

  it('names what is missing, by reason', () => {
    const cases = [64, 256].flatMap((packetSize) => [
      storedCase({ case: testCase({ packetSize }), pps: 1e5 }),
      ...['snabb', 'vale'].map((id) => ({
        ...storedCase({ case: testCase({ packetSize, switch: id }), pps: 1 }),
        trials: [],
        skipped: 'not installed',
      })),
    ]);
    const [chart] = sweepCharts(toCampaignResult(storedCampaign({ cases })));
    assert.match(JSON.stringify(chart?.spec(900)), /Missing: snabb · udp, vale · udp: not installed/);
  });
});
