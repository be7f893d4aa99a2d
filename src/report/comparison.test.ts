// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { hostileCampaign, storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { compareCampaigns } from '../stats/compare.ts';
import { type ComparisonReport, renderComparison, toComparisonDocument } from './comparison.ts';

function report(part: Partial<ComparisonReport> = {}): ComparisonReport {
  const one = testCase({ rate: 'max' });
  const other = testCase({ rate: 'max', io: 'raw' });
  const [a, b] = [1, 0.8].map((factor, side) =>
    toCampaignResult(
      storedCampaign({
        cases: [
          storedCase({ case: one, pps: factor * 250_000, flags: side === 1 ? ['disturbed'] : [] }, 6, 0.01, side + 1),
          ...(side === 0 ? [storedCase({ case: other, pps: 1 })] : []),
        ],
      }),
    ),
  );
  assert.ok(a !== undefined && b !== undefined);
  const side = { title: 'T', startedAt: a.startedAt };
  return {
    a: { campaign: 'a1', ...side },
    b: { campaign: 'b2', ...side },
    comparison: compareCampaigns(a.results, b.results),
    machines: [],
    conditions: [{ what: 'commit', a: '1', b: '2' }],
    ...part,
  };
}

test('a row says what B is, by how much and how sure; the rest is told below', () => {
  const text = renderComparison(report(), { columns: 120, color: false });
  assert.match(
    text,
    /linux-bridge +udp +24\d\.\d kpps +19\d\.\d kpps +−20 % +−2\d % to −1\d % +0\.0022 +0\.0022 +slower/,
  );
  assert.match(text, /1 case was compared: B is faster in 0, slower in 1/);
  assert.match(text, /linux-bridge with raw: only in A/);
  assert.match(text, /disturbed only in B: linux-bridge with udp/);
  assert.match(text, /commit: 1 \/ 2/);
  assert.doesNotMatch(text, /machines differ/);
});

test('colour is added, and nothing else changes', () => {
  const colored = renderComparison(report(), { columns: 100, color: true });
  const bare = renderComparison(report(), { columns: 100, color: false });
  assert.notEqual(colored, bare);
  assert.equal(stripVTControlCharacters(colored), bare);
});

test('a comparison across machines says so, in both forms', () => {
  const machines = [{ what: 'kernel', a: '6.1', b: '6.9' }];
  assert.match(
    renderComparison(report({ machines }), { columns: 100, color: false }),
    /machines differ.*\nkernel: 6\.1 \/ 6\.9/,
  );
  const document = toComparisonDocument(report({ machines }));
  assert.deepEqual([document.schema, document.acrossMachines, document.compared], [1, true, 1]);
  assert.deepEqual(
    document.cases.map(({ verdict }) => verdict),
    ['slower', 'not compared'],
  );
  assert.equal(toComparisonDocument(report()).acrossMachines, false);
});

test('a verdict on figures with two levels is shaken, also where both have them', () => {
  const base = report();
  const cases = base.comparison.cases.map((one) => ({ ...one, flagsInBoth: ['bimodal' as const] }));
  const text = renderComparison({ ...base, comparison: { ...base.comparison, cases } }, { columns: 100, color: false });
  assert.match(text, /Flags that weaken a verdict\n(.*\n)*bimodal in both: linux-bridge with udp/);
});

test('nothing to compare is said, and free text cannot drive the terminal', () => {
  const { results, id, title, startedAt } = toCampaignResult(hostileCampaign());
  const side = { campaign: id, title, startedAt };
  const hostile = report({ a: side, b: side, comparison: compareCampaigns(results, []) });
  const text = renderComparison(hostile, { columns: 80, color: false });
  assert.match(text, /No case could be compared/);
  assert.equal(/\p{Cc}/u.test(text.replaceAll('\n', '')), false);
});
