// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { reproduceCommand } from './command.ts';
import { renderHtml } from './html.ts';
import { shownCases, shownResult } from './shown.ts';
import { renderSummary } from './terminal.ts';

const sizes = [60, 1514];
const resultOf = (fcs: boolean) =>
  toCampaignResult(
    storedCampaign({ fcs, cases: sizes.map((packetSize) => storedCase({ case: testCase({ packetSize }), pps: 1e5 })) }),
  );

describe('a campaign whose sizes are stated with the FCS', () => {
  const result = shownResult(resultOf(true));

  it('is shown with four bytes more a frame, and bit rates of these', () => {
    assert.deepEqual(
      result.results.map((one) => one.case.packetSize),
      [64, 1518],
    );
    const [small] = result.results;
    const pps = small?.summary?.throughputPps.median ?? 0;
    assert.ok(Math.abs((small?.summary?.throughputBps.median ?? 0) - pps * 64 * 8) < 1e-6 * pps * 64 * 8);
  });
  it('says so in the summary and in the report, with the command that means the same', async () => {
    const options = { columns: 100, color: false };
    for (const text of [renderSummary(resultOf(true), options), await renderHtml(resultOf(true))]) {
      assert.match(text, /Sizes and bit rates are with the FCS/);
      assert.match(text, /1518/);
      assert.doesNotMatch(text, /1514/);
    }
    assert.match(reproduceCommand(result), /^vswbench run --fcs .* -P 64,1518 /);
  });
});

it('any other is shown as it is', () => {
  assert.equal(shownResult(resultOf(false)).results[1]?.case.packetSize, 1514);
  assert.doesNotMatch(renderSummary(resultOf(false), { columns: 100, color: false }), /FCS/);
  assert.doesNotMatch(reproduceCommand(resultOf(false)), /--fcs/);
  assert.deepEqual(shownCases([testCase({ packetSize: 60 })], false)[0]?.packetSize, 60);
});
