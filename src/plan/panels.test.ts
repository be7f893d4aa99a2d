// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PaperSchema } from '../model/paper-panel.ts';
import { panelCampaigns } from './panels.ts';

const PAPER = PaperSchema.parse({
  ...{ title: 'A paper', citation: 'Who', machine: 'a machine' },
  asPublished: { warmup: '5s', duration: '60s', trials: 6 },
  quick: { warmup: '0', duration: '500ms', trials: 8 },
  panels: [
    {
      ...{ id: 'figure-1', title: 'Bursts', draws: 'lines', figure: 'packets', along: 'burst', xScale: 'log' },
      lines: [
        { switch: 'ovs', io: 'dpdk' },
        { switch: 'vale', io: 'netmap' },
        { switch: 'basicfwd', io: 'dpdk' },
      ],
      cases: { packetSize: 64, burst: [4, 8, 16] },
      quick: { burst: [4, 16] },
    },
  ],
});

it('switches of one framework are measured together, and never with one of another', () => {
  const campaigns = panelCampaigns(PAPER, PAPER.panels, { quick: false, title: 'T' });
  assert.deepEqual(
    campaigns.map(({ switch: ids, io }) => [ids, io]),
    [
      [['ovs', 'basicfwd'], 'dpdk'],
      [['vale'], 'netmap'],
    ],
  );
  assert.deepEqual(campaigns[0], {
    ...{ title: 'T', warmup: '5s', duration: '60s', trials: '6' },
    ...{ packetSize: '64', burst: ['4', '8', '16'], switch: ['ovs', 'basicfwd'], io: 'dpdk' },
  });
});

it('quick has fewer points and shorter trials', () => {
  const [first] = panelCampaigns(PAPER, PAPER.panels, { quick: true, title: 'T', testbed: 'lab' });
  assert.deepEqual(
    [first?.burst, first?.packetSize, first?.duration, first?.trials, first?.testbed],
    [['4', '16'], '64', '500ms', '8', 'lab'],
  );
});
