// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import type { CampaignResult, Flag } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { crossoverLines, crossoverSummary } from './crossover-words.ts';
import { renderHtml } from './html.ts';
import { jsonCrossovers } from './json-crossovers.ts';
import { renderSummary } from './terminal.ts';

const SIZES = [64, 128, 256, 512, 1024, 1500];

interface Path {
  path: Partial<TestCase>;
  pps: (value: number) => number;
  flags?: Flag[];
}

const BRIDGE: Path = { path: { switch: 'linux-bridge', io: 'raw-mmsg' }, pps: () => 1e6 };
/** Ahead of the bridge up to 400 B. */
const OVS: Path = { path: { switch: 'ovs', io: 'dpdk', port: 'vhost-user' }, pps: (size) => 1e6 * (400 / size) ** 0.5 };

function campaign(
  paths: readonly Path[],
  { values = SIZES, along = 'packetSize' }: { values?: readonly number[]; along?: 'packetSize' | 'burst' } = {},
): CampaignResult {
  const cases = paths.flatMap(({ path, pps, flags = [] }, index) =>
    values.map((value) =>
      storedCase(
        { case: testCase({ rate: 'max', ...path, [along]: value }), pps: pps(value), flags },
        6,
        0.01,
        7 * index + value,
      ),
    ),
  );
  return toCampaignResult(storedCampaign({ cases }));
}

function only(result: CampaignResult): string {
  const [line, ...others] = crossoverLines(result);
  assert.deepEqual(others, []);
  return line?.sentence ?? '';
}

describe('crossovers in words', () => {
  it('say from where on who is faster, with an interval', () => {
    assert.match(
      only(campaign([OVS, BRIDGE])),
      /^From (3[89]|4[01])0 B \(95 % interval 3\d0 to 4\d0\) on linux-bridge with raw-mmsg is faster than ovs with dpdk\/vhost-user$/,
    );
  });

  it('are of bursts as well', () => {
    const found = campaign([{ ...OVS, pps: (burst) => 1e6 * (12 / burst) ** 0.5 }, BRIDGE], {
      ...{ values: [1, 4, 16, 64], along: 'burst' },
    });
    assert.match(only(found), /^From bursts of 1[12] \(95 % interval 1\d to 1\d\) on linux-bridge /);
  });

  it('compare super-packets with packets by their payload, and say so', () => {
    const gso: Path = { ...OVS, path: { switch: 'linux-bridge', io: 'udp-gso' }, flags: ['super-packets'] };
    assert.match(only(campaign([gso, BRIDGE])), /udp-gso, in bits of payload a second \(one of them carries super-/);
    assert.ok(!only(campaign([OVS, BRIDGE])).includes('payload'));
  });

  it('are not of a cable beside a switch, of a pace that was kept, nor of what differs in more', () => {
    assert.deepEqual(crossoverLines(campaign([{ ...OVS, path: { switch: 'direct' } }, BRIDGE])), []);
    const paced = (path: Partial<TestCase>): Path => ({ path: { ...path, rate: 1000 }, pps: () => 1000 });
    assert.deepEqual(crossoverLines(campaign([paced(OVS.path), paced(BRIDGE.path)])), []);
    assert.deepEqual(crossoverLines(campaign([OVS, { ...BRIDGE, path: { ...BRIDGE.path, touch: 'none' } }])), []);
  });

  it('are listed where paths change places, and counted where they do not', () => {
    const macvlan: Path = { path: { switch: 'macvlan', io: 'raw-mmsg' }, pps: () => 1e4 };
    const lines = crossoverSummary(campaign([OVS, BRIDGE, macvlan, { ...BRIDGE, path: { switch: 'tc' } }]));
    assert.equal(lines.length, 3, lines.join('\n'));
    assert.match(
      lines[2] ?? '',
      /^4 other pairs of paths: 3 keep their order at every value that was measured, and 1 cannot be told \(told apart at no value\)$/,
    );
    assert.deepEqual(crossoverSummary(campaign([BRIDGE])), []);
  });

  it('stand in the summary, the page and the document alike', async () => {
    const result = campaign([OVS, BRIDGE]);
    const told = only(result);
    assert.ok(renderSummary(result, { columns: 2000, color: false }).includes(`Crossovers\n${told}.`));
    assert.ok((await renderHtml(result)).includes(told));
    const [document] = jsonCrossovers(result);
    assert.deepEqual([document?.outcome, document?.sentence], ['crosses', told]);
    assert.deepEqual(
      [document?.a, document?.b],
      [
        [0, 1, 2, 3, 4, 5],
        [6, 7, 8, 9, 10, 11],
      ],
    );
    assert.equal(document?.crossings[0]?.above, 'b');
  });
});
