// SPDX-License-Identifier: Apache-2.0
// Tables in terminals of every width from 60 to 200 columns, of campaigns in which much varies.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import stringWidth from 'string-width';
import { burstCampaign, capacityCampaign, storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import { DECIDING } from '../model/deciding.ts';
import type { StoredCampaign } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { decidingFigure } from '../stats/verdict.ts';
import { renderCase } from './case.ts';
import { decidingScale, inScale, ppsScale } from './format.ts';
import { renderCampaignList } from './list.ts';
import { renderSummary } from './terminal.ts';

const WIDTHS = Array.from({ length: 141 }, (_, index) => 60 + index);

/** As many parameters as a sweep may vary at once, each with a long and a short value. */
const SHORT: Partial<TestCase> = { switch: 'ovs', io: 'dpdk', port: 'memif', rate: 'max' };
const LONG: Partial<TestCase> = {
  ...{
    switch: '日本語のスイッチ',
    io: 'dpdk',
    port: 'vhost-user',
    packetSize: 'imix',
    rate: 1_234_567,
    pairs: 128,
    burst: 1024,
  },
  ...{
    touch: 'none',
    flows: 1_048_576,
    flowFields: 'udp-port',
    flowOrder: 'zipf:1.1',
    vlan: '100-199',
    qinq: '200',
    ip: '6',
  },
  ...{ switchThreads: 4, queues: 8, pin: 'receivers', direction: 'both', arrivals: 'on-off:32/1ms', background: '50%' },
  ...{
    macs: 65_536,
    announceRatePps: 1_000_000,
    idleMs: 310_000,
    vlanFiltering: 'on',
    nftRules: 1000,
    overlay: 'vxlan',
  },
};

function manyParameters(dimension: TestCase['dimension']): StoredCampaign {
  const of = (part: Partial<TestCase>, pps: number) =>
    storedCase({ case: testCase({ ...part, dimension }), pps }, 3, 0.01);
  return storedCampaign({
    title: '日本語の題名、幅は二倍、そして長い：何もかもが変わる測定 and a word',
    cases: [of(SHORT, 5_015_914), of({ ...LONG, switch: 'ovs' }, 22_202_123), of(LONG, 311_456)],
  });
}

/** All that is written without blanks may be longer than a line. */
function tooWide(text: string, columns: number): string[] {
  return text.split('\n').filter((line) => stringWidth(line) > columns && line.trim().includes(' '));
}

/** The figure that decides, of each case, as its table writes it. */
function decidingFigures(campaign: StoredCampaign): string[] {
  const { results } = toCampaignResult(campaign);
  const figures = results.flatMap((one) => decidingFigure(one)?.median ?? []);
  const [dimension = 'throughput'] = results.map(({ case: one }) => one.dimension);
  const scale = DECIDING[dimension].unit === 'pps' ? ppsScale(figures) : decidingScale(dimension, 0);
  return figures.map((figure) => inScale(figure, scale));
}

describe('in each width from 60 to 200 columns', () => {
  const campaigns: Record<string, StoredCampaign> = {
    'throughput over many parameters': manyParameters('throughput'),
    'latency over many parameters': manyParameters('latency'),
    capacities: capacityCampaign(),
    bursts: burstCampaign(),
  };
  for (const [name, campaign] of Object.entries(campaigns)) {
    it(`a table of ${name} fits, and has the figure that decides of each case`, () => {
      const result = toCampaignResult(campaign);
      const figures = decidingFigures(campaign);
      assert.ok(figures.length > 1);
      for (const columns of WIDTHS) {
        const text = renderSummary(result, { columns, color: false });
        assert.deepEqual(tooWide(text, columns), [], `${columns} columns`);
        for (const figure of figures)
          assert.match(text, new RegExp(`(^|\\s)${figure}(\\s|$)`, 'm'), `${columns} columns`);
      }
    });

    it(`a case of ${name} fits`, () => {
      const result = toCampaignResult(campaign);
      const [one] = result.results;
      assert.ok(one !== undefined);
      const trials = campaign.cases[0]?.trials ?? [];
      for (const columns of WIDTHS) {
        const text = renderCase({ result, index: 0, one, trials }, { columns, color: false });
        assert.deepEqual(tooWide(text, columns), [], `${columns} columns`);
      }
    });
  }

  it('the list of campaigns fits, whatever they are called', () => {
    const row = {
      ...{ id: '20260301-0959-a3f', startedAt: '2026-03-01T09:59:58.000Z', cases: 100_000, trialsPlanned: 1_000_000 },
      ...{ repetitionsOwed: 12, endedAt: '2026-03-01T09:59:58.000Z', trialsDone: 1_000_000 },
    };
    const shards = { count: 2000, of: 1_000_000, parts: [{ index: 1200, trials: 500 }], unlike: [] };
    const titles = [
      '日本語の題名、幅は二倍、そして長い：何もかもが変わる測定',
      'x'.repeat(300),
      'family 👨‍👩‍👧‍👦 '.repeat(20),
    ];
    for (const columns of WIDTHS) {
      const text = renderCampaignList(
        titles.map((title) => ({ ...row, title, shards })),
        { columns, color: false },
      );
      assert.deepEqual(tooWide(text, columns), [], `${columns} columns`);
    }
  });
});
