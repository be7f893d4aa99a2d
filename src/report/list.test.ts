// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderCampaignList } from './list.ts';

const plain = { columns: 100, color: false };

function lineOf(text: string, word: string): string {
  return text.split('\n').find((line) => line.includes(word)) ?? assert.fail(`no line with ${word} in:\n${text}`);
}

test('the list of campaigns tells which are complete', () => {
  const row = {
    id: 'a1',
    title: 'T',
    startedAt: '2026-03-01T09:59:58.000Z',
    cases: 4,
    trialsPlanned: 24,
    repetitionsOwed: 0,
    shards: null,
  };
  const shards = { count: 3, of: 24, parts: [{ index: 2, trials: 8 }], unlike: [] };
  const text = renderCampaignList(
    [
      { ...row, endedAt: null, trialsDone: 12 },
      { ...row, id: 'b2', endedAt: '2026-03-01T10:59:58.000Z', trialsDone: 24 },
      { ...row, id: 'c3', endedAt: null, trialsDone: 27 },
      { ...row, id: 'd4', endedAt: '2026-03-01T10:59:58.000Z', trialsDone: 20 },
      { ...row, id: 'e5', endedAt: '2026-03-01T10:59:58.000Z', trialsDone: 24, repetitionsOwed: 2 },
      { ...row, id: 'f6', endedAt: '2026-03-01T10:59:58.000Z', trialsDone: 8, shards },
      { ...row, id: 'g7', endedAt: '2026-03-01T10:59:58.000Z', trialsDone: 7, shards },
    ],
    plain,
  );
  assert.match(lineOf(text, 'a1'), /a1 +2026-03-01 09:59 +T +4 +12\/24 +unfinished/);
  assert.match(lineOf(text, 'b2'), /24\/24 +complete$/);
  assert.match(lineOf(text, 'f6'), /8\/24 +shard 2 of 3$/);
  assert.match(lineOf(text, 'g7'), /7\/24 +shard 2 of 3, ended early$/);
  assert.match(lineOf(text, 'c3'), /27\/27 +unfinished/);
  assert.match(lineOf(text, 'd4'), /20\/24 +ended early/);
  // All planned trials are done, and still it is not complete.
  assert.match(lineOf(text, 'e5'), /24\/24 +2 to repeat$/);
  assert.match(text, /^Go on with one: vswbench run --resume g7$/m);
  assert.match(renderCampaignList([], plain), /No campaigns yet/);
});
