// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sweepCampaign, table2Campaign } from '../../test/fixtures/campaign.ts';
import { toDocument } from '../../test/fixtures/document.ts';
import { TestCaseSchema } from '../model/testcase.ts';

const TRIAL_FIELDS = [
  'seed',
  'startedAt',
  'durationS',
  'intendedPackets',
  'offeredPackets',
  'receivedPackets',
  'lostPackets',
  'duplicatedPackets',
  'reorderedPackets',
  'corruptedPackets',
  'throughputPps',
  'throughputBps',
  'cpu',
  'samples',
  // Beyond the original contract.
  'outcome',
  'wallS',
  'overheadS',
  'placement',
  'ledgers',
  'noise',
];

test('the document has every promised field under its name, also after a round trip through text', () => {
  const document = toDocument(table2Campaign());
  assert.equal(document.schema, 1);
  assert.equal(document.campaign, table2Campaign().id);
  assert.equal(document.inventory.hostname, 'testbed-1');
  const [first] = document.results;
  assert.ok(first !== undefined);
  assert.deepEqual(Object.keys(first.case).sort(), Object.keys(TestCaseSchema.shape).sort());
  assert.equal(first.outcome, 'measured');
  assert.equal('reason' in first, false);
  const [trial] = first.trials;
  assert.ok(trial !== undefined);
  assert.deepEqual(
    TRIAL_FIELDS.filter((field) => !(field in trial)),
    [],
  );
  assert.equal('histograms' in trial, false);
  assert.equal('measurement' in trial, false);
  assert.deepEqual(Object.keys(trial.cpu ?? {}).sort(), ['receiver', 'sender', 'switch', 'total']);
  assert.equal(first.summary?.throughputPps.trials, 6);
  assert.ok(first.summary !== null && first.summary.throughputPps.ciLow !== null);
  assert.ok(first.summary.throughputPps.ciLow <= first.summary.throughputPps.median);
});

test('latency has its percentiles in nanoseconds', () => {
  const document = toDocument(sweepCampaign());
  const latency = document.results.find((one) => one.case.dimension === 'latency')?.trials[0]?.latencyNs?.rtt;
  assert.ok(latency !== undefined);
  for (const field of ['mean', 'min', 'p50', 'p90', 'max', 'count'] as const) {
    assert.equal(typeof latency[field], 'number', field);
  }
  // A trial of some hundred packets does not tell it.
  assert.equal(latency.p999, null);
});

test('a trial that was not measured has its outcome and reason and no figures; an invalid one keeps its evidence', () => {
  const { results } = toDocument(table2Campaign());
  const failed = results.find((one) => one.case.switch === 'vpp');
  assert.equal(failed?.outcome, 'failed');
  assert.match(failed?.reason ?? '', /no hugepages/);
  const trial = failed?.trials[0];
  assert.ok(trial?.outcome === 'failed');
  assert.equal(trial.step, 'start switch');
  assert.equal('throughputPps' in trial, false);
  const skipped = results.find((one) => one.case.switch === 'vale');
  assert.deepEqual([skipped?.outcome, skipped?.trials, skipped?.summary], ['skipped', [], null]);
  const invalid = results.find((one) => one.case.switch === 'ovs')?.trials.at(-1);
  assert.ok(invalid?.outcome === 'invalid' && invalid.throughputPps !== undefined);
});
