// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedCampaign, storedCase, sweepCampaign, testCase } from '../../../test/fixtures/campaign.ts';
import type { StoredCampaign } from '../../model/result.ts';
import { toCampaignResult } from '../../stats/campaign.ts';
import type { Figure } from './figure.ts';
import { type PlotQuestion, plotFigure } from './plot-figure.ts';

const OPEN: PlotQuestion = { kind: null, x: null, y: null, color: 'switch', facet: null, stat: 'median' };

function ask(stored: StoredCampaign, part: Partial<PlotQuestion> = {}) {
  return plotFigure(toCampaignResult(stored), { ...OPEN, ...part });
}

function figureOf(stored: StoredCampaign, part: Partial<PlotQuestion> = {}): Figure {
  const asked = ask(stored, part);
  assert.ok(asked.ok, asked.ok ? '' : asked.error);
  return asked.value;
}

const sized = (id: string, packetSize: number, pairs = 1, io = 'udp') =>
  storedCase({ case: testCase({ switch: id, packetSize, pairs, io, rate: 'max' }), pps: 1e5 * pairs }, 6, 0.02);
const swept = storedCampaign({
  cases: [64, 256].flatMap((size) => [1, 2].map((pairs) => sized('linux-bridge', size, pairs))),
});
const one = storedCampaign({ cases: [sized('linux-bridge', 64), sized('ovs', 64)] });
const latency = storedCampaign({
  cases: ['direct', 'linux-bridge'].map((id) =>
    storedCase({ case: testCase({ dimension: 'latency', switch: id, rate: 1000 }), pps: 1000 }, 3, 0.02),
  ),
});

describe('plot', () => {
  it('draws what a campaign is about, where nothing is asked for', () => {
    assert.deepEqual(
      [swept, one, latency].map((campaign) => figureOf(campaign).kind),
      ['line', 'bars', 'cdf'],
    );
  });

  it('makes panels of what else was swept, with every case in them', () => {
    const { panels, x } = figureOf(swept, { x: 'pairs' });
    assert.deepEqual(
      panels.map(({ title }) => title),
      ['P = 64 B', 'P = 256 B'],
    );
    assert.equal(panels.flatMap(({ series }) => series.flatMap(({ points }) => points)).length, 4);
    assert.equal(x.title, 'pairs of containers');
  });

  it('has means where they are asked for: those of the rounds', () => {
    const result = toCampaignResult(one);
    const rounds = result.results[0]?.figures.map(({ value }) => value) ?? [];
    const mean = rounds.reduce((sum, value) => sum + value, 0) / rounds.length;
    const figure = figureOf(one, { stat: 'mean' });
    const drawn = figure.panels[0]?.series.find(({ label }) => label.startsWith('linux-bridge'))?.points[0];
    assert.ok(Math.abs((drawn?.y ?? 0) * 1e3 - mean) < 1e-6 * mean, `${drawn?.y} and ${mean}`);
    assert.match(figure.caption, /means, with Student’s interval, of 6 rounds/);
  });

  it('has a row a case, with all rounds', () => {
    for (const kind of ['dots', 'box'] as const) {
      assert.deepEqual(
        figureOf(one, { kind }).panels[0]?.series.map(({ points }) => points.length),
        [6, 6],
      );
    }
  });

  it('lays two parameters against each other', () => {
    const [panel] = figureOf(swept, { kind: 'heatmap' }).panels;
    assert.deepEqual(
      panel?.series.map(({ label, points }) => [label, points.map(({ x }) => x)]),
      [
        ['pairs 1', [64, 256]],
        ['pairs 2', [64, 256]],
      ],
    );
  });

  it('takes CPUs and percentiles', () => {
    assert.equal(figureOf(swept, { kind: 'cost' }).x.unit, 'CPUs');
    assert.equal(figureOf(latency, { kind: 'cdf' }).panels[0]?.series.length, 2);
    // Latency beside throughput: each figure is of its own cases.
    assert.ok(figureOf(sweepCampaign(), { y: 'rtt' }).panels.every(({ title }) => !/throughput/i.test(title ?? '')));
  });

  it('says why there is no such figure', () => {
    const why = (stored: StoredCampaign, part: Partial<PlotQuestion>) => {
      const asked = ask(stored, part);
      return asked.ok ? 'drawn' : asked.error;
    };
    assert.equal(
      why(one, { kind: 'line', x: 'packetSize' }),
      '--x: packetSize has one value here (64); nothing was swept: --kind bars',
    );
    assert.equal(
      why(swept, { x: 'burst' }),
      '--x: burst has one value here (64); what was swept: packetSize and pairs',
    );
    assert.match(why(one, { y: 'rtt' }), /^--y rtt: nothing of it was measured here/);
    assert.match(why(one, { kind: 'cdf' }), /no round trips were measured/);
    assert.match(why(one, { kind: 'box', y: 'loss' }), /shows rounds of throughputPps or rtt/);
    assert.match(why(swept, { kind: 'heatmap', x: 'pairs', facet: 'pairs' }), /takes two parameters/);
    assert.match(
      why(storedCampaign({ cases: [...swept.cases, sized('ovs', 64)] }), { color: 'io' }),
      /takes campaigns of one switch/,
    );
    assert.match(why(storedCampaign({ cases: [] }), {}), /nothing was measured in campaign/);
  });
});
