// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { normal, seededRandom, storedCampaign, testCase, trial } from '../../test/fixtures/campaign.ts';
import type { Cache } from '../model/cache.ts';
import type { CampaignResult, Trial } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { hitCharts } from './chart-hits.ts';
import { about, cliffLines } from './cliff-words.ts';
import { renderHtml } from './html.ts';
import { jsonCliffs } from './json-cliffs.ts';
import { renderSummary } from './terminal.ts';

const EMC: Cache = {
  ...{ name: 'exact-match cache', entries: 8192, of: 'flows', note: 'emc-insert-inv-prob 100' },
  ...{ hitRatio: 'emcHitRatio', held: null },
};
const FDB: Cache = {
  ...{ name: 'address table', entries: 8192, of: 'macs', note: '', hitRatio: null, held: 'fdbEntries' },
};

const FLOWS = Array.from({ length: 13 }, (_, index) => 256 * 2 ** index);

/** Of a switch whose cache keeps so many flows, and whose misses cost 0.6 of what a packet takes. */
function swept({
  path = {},
  caches = [EMC, FDB],
  entries = 8192,
  rounds = 4,
  flows = FLOWS,
}: {
  path?: Partial<TestCase>;
  caches?: Cache[];
  entries?: number;
  rounds?: number;
  flows?: readonly number[];
} = {}): CampaignResult {
  const random = seededRandom(7);
  return toCampaignResult(
    storedCampaign({
      cases: flows.map((count) => {
        const one = testCase({ switch: 'ovs', io: 'raw-mmsg', rate: 'max', flows: count, ...path });
        const missRatio = Math.max(0, 1 - entries / count);
        const trials = Array.from({ length: rounds }, (_, round): Trial => {
          const made = trial({ case: one, round, pps: (1e6 / (1 + 0.6 * missRatio)) * (1 + 0.01 * normal(random)) });
          assert.ok(made.measurement !== null);
          const switchFigures = { emcHitRatio: 1 - missRatio, fdbEntries: Math.min(count, 8192) };
          return { ...made, measurement: { ...made.measurement, caches, switchFigures } };
        });
        return { case: one, skipped: null, trials };
      }),
    }),
  );
}

function sentence(result: CampaignResult): string {
  const [line, ...others] = cliffLines(result);
  assert.deepEqual(others, []);
  return line?.sentence ?? '';
}

describe('steps in words', () => {
  it('are where they are and what table is as large, with what its counters tell', () => {
    assert.match(
      sentence(swept()),
      /^ovs with raw-mmsg: 37 % less between (8|9)\.\d+k and 3\dk flows; its exact-match cache holds 8192 \(emc-insert-inv-prob 100\), and answered 100 % of the packets with the fewest flows and 1 % with the most; by its counters it missed as many as if its exact-match cache held (8|7)\.\dk$/,
    );
  });

  it('name no table that is larger or smaller, and none of addresses where all packets have one', () => {
    assert.match(
      sentence(swept({ caches: [{ ...EMC, entries: 500 }] })),
      /none of its tables that we know is as large$/,
    );
    assert.match(sentence(swept({ caches: [FDB] })), /none of its tables/);
    assert.match(sentence(swept({ caches: [FDB], path: { flowFields: 'mac' } })), /its address table holds 8192/);
  });

  it('count the flows of all pairs against a table', () => {
    const told = sentence(swept({ caches: [EMC], path: { pairs: 4 }, entries: 2048 }));
    assert.match(
      told,
      /^ovs with raw-mmsg, 4vs4: .*between 2\.\dk and [89]\.?\d*k flows; its exact-match cache holds 8192/,
    );
  });

  it('are denied where there are none, and not told of few figures', () => {
    assert.match(sentence(swept({ entries: 1e9 })), /: no step of 5 % or more from 260 to 1M flows$/);
    assert.match(
      sentence(swept({ rounds: 2 })),
      /: too few figures to tell steps \(it takes 6 numbers of flows, and 3 rounds\)$/,
    );
    assert.deepEqual(cliffLines(swept({ flows: [1, 2] })), []);
    assert.deepEqual(cliffLines(swept({ path: { dimension: 'latency', rate: 1000 } })), []);
  });

  it('of a path without a switch are of the machine', () => {
    assert.match(sentence(swept({ path: { switch: 'direct' } })), /^direct with raw-mmsg \(no switch: /);
  });

  it('stand in the summary, the page and the document alike', async () => {
    const result = swept();
    const told = sentence(result);
    const summary = renderSummary(result, { columns: 2000, color: false });
    assert.ok(summary.includes(told), summary);
    // Of thirteen sets of parameters with a case each there is nothing to rank.
    assert.ok(!summary.includes('is the only switch measured'), summary);
    const page = await renderHtml(result);
    assert.ok(page.includes(told));
    assert.ok(page.includes('Answers by cache and number of flows: ovs · raw-mmsg'));
    const [document] = jsonCliffs(result);
    assert.equal(document?.sentence, told);
    assert.equal(document.steps[0]?.cache?.entries, 8192);
    assert.deepEqual(document.cases, [...FLOWS.keys()]);
    assert.ok(Math.abs((document.fills[0]?.seems?.at ?? 0) / 8192 - 1) < 0.1);
  });
});

describe('the chart of answers', () => {
  it('has a line for each cache that tells, and is not drawn where none does', () => {
    const [chart, ...others] = hitCharts(swept());
    assert.deepEqual(others, []);
    assert.deepEqual(
      chart?.legend.map(({ label }) => label),
      ['exact-match cache, 8.2k'],
    );
    assert.deepEqual(hitCharts(swept({ caches: [FDB] })), []);
  });
});

describe('a number of flows', () => {
  it('has two digits', () => {
    assert.deepEqual([1, 99, 128, 999, 4097, 15_500, 999_999, 1_048_576].map(about), [
      ...['1', '99', '130', '1k', '4.1k', '16k', '1M', '1M'],
    ]);
  });
});
