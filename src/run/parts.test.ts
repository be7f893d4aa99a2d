// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { runInTurns } from './parts.ts';

/** Parts on these machines, which begin at once and end when they are told to. */
function played(...machines: string[][]) {
  const begun: number[] = [];
  const parts = machines.map((names, index) => ({
    ...{ index, testbed: { machines: names } },
    end: Promise.withResolvers<void>(),
  }));
  const all = runInTurns(parts, async ({ index, end }) => {
    begun.push(index);
    await end.promise;
  });
  const end = async (index: number, error?: Error) => {
    if (error === undefined) parts[index]?.end.resolve();
    else parts[index]?.end.reject(error);
    await setImmediate();
  };
  return { begun, all, end };
}

describe('parts of a plan', () => {
  it('run at the same time where they have no machine in common, and take turns where they have', async () => {
    const { begun, all, end } = played(['a', 'b'], ['c'], ['b', 'd']);
    assert.deepEqual(begun, [0, 1]);
    await end(1);
    assert.deepEqual(begun, [0, 1], 'the machine b is still at work');
    await end(0);
    assert.deepEqual(begun, [0, 1, 2]);
    await end(2);
    await all;
  });

  it('take turns also by a machine of another part', async () => {
    const { begun, all, end } = played(['a'], ['b'], ['a', 'b']);
    assert.deepEqual(begun, [0]);
    for (const index of [0, 1, 2]) await end(index);
    await all;
    assert.deepEqual(begun.toSorted(), [0, 1, 2]);
  });

  it('end all where one fails, before that is told, and those behind it do not begin', async () => {
    const { begun, all, end } = played(['a'], ['a'], ['c']);
    let told = false;
    const failed = all.catch((error: unknown) => {
      told = true;
      return error;
    });
    await end(0, new Error('host lost'));
    assert.deepEqual([begun, told], [[0, 2], false]);
    await end(2);
    assert.match(String(await failed), /host lost/);
    assert.deepEqual(begun, [0, 2]);
  });
});
