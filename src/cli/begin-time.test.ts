// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { beginOf } from './begin-time.ts';

const at = (hour: number) => new Date(2026, 11, 1, hour, 30);

it('the night is the one that is, or the next', () => {
  assert.deepEqual(beginOf('night', at(14)), { ok: true, value: new Date(2026, 11, 1, 22, 0) });
  assert.deepEqual(beginOf('night', at(23)), { ok: true, value: at(23) });
  assert.deepEqual(beginOf('night', at(3)), { ok: true, value: at(3) });
});

it('a time is of the local zone, or of the one that it names', () => {
  assert.deepEqual(beginOf('2026-12-01T22:00', at(14)), { ok: true, value: new Date(2026, 11, 1, 22, 0) });
  assert.deepEqual(beginOf('2026-12-03T22:00+01:00', at(14)), { ok: true, value: new Date('2026-12-03T21:00Z') });
});

it('what is no time, or is over, is refused with the mend', () => {
  assert.deepEqual(beginOf('tomorrow', at(14)), {
    ok: false,
    error: "'tomorrow' is no time: give night, or a date and a time as 2026-12-01T22:00",
  });
  assert.equal(beginOf('2027-02-30T10:00', at(14)).ok, false);
  assert.deepEqual(beginOf('2026-12-01T10:00', at(14)), {
    ok: false,
    error: "'2026-12-01T10:00' is over: give a time to come, or leave it out",
  });
});
