// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Reservation } from './model.ts';
import { localTime, overlapped, spanOf } from './reserve.ts';

const now = new Date(2026, 11, 1, 13, 30);
const at = (day: number, hour: number, minute = 0) => new Date(2026, 11, day, hour, minute);
const span = (from: Date, until: Date) => ({ ok: true, value: { from, until } });

it('a span is so long, from now or from the local time that is given', () => {
  assert.deepEqual(spanOf('2h', undefined, now), span(now, at(1, 15, 30)));
  assert.deepEqual(spanOf('1h30m', '14:00', now), span(at(1, 14), at(1, 15, 30)));
  assert.deepEqual(spanOf('1d', '2026-12-03T14:00', now), span(at(3, 14), at(4, 14)));
  assert.deepEqual(
    spanOf('90m', '2026-12-03T14:00+01:00', now),
    span(new Date('2026-12-03T13:00Z'), new Date('2026-12-03T14:30Z')),
  );
  assert.deepEqual(spanOf('14d', undefined, now), span(now, at(15, 13, 30)));
});

it('a time of day that is over is tomorrow’s', () => {
  assert.deepEqual(spanOf('2h', '9:00', now), span(at(2, 9), at(2, 11)));
  assert.deepEqual(spanOf('2h', '13:30', now), span(now, at(1, 15, 30)));
});

it('what is no span is refused with the mend', () => {
  const wrong = (duration: string, from?: string) => {
    const told = spanOf(duration, from, now);
    return told.ok ? null : told.error;
  };
  for (const text of ['2', 'two', '2s', '-2h', '1.5h', '2h2h', '']) {
    assert.equal(wrong(text), `'${text}' is no duration: give it as 90m, 2h, 1h30m or 1d`);
  }
  assert.equal(wrong('0m'), 'a reservation lasts at least a minute: give it as 90m, 2h or 1d');
  assert.equal(wrong('14d1m'), "'14d1m' is too long: reserve at most 14 days at once");
  for (const text of ['noon', '25:00', '14', '2026-13-01T14:00', '2026-02-30T14:00', '2026-12-01']) {
    assert.equal(wrong('2h', text), `'${text}' is no time: give 14:00, or a date and a time as 2026-12-01T14:00`);
  }
  assert.equal(wrong('2h', '2026-12-01T10:00'), "'2026-12-01T10:00' is over: give a time to come, or leave --from out");
});

it('a reservation overlaps those of the same testbed, and may begin as another ends', () => {
  const bobs: Reservation = {
    ...{ id: 3, testbed: 'lab-1', user: 'bob', why: null, cancelledAt: null },
    ...{ from: at(1, 14).toISOString(), until: at(1, 16).toISOString() },
  };
  const overlaps = (from: Date, until: Date, part: Partial<Reservation> = {}) =>
    overlapped('lab-1', { from, until }, [{ ...bobs, ...part }]) !== null;
  assert.ok(overlaps(at(1, 13), at(1, 14, 1)));
  assert.ok(overlaps(at(1, 15, 59), at(1, 18)));
  assert.ok(overlaps(at(1, 14, 30), at(1, 15)));
  assert.ok(overlaps(at(1, 10), at(1, 20)));
  assert.ok(!overlaps(at(1, 12), at(1, 14)));
  assert.ok(!overlaps(at(1, 16), at(1, 18)));
  assert.ok(!overlaps(at(1, 14), at(1, 16), { testbed: 'lab-2' }));
  assert.ok(!overlaps(at(1, 14), at(1, 16), { cancelledAt: now.toISOString() }));
});

it('a time is told in full, with its zone', () => {
  assert.match(localTime(at(1, 0, 5)), /^2026-12-01 00:05 [A-Z]\S+$/);
});
