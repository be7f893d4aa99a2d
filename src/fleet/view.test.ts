// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Health } from './model.ts';
import { ailmentOf } from './view.ts';

const since = '2026-03-01T09:59:58.000Z';
const reason = 'throughput of udp −21 %';

const ailing = (health: Health, isAlive = true) => ailmentOf({ name: 'lab-1', seenAt: since, isAlive, health });

describe('what is not good about a testbed', () => {
  it('is told with its state, since when, why, and what to do about it', () => {
    for (const [health, what, mend] of [
      [{ state: 'suspect', since, reason }, `suspect since 2026-03-01 09:59 UTC: ${reason}`, /next canary decides/],
      [{ state: 'drifted', since, reason }, `drifted, last good at 2026-03-01 09:59 UTC: ${reason}`, /latest canary/],
      [{ state: 'broken', since, reason }, `broken since 2026-03-01 09:59 UTC: ${reason}`, /looks again/],
      [{ state: 'good', note: reason }, `good, but ${reason}`, /goes on with its work/],
    ] as const) {
      const ailment = ailing(health);
      assert.equal(ailment?.what, what);
      assert.match(ailment.mend, mend);
    }
    assert.equal(ailing({ state: 'good' }), null);
  });

  it('names the command that mends it', () => {
    assert.equal(ailing({ state: 'drifted', since, reason })?.command, 'vswbench canary --testbed lab-1 --accept WHY');
    assert.deepEqual(ailing({ state: 'drifted', since, reason }, false), {
      what: 'silent since 2026-03-01 09:59 UTC',
      mend: 'Start its worker again on its machine',
      command: 'vswbench worker --testbed lab-1',
    });
  });
});
