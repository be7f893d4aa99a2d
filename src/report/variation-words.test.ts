// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { renderHtml } from './html.ts';
import { JsonVariationSchema, jsonVariations } from './json-variations.ts';
import { renderSummary } from './terminal.ts';
import { variationLines } from './variation-words.ts';

/** Two switches of which one is twice as fast, at sizes of which one takes a quarter, and a switch at a third size alone. */
const campaign = toCampaignResult(
  storedCampaign({
    cases: [
      ...['ovs', 'vpp'].flatMap((name, a) =>
        [64, 1500].map((packetSize, b) =>
          storedCase({ case: testCase({ switch: name, packetSize, rate: 'max' }), pps: 1e6 * 2 ** (a - 2 * b) }, 6, 0),
        ),
      ),
      storedCase({ case: testCase({ switch: 'ovs', packetSize: 9000, rate: 'max' }), pps: 10 }, 6, 0),
    ],
  }),
);

const SENTENCE =
  'Throughput (as ratios; 4 of 5 cases, 6 rounds): packet size 80 %, switch 20 %, interaction 0 %, round 0 %, unexplained 0 %. Left out: packet size 9000, not measured in every combination.';

describe('shares of variance in words', () => {
  it('begin with the largest factor, and say what was left out', () => {
    assert.deepEqual(
      variationLines(campaign).map(({ sentence }) => sentence.replaceAll('<0.01 %', '0 %').replaceAll('0.00 %', '0 %')),
      [SENTENCE],
    );
  });

  it('stand in the summary and on the page', async () => {
    const flat = renderSummary(campaign, { columns: 200, color: false }).replaceAll(/\s+/g, ' ');
    assert.match(
      flat,
      /Shares of variance Throughput \(as ratios; 4 of 5 cases, 6 rounds\): packet size 80 %, switch 20 %/,
    );
    const html = await renderHtml(campaign);
    assert.match(html, /What makes the difference.*<dt>packet size<\/dt><dd>80 %<\/dd><dt>switch<\/dt><dd>20 %<\/dd>/s);
  });

  it('add up to 1 for programs, with each interaction by itself', () => {
    const [found] = jsonVariations(campaign);
    assert.deepEqual(JsonVariationSchema.safeParse(found).success, true);
    assert.deepEqual(
      found?.effects.map(({ factors, share }) => `${factors.join(' × ')} ${share.toFixed(3)}`),
      ['switch 0.200', 'packetSize 0.800', 'switch × packetSize 0.000'],
    );
    const { effects = [], higher = 0, round = 0, unexplained = 0 } = found ?? {};
    const sum = effects.reduce((all, { share }) => all + share, higher + round + unexplained);
    assert.ok(Math.abs(sum - 1) < 1e-9);
  });
});
