// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { hostileCampaign, storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { compareCampaigns } from '../stats/compare.ts';
import { comparisonMarkdown } from './comparison-markdown.ts';

test('a comment says the verdict, the figures, what weakens them and where they are from', (t) => {
  const one = testCase({ rate: 'max' });
  const [before, after] = [1, 0.8].map((factor, side) =>
    toCampaignResult(
      storedCampaign({
        cases: [
          storedCase({ case: one, pps: factor * 250_000, flags: side === 1 ? ['disturbed'] : [] }, 6, 0.01, side + 1),
          ...(side === 0 ? [storedCase({ case: testCase({ rate: 'max', io: 'raw' }), pps: 1 })] : []),
        ],
      }),
    ),
  );
  assert.ok(before !== undefined && after !== undefined);
  const text = comparisonMarkdown({
    a: { campaign: 'a1', title: 'T', startedAt: before.startedAt },
    b: { campaign: 'b2', title: 'T', startedAt: after.startedAt },
    comparison: compareCampaigns(before.results, after.results),
    machines: [],
    conditions: [{ what: 'commit', a: '1', b: '2' }],
    hosts: before.hosts,
  });
  const path = resolve(import.meta.dirname, '../../test/fixtures/compare-comment.txt');
  t.assert.fileSnapshot(text, path, { serializers: [(value: string) => value] });
});

test('free text is no markup, and where nothing can be compared the comment says so', () => {
  const { results, id, title, startedAt } = toCampaignResult(hostileCampaign());
  const side = { campaign: id, title, startedAt };
  const comparison = compareCampaigns(results, []);
  const text = comparisonMarkdown({ a: side, b: side, comparison, machines: [], conditions: [] });
  assert.match(text, /^<!-- vswbench compare -->\n\n\*\*No case could be compared\.\*\*\n/);
  assert.doesNotMatch(text.replaceAll('\\<', ''), /<script|<img/);
});
