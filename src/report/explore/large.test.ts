// SPDX-License-Identifier: Apache-2.0
// What makes the page of a large campaign quick to open, by counting: nothing here is a time.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { before, it } from 'node:test';
import { storedCampaign, storedCase, testCase } from '../../../test/fixtures/campaign.ts';
import { readExplorer } from '../../cli/explorer.ts';
import { toCampaignResult } from '../../stats/campaign.ts';
import { renderHtml } from '../html.ts';

/** Of a page with its explorer, beside what each case takes. */
const BASE = { bytes: 420_000, elements: 4000 };
const EACH = { bytes: 5600, elements: 40 };
const CASES = 240;

let page = '';
before(async () => {
  const cases = ['direct', 'linux-bridge', 'ovs', 'vpp'].flatMap((id, place) =>
    ['udp', 'udp-mmsg', 'raw', 'raw-mmsg'].flatMap((io) =>
      Array.from({ length: CASES / 16 }, (_, step) =>
        storedCase(
          { case: testCase({ switch: id, io, packetSize: 64 + 64 * step, rate: 'max' }), pps: 1e5 * (place + 1) },
          3,
        ),
      ),
    ),
  );
  const explorer = readExplorer(resolve(import.meta.dirname, '../../..'));
  page = await renderHtml(toCampaignResult(storedCampaign({ cases })), undefined, explorer);
});

const count = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;
const made = (html: string) => html.replaceAll(/<(noscript|template|script|style)\b.*?<\/\1>/gs, '');

it('makes no row of a table, no ledger and no round before it is wanted', () => {
  assert.ok(count(page, /<tr\b/g) > 3 * CASES, 'the page lacks its tables');
  assert.equal(count(made(page), /<tr\b/g), 0);
  assert.equal(count(made(page), /<ol class="hops"/g), 0);
  for (const words of [
    'All cases',
    'Every round of every case',
    'CPU use of every case',
    'Hop by hop',
    'Evidence, case by case',
  ]) {
    assert.match(page, new RegExp(`<summary>${words}[^<]*</summary><noscript>`), words);
  }
});

it('grows by so many elements and bytes a case, and no more', () => {
  const elements = count(made(page), /<[a-z]/g);
  assert.ok(elements < BASE.elements + CASES * EACH.elements, `${elements} elements`);
  assert.ok(page.length < BASE.bytes + CASES * EACH.bytes, `${page.length} bytes`);
});

it('does not grow with the rounds of a case, beyond those that are drawn', async () => {
  const explorer = readExplorer(resolve(import.meta.dirname, '../../..'));
  const of = async (rounds: number) => {
    const cases = [64, 1500].map((packetSize) =>
      storedCase({ case: testCase({ packetSize, rate: 'max' }), pps: 1e5 }, rounds),
    );
    return (await renderHtml(toCampaignResult(storedCampaign({ cases })), undefined, explorer)).length;
  };
  const [some, many] = [await of(1600), await of(2200)];
  assert.ok(many < 1.02 * some, `${some} bytes with 1600 rounds, ${many} with 2200`);
});

it('has a drawing of many marks once, and lays out what comes into sight', () => {
  assert.ok(count(page, /<div class="once" role="region" aria-label="[^"]+" tabindex="0"><svg /g) > 0);
  assert.match(page, /figure\{[^}]*content-visibility:auto/);
  assert.doesNotMatch(page, /\.\d{4,}[",) ][^<]*\/>/);
});
