// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { LabDocument } from './lab.ts';
import { LabWatch } from './lab-watch.ts';

it('reads a lab when it has changed or half a minute has passed, and tells what is new', async () => {
  const document = (more: number): LabDocument => ({
    ...{ queue: [], over: [], testbeds: [], reservations: [], users: [], more },
  });
  let [stamp, more, reads, nowMs, isAway] = ['a', 0, 0, 0, false];
  const lab = {
    async stamp() {
      if (isAway) throw new Error('it is away');
      return stamp;
    },
    async read() {
      reads += 1;
      return document(more);
    },
  };
  const watch = new LabWatch(lab, { lookMs: 2 ** 30, nowMs: () => nowMs });
  const told: unknown[] = [];
  const end = watch.watch((_, news) => told.push(news));
  try {
    await watch.look();
    assert.deepEqual([reads, told], [1, [{ lab: document(0), error: null }]]);
    await watch.look();
    assert.equal(reads, 1, 'it is read though nothing has changed');
    [stamp, more] = ['b', 1];
    await watch.look();
    assert.deepEqual([reads, told.at(-1)], [2, { lab: document(1), error: null }]);
    nowMs += 30_000;
    await watch.look();
    assert.deepEqual([reads, told.length], [3, 2], 'what is as before is told again');
    isAway = true;
    await watch.look();
    assert.deepEqual(told.at(-1), { lab: null, error: 'it is away' });
    isAway = false;
    await watch.look();
    assert.deepEqual([reads, told.at(-1)], [4, { lab: document(1), error: null }]);
    const late: unknown[] = [];
    watch.watch((_, news) => late.push(news))();
    assert.deepEqual(late, [told.at(-1)], 'who comes late is told what there is');
  } finally {
    end();
  }
});
