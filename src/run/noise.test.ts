// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Placement } from '../model/placement.ts';
import { disturbances } from './noise.ts';

const own: Placement = {
  pairs: [{ source: 1, sink: 2 }],
  switch: [],
  housekeeping: [0],
  far: null,
  sharedCpu: false,
  sharedHousekeeping: false,
};
const quiet = { stealRatio: 0.02, frequencyChangeRatio: 0.05 };
const calm = [{ name: 'the sender of pair 0', involuntarySwitchesPerS: 50 }];
const harried = [...calm, { name: 'the receiver of pair 0', involuntarySwitchesPerS: 125.4 }];

test('a trial at its limits is still quiet', () => {
  assert.deepEqual(disturbances(quiet, calm, own, 'poll'), []);
  assert.deepEqual(disturbances({ stealRatio: 0, frequencyChangeRatio: null }, [], own, 'poll'), []);
});

test('each reason is told, with its figure and its limit', () => {
  assert.deepEqual(disturbances({ stealRatio: 0.031, frequencyChangeRatio: 0.1 }, harried, own, 'block'), [
    'the hypervisor took 3.1 % of the measured CPUs (more than 2 %)',
    'the receiver of pair 0 lost its CPU 125 times a second (more than 50)',
    "a CPU's frequency changed by 10.0 % (more than 5 %)",
  ]);
});

test('to lose a CPU that is shared on purpose, or given up, disturbs nothing', () => {
  assert.deepEqual(disturbances(quiet, harried, { ...own, far: null, sharedCpu: true }, 'poll'), []);
  assert.deepEqual(disturbances(quiet, harried, { ...own, sharedHousekeeping: true }, 'poll'), []);
  assert.deepEqual(disturbances(quiet, harried, own, 'yield'), []);
});
