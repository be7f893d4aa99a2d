// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOSTILE, storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import type { CampaignResult, Flag } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { advise } from '../stats/advice.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { adviceMarkdown, renderAdvice } from './advice.ts';
import { throughputCharts } from './chart-bars.ts';
import { renderHtml } from './html.ts';
import { AdviceDocumentSchema, adviceDocument } from './json-advice.ts';

const WIDE = { columns: 2000, color: false };

function path(part: Partial<TestCase>, pps: number, flags: Flag[] = [], rounds = 6) {
  return storedCase({ case: testCase({ rate: 'max', ...part }), pps, flags, lossRatio: 0.0152 }, rounds, 0.02, pps);
}

const UDP = path({ io: 'udp-mmsg' }, 250_000);
const RAW = path({ io: 'raw-mmsg' }, 330_000);
const OVS = path({ switch: 'ovs', io: 'dpdk', port: 'vhost-user' }, 9e6, ['shared-cpu']);
const GSO = path({ io: 'udp-gso' }, 12e6, ['super-packets']);
const RTT = storedCase(
  { case: testCase({ io: 'raw-mmsg', dimension: 'latency', rate: 1000, burst: 4 }), pps: 1000, rttNs: 20_000 },
  6,
  0.02,
);
const VPP = {
  case: testCase({ switch: 'vpp', io: 'dpdk', port: 'memif', rate: 'max' }),
  skipped: 'VPP is not here',
  trials: [],
};

function campaign(cases = [UDP, RAW, OVS, GSO, RTT, VPP]): CampaignResult {
  return toCampaignResult(storedCampaign({ cases }));
}

function told(result: CampaignResult): string {
  return renderAdvice(result, advise(result, null), WIDE);
}

describe('advice in words', () => {
  it('names the figures, intervals, trials, losses and flags that it rests on', () => {
    assert.match(
      told(campaign()),
      /Applications can link DPDK or netmap, and poll a CPU each\n- most throughput: ovs with dpdk\/vhost-user \([89]\.\d+ Mpps, 95 % interval [\d.]+ – [\d.]+, 6 trials, 1\.52 % lost, flagged shared-cpu\); next, linux-bridge with raw-mmsg \(3\d\d\.\d kpps, .*\) −96 % \(−9\d to −9\d %, p = 0\.0\d+\)\./,
    );
  });

  it('says where what a branch asks for is not needed, or gains nothing that is told', () => {
    const slower = path({ io: 'afxdp' }, 100_000);
    assert.match(
      told(campaign([UDP, RAW, slower])),
      /can use AF_XDP\n- most throughput: linux-bridge with raw-mmsg .*; AF_XDP is not needed for it; next/,
    );
    const alike = path({ io: 'afxdp' }, 331_000);
    assert.match(
      told(campaign([UDP, RAW, alike])),
      /can use AF_XDP\n- most throughput: undecided between .* and .*: .*; so no gain by AF_XDP is told\./,
    );
  });

  it('says how many rounds it takes, and what the campaign lacks', () => {
    const few = [UDP, RAW].map(({ case: one }, index) => path(one, 300_000 + index, [], 3));
    assert.match(told(campaign(few)), /undecided between .*: too few rounds \(3\).*\(--trials 4\)\./);
    assert.match(
      told(campaign()),
      /most throughput \/ lowest round trip, p50: no framework of this kind \(AF_XDP\) is in the campaign\./,
    );
    assert.match(
      told(campaign()),
      /lowest round trip, p50: the campaign has no latency of UDP sockets \(-D latency\)\./,
    );
  });

  it('has a row a path, with its class, both dimensions, and why one is missing', () => {
    const text = told(campaign());
    assert.match(text, /linux-bridge +raw-mmsg +frames through the kernel +0\.3\d\d .* (19|20)\.\d .* 1\.52 %/);
    assert.match(text, /vpp +dpdk\/memif +polling in user space +– .*VPP is not here/);
    const markdown = adviceMarkdown(campaign(), advise(campaign(), null));
    assert.match(markdown, /\n\| vpp \| dpdk\/memif \| polling in user space \| – \|.*\| VPP is not here \|\n/);
    assert.match(
      markdown,
      /\n## Applications stay on UDP sockets\n\n- most throughput: linux-bridge with udp-mmsg \(.*, the only one of its kind here/,
    );
  });

  it('is the same for programs, and on the page', async () => {
    const result = campaign();
    const document = AdviceDocumentSchema.parse(adviceDocument(result, advise(result, null)));
    const polling = document.branches.find((branch) => branch.class === 'polling');
    const [leaf] = polling?.leaves ?? [];
    assert.deepEqual([leaf?.finding, leaf?.best?.case], ['best', 2]);
    assert.equal(document.paths.length, 5);
    const page = await renderHtml(result);
    assert.ok(page.includes('What to choose') && page.includes(leaf?.sentence ?? 'no sentence'));
  });

  it('is not on the page where all frameworks ask the same', async () => {
    const page = await renderHtml(campaign([UDP, path({ switch: 'macvlan', io: 'udp' }, 1e5)]));
    assert.ok(!page.includes('What to choose'));
  });

  it('drives no terminal', () => {
    const hostile = { ...VPP, skipped: HOSTILE };
    assert.ok(!told(campaign([UDP, hostile])).includes('\u001b'));
    assert.ok(!adviceMarkdown(campaign([UDP, hostile]), []).includes('\u001b'));
  });
});

describe('the bars of all paths', () => {
  it('are logarithmic where a decade is spanned', () => {
    const axis = (result: CampaignResult) =>
      JSON.stringify(throughputCharts(result)[0]?.spec(800)).includes('"type":"log"');
    assert.deepEqual([axis(campaign()), axis(campaign([UDP, RAW]))], [true, false]);
  });
});
