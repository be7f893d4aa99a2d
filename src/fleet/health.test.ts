// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostRecord, inventory } from '../../test/fixtures/campaign.ts';
import { canary } from '../../test/fixtures/canaries.ts';
import type { Canary } from '../model/canary.ts';
import { type Failures, verdictOf } from './health.ts';

const HOUR_MS = 3600_000;
const START_MS = Date.parse('2026-03-01T00:00:00.000Z');
const NONE: Failures = { times: 0, last: null };
const hosts = [hostRecord()];

/** One each day, of which the last ones are slower. */
function measured(days: number, slower = 0): Canary[] {
  return Array.from({ length: days }, (_, day) => {
    const level = 400_000 * (day >= days - slower ? 0.8 : 1) * (1 + ((day * 7) % 11) / 500);
    return canary({
      ...{ campaign: `day-${day}`, measuredAt: new Date(START_MS + day * 24 * HOUR_MS).toISOString() },
      figures: {
        'throughput local 1vs1 direct udp size=64': [0, 1, 2, 3, 4, 5].map((step) => level * (1 + step / 500)),
      },
    });
  });
}

const lastMs = (canaries: readonly Canary[]) => Date.parse(canaries.at(-1)?.measuredAt ?? '');
const failed = (times: number, atMs: number): Failures => ({
  times,
  last: { at: new Date(atMs).toISOString(), reason: 'no' },
});

describe('the health of a testbed', () => {
  it('is told of what shifted, and of what changed in its record', () => {
    const [, ...others] = measured(14, 2);
    const turned = others.map((one, index) =>
      index < others.length - 2 ? one : { ...one, hosts: [hostRecord({ inventory: inventory({ kernel: '6.12' }) })] },
    );
    const { health } = verdictOf(turned, hosts, NONE, lastMs(turned));
    assert.ok(health.state === 'drifted');
    assert.match(health.reason, /^throughput of udp −2\d %; changed in its record: kernel .* → 6\.12$/);
    assert.equal(health.since, turned.at(-3)?.measuredAt);
  });

  it('stays what it is where a canary cannot be measured: it is told, and the next is tried an hour later', () => {
    const steady = measured(12);
    const dueMs = lastMs(steady) + 25 * HOUR_MS;
    assert.equal(verdictOf(steady, hosts, NONE, dueMs).due.due, true);
    const after = verdictOf(steady, hosts, failed(9, dueMs), dueMs + 1);
    assert.deepEqual(after.health, { state: 'good', note: 'its latest canary could not be measured (no)' });
    assert.deepEqual(after.due, { due: false, atMs: dueMs + HOUR_MS });
    assert.equal(verdictOf(steady, hosts, failed(9, dueMs), dueMs + HOUR_MS).due.due, true);
    assert.equal(verdictOf(measured(14, 2), hosts, failed(9, dueMs), dueMs).health.state, 'drifted');
  });

  it('is suspect until the next canary, but for no more than three that cannot be measured, ten minutes apart', () => {
    const suspect = measured(13, 1);
    const atMs = lastMs(suspect) + HOUR_MS;
    assert.equal(verdictOf(suspect, hosts, NONE, atMs).health.state, 'suspect');
    const after = verdictOf(suspect, hosts, failed(2, atMs), atMs + 1);
    assert.equal(after.health.state, 'suspect');
    assert.deepEqual(after.due, { due: false, atMs: atMs + HOUR_MS / 6 });
    assert.deepEqual(verdictOf(suspect, hosts, failed(3, atMs), atMs + 1).health, {
      state: 'good',
      note: 'throughput of udp is not what it was, and its latest canary could not be measured (no)',
    });
  });
});
