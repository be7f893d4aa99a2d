// SPDX-License-Identifier: Apache-2.0
// A testbed for one person alone: when, as people say it in the local zone, and what stands against it. Pure: the clock comes in.
import { comingTime } from '../model/coming-time.ts';
import type { Parsed } from '../model/units.ts';
import type { Reservation } from './model.ts';

const MINUTE_MS = 60_000;
const UNITS_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: 60 * MINUTE_MS, d: 24 * 60 * MINUTE_MS };
const DAYS_MAX = 14;

/** From when until when. */
export interface Span {
  from: Date;
  until: Date;
}

/** A span as `reserve` takes it: how long (`90m`, `2h`, `1h30m`, `1d`), and from when (`14:00`, `2026-12-01T14:00`; absent: now). */
export function spanOf(durationText: string, fromText: string | undefined, now: Date): Parsed<Span> {
  const durationMs = lengthMs(durationText);
  if (durationMs === null) {
    return { ok: false, error: `'${durationText}' is no duration: give it as 90m, 2h, 1h30m or 1d` };
  }
  if (durationMs === 0) return { ok: false, error: 'a reservation lasts at least a minute: give it as 90m, 2h or 1d' };
  if (durationMs > DAYS_MAX * (UNITS_MS.d ?? 0)) {
    return { ok: false, error: `'${durationText}' is too long: reserve at most ${DAYS_MAX} days at once` };
  }
  const from = fromText === undefined ? { ok: true as const, value: now } : beginning(fromText, now);
  if (!from.ok) return from;
  return { ok: true, value: { from: from.value, until: new Date(from.value.getTime() + durationMs) } };
}

function lengthMs(text: string): number | null {
  if (!/^(\d{1,6}[dhm])+$/.test(text)) return null;
  const parts = [...text.matchAll(/(\d+)([dhm])/g)];
  const names = parts.map(([, , unit = '']) => unit);
  if (new Set(names).size < names.length) return null;
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS_MS[unit] ?? 0), 0);
}

/** A time of day is the next one. */
function beginning(text: string, now: Date): Parsed<Date> {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour !== undefined) {
    const next = new Date(now);
    next.setHours(Number(hour), Number(minute), 0, 0);
    if (next < now) next.setDate(next.getDate() + 1);
    return { ok: true, value: next };
  }
  return comingTime(text, now, { other: '14:00, or a date and a time as 2026-12-01T14:00', leaveOut: '--from' });
}

/** The first reservation of a testbed that a span overlaps; null where there is none. One may begin as another ends. */
export function overlapped(
  testbed: string,
  { from, until }: Span,
  reservations: readonly Reservation[],
): Reservation | null {
  return (
    reservations.find(
      (one) =>
        one.testbed === testbed &&
        one.cancelledAt === null &&
        Date.parse(one.from) < until.getTime() &&
        from.getTime() < Date.parse(one.until),
    ) ?? null
  );
}

/** A time in full, in the local zone, which it names: `2026-12-01 14:00 CET`. */
export function localTime(instant: Date): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
    ...{ hourCycle: 'h23', timeZoneName: 'short' },
  }).formatToParts(instant);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')} ${part('timeZoneName')}`;
}
