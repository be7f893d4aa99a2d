// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import { type PaperPanel, PaperPanelSchema } from '../model/paper-panel.ts';
import type { TestCase } from '../model/testcase.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { panelFigure, panelGaps } from './panel-figure.ts';

const dpdk = (part: Partial<TestCase>) =>
  testCase({ switch: 'ovs', io: 'dpdk', port: 'vhost-user', rate: 'max', burst: 32, ...part });
const measured = (part: Partial<TestCase>, pps: number) => storedCase({ case: dpdk(part), pps }, 8, 0);
const absent = (part: Partial<TestCase>, skipped: string) => ({ case: dpdk(part), skipped, trials: [] });

function panel(part: Record<string, unknown> = {}): PaperPanel {
  return PaperPanelSchema.parse({
    ...{ id: 'figure-4b', title: 'Sizes', draws: 'lines', figure: 'packets', along: 'packetSize', xScale: 'log' },
    lines: [
      { switch: 'ovs', io: 'dpdk' },
      { switch: 'vpp', io: 'dpdk', port: 'vhost-user' },
      { switch: 'vale', io: 'netmap' },
    ],
    cases: { packetSize: [64, 1500], burst: 32 },
    ...part,
  });
}

const RESULT = toCampaignResult(
  storedCampaign({
    cases: [
      ...[measured({ packetSize: 1500 }, 1e6), measured({ packetSize: 64 }, 4e6), measured({ packetSize: 256 }, 3e6)],
      // Of other figures.
      ...[measured({ pairs: 2 }, 5e6), measured({ burst: 64 }, 6e6), measured({ rate: 2_000_000 }, 2e6)],
      measured({ switch: 'vpp' }, 5e6),
      measured({ switch: 'vpp', port: 'memif' }, 9e6),
      absent({ switch: 'vpp', packetSize: 1500 }, 'no memory'),
      absent({ switch: 'vale', io: 'netmap', port: 'netmap' }, 'the module is not loaded; load it'),
    ],
  }),
);

const pointsIn = (drawn: ReturnType<typeof panelFigure>) =>
  Object.fromEntries(
    (drawn.panels[0]?.series ?? []).map(({ label, points }) => [label, points.map(({ x, y }) => [x, y])]),
  );

describe('a panel', () => {
  it('has a line a switch, with its own points alone, in the order of the axis', () => {
    const drawn = panelFigure(panel(), [RESULT]);
    assert.deepEqual(pointsIn(drawn), {
      ovs: [
        [64, 4],
        [256, 3],
        [1500, 1],
      ],
      vpp: [[64, 5]],
    });
    assert.deepEqual([drawn.x.scale, drawn.y.unit], ['log', 'Mpps']);
  });
  it('names what is missing, with the reason', () => {
    assert.deepEqual(panelFigure(panel(), [RESULT]).panels[0]?.gaps, [
      'vpp at 1500: no memory',
      'vale: the module is not loaded',
    ]);
    assert.deepEqual(panelGaps(panel(), [RESULT]).slice(1), ['vale: the module is not loaded; load it']);
    const none = toCampaignResult(storedCampaign({ cases: [measured({}, 4e6)] }));
    assert.deepEqual(panelFigure(panel(), [none]).panels[0]?.gaps, [
      'vpp: no such case in this campaign',
      'vale: no such case in this campaign',
    ]);
  });
  it('shows bits as bits of frames', () => {
    const drawn = panelFigure(panel({ figure: 'bits' }), [RESULT]);
    assert.deepEqual(pointsIn(drawn).ovs?.at(-1), [1500, 12]);
    assert.equal(drawn.y.unit, 'Gbit/s');
  });
  it('along a rate an unpaced case has no place', () => {
    const rates = panel({ along: 'rate', xScale: 'linear', cases: { packetSize: 64, burst: 32, rate: '1M,2M' } });
    assert.deepEqual(pointsIn(panelFigure(rates, [RESULT])), { ovs: [[2, 2]] });
  });
  it('shows what throughput costs', () => {
    const drawn = panelFigure(panel({ draws: 'cost', along: 'pairs', cases: { burst: 32 } }), [RESULT]);
    const [ovs] = drawn.panels[0]?.series ?? [];
    assert.equal(drawn.kind, 'cost');
    assert.deepEqual(
      ovs?.points.map(({ x }) => x),
      [4, 5],
    );
    assert.ok(Math.abs((ovs?.points[0]?.y ?? 0) - 2.94) < 0.01);
  });
  it('sets what was published beside bars', () => {
    const sockets = toCampaignResult(
      storedCampaign({ cases: ['udp', 'raw'].map((io) => storedCase({ case: testCase({ io }), pps: 2e5 }, 8, 0)) }),
    );
    const bars = panel({
      ...{ draws: 'bars', along: 'io', xScale: 'ordinal', published: { udp: 338_000, raw: 360_000 } },
      lines: ['udp', 'raw'].map((io) => ({ switch: 'linux-bridge', io })),
      cases: { packetSize: 64, burst: 64, rate: '1M' },
    });
    assert.deepEqual(
      panelFigure(bars, [sockets]).panels[0]?.series.map(({ label, points }) => [label, points[0]?.y]),
      [
        ...[
          ['udp, here', 200],
          ['udp, as published', 338],
        ],
        ...[
          ['raw, here', 200],
          ['raw, as published', 360],
        ],
      ],
    );
  });
});
