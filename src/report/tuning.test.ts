// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostRecord, storedCampaign, table2Campaign } from '../../test/fixtures/campaign.ts';
import type { KnobRecord } from '../model/tuning.ts';
import { toCampaignResult } from '../stats/campaign.ts';
import { unlikeConditions } from '../stats/compare.ts';
import { reproduceCommand } from './command.ts';
import { couldTune, foreseenTuning, tuningDoubts, tuningLine, tuningRows } from './tuning.ts';

const OFF: KnobRecord = { knob: 'governor', state: 'off', before: 'powersave', after: 'performance', note: null };
const APPLIED: KnobRecord = { ...OFF, state: 'applied' };
const NONE: KnobRecord = { knob: 'turbo', state: 'unavailable', before: null, after: null, note: 'no switch' };

function campaign(tune: string[], ...tuning: KnobRecord[]) {
  const { cases } = table2Campaign();
  return toCampaignResult(storedCampaign({ tune, hosts: [hostRecord({ tuning })], cases }));
}

test('of a machine that was not tuned it is told what tuning would change, and how', () => {
  const result = campaign([], OFF, NONE);
  assert.equal(
    tuningLine(result),
    'Not tuned: --tune all would change governor powersave → performance. docs/tuning.md says what each costs.',
  );
  assert.deepEqual(
    tuningDoubts(result).map(({ what }) => what),
    ['The machine was not tuned (governor powersave → performance)'],
  );
  assert.ok(couldTune(result));
  assert.doesNotMatch(reproduceCommand(result), /--tune/);
});

test('nothing is told where tuning would change nothing, or nobody looked', () => {
  for (const result of [campaign([]), campaign([], { ...OFF, state: 'already' }, NONE)]) {
    assert.equal(tuningLine(result), null);
    assert.deepEqual(tuningDoubts(result), []);
    assert.ok(!couldTune(result));
  }
});

test('of a tuned machine it is told what was turned, and what was not to be had is a doubt', () => {
  const result = campaign(['governor', 'turbo'], APPLIED, NONE);
  assert.equal(tuningLine(result), 'Tuning: turned: governor; not to be had here: turbo.');
  assert.deepEqual(
    tuningDoubts(result).map(({ what }) => what),
    ['Tuning that was asked for was not to be had (turbo: no switch)'],
  );
  assert.match(reproduceCommand(result), / --tune governor,turbo /);
});

test('of knobs that are to be turned it is told what each would change', () => {
  const stands: KnobRecord = { ...OFF, knob: 'smt', state: 'already', after: 'powersave' };
  assert.equal(
    foreseenTuning([OFF, NONE, stands, { ...stands, knob: 'irqs' }]),
    'governor powersave → performance; as wanted already: smt and irqs; turbo is not to be had here (no switch)',
  );
  assert.equal(foreseenTuning([]), '');
});

test('a knob that did not stay is the first doubt', () => {
  const result = campaign(['governor'], { ...APPLIED, state: 'lost', note: 'it was ondemand' }, NONE);
  assert.match(tuningDoubts(result)[0]?.what ?? '', /^Tuning did not stay \(governor: it was ondemand\)$/);
});

test('each knob has a row with its value, the change and the note', () => {
  assert.deepEqual(tuningRows({ tuning: [OFF, APPLIED, NONE] }), [
    ['governor', 'not turned; powersave, and --tune would make it performance'],
    ['governor', 'turned; powersave → performance'],
    ['turbo', 'not to be had here; no switch'],
  ]);
});

test('campaigns with unlike knobs say so, and an older one that tells nothing is not said to be unlike', () => {
  const tuned = campaign(['governor'], APPLIED, NONE);
  assert.deepEqual(unlikeConditions(campaign([], OFF, NONE), tuned), [
    { what: 'tuning of governor', a: 'powersave', b: 'performance' },
  ]);
  assert.deepEqual(unlikeConditions(campaign([], { ...OFF, state: 'already', before: 'performance' }), tuned), []);
  assert.deepEqual(unlikeConditions(campaign([]), tuned), []);
});
