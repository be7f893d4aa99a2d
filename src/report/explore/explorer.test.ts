// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { before, it } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { capacityCampaign, hostileCampaign, sweepCampaign, table2Campaign } from '../../../test/fixtures/campaign.ts';
import { readExplorer } from '../../cli/explorer.ts';
import type { StoredCampaign } from '../../model/result.ts';
import { toCampaignResult } from '../../stats/campaign.ts';
import { renderHtml } from '../html.ts';
import type { ExploredDocument } from './document.ts';

/** What a page may weigh more for its figures to be worked with, once. */
const MORE_MAX_BYTES = 350_000;

const explorer = readExplorer(resolve(import.meta.dirname, '../../..'));
const explored = (stored: StoredCampaign) => renderHtml(toCampaignResult(stored), undefined, explorer);
let page = '';
before(async () => {
  page = await explored(sweepCampaign());
});

const hash = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;

function documentsIn(html: string): ExploredDocument[] {
  return [...html.matchAll(/data-explore="([^"]*)"/g)].map(([, packed = '']) =>
    JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString()),
  );
}

it('lets the page run two texts that are in it, and nothing else', () => {
  const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
  const scripts = [...page.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, text = '']) => text);
  const [, packed = ''] = /<template id="vega-library">([^<]*)<\/template>/.exec(page) ?? [];
  const library = inflateRawSync(Buffer.from(packed, 'base64')).toString();
  assert.equal(scripts.length, 1);
  assert.equal(
    policy,
    `default-src 'none'; style-src 'unsafe-inline'; script-src '${hash(scripts[0] ?? '')}' '${hash(library)}'`,
  );
  assert.match(library, /expressionInterpreter = \w+;/);
  assert.doesNotMatch(library, /^(import|export) /m);
});

it('names no address outside of what is folded up, and is no heavier than it was meant to be', async () => {
  assert.doesNotMatch(page, /https?:|url\(|@import|xlink|javascript:|\bsrc=/i);
  const plain = await renderHtml(toCampaignResult(sweepCampaign()));
  const more = page.length - plain.length;
  assert.ok(more < MORE_MAX_BYTES, `${more} bytes more`);
  // What is read without scripts is the same to the letter, but for the last sentence.
  const read = (html: string) =>
    html
      .replaceAll(/<\/?noscript>/g, '')
      .replace(/<(script|template)\b[\s\S]*?<\/\1>/g, '')
      .replaceAll(/ data-(explore|title)="[^"]*"/g, '')
      .replace(/content="default-src[^"]*"/, '')
      .replace(/it loads nothing.*<\/footer>/, '');
  assert.equal(read(page), read(plain));
});

it('takes along the rounds of each case that a figure shows, by its number', () => {
  const result = toCampaignResult(sweepCampaign());
  const documents = documentsIn(page);
  assert.ok(documents.length >= 5, `${documents.length} figures`);
  for (const { title, cases, spec } of documents) {
    const text = JSON.stringify(spec);
    const numbers = Object.keys(cases);
    assert.ok(numbers.length > 0, title);
    for (const number of numbers) {
      assert.equal(cases[Number(number)]?.rounds.length, result.results[Number(number)]?.figures.length, title);
      assert.ok(text.includes(`"case":${number}`), `${title}: no point leads to case ${number}`);
    }
  }
});

it('lets bars be worked with as lines are, along their values alone', async () => {
  for (const [stored, titles] of [
    [table2Campaign(), [/table 2, measured again/, /^Received throughput/, /what it costs/, /^CPU use/]],
    [capacityCampaign(), [/^Capacity/, /^CPU use/]],
  ] as const) {
    const documents = documentsIn(await explored(stored));
    for (const title of titles)
      assert.ok(
        documents.some((one) => title.test(one.title)),
        String(title),
      );
    for (const { title, x, y, cases, spec } of documents) {
      assert.ok(x !== null && x.domain[0] < x.domain[1], title);
      assert.equal(y === null, !title.includes('what it costs'), title);
      assert.ok(Object.keys(cases).length > 0, title);
      assert.ok(JSON.stringify(spec).includes('"xLow"'), title);
    }
  }
});

it('keeps hostile text folded up, where it is no text of the page', async () => {
  const html = await explored(hostileCampaign());
  assert.equal([...html.matchAll(/<script/g)].length, 1);
  assert.equal([...html.matchAll(/<img/g)].length, 0);
});
