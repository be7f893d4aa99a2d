// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hostileCampaign, sweepCampaign } from '../../test/fixtures/campaign.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { renderHtml } from './html.ts';
import { reportParts } from './parts.ts';

const sweep = toCampaignResult(sweepCampaign());

it('says and draws what the report does, in the same words', async () => {
  const [parts, page] = await Promise.all([reportParts(sweep), renderHtml(sweep)]);
  const withoutFolded = (html: string) => html.replaceAll(/ data-(explore|title)="[^"]*"|<\/?noscript>/g, '');
  assert.equal(parts.cases, sweep.results.length);
  assert.ok(page.includes(parts.answers));
  for (const { id, html } of parts.sections) assert.ok(page.includes(withoutFolded(html)), id);
  assert.deepEqual(
    parts.sections.map(({ id }) => id),
    ['choice', 'throughput', 'crossovers', 'latency', 'variation', 'spread', 'cpu', 'doubts'],
  );
});

it('draws what the filter leaves, and judges it among all that was measured', async () => {
  const parts = await reportParts(sweep, ({ case: one }) => one.switch === 'ovs' && one.packetSize === 1500);
  const answer = /<li class="won">.*?<\/li>/.exec(parts.answers)?.[0] ?? '';
  assert.equal(parts.cases, 1);
  assert.match(answer, /P = 1500 B.*Next, linux-bridge with raw-mmsg −\d+ %/);
  const throughput = parts.sections.find(({ id }) => id === 'throughput')?.html ?? '';
  assert.match(throughput, /ovs · dpdk/);
  assert.doesNotMatch(throughput, /linux-bridge/);
  assert.deepEqual(await reportParts(sweep, () => false), {
    ...{ cases: 0, sections: [], answers: '<ul class="answers"></ul>' },
  });
});

it('escapes everything from the campaign', async () => {
  const text = JSON.stringify(await reportParts(toCampaignResult(hostileCampaign())));
  assert.doesNotMatch(text, /<script|<img/);
  assert.match(text, /&lt;script/);
});
