// SPDX-License-Identifier: Apache-2.0
// When something may begin, as people say it, in the local zone.
import { comingTime } from '../model/coming-time.ts';
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
  return comingTime(text, now, { other: 'night, or a date and a time as 2026-12-01T22:00', leaveOut: 'it' });
}
