// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Limits } from '../host/limits.ts';
import type { MachineSnapshot } from './machines.ts';
import { disturbances } from './noise.ts';
import type { Occupancy } from './occupancy.ts';

const quiet = { stealRatio: 0.02, frequencyChangeRatio: 0.05 };
const own: Occupancy = {
  ...{ cpu: 3, machine: null, applications: [{ name: 'the receiver of pair 0', share: 0.95, kept: null }] },
  ...{ ofSwitch: 0, ofKernel: 0, polled: true, slept: false, strangers: 0.04 },
};
const NONE: Limits = { quotas: [], clockCaps: new Map(), hotCounts: new Map() };

/** A machine over three seconds, with these limits at either end. */
function machine(before: Partial<Limits>, after: Partial<Limits>): { before: MachineSnapshot; after: MachineSnapshot } {
  const look = (atNs: number, limits: Partial<Limits>): MachineSnapshot => ({
    ...{ atNs, cpus: new Map(), threadsS: 0, threads: new Map(), interrupts: new Map(), frequencyMhz: new Map() },
    ...{ pressureS: null, limits: { ...NONE, ...limits }, applications: new Map() },
  });
  return { before: look(0, before), after: look(3e9, after) };
}

test('a trial at its limits is still quiet', () => {
  assert.deepEqual(disturbances(quiet, [own], [machine({}, {})]), []);
  assert.deepEqual(disturbances({ stealRatio: 0, frequencyChangeRatio: null }, [], []), []);
});

test('each reason is told, with its figure and its limit', () => {
  const starved = {
    ...own,
    applications: [{ name: 'the receiver of pair 0', share: 0.008, kept: null }],
    strangers: 0.99,
  };
  const shared = { ...own, cpu: 1, polled: false, strangers: 0.35 };
  assert.deepEqual(disturbances({ stealRatio: 0.031, frequencyChangeRatio: 0.1 }, [starved, shared], []), [
    'the hypervisor took 3.1 % of the measured CPUs (more than 2 %)',
    'the receiver of pair 0 got 0.8 % of CPU 3, which it polls on (less than 95 %)',
    'others took 35 % of CPU 1 (more than 4 %)',
    "a CPU's frequency changed by 10 % (more than 5 %)",
  ]);
});

test('of two machines the one is named', () => {
  assert.deepEqual(disturbances(quiet, [{ ...own, polled: false, machine: 1, strangers: 0.5 }], []), [
    'others took 50 % of CPU 3 of the far host (more than 4 %)',
  ]);
});

test('a quota is a reason where it held something back within the window, and then alone', () => {
  const quota = (throttledS: number) => ({ quotas: [{ group: '/sys/fs/cgroup/job', cpus: 0.2, throttledS }] });
  assert.deepEqual(disturbances(quiet, [own], [machine(quota(1), quota(3.4))]), [
    'a quota of 0.2 CPUs (/sys/fs/cgroup/job) held it back for 2.40 s of 3.00 s',
  ]);
  assert.deepEqual(disturbances(quiet, [own], [machine(quota(1), quota(1))]), []);
});

test('capped clocks and heat are reasons', () => {
  const before = { clockCaps: new Map([[2, 0.5]]), hotCounts: new Map([[1, 7]]) };
  const after = {
    clockCaps: new Map([[2, 0.5]]),
    hotCounts: new Map([
      [1, 8],
      [2, 4],
    ]),
  };
  assert.deepEqual(disturbances(quiet, [own], [machine(before, after)]), [
    'the clock of CPU 2 is capped at 50 % of its own',
    'CPU 1 was slowed down by its heat',
  ]);
});
