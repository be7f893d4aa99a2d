// SPDX-License-Identifier: Apache-2.0
import type { Parsed } from './units.ts';

/**
 * A date and a time to come, in the local zone unless it names another: `2026-12-01T22:00`. Errors are one line with the mend: `other` is what is
 * taken, `leaveOut` what may be left out for now.
 */
export function comingTime(
  text: string,
  now: Date,
  { other, leaveOut }: { other: string; leaveOut: string },
): Parsed<Date> {
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?$/.test(text);
  const value = new Date(text);
  if (!isTime || Number.isNaN(value.getTime()) || isRolledOver(text)) {
    return { ok: false, error: `'${text}' is no time: give ${other}` };
  }
  if (value < now) return { ok: false, error: `'${text}' is over: give a time to come, or leave ${leaveOut} out` };
  return { ok: true, value };
}

/** Of a date that is not in the calendar JavaScript makes one of the next month. */
function isRolledOver(text: string): boolean {
  const day = Number(text.slice(8, 10));
  return new Date(`${text.slice(0, 10)}T00:00Z`).getUTCDate() !== day;
}
