// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { answerRuns, runGroup, runSentence } from './answer-runs.ts';
import { renderHtml } from './html.ts';
import { answers } from './sentences.ts';
import { renderSummary } from './terminal.ts';

/** A path that carries up to 400 kpps, and one that carries up to 250 kpps, at rates of which `max` stands in the middle of the campaign. */
function sweepOf(paths: Record<string, number>, sizes: readonly number[] = [64]) {
  const rates = [100_000, 200_000, 300_000, 'max', 500_000, 600_000] as const;
  const cases = sizes.flatMap((packetSize) =>
    rates.flatMap((rate) =>
      Object.entries(paths).map(([id, mostPps], index) => {
        const pps = rate === 'max' ? mostPps : Math.min(rate, mostPps);
        return storedCase({ case: testCase({ switch: id, rate, packetSize }), pps }, 6, 0.001, index + 1);
      }),
    ),
  );
  return toCampaignResult(storedCampaign({ cases }));
}

const told = (result: ReturnType<typeof sweepOf>) =>
  answerRuns(answers(result)).map((run) => `${runGroup(run, ['packetSize', 'rate'])}: ${runSentence(run)}`);

test('a sweep of rates is told in as many sentences as it has findings', () => {
  const lines = told(sweepOf({ ovs: 400_000, 'linux-bridge': 250_000 }));
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? '', /^P = 64 B, R = 100k to 200k \(2 rates\): No winner: .* both kept up$/);
  assert.match(lines[1] ?? '', /^P = 64 B, R = 300k: ovs with udp is the fastest: \d+\.\d kpps/);
  assert.match(
    lines[2] ?? '',
    /^P = 64 B, R = 500k to max \(3 rates\): ovs with udp is the fastest: [\d.]+(?: to [\d.]+)? kpps whatever the rate\. At R = max: Received .*\. Next, linux-bridge with udp −\d+ % \(.*\)$/,
  );
});

test('a path alone has a plateau, and no figure for the rates that it was asked for', () => {
  assert.deepEqual(
    told(sweepOf({ ovs: 250_000 })).map((line) => line.replace(/[\d.]+ to [\d.]+ kpps|[\d.]+ kpps/, '# kpps')),
    [
      'P = 64 B, R = 100k to 200k (2 rates): ovs with udp is the only switch measured',
      'P = 64 B, R = 300k to max (4 rates): ovs with udp is the only switch measured: # kpps whatever the rate',
    ],
  );
});

test('a winner that keeps up is told rate by rate: its lead grows with the rate', () => {
  const lines = told(sweepOf({ ovs: 900_000, 'linux-bridge': 250_000 }));
  assert.equal(lines.filter((line) => /R = (300|500|600)k: ovs with udp is the fastest: .*Next/.test(line)).length, 3);
});

test('rates of other sizes are other sweeps, and what is told once per rate stays so', () => {
  const result = sweepOf({ ovs: 250_000 }, [64, 1500]);
  assert.equal(told(result).length, 4);
  const sizes = toCampaignResult(
    storedCampaign({ cases: [64, 1500].map((packetSize) => storedCase({ case: testCase({ packetSize }), pps: 1e5 })) }),
  );
  assert.deepEqual(
    answerRuns(answers(sizes)).map((run) => runSentence(run)),
    answers(sizes).map(({ sentence }) => sentence),
  );
});

test('terminal and page have the runs, and the page each answer behind a click', async () => {
  const result = sweepOf({ ovs: 250_000 });
  const text = renderSummary(result, { columns: 200, color: false });
  assert.equal(text.match(/is the only switch measured/g)?.length, 2);
  assert.match(
    text,
    /^R = 300k to max \(4 rates\): ovs with udp is the only switch measured: .* whatever the rate\.$/m,
  );
  const page = await renderHtml(result);
  assert.match(page, /<span class="group">R = 300k to max \(4 rates\): <\/span>/);
  assert.equal(page.match(/<p class="each">/g)?.length, 2 + 6);
});
