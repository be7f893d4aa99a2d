// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { burstCampaign, capacityCampaign, storedCampaign, testCase, trial } from '../../test/fixtures/campaign.ts';
import type { Card, CardSubject } from '../model/card.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { cardPage, foundOf } from './card.ts';
import { renderCardHtml } from './card-html.ts';
import { cardRows } from './card-lines.ts';
import { renderCard } from './card-terminal.ts';

const campaign = (part: string) => ({ campaign: `20260301-0959-${part}` });
const SUBJECT: CardSubject = {
  ...{ switch: 'ovs', io: 'dpdk', port: 'vhost-user' },
  parts: { capacity: campaign('a'), delay: campaign('b'), burst: campaign('c'), load: { skipped: 'too <b>slow</b>' } },
};
const CARD: Card = {
  ...{ id: 'card-1', startedAt: '2026-03-01T09:59:58.000Z', asked: { switch: 'ovs' }, driverFiles: [] },
  subjects: [SUBJECT, { ...SUBJECT, switch: 'vpp', parts: {} }],
};

const capacity = toCampaignResult(capacityCampaign());
const burst = toCampaignResult(burstCampaign());
const pdrPps = foundOf({ capacity }).pdrPps ?? assert.fail();

/** Round trips alone and beside a tenth of PDR. */
const delay = toCampaignResult(
  storedCampaign({
    cases: ['none', String(Math.round(0.1 * pdrPps))].map((background) => {
      const one = testCase({ dimension: 'latency', background });
      return {
        case: one,
        skipped: null,
        trials: [trial({ case: one, pps: 1000, rttNs: background === 'none' ? 20_000 : 35_000 })],
      };
    }),
  }),
);

const page = cardPage(SUBJECT, { capacity, burst, delay });
const empty = cardPage({ ...SUBJECT, switch: 'vpp', parts: {} }, {});
const cellOf = (section: RegExp, label: string) =>
  page.lines.find((line) => section.test(line.section) && line.label === label)?.cell;

describe('cardPage', () => {
  it('tells what each campaign found', () => {
    assert.match(cellOf(/Capacity/, 'PDR') ?? '', /^\d[\d.]* [kM]?pps$/);
    assert.match(cellOf(/Round trip/, 'idle') ?? '', /^2\d\.\d \//);
    assert.match(cellOf(/Round trip/, 'beside 10 % of PDR') ?? '', /^3\d\.\d \//);
    assert.equal(cellOf(/Round trip/, 'beside 50 % of PDR'), '–');
    assert.equal(cellOf(/Bursts/, 'depth of the path, packets'), '499');
  });

  it('says what is missing and why', () => {
    assert.deepEqual(
      page.facts.missing.map(({ part, reason }) => `${part}: ${reason}`),
      ['load: too <b>slow</b>', 'flows: not measured yet', 'fairness: not measured yet', 'churn: not measured yet'],
    );
    assert.ok(empty.lines.every(({ cell }) => cell === '–'));
  });

  it('has a line for each of another page, and in one order', () => {
    const rows = cardRows([empty, page]);
    assert.deepEqual(
      new Set(rows.map(({ section }) => section)).size,
      new Set(page.lines.map(({ section }) => section)).size,
    );
    for (const { section, label, cells } of rows) {
      assert.equal(cells.length, 2);
      const own = page.lines.find((line) => line.section === section && line.label === label);
      assert.equal(cells[1], own?.cell ?? '–');
    }
  });
});

describe('a card', () => {
  it('fits a terminal, with what is missing', () => {
    for (const columns of [60, 80, 160]) {
      const text = renderCard(CARD, [page, empty], { columns, color: false });
      for (const line of text.split('\n')) assert.ok(line.length <= columns, line);
      assert.match(text.replaceAll(/\s+/g, ' '), /ovs with dpdk: no load: too <b>slow<\/b>/);
    }
  });

  it('is a page of its own, with everything escaped', async () => {
    const html = await renderCardHtml(CARD, [page, empty]);
    assert.match(html, /<h1>ovs, vpp<\/h1>/);
    assert.match(html, /too &lt;b>slow|too &lt;b&gt;slow/);
    assert.doesNotMatch(html, /<script|https?:\/\//);
    assert.match(html, /Round trips beside a load/);
    assert.doesNotMatch(html, /Throughput over flows<\/h3>/);
  });
});
