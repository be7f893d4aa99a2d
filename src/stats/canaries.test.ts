// SPDX-License-Identifier: Apache-2.0
// A testbed that measures canaries, day by day, while somebody turns its knobs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostRecord, inventory } from '../../test/fixtures/campaign.ts';
import { canary } from '../../test/fixtures/canaries.ts';
import type { Canary } from '../model/canary.ts';
import type { Inventory } from '../model/inventory.ts';
import { canaryDue, certaintyOf, changedText, doubtfulTimes, doubtOf, judgeCanaries } from './canaries.ts';

const DAY_MS = 24 * 3600 * 1000;
const START_MS = Date.parse('2026-03-01T00:00:00.000Z');
const at = (day: number) => new Date(START_MS + day * DAY_MS).toISOString();

/** What the machine does on some days, beside its usual 400 kpps. */
interface Bench {
  ratio?: number;
  inventory?: Partial<Inventory>;
}

/** The canaries of so many days; `turned` says from which day on which bench is there. */
function measured(days: number, turned: Record<number, Bench> = {}): Canary[] {
  let bench: Bench = {};
  return Array.from({ length: days }, (_, day) => {
    bench = turned[day] ?? bench;
    // Within about a percent from day to day.
    const level = 400_000 * (bench.ratio ?? 1) * (1 + ((day * 7) % 11) / 500);
    return canary({
      ...{
        campaign: `day-${day}`,
        measuredAt: at(day),
        hosts: [hostRecord({ inventory: inventory(bench.inventory) })],
      },
      figures: { udp: [-2, -1, 0, 1, 2, 3].map((step) => level * (1 + step / 500)) },
    });
  });
}

const campaign = (day: number, endDay = day) => ({
  ...{ id: 'x', startedAt: at(day), endedAt: at(endDay), hosts: [hostRecord()] },
});
const POWERSAVE = { knobs: { 'cpufreq.scaling_governor': 'powersave' } };

test('a knob that is turned behind a testbed’s back: it is out of service at the next canary, and what it measured since the last is in doubt', () => {
  const canaries = measured(21, { 20: { ratio: 0.85, inventory: POWERSAVE } });
  assert.equal(judgeCanaries(canaries.slice(0, 20)).state, 'steady');
  const found = judgeCanaries(canaries);
  assert.ok(found.state === 'drifted');
  assert.equal(found.lastGoodAt, at(19));
  assert.equal(found.foundAt, at(20));
  assert.match(changedText(found.changes), /knob cpufreq.scaling_governor none → powersave/);
  assert.equal(doubtOf(campaign(19.5), 'local', canaries)?.foundAt, at(20));
  assert.equal(doubtOf(campaign(25), 'local', canaries)?.foundAt, at(20));
  assert.equal(doubtOf(campaign(18.5), 'local', canaries), null);
  // Before the last good canary it began, after it it ended.
  assert.equal(doubtOf(campaign(18.5, 19.2), 'local', canaries)?.foundAt, at(20));
  assert.equal(doubtOf({ ...campaign(20), id: 'day-20' }, 'local', canaries), null);
  const other = { ...campaign(20), hosts: [hostRecord({ inventory: inventory({ hostname: 'another' }) })] };
  assert.equal(doubtOf(other, 'local', canaries), null);
});

test('a drop of which the record knows nothing holds a testbed at the first canary, and takes it out of service at the second', () => {
  const canaries = measured(22, { 20: { ratio: 0.85 } });
  assert.deepEqual(judgeCanaries(canaries.slice(0, 21)), { state: 'suspect', lastGoodAt: at(19), figure: 'udp' });
  const found = judgeCanaries(canaries);
  assert.ok(found.state === 'drifted' && found.lastGoodAt === at(19) && found.changes.length === 0);
});

test('a record that changes without a shift is no drift', () => {
  assert.equal(judgeCanaries(measured(24, { 20: { inventory: { kernel: '6.1.0-20' } } })).state, 'steady');
});

test('a level that is accepted is the base from then on; what was measured before it stays in doubt', () => {
  const canaries = measured(40, { 20: { ratio: 0.85, inventory: POWERSAVE } }).map((one, day) =>
    day === 22 ? { ...one, accepted: { by: 'ann', at: at(22.5), why: 'powersave is what we want' } } : one,
  );
  assert.equal(judgeCanaries(canaries.slice(0, 24)).state, 'learning');
  assert.equal(judgeCanaries(canaries).state, 'steady');
  assert.deepEqual(
    doubtfulTimes(canaries).map(({ lastGoodAt, until }) => [lastGoodAt, until]),
    [[at(19), at(22)]],
  );
  assert.equal(doubtOf(campaign(21), 'local', canaries)?.until, at(22));
  assert.equal(doubtOf(campaign(23), 'local', canaries), null);
});

test('canaries are due at first, hourly until there is a base, daily, soon after a suspicion, and when the record has changed', () => {
  const hosts = [hostRecord()];
  const due = (canaries: Canary[], day: number, now = hosts) => canaryDue(canaries, now, START_MS + day * DAY_MS);
  assert.deepEqual(due([], 0), { due: true, why: 'it has none' });
  assert.deepEqual(due(measured(3), 2.01), { due: false, atMs: START_MS + 2 * DAY_MS + 3600_000 });
  assert.deepEqual(due(measured(3), 2.05), { due: true, why: 'the last one is 72 minutes old' });
  assert.equal(due(measured(20), 19.9).due, false);
  assert.deepEqual(due(measured(20), 20), { due: true, why: 'the last one is 24 hours old' });
  const suspect = measured(21, { 20: { ratio: 0.85 } });
  assert.equal(due(suspect, 20.005).due, false);
  assert.equal(due(suspect, 20.01).due, true);
  const changed = [hostRecord({ inventory: inventory({ kernel: '6.1.0-20', microcode: '0x2' }) })];
  const told = due(measured(20), 19.1, changed);
  assert.deepEqual(told, { due: true, why: 'kernel 6.1.0-21-amd64 → 6.1.0-20, microcode 0x5003604 → 0x2' });
});

test('a record that does not come to rest has no more than two canaries an hour', () => {
  const changed = [hostRecord({ inventory: inventory({ kernel: '6.1.0-20' }) })];
  const [first, second] = measured(20).slice(-2);
  assert.ok(first && second);
  const minute = (number: number) => START_MS + number * 60_000;
  const hour = [
    { ...first, measuredAt: new Date(minute(0)).toISOString() },
    { ...second, measuredAt: new Date(minute(5)).toISOString() },
  ];
  assert.deepEqual(canaryDue(hour, changed, minute(10)), { due: false, atMs: minute(60) });
  assert.equal(canaryDue(hour, changed, minute(60)).due, true);
});

test('what can be found and how often the rule errs is told of a testbed that has a base', () => {
  assert.equal(certaintyOf(measured(8)), null);
  const told = certaintyOf(measured(30));
  assert.deepEqual(told?.falseAlarms, { alarms: 0, splits: 200 });
  assert.ok((told?.smallest.udp ?? 1) < 0.12, JSON.stringify(told));
  assert.equal(certaintyOf(measured(22, { 20: { ratio: 0.85 } })), null);
});
