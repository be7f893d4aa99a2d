// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { disturbancesOf } from './part-trial.ts';

describe('disturbancesOf', () => {
  const quiet = { disturbances: [] };
  const noisy = (...disturbances: string[]) => ({ disturbances });

  it('has none where half of the parts were quiet', () => {
    assert.deepEqual(disturbancesOf([quiet, noisy('others took 5 % of CPU 1')]), []);
  });
  it('tells a reason of each kind', () => {
    const parts = [
      noisy('others took 5 % of CPU 1 (more than 4 %)', 'the hypervisor took 12 %'),
      noisy('others took 15.5 % of CPU 0 (more than 4 %)'),
      noisy('others took 9 % of CPU 0 (more than 4 %)', 'the hypervisor took 3 %'),
      quiet,
    ];
    assert.deepEqual(disturbancesOf(parts), ['others took 5 % of CPU 1 (more than 4 %)', 'the hypervisor took 12 %']);
  });
});
