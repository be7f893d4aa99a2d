// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedCampaign, storedCase, testCase, trial, trials } from '../../test/fixtures/campaign.ts';
import { summarizeCase, toCampaignResult } from '../stats/campaign.ts';
import { cpuCharts, spreadCharts } from './chart-rows.ts';
import { dotsOf } from './dots.ts';
import { renderHtml } from './html.ts';

const one = testCase({ rate: 'max' });

test('few rounds are all drawn; of many so many as a chart can carry, the extremes among them', () => {
  const few = summarizeCase(one, trials({ case: one, pps: 1000 }, 30, 0.1));
  assert.deepEqual(
    dotsOf([few]).of(few),
    few.figures.map(({ value }) => value),
  );
  assert.equal(dotsOf([few]).note, '');
  const values = Array.from({ length: 3001 }, (_, round) => (round * 7) % 3001);
  const many = { ...few, figures: values.map((value, round) => ({ round, value })) };
  const drawn = dotsOf([many]).of(many);
  assert.equal(drawn.length, 1500);
  assert.deepEqual([drawn[0], drawn.at(-1)], [0, 3000]);
  assert.ok(
    drawn.every((value, index) => Math.abs(value - (3000 * index) / 1499) <= 0.5),
    'evenly by size',
  );
  assert.match(dotsOf([many]).note, /more than 1500 rounds .* vswbench export has all/);
  assert.equal(dotsOf(Array.from({ length: 1000 }, () => many)).of(many).length, 12);
});

test('a report does not grow with the trials of a case', async () => {
  const sized = async (count: number) => {
    const list = Array.from({ length: count }, (_, round) => trial({ case: one, pps: 1000 + (round % 97), round }));
    return (await renderHtml(toCampaignResult(storedCampaign({ cases: [{ case: one, skipped: null, trials: list }] }))))
      .length;
  };
  const [many, more] = [await sized(2000), await sized(6000)];
  assert.ok(more < 1.02 * many, `${more} bytes and ${many}`);
});

test('a chart of more cases than it can show says how many it shows', () => {
  const cases = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      storedCase({ case: testCase({ packetSize: 64 + index }), pps: 1000 }, 3),
    );
  const captions = (count: number) => {
    const result = toCampaignResult(storedCampaign({ cases: cases(count) }));
    return [...spreadCharts(result), ...cpuCharts(result)].map(({ caption }) => caption);
  };
  for (const caption of captions(61)) assert.match(caption, /The first 60 of 61 cases; the tables have all/);
  for (const caption of captions(60)) assert.doesNotMatch(caption, /The first/);
});
