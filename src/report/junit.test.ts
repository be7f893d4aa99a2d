// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { hostileCampaign, storedCampaign, storedCase, testCase, trial } from '../../test/fixtures/campaign.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { compareCampaigns } from '../stats/compare.ts';
import { campaignSuite, comparisonSuite, junitXml } from './junit.ts';

const one = testCase({ rate: 'max' });
const fast = storedCase({ case: one, pps: 250_000 }, 6, 0.01, 1);
const broken = trial({ case: one, pps: 0, outcome: { outcome: 'failed', step: 'start', reason: 'no ovs-vsctl' } });
const campaign = toCampaignResult(
  storedCampaign({
    id: 'nightly-1',
    cases: [
      fast,
      { ...storedCase({ case: testCase({ switch: 'ovs' }), pps: 1 }), trials: [...fast.trials.slice(1), broken] },
      { case: testCase({ switch: 'vpp' }), skipped: null, trials: [broken] },
      { case: testCase({ switch: 'vale' }), skipped: 'the netmap module is not loaded', trials: [] },
      { case: testCase({ switch: 'xdp' }), skipped: null, trials: [] },
    ],
  }),
);

test('a test a case: failed where a trial was not measured, skipped where none was begun', () => {
  const xml = junitXml(campaignSuite(campaign));
  assert.match(xml, /<testsuites name="vswbench" tests="5" failures="2" errors="0" skipped="2" time="\d+\.\d{3}">/);
  assert.match(
    xml,
    /<testsuite name="nightly-1: [^"]+" tests="5" .* timestamp="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d" hostname="testbed-1">/,
  );
  assert.match(xml, /<testcase classname="linux-bridge with udp" name="[^"]*throughput[^"]*" time="\d+\.\d{3}"\/>/);
  assert.match(xml, /classname="vpp with udp" [^>]*>\n +<failure message="failed: start: no ovs-vsctl">/);
  assert.match(xml, /classname="ovs with udp" [^>]*>\n +<failure message="[^"]*start: no ovs-vsctl">/);
  assert.match(xml, /<skipped message="the netmap module is not loaded">the netmap module is not loaded<\/skipped>/);
  assert.match(xml, /classname="xdp with udp" [^>]*>\n +<skipped message="not run yet: resume with [^"]*">/);
});

test('of a comparison, what is slower in B has failed, and what was not compared is skipped', () => {
  const slow = storedCase({ case: one, pps: 200_000 }, 6, 0.01, 2);
  const [a, b] = [campaign, toCampaignResult(storedCampaign({ cases: [slow] }))];
  const suiteOf = (from: typeof a, to: typeof a) =>
    comparisonSuite({
      ...{
        a: { campaign: 'a1', title: 'T', startedAt: a.startedAt },
        b: { campaign: 'b2', title: 'T', startedAt: b.startedAt },
      },
      ...{ comparison: compareCampaigns(from.results, to.results), machines: [], conditions: [], hosts: a.hosts },
    });
  const worse = junitXml(suiteOf(a, b));
  assert.match(worse, /tests="5" failures="1" errors="0" skipped="4"/);
  assert.match(
    worse,
    /<failure message="slower: 2[45]\d\.\d kpps in A, (19|20)\d\.\d kpps in B, −\d+ % \(−\d+ % to −\d+ %\)">/,
  );
  assert.match(worse, /<skipped message="only in A">/);
  assert.match(junitXml(suiteOf(b, a)), /tests="5" failures="0" errors="0" skipped="4"/);
});

test('a strict reader takes it with hostile text, and no two tests of a campaign have one name', (t) => {
  const { cases } = campaignSuite(campaign);
  assert.equal(new Set(cases.map(({ className, name }) => `${className} ${name}`)).size, cases.length);
  const hostile = campaignSuite(toCampaignResult(hostileCampaign()));
  const xml = junitXml({ ...hostile, name: `${hostile.name}\u0000\u0007\ud800\uffff]]>` });
  assert.doesNotMatch(xml, /<script|\p{Cc}(?<!\n)/u);
  const program =
    'import sys, xml.etree.ElementTree as e; r = e.fromstring(sys.stdin.buffer.read()); print(r.tag, len(r[0]), r[0].get("name")[-4:])';
  const { status, stdout, stderr, error } = spawnSync('python3', ['-c', program], { input: xml, encoding: 'utf8' });
  if (error !== undefined) return t.skip('no python3 here');
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(stdout, `testsuites ${hostile.cases.length} \ufffd]]>\n`);
});
