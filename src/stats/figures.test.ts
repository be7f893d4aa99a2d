// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCase, trial } from '../../test/fixtures/campaign.ts';
import { REPETITIONS_FROM } from '../model/repetition.ts';
import type { Flag, Outcome } from '../model/result.ts';
import { roundFigures, valuesOf } from './figures.ts';

test('figures are the throughputs of the measured trials, in the order of the rounds', () => {
  const one = testCase();
  const trials = [
    trial({ case: one, pps: 300, round: 2 }),
    trial({ case: one, pps: 100, round: 0 }),
    trial({ case: one, pps: 200, round: 1, outcome: { outcome: 'invalid', reason: 'the ledger does not close' } }),
    trial({ case: one, pps: 400, round: 3, outcome: { outcome: 'failed', step: 'start', reason: 'no memory' } }),
  ];
  assert.deepEqual(roundFigures(one, trials), [
    { round: 0, value: 100 },
    { round: 2, value: 300 },
  ]);
  assert.deepEqual(valuesOf(roundFigures(one, trials)), [100, 300]);
});

test('for latency they are the median round trips; a trial whose packets do not tell it has none', () => {
  const one = testCase({ dimension: 'latency' });
  const told = trial({ case: one, pps: 1000, rttNs: 20_000 });
  const p50 = told.measurement?.latencyNs?.rtt?.p50;
  assert.ok(typeof p50 === 'number');
  const { measurement } = trial({ case: one, pps: 1000, round: 1 });
  assert.ok(measurement?.latencyNs?.rtt !== undefined);
  const untold = {
    ...told,
    round: 1,
    measurement: { ...measurement, latencyNs: { rtt: { ...measurement.latencyNs.rtt, p50: null } } },
  };
  assert.deepEqual(roundFigures(one, [told, untold]), [{ round: 0, value: p50 }]);
});

test('of a trial and its repetition one stands for the round, by their marks and outcomes alone', () => {
  const one = testCase();
  const disturbed: Flag[] = ['disturbed'];
  const failed: Outcome = { outcome: 'failed', step: 'start', reason: 'no memory' };
  const of = (first: { flags?: Flag[]; outcome?: Outcome }, again?: { flags?: Flag[]; outcome?: Outcome }) => {
    const trials = [
      trial({ case: one, pps: 100, ...first }),
      ...(again === undefined ? [] : [{ ...trial({ case: one, pps: 900, ...again }), ordinal: REPETITIONS_FROM }]),
    ];
    return valuesOf(roundFigures(one, trials.reverse()));
  };
  assert.deepEqual(of({ flags: disturbed }), [100]);
  assert.deepEqual(of({ flags: disturbed }, {}), [900]);
  assert.deepEqual(of({ flags: disturbed }, { flags: disturbed }), [100]);
  assert.deepEqual(of({ flags: disturbed }, { outcome: failed }), [100]);
  assert.deepEqual(of({ flags: disturbed, outcome: failed }, { flags: disturbed }), [900]);
  assert.deepEqual(of({ flags: disturbed, outcome: failed }, { outcome: failed }), []);
  assert.deepEqual(of({ flags: [] }, { flags: ['shared-cpu'] }), [900]);
});
