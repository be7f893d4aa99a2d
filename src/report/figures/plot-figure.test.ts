// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedCampaign, storedCase, sweepCampaign, testCase } from '../../../test/fixtures/campaign.ts';
import type { StoredCampaign } from '../../model/result.ts';
import { toCampaignResult } from '../../stats/campaign.ts';
import type { Figure } from './figure.ts';
import { askedInVain, type PlotQuestion, plotFigure } from './plot-figure.ts';

const OPEN: PlotQuestion = { kind: null, x: null, y: null, color: null, facet: null, stat: 'median' };

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
    assert.equal(why(swept, { x: 'pairs', color: 'pairs' }), '--x and --color are both pairs: a line runs along one');
    assert.equal(
      why(swept, { kind: 'bars', facet: 'burst' }),
      '--facet: burst has one value here (64); what differs: pairs and packetSize',
    );
    assert.match(why(storedCampaign({ cases: [] }), {}), /nothing was measured in campaign/);
  });

  const paths = [
    ['linux-bridge', 'udp'],
    ['linux-bridge', 'raw'],
    ['ovs', 'udp'],
  ] as const;
  const crossed = storedCampaign({
    cases: paths.flatMap(([id, io]) => [64, 256].flatMap((size) => [1, 2].map((pairs) => sized(id, size, pairs, io)))),
  });
  const roundTrips = storedCampaign({
    cases: paths.flatMap(([id, io]) =>
      [64, 256].map((packetSize) =>
        storedCase({ case: testCase({ dimension: 'latency', switch: id, io, packetSize, rate: 1000 }), pps: 1000 }, 3),
      ),
    ),
  });
  const laidOut = (figure: Figure) =>
    figure.panels.map(({ title, series }) => [title, [...new Set(series.map(({ label }) => label))]] as const);

  it('has a panel for each value of a facet, and tells whatever else differs by its lines', () => {
    const byPairs = laidOut(figureOf(crossed, { kind: 'line', x: 'packetSize', facet: 'pairs' }));
    assert.deepEqual(byPairs, [
      ['1vs1', ['linux-bridge · udp', 'linux-bridge · raw', 'ovs · udp']],
      ['2vs2', ['linux-bridge · udp', 'linux-bridge · raw', 'ovs · udp']],
    ]);
    const bySwitch = laidOut(figureOf(crossed, { kind: 'line', x: 'packetSize', facet: 'switch' }));
    assert.deepEqual(bySwitch, [
      ['linux-bridge', ['udp, 1vs1', 'udp, 2vs2', 'raw, 1vs1', 'raw, 2vs2']],
      ['ovs', ['udp, 1vs1', 'udp, 2vs2']],
    ]);
  });

  it('has a line for each value of a colour, and tells whatever else differs by its panels', () => {
    assert.deepEqual(laidOut(figureOf(crossed, { kind: 'line', x: 'packetSize', color: 'pairs' })), [
      ['linux-bridge, udp', ['1vs1', '2vs2']],
      ['linux-bridge, raw', ['1vs1', '2vs2']],
      ['ovs, udp', ['1vs1', '2vs2']],
    ]);
  });

  // What each kind can be asked for, in each way: nothing is left out, and no two things in a panel are called or look the same.
  const ARRANGINGS = [
    ...(['line', 'bars', 'box', 'dots', 'cost'] as const).map((kind) => [crossed, kind] as const),
    ...(['line', 'bars', 'cdf', 'box', 'dots'] as const).map((kind) => [roundTrips, kind] as const),
  ].flatMap(([campaign, kind]) =>
    (['switch', 'io', 'packetSize', null] as const).flatMap((facet) =>
      (['switch', 'io', 'packetSize', null] as const).flatMap((color) =>
        kind === 'line' && (facet === 'packetSize' || color === 'packetSize') ? [] : [{ campaign, kind, facet, color }],
      ),
    ),
  );
  for (const { campaign, kind, facet, color } of ARRANGINGS) {
    const what = campaign === crossed ? 'throughput' : 'round trips';
    it(`draws ${what} as ${kind}, ${facet ?? 'nothing'} in panels and ${color ?? 'nothing'} by colour`, () => {
      const { panels } = figureOf(campaign, { kind, facet, color, ...(kind === 'line' ? { x: 'packetSize' } : {}) });
      const figures = (figure: readonly Figure['panels'][number][]) =>
        figure.flatMap(({ series }) => series.flatMap(({ points }) => points)).length;
      const plain = figureOf(campaign, { kind, ...(kind === 'line' ? { x: 'packetSize' } : {}) });
      assert.equal(figures(panels), figures(plain.panels));
      assert.equal(new Set(panels.map(({ title }) => title)).size, panels.length);
      for (const { series } of panels) {
        assert.equal(new Set(series.map(({ label }) => label)).size, series.length);
        const looks = series.map(({ look }) => `${look.color} ${look.shape} ${look.dash.join('-')}`);
        assert.equal(new Set(looks).size, series.length, looks.join('; '));
      }
    });
  }

  it('says what a kind takes, where it cannot do what it is asked for', () => {
    const asked = [
      [crossed, { kind: 'bars', x: 'packetSize' }, '--kind bars takes --y, --color, --facet and --stat: leave out --x'],
      [crossed, { kind: 'box', stat: 'mean' }, '--kind box takes --y, --color and --facet: leave out --stat'],
      [
        crossed,
        { kind: 'heatmap', color: 'io' },
        '--kind heatmap takes --x, --y, --facet and --stat: leave out --color',
      ],
      [crossed, { kind: 'cost', y: 'loss' }, '--kind cost takes --color and --facet: leave out --y'],
      [roundTrips, { kind: 'cdf', x: 'packetSize' }, '--kind cdf takes --color and --facet: leave out --x'],
    ] as const;
    for (const [campaign, part, words] of asked) {
      const answer = ask(campaign, part);
      assert.equal(answer.ok ? 'drawn' : answer.error, words);
    }
    const rows = ask(crossed, { kind: 'heatmap', facet: 'switch' });
    assert.match(rows.ok ? 'drawn' : rows.error, /rows of a heat map are a parameter that was swept; not switch/);
    const { kind: _, ...open } = OPEN;
    assert.equal(
      askedInVain('timeline', { ...open, facet: 'pairs' }),
      '--kind timeline takes --case: leave out --facet',
    );
    assert.equal(askedInVain('timeline', open), null);
  });
});
