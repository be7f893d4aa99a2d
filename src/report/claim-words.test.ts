// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedCampaign, storedCase, testCase } from '../../test/fixtures/campaign.ts';
import { ClaimSchema } from '../model/claim.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { judgeClaim } from '../stats/claims.ts';
import { claimsDocument, countWords, reasonWords } from './claim-words.ts';

const dpdk = (id: string, packetSize = 64) =>
  testCase({ switch: id, io: 'dpdk', port: 'vhost-user', rate: 'max', packetSize });
const RESULT = toCampaignResult(
  storedCampaign({
    cases: [
      storedCase({ case: dpdk('ovs'), pps: 4e6, flags: ['shared-cpu'] }, 8, 0.01, 1),
      storedCase({ case: dpdk('basicfwd'), pps: 6e6 }, 8, 0.01, 2),
      storedCase({ case: dpdk('ovs', 1500), pps: 1e6 }, 8, 0.01, 3),
      { case: dpdk('vpp'), skipped: 'VPP is not installed; install it', trials: [] },
    ],
  }),
);

const judged = (claim: Record<string, unknown>) =>
  judgeClaim(ClaimSchema.parse({ id: 'it', says: 'so', from: 'section 1', ...claim }), RESULT.results);

const FASTER = { kind: 'order', figure: 'packets', cases: { packetSize: 64 }, better: { switch: 'basicfwd' } };
const HOLDS = judged({ ...FASTER, than: { switch: 'ovs' } });
const REFUTED = judged({ ...FASTER, better: { switch: 'ovs' }, than: { switch: 'basicfwd' } });
const LACKING = judged({ ...FASTER, than: { switch: ['ovs', 'vpp', 'snabb'] } });
const BEYOND = judged({ kind: 'beyond', needs: 'a physical port' });

describe('reasons', () => {
  it('have the figures', () => {
    assert.match(reasonWords(HOLDS), /^basicfwd 6\.\d{3} Mpps – ovs [34]\.\d{3} Mpps \(p (< 0\.001|= 0\.00\d)\)$/);
    assert.match(reasonWords(REFUTED), /^ovs [34]\.\d{3} Mpps – basicfwd 6/);
  });
  it('say who is missing, and why, without the mend', () => {
    assert.equal(reasonWords(LACKING), 'not here: vpp (VPP is not installed), snabb (no such case in this campaign)');
    assert.equal(reasonWords(BEYOND), 'it takes a physical port');
    const none = judged({
      kind: 'trend',
      figure: 'packets',
      cases: { burst: 7 },
      along: 'packetSize',
      direction: 'falls',
    });
    assert.equal(reasonWords(none), 'this campaign has no such cases');
  });
  it('have the bounds of ratios, of proportions and of values', () => {
    const sizes = {
      kind: 'ratio',
      figure: 'packets',
      of: { packetSize: 1500 },
      to: { packetSize: 64 },
      between: [0, 1],
    };
    assert.match(reasonWords(judged(sizes)), /1500 B .*\(ratio 0\.2\d, 0\.2\d to 0\.2\d, p/);
    const scaling = { kind: 'scaling', figure: 'packets', along: 'packetSize', atMostPercent: 2 };
    assert.match(reasonWords(judged(scaling)), /% of proportion, 1 to 1,/);
    const value = { kind: 'value', figure: 'packets', cases: { switch: 'basicfwd' }, between: [1, 2] };
    assert.match(reasonWords(judged(value)), /^basicfwd.* 6\.\d{3} Mpps \[5\.\d{3} Mpps, 6\.\d{3} Mpps\]$/);
  });
});

it('outcomes are counted, in words and in the document', () => {
  const all = [HOLDS, REFUTED, LACKING, BEYOND];
  assert.equal(countWords(all), '4 claims: 1 holds, 1 does not, 2 cannot be decided');
  const document = claimsDocument(
    'paper',
    [RESULT.id],
    all.map((judgement) => ({ judgement, place: 0 })),
  );
  assert.deepEqual(document.counts, { holds: 1, 'does-not-hold': 1, 'cannot-be-decided': 2 });
  assert.deepEqual(document.claims[0]?.flags, ['shared-cpu']);
  assert.deepEqual(document.claims[2]?.missing, [
    { what: 'vpp', why: 'VPP is not installed; install it' },
    { what: 'snabb', why: 'no such case in this campaign' },
  ]);
  assert.doesNotThrow(() => JSON.parse(JSON.stringify(document)));
});
