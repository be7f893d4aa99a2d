// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostRecord, storedCampaign, table2Campaign } from '../../test/fixtures/campaign.ts';
import type { LeftBehind } from '../model/testbed.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { doubts } from './doubts.ts';
import { leftBehindDoubts, leftBehindLines } from './left-behind.ts';
import { renderSummary } from './terminal.ts';

const LINK: LeftBehind = { switch: 'mine', what: 'interface mybr0', kept: null };
const PROCESS: LeftBehind = { switch: 'mine', what: 'process sleep (7)', kept: 'cannot end process 7' };

function campaign(...leftBehind: LeftBehind[]) {
  const { cases } = table2Campaign();
  return toCampaignResult(storedCampaign({ hosts: [hostRecord({ leftBehind })], cases }));
}

test('what drivers left is told with its fate, in the summary and among the doubts', () => {
  const result = campaign(LINK, PROCESS);
  const lines = ['mine: interface mybr0, put right', 'mine: process sleep (7), cannot end process 7'];
  assert.deepEqual(leftBehindLines(result), lines);
  const summary = renderSummary(result, { columns: 100, color: false });
  assert.match(
    summary,
    /^Left behind by drivers\nmine: interface mybr0, put right\nmine: process sleep \(7\), cannot/m,
  );
  const [doubt] = doubts(result).filter(({ what }) => what.startsWith('Drivers left'));
  assert.equal(doubt?.what, `Drivers left things on the machine (${lines.join('; ')})`);
  assert.match(doubt?.consequence ?? '', /^What still stands was there while later trials ran/);
  assert.match(leftBehindDoubts(campaign(LINK))[0]?.consequence ?? '', /^It was put right/);
});

test('nothing is told where nothing was left', () => {
  const result = campaign();
  assert.deepEqual(leftBehindDoubts(result), []);
  assert.doesNotMatch(renderSummary(result, { columns: 100, color: false }), /[Ll]eft behind/);
});

test('of many things the first are named', () => {
  const many = Array.from({ length: 20 }, (_, index): LeftBehind => ({ ...LINK, what: `interface my${index}` }));
  const lines = leftBehindLines(campaign(...many));
  assert.deepEqual([lines.length, lines.at(-1)], [9, 'and 12 more']);
});
