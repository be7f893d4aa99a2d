// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CliError } from './errors.ts';
import { gridOf } from './sweep.ts';

it('a sweep of flows is a run over a grid of throughput, and refuses what is none', () => {
  assert.deepEqual(gridOf('1', '64k', 'x2', {}), { dimension: 'throughput', flows: '1..64k/x2' });
  assert.deepEqual(gridOf('1', '64k', 'x2', { dimension: 'throughput' }).dimension, 'throughput');
  const refused = (step: string, options: Record<string, unknown>, pattern: RegExp) =>
    assert.throws(
      () => gridOf('1', '64k', step, options),
      (error) => error instanceof CliError && pattern.test(error.message),
    );
  refused('x2', { flows: '1,2' }, /leave out --flows/);
  refused('x2', { dimension: 'latency' }, /leave out -D/);
  refused('2', {}, /--step 2 is not a factor/);
});
