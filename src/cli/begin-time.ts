// SPDX-License-Identifier: Apache-2.0
// When something may begin, as people say it, in the local zone.
import type { Parsed } from '../model/units.ts';

/** The night begins when people go home. */
const NIGHT_FROM_HOUR = 22;
const NIGHT_TO_HOUR = 5;

/** `night` is the one that is, or else the next; otherwise a date and a time. */
export function beginOf(text: string, now: Date): Parsed<Date> {
  if (text === 'night') {
    const begin = new Date(now);
    if (now.getHours() >= NIGHT_TO_HOUR && now.getHours() < NIGHT_FROM_HOUR) begin.setHours(NIGHT_FROM_HOUR, 0, 0, 0);
    return { ok: true, value: begin };
  }
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?$/.test(text);
  const value = new Date(text);
  if (!isTime || Number.isNaN(value.getTime())) {
    return { ok: false, error: `'${text}' is no time: give night, or a date and a time as 2026-12-01T22:00` };
  }
  if (value < now) return { ok: false, error: `'${text}' is over: give a time to come, or leave it out` };
  return { ok: true, value };
}
