// SPDX-License-Identifier: Apache-2.0
// What makes the page of a large campaign quick to open, by counting: nothing here is a time.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { before, it } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { largeCampaign, storedCampaign, storedCase, testCase } from '../../../test/fixtures/campaign.ts';
import { readExplorer } from '../../cli/explorer.ts';
import type { CampaignResult, StoredCampaign } from '../../model/result.ts';
import type { TestCase } from '../../model/testcase.ts';
import { toCampaignResult } from '../../stats/campaign.ts';
import { renderHtml } from '../html.ts';
import { renderSummary } from '../terminal.ts';

/** Of a page with its explorer, beside what each case takes. */
const BASE = { bytes: 440_000, elements: 850 };
const EACH = { bytes: 400, elements: 0.5 };
const CASES = 320;

let page = '';
let stored: StoredCampaign;
/** With all of it in place. */
let whole = '';
before(async () => {
  const explorer = readExplorer(resolve(import.meta.dirname, '../../..'));
  stored = largeCampaign(CASES);
  page = await renderHtml(toCampaignResult(stored), undefined, explorer);
  whole = unpacked(page);
});

/** As explore.js unfolds it. */
function unpacked(html: string): string {
  return html.replaceAll(/<template class="later">([^<]*)<\/template><noscript>.*?<\/noscript>/gs, (_, packed) =>
    unpacked(inflateRawSync(Buffer.from(packed, 'base64')).toString()),
  );
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');
const count = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;
const made = (html: string) => html.replaceAll(/<(noscript|template|script|style)\b.*?<\/\1>/gs, '');

it('makes no row of a table, no ledger and no round before it is wanted', () => {
  assert.ok(count(whole, /<tr\b/g) > 3 * CASES, 'the page lacks its tables');
  assert.equal(count(made(page), /<tr\b/g), 0);
  assert.equal(count(made(page), /<ol class="hops"/g), 0);
  for (const words of [
    'All cases',
    'Every round of every case',
    'CPU use of every case',
    'Hop by hop',
    'Evidence, case by case',
  ]) {
    assert.match(page, new RegExp(`<summary>${words}[^<]*</summary><template class="later">`), words);
  }
});

it('runs fflate beside what every page runs, by its hash, before the script that needs it', () => {
  const scripts = [...page.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, text = '']) => text);
  assert.equal(scripts.length, 2);
  assert.match(scripts[0] ?? '', /\.fflate=/);
  const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
  for (const text of scripts) assert.ok(policy.includes(`'sha256-${sha256(text)}'`));
  assert.equal(count(policy, /sha256-/g), 3);
});

it('gives who has no scripts the first of its cases, and says where the others are', () => {
  const [instead = ''] = /(?<=<section id="results".*?<noscript>).*?(?=<\/noscript>)/s.exec(page) ?? [];
  assert.equal(count(instead, /<tr\b/g), 100 + 1);
  assert.match(instead, /vswbench report --static/);
  assert.match(page, /vswbench report --static writes it without any\.<\/footer>/);
});

it('is word by word the page without scripts, once it is unfolded', async () => {
  const plain = await renderHtml(toCampaignResult(stored), undefined, null);
  const read = (html: string) =>
    html
      .replaceAll(/<(script|template)\b.*?<\/\1>/gs, '')
      .replaceAll(/ data-(explore|title)="[^"]*"/g, '')
      .replace(/content="default-src[^"]*"/, '')
      .replace(/This file is complete.*<\/footer>/, '');
  assert.ok(read(whole) === read(plain), 'they differ');
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
  assert.ok(count(whole, /<div class="once" role="region" aria-label="[^"]+" tabindex="0"><svg /g) > 0);
  assert.match(page, /figure\{[^}]*content-visibility:auto/);
  assert.doesNotMatch(whole, /\.\d{4,}[",) ][^<]*\/>/);
});

/** What is in proportion to the number of cases doubles with it; what every two of them take is fourfold. */
const DOUBLED_MAX = 2.2;

/** As many bursts as it takes, of two sizes and some flows over each path: sets of parameters, pairs of paths and gaps grow with the number of cases. */
function burstsCampaign(count: number): StoredCampaign {
  const points = [{ packetSize: 64 }, { packetSize: 1500 }, { flows: 10 }, { flows: 100 }];
  const planned = Array.from({ length: count / 16 }, (_, step) =>
    ['linux-bridge', 'ovs'].flatMap((id) =>
      ['udp', 'raw'].flatMap((io) =>
        points.map((point) => testCase({ switch: id, io, burst: 1 + step, rate: 'max', ...point })),
      ),
    ),
  ).flat();
  const isMeasured = (one: TestCase) => one.switch !== 'ovs' || one.packetSize !== 1500;
  return storedCampaign({
    cases: planned.map((one) =>
      isMeasured(one) ? storedCase({ case: one, pps: 1e5 }, 3) : { case: one, skipped: 'no memory', trials: [] },
    ),
  });
}

it('asks for parameters in proportion to the number of its cases, on the page and on a terminal', async () => {
  const asked = async (cases: number, show: (result: CampaignResult) => unknown) => {
    let reads = 0;
    const counted = (one: TestCase) =>
      new Proxy(one, {
        get(target, key) {
          reads += 1;
          return Reflect.get(target, key);
        },
      });
    const result = toCampaignResult(burstsCampaign(cases));
    await show({ ...result, results: result.results.map((one) => ({ ...one, case: counted(one.case) })) });
    return reads;
  };
  for (const show of [renderHtml, (result: CampaignResult) => renderSummary(result, { color: false, columns: 100 })]) {
    const [some, twice] = [await asked(160, show), await asked(320, show)];
    assert.ok(twice < DOUBLED_MAX * some, `${some} reads of 160 cases, ${twice} of 320`);
  }
});
