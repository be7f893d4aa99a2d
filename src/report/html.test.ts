// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  capacityCampaign,
  hostileCampaign,
  storedCampaign,
  storedCase,
  superPacketCampaign,
  sweepCampaign,
  table2Campaign,
  testCase,
} from '../../test/fixtures/campaign.ts';
import type { StoredCampaign } from '../model/result.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { renderHtml } from './html.ts';

const render = (stored: StoredCampaign): Promise<string> => renderHtml(toCampaignResult(stored));

let table2 = '';
let sweep = '';
let hostile = '';
before(async () => {
  [table2, sweep, hostile] = await Promise.all([
    render(table2Campaign()),
    render(sweepCampaign()),
    render(hostileCampaign()),
  ]);
});

const count = (html: string, pattern: RegExp): number => [...html.matchAll(pattern)].length;

test('the file loads nothing', () => {
  for (const html of [table2, sweep, hostile]) {
    assert.match(html, /^<!DOCTYPE html>\n<html lang="en">/);
    assert.match(html, /http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/);
    assert.equal(count(html, /<(script|link|img|iframe|object|embed|image|use|video|audio|base)\b/gi), 0);
    assert.equal(count(html, /https?:|url\(|@import|xlink|javascript:/gi), 0);
    // The only addresses are places in the page itself.
    assert.deepEqual(
      [...html.matchAll(/href="([^"]*)"/g)].filter(([, target]) => !/^#[a-z]+$/.test(target ?? '')),
      [],
    );
  }
});

test('hostile text stays text everywhere', () => {
  assert.equal(count(hostile, /<script|<img/gi), 0);
  assert.equal(count(hostile, /&lt;script(&gt;|>)alert\(/g) > 20, true);
  // No attribute of ours was left early: an event handler would follow a quote.
  assert.equal(count(hostile, /<[^>]*"\s*onerror=/g), 0);
  assert.equal(count(hostile, /<\/title>/g) >= 1, true);
  assert.match(hostile, /<title>&lt;script/);
});

test('what a paper says under such figures stands there, with the commands that make them', () => {
  const [section = ''] = /<section id="publish".*?<\/section>/s.exec(table2) ?? [];
  assert.match(
    section,
    /: medians of \d.* rounds with 95 % confidence intervals \(order statistics.*\); 3 s measured after .*; on /,
  );
  for (const command of ['plot', 'export', 'bundle', 'cite'])
    assert.match(section, new RegExp(`vswbench ${command} \\S+`));
});

test('capacities are drawn with their bounds', async () => {
  const html = await render(capacityCampaign());
  assert.match(html, /id="capacity"/);
  assert.match(html, /lines reach from that rate to the lowest that does not/);
  assert.match(html, />linux-bridge · raw-mmsg, NDR: 1\.204 Mpps, the rate between 1\.204 to 1\.21</);
  assert.ok(count(html, /<svg role="img"/g) >= 2);
  assert.doesNotMatch(table2, /id="capacity"/);
});

test('the answer comes first, then the figures', () => {
  const order = [
    'ovs with dpdk is the fastest',
    'id="paper"',
    'id="throughput"',
    'id="results"',
    'id="spread"',
    'id="cpu"',
    'id="ledger"',
    'id="doubts"',
    'id="method"',
    'id="machine"',
    'id="again"',
  ];
  const places = order.map((text) => table2.indexOf(text));
  assert.equal(places.includes(-1), false, `${places}`);
  assert.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
  );
});

test('table 2 stands beside the measured figures', async () => {
  for (const figure of ['338', '409', '360', '440', '230', '264', '258', '331']) {
    assert.match(table2, new RegExp(`<text[^>]*>${figure}</text>`), figure);
  }
  assert.match(table2, /Ara, L\. Lai/);
  const { results, ...rest } = toCampaignResult(sweepCampaign());
  const others = { ...rest, results: results.filter((one) => one.case.switch !== 'linux-bridge') };
  assert.equal((await renderHtml(others)).includes('id="paper"'), false);
});

test('sweeps are drawn as lines over their parameter, latency over percentiles', () => {
  for (const title of [
    'Throughput by rate',
    'Throughput by packet size',
    'Throughput in Gbit/s by packet size',
    'Throughput by number of pairs',
  ]) {
    assert.match(sweep, new RegExp(`<h3>${title}</h3>`));
  }
  assert.match(sweep, />p99\.9</);
});

test('every drawing is told to those who cannot see it, every header has a scope', () => {
  for (const html of [table2, sweep]) {
    assert.equal(count(html, /<svg /g), count(html, /<svg role="img" aria-label="[^"]+|<svg [^>]*aria-hidden="true"/g));
    assert.equal(count(html, /<th[ >]/g), count(html, /<th scope="(col|row)"/g));
    assert.equal(count(html, /<table>/g), count(html, /<caption>/g));
    assert.equal(html.includes('NaN') || html.includes('undefined') || html.includes('[object'), false);
  }
});

test('what was not measured, the notes, the doubts and the machine are told', () => {
  assert.match(table2, /start switch: vpp exited with 1: no hugepages free/);
  assert.match(table2, /all: bridge-netfilter/);
  assert.match(table2, /The machine is virtual \(kvm\)/);
  assert.match(table2, /Steal time was at most 0\.30 %/);
  assert.match(table2, /receive queue of the sink(&#39;|')s socket full/);
  assert.match(table2, /net\.core\.netdev_max_backlog/);
  assert.match(table2, /Mitigation: Retpolines/);
  assert.match(table2, /seed 20260301/);
});

test('figures of super-packets say so in each table and each drawing', async () => {
  const html = await render(superPacketCampaign());
  assert.match(html, /1: super-packets<\/dt><dd>The packets of a burst crossed .* as one super-packet/);
  assert.match(html, /Packets crossed the switch as super-packets \(1 of 2 cases\)/);
  const names = [...html.matchAll(/<text[^>]*>([^<]*udp-gso[^<]*)<\/text>/g)].map(([, name]) => name);
  assert.ok(names.length > 0);
  assert.deepEqual(new Set(names), new Set(['linux-bridge · udp-gso (super-packets)']));
});

test('the command to measure again has every parameter', () => {
  const [parameters, later, rest] = [
    'vswbench run -D throughput -L local -S 1vs1 -V linux-bridge,direct,ovs,vpp,vale --io udp,udp-mmsg,raw,raw-mmsg,dpdk,netmap --port netdev -P 64 -R 1M -B 64 --touch full --rx-moderation on --placement spread',
    '(?: --[a-z-]+ \\S+)*',
    ' --wait yield --warmup 500ms --duration 3s --trials 6 --seed 20260301',
  ];
  assert.match(table2, new RegExp(`${parameters}${later}${rest}`));
});

test('cases that differ in nothing but a parameter of few words are told apart in every table', async () => {
  const cases = (['spread', 'same-core'] as const).flatMap((placement) =>
    (['on', 'off'] as const).map((rxModeration, index) =>
      storedCase({ case: testCase({ placement, rxModeration }), pps: 1e5 }, 6, 0.01, index),
    ),
  );
  const html = await render(storedCampaign({ cases }));
  const tables = [...html.matchAll(/<table>.*?<\/table>/gs)]
    .map(([table]) => table)
    .filter((table) => table.includes('Case<'));
  assert.ok(tables.length >= 2);
  for (const table of tables) {
    const told = [...table.matchAll(/receive moderation = (on|off), placement = ([a-z-]+)/g)].map(([text]) => text);
    assert.equal(new Set(told).size, 4, 'a row may be of any of several cases');
  }
});

test('the same campaign gives the same file', async () => {
  // Not assert.equal: its difference of two long files would hide the message.
  assert.ok((await render(table2Campaign())) === table2);
});

test('campaigns with little or nothing in them have a report too', async () => {
  const one = await render(storedCampaign({ cases: [storedCase({ case: testCase(), pps: 1e5 }, 1)] }));
  assert.match(one, /the only switch measured/);
  assert.equal(one.includes('id="spread"'), false);
  const skipped = await render(storedCampaign({ cases: [{ case: testCase(), skipped: 'no veth', trials: [] }] }));
  assert.match(skipped, /Nothing was measured/);
  assert.match(skipped, /no veth/);
  assert.match(await render(storedCampaign()), /<h1>Table 2/);
});
