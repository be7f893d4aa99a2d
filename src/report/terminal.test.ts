// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import {
  hostileCampaign,
  storedCampaign,
  storedCase,
  superPacketCampaign,
  sweepCampaign,
  table2Campaign,
  testCase,
  trial,
} from '../../test/fixtures/campaign.ts';
import { toDocument } from '../../test/fixtures/document.ts';
import { FlagSchema } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { renderSummary } from './terminal.ts';

const plain = { columns: 100, color: false };
const table2 = toCampaignResult(table2Campaign());

function lineOf(text: string, ...words: string[]): string {
  const line = text.split('\n').find((one) => words.every((word) => one.includes(word)));
  assert.ok(line !== undefined, `no line with ${words.join(', ')} in:\n${text}`);
  return line;
}

test('pairs that run at once have a fairness, and one pair has none', () => {
  const cases = [1, 2].map((pairs) => ({
    case: testCase({ pairs }),
    skipped: null,
    trials: [trial({ case: testCase({ pairs }), pps: 100_000 })],
  }));
  const text = renderSummary(toCampaignResult(storedCampaign({ cases })), plain);
  assert.match(lineOf(text, '2vs2  '), / 1\.000 /);
  assert.doesNotMatch(lineOf(text, '1vs1  '), /1\.000/);
  assert.doesNotMatch(renderSummary(table2, plain), /Fair/);
});

test('a row has the figures of its case, and the fastest comes first', () => {
  const text = renderSummary(table2, plain);
  assert.match(
    lineOf(renderSummary(table2, { columns: 110, color: false }), 'linux-bridge', 'udp-mmsg', '–'),
    /264\.3 +261\.8 – 267\.9 +0\.135 +2\.10 % +0\.98 +0\.71 +0\.02 /,
  );
  const rows = text.split('\n').filter((line) => /^(?: *\d+ +)?(ovs|direct|linux-bridge) .*–/.test(line));
  const medians = rows.map((row) => Number(/ (\d+\.\d) /.exec(row)?.[1]));
  assert.equal(rows.length, 9);
  assert.deepEqual(
    medians,
    [...medians].sort((a, b) => b - a),
  );
});

test('below the table stands the answer', () => {
  assert.match(
    renderSummary(table2, plain).replaceAll(/\s+/g, ' '),
    /ovs with dpdk is the fastest: 996\.0 kpps\. Next, linux-bridge with raw-mmsg −67 % \(−\d\d to −\d\d %, p = 0\.032\)\. In order: ovs with dpdk > linux-bridge with raw-mmsg > .*, each step significant\./,
  );
});

test('what was not measured is listed with its reason', () => {
  const text = renderSummary(table2, plain);
  assert.match(text, /^failed +vpp with dpdk: start switch: vpp exited with 1: no hugepages free$/m);
  assert.match(text, /^skipped +vale with netmap: the netmap module is not loaded/m);
  assert.match(text, /^in part +ovs with dpdk: 1 of 6 trials not measured/m);
});

test('only flags that occur are explained, and those that tell rows apart are numbered', () => {
  const text = renderSummary(table2, plain);
  const explained = FlagSchema.options.filter((flag) => text.includes(`${flag}:`));
  assert.deepEqual(explained, [
    'shared-cpu',
    'shared-housekeeping',
    'bridge-netfilter',
    'disturbed',
    'some-trials-failed',
    'rate-not-reached',
    'omitted-sends',
  ]);
  assert.match(text, /^all {2}bridge-netfilter:/m);
  assert.match(text, /^\[4\] {2}rate-not-reached:/m);
  assert.match(lineOf(text, 'ovs', '996.0'), /\[1\]\[2\]\[3\]\[5\]$/);
});

test('a figure of super-packets has its note, and the note says what it is not', () => {
  const text = renderSummary(toCampaignResult(superPacketCampaign()), plain);
  assert.match(lineOf(text, 'udp-gso', '–'), /\[1\]$/);
  assert.doesNotMatch(lineOf(text, 'udp-mmsg', '–'), /\[1\]/);
  assert.match(text.replaceAll(/\s+/g, ' '), /\[1\] super-packets: .* do not rank it with figures that do\./);
});

test('it fits the terminal, with titles where there is room', () => {
  for (const result of [table2, toCampaignResult(sweepCampaign())]) {
    const lines = renderSummary(result, plain).split('\n');
    assert.deepEqual(
      lines.filter((line) => line.length > 100),
      [],
    );
  }
  assert.ok(
    lineOf(renderSummary(table2, { columns: 130, color: false }), 'linux-bridge', 'Raw sockets, send/recv', '258.5'),
  );
});

test('varying parameters are columns, and each group has its answer', () => {
  const text = renderSummary(toCampaignResult(sweepCampaign()), plain);
  assert.match(lineOf(text, 'Switch', 'P (B)'), /Switch +Framework +S +P \(B\) +R +Mpps/);
  assert.match(
    text,
    /^1vs1, P = 1500 B, R = max: ovs with dpdk is the fastest: 1\.472 Mpps\. Next, linux-bridge with\s+raw-mmsg −80 %/m,
  );
  assert.match(lineOf(text, 'RTT p50'), /p99 +p99\.9/);
  assert.match(text, /^ovs with dpdk has the lowest latency/m);
});

test('colour is added, and nothing else changes', () => {
  const colored = renderSummary(table2, { columns: 100, color: true });
  const bare = renderSummary(table2, plain);
  assert.notEqual(colored, bare);
  assert.equal(stripVTControlCharacters(colored), bare);
  assert.equal(stripVTControlCharacters(bare), bare);
});

test('free text cannot drive the terminal', () => {
  const text = renderSummary(toCampaignResult(hostileCampaign()), plain);
  assert.equal(/\p{Cc}/u.test(text.replaceAll('\n', '')), false);
});

test('nothing measured is said so', () => {
  const none = storedCampaign({ cases: [{ case: testCase(), skipped: 'no veth', trials: [] }] });
  const text = renderSummary(toCampaignResult(none), plain);
  assert.match(text, /throughput: nothing was measured/);
  assert.match(text, /skipped +linux-bridge with udp: no veth/);
  assert.match(renderSummary(toCampaignResult(storedCampaign()), plain), /Table 2/);
});

test('a campaign that goes on for a precision says so', () => {
  const text = renderSummary(toCampaignResult(storedCampaign({ precision: { ratio: 0.02, trialsMax: 30 } })), plain);
  assert.match(text.replaceAll(/\s+/g, ' '), /6 to 30 trials of 3 s a case.*until the 95 % interval is within ±2 %/);
});

test('what all cases of a table have in common stands above it, and what tells them apart in it', () => {
  const tableOf = (...parts: Partial<TestCase>[]) =>
    renderSummary(
      toCampaignResult(
        storedCampaign({
          cases: parts.map((part) => storedCase({ case: testCase({ rate: 'max', ...part }), pps: 1e5 })),
        }),
      ),
      plain,
    );
  const sizes = tableOf({}, { packetSize: 1500 });
  assert.match(sizes, /^linux-bridge, udp, throughput, local, 1vs1, R = max, B = 64, touch = full$/m);
  assert.match(lineOf(sizes, 'P (B)'), /^# +P \(B\) +kpps/);
  const switches = tableOf({}, { switch: 'ovs' });
  assert.match(switches, /^udp, throughput, local, 1vs1, P = 64 B/m);
  assert.match(lineOf(switches, 'kpps  '), /^# +Switch +kpps/);
  assert.match(lineOf(tableOf({}, { io: 'raw' }), 'kpps  '), /^# +Framework +kpps/);
  // A kind of port tells as well.
  const ports = tableOf({ io: 'dpdk', port: 'memif' }, { io: 'dpdk', port: 'vhost-user' });
  assert.match(lineOf(ports, 'kpps  '), /^# +Framework +kpps/);
  // One case alone is named in its row.
  assert.match(lineOf(tableOf({}), 'kpps  '), /^# +Switch +Framework +kpps/);
});

test('what a narrow table lacks is told, and where it is said to be it is', () => {
  const narrow = renderSummary(toCampaignResult(sweepCampaign()), { columns: 60, color: false }).replaceAll(
    /\s+/g,
    ' ',
  );
  assert.match(
    narrow,
    /Not shown in 60 columns: 95 % interval, Gbit\/s, Fair, sender CPUs, receiver CPUs, switch CPUs\. .* so does vswbench show --json\./,
  );
  const { results } = toDocument(sweepCampaign());
  const several = results.find((one) => one.case.pairs > 1)?.summary;
  assert.ok(several !== undefined && several !== null);
  const { throughputPps, throughputBps, fairness, cpu } = several;
  for (const figure of [throughputPps.ciLow, throughputPps.ciHigh, throughputBps.median, fairness]) {
    assert.equal(typeof figure, 'number');
  }
  assert.deepEqual(Object.keys(cpu), ['sender', 'receiver', 'switch', 'total']);
});
