// SPDX-License-Identifier: Apache-2.0
// How reports name machines where there are several, and that they keep them apart.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  hostPair,
  hostRecord,
  inventory,
  storedCampaign,
  storedCase,
  table2Campaign,
  testCase,
  twoTestbedsCampaign,
} from '../../test/fixtures/campaign.ts';
import { toDocument } from '../../test/fixtures/document.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { sweepCharts } from './chart-lines.ts';
import { cpuCharts, spreadCharts } from './chart-rows.ts';
import { reproduceCommand } from './command.ts';
import { doubts } from './doubts.ts';
import { renderHtml } from './html.ts';
import { publishedPps, remoteFigure } from './paper.ts';
import { answers } from './sentences.ts';
import { renderSummary } from './terminal.ts';

const result = toCampaignResult(twoTestbedsCampaign());
const text = renderSummary(result, { columns: 110, color: false });

test('the summary has a line for each host, and a table for each testbed', () => {
  const spaced = text.replaceAll(/\s+/g, ' ');
  assert.match(spaced, /testbed-1 \(near host of testbed local\): Intel/);
  assert.match(
    spaced,
    /lab-far, reached as bench@lab-far\.example \(far host of testbed lab\), uplink enp3s0f0 \(ixgbe, 10 Gbit\/s\): Intel/,
  );
  assert.match(text, /^testbed local, throughput, local, 1vs1, P = 64 B/m);
  assert.match(text, /^testbed lab, throughput, remote, 1vs1, R = max/m);
  assert.match(text, /^(?: *\d+ +)?ovs +dpdk +512 .* 98 % /m);
  assert.match(text, /^4vs4, P = 64 B: Nothing was measured/m);
  assert.match(text, /^failed +ovs with dpdk, remote, testbed lab: traffic: host lost/m);
});

test('with the one machine nothing is named', async () => {
  const alone = toCampaignResult(table2Campaign());
  for (const shown of [renderSummary(alone, { columns: 100, color: false }), await renderHtml(alone)]) {
    assert.doesNotMatch(shown, /testbed (local|lab)|[Tt]estbed,|line rate|near|, local testbed/);
  }
  assert.doesNotMatch(reproduceCommand(alone), /--testbed/);
});

test('one testbed of another name is named', () => {
  const cases = [storedCase({ case: testCase({ testbed: 'lab' }), pps: 1000 })];
  const lab = toCampaignResult(storedCampaign({ hosts: hostPair('lab'), cases }));
  assert.match(renderSummary(lab, { columns: 100, color: false }), /^testbed lab, throughput, local, 1vs1/m);
  assert.match(reproduceCommand(lab), /^vswbench run --testbed lab -D/);
});

test('no sentence is about two testbeds', () => {
  for (const answer of answers(result)) {
    const names = result.results.filter((one) => one.case.testbed !== answer.group.testbed);
    assert.ok(names.length > 0);
    if (answer.winner !== null) assert.equal(answer.winner.case.testbed, answer.group.testbed);
  }
  const fast = answers(result).find(({ group }) => group.testbed === 'lab' && group.packetSize === 64);
  assert.match(
    fast?.detail ?? '',
    /^Received 5\.256 Mpps \(95 % interval [^)]*\), 37 % of line rate\. Next, linux-bridge with raw-mmsg −92 %/,
  );
});

test('charts are of one testbed, and say remote where it is', () => {
  assert.deepEqual(
    sweepCharts(result).map(({ title }) => title),
    ['Throughput by packet size, remote, testbed lab', 'Throughput in Gbit/s by packet size, remote, testbed lab'],
  );
  for (const { caption } of sweepCharts(result)) assert.match(caption, /The paper’s figure 4d shows the same scenario/);
  for (const charts of [spreadCharts(result), cpuCharts(result)]) {
    assert.deepEqual(
      charts.map(({ title }) => title.replace(/^.*, /, '')),
      ['testbed local', 'testbed lab'],
    );
  }
});

test('the page shows hosts, the cable and the part of the line rate', async () => {
  const html = await renderHtml(result);
  assert.match(html, /<h2 id="machine-title">The machines<\/h2>/);
  assert.equal([...html.matchAll(/<h3>[^<]*\((near|far) host of testbed (local|lab)\)/g)].length, 3);
  assert.match(html, /Of line rate/);
  assert.match(html, /the cable, 1 of them of others/);
  assert.match(html, /Testbed local, throughput, local/);
});

test('the document has the first machine where it was, and all of them by testbed', () => {
  const document = toDocument(twoTestbedsCampaign());
  assert.equal(document.inventory.hostname, 'testbed-1');
  assert.deepEqual(
    document.testbeds.map(({ name, hosts }) => [
      name,
      hosts.map((host) => [host.role, host.name, host.inventory.hostname]),
    ]),
    [
      ['local', [['near', 'local', 'testbed-1']]],
      [
        'lab',
        [
          ['near', 'bench@lab-near.example', 'lab-near'],
          ['far', 'bench@lab-far.example', 'lab-far'],
        ],
      ],
    ],
  );
  assert.equal('hosts' in document, false);
  const remote = document.results.find((one) => one.case.location === 'remote');
  assert.equal(remote?.case.testbed, 'lab');
  assert.equal(Math.round(remote?.lineRatePps ?? 0), 14_204_545);
  assert.equal(remote?.trials[0]?.uplink?.foreignPackets, 1);
  assert.equal(document.results[0]?.lineRatePps, null);
});

test('doubts are told of the machines that they concern', () => {
  const told = doubts(result).map(({ what }) => what);
  assert.ok(told.includes('The machine is virtual (kvm): testbed-1'), told.join('\n'));
  assert.ok(told.includes('The CPU frequency could not be controlled or seen: testbed-1, lab-near and lab-far'));
  assert.ok(told.includes('The cable was the limit (2 of 11 cases)'));
  assert.ok(told.includes('The cable carried packets of others (2 of 11 cases)'));
});

test('two hosts in one machine, and an emulated one, are doubts', () => {
  const hosts = hostPair('netns').map((host) => ({ ...host, inventory: inventory({ virtualization: 'qemu' }) }));
  const remote = testCase({ testbed: 'netns', location: 'remote' });
  const told = doubts(toCampaignResult(storedCampaign({ hosts, cases: [storedCase({ case: remote, pps: 1000 })] })));
  assert.deepEqual(
    told.slice(0, 2).map(({ what }) => what),
    ['A machine was emulated (all cases)', 'Both hosts were parts of one machine (testbed netns)'],
  );
  assert.ok(
    !doubts(toCampaignResult(storedCampaign({ hosts: [hostRecord()] }))).some(({ what }) => /one machine/.test(what)),
  );
});

test('the paper has remote figures, and its table 2 is of any machine', () => {
  const remote = testCase({ location: 'remote', testbed: 'lab' });
  assert.equal(remoteFigure(remote, 'packetSize'), 'figure 4d');
  assert.equal(remoteFigure({ ...remote, pairs: 4 }, 'pairs'), 'figures 4g and 4h');
  assert.equal(remoteFigure({ ...remote, pairs: 4 }, 'packetSize'), null);
  assert.equal(remoteFigure({ ...remote, dimension: 'latency' }, 'burst'), 'figures 5d to 5f');
  assert.equal(remoteFigure(remote, 'touch'), null);
  assert.equal(remoteFigure(testCase(), 'packetSize'), null);
  assert.equal(publishedPps(testCase({ testbed: 'lab' })), 338_000);
});
