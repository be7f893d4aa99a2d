// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedCampaign, storedCase, sweepCampaign, testCase } from '../../test/fixtures/campaign.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { compareSwitches } from '../stats/compare.ts';
import { jsonVerdicts } from './json-verdicts.ts';
import { answers } from './sentences.ts';

const campaign = toCampaignResult(
  storedCampaign({
    cases: ['ovs', 'vpp', 'linux-bridge', 'basicfwd'].map((id, index) =>
      storedCase({ case: testCase({ switch: id, rate: 'max' }), pps: 1e5 * (1 + index) }, 6, 0.08, index + 1),
    ),
  }),
);

test('programs read the same verdict, effect and p as the summary and compare tell', () => {
  const [verdict, ...rest] = jsonVerdicts(campaign);
  assert.ok(verdict !== undefined && rest.length === 0);
  const [answer] = answers(campaign);
  assert.equal(verdict.sentence, answer?.sentence);
  assert.equal(campaign.results[verdict.winner ?? 99]?.case.switch, answer?.winner?.case.switch);
  assert.deepEqual(verdict.tiers.flat().sort(), [0, 1, 2, 3]);
  assert.equal(verdict.compared.length, 5);
  for (const one of verdict.compared) {
    const [a, b] = [one.a, one.b].map((place) => campaign.results[place]?.case.switch ?? '');
    const [row] = compareSwitches(campaign.results, a ?? '', b ?? '').cases;
    assert.deepEqual(
      [one.verdict, one.effect, one.pCorrected, one.roundsMore],
      [row?.verdict, row?.effect, row?.pCorrected, row?.roundsMore],
    );
  }
});

test('each set of parameters has its verdict, also where nothing can be told', () => {
  const swept = toCampaignResult(sweepCampaign());
  assert.equal(jsonVerdicts(swept).length, answers(swept).length);
  const few = toCampaignResult(
    storedCampaign({
      cases: ['ovs', 'vpp'].map((id) => storedCase({ case: testCase({ switch: id, rate: 'max' }), pps: 1e6 }, 3)),
    }),
  );
  assert.deepEqual(
    jsonVerdicts(few).map(({ verdict, roundsMin, compared, winner }) => [verdict, roundsMin, compared, winner]),
    [['too-few-rounds', 4, [], null]],
  );
});
