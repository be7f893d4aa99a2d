// SPDX-License-Identifier: Apache-2.0

/** What a parser of user input returns: a value, or one line that says what is wrong and what would be right. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; error: string };

/** Decimal places that an SI suffix moves the point by. */
const SI_PLACES: Record<string, number> = { '': 0, k: 3, K: 3, M: 6, G: 9 };
/** The same for milliseconds in a unit of time, which has a factor beside. */
const MS_UNITS: Record<string, { factor: bigint; places: number }> = {
  ms: { factor: 1n, places: 0 },
  s: { factor: 1n, places: 3 },
  m: { factor: 60n, places: 3 },
  min: { factor: 60n, places: 3 },
  h: { factor: 3600n, places: 3 },
};

/** The most values one range may expand to: a slip such as `1..20M/1` must not plan twenty million test cases. */
const RANGE_VALUES_MAX = 1000;

/** A whole number with an optional SI suffix (powers of ten): `64`, `1.5k`, `20M`. */
export function parseQuantity(text: string): Parsed<number> {
  const match = /^(\d+)(?:\.(\d+))?([kKMG]?)$/.exec(text.trim());
  if (match === null) {
    return { ok: false, error: `'${text}' is not a number of the form 64, 1.5k or 1M` };
  }
  const [, whole = '', fraction = '', suffix = ''] = match;
  return exactly(text, whole, fraction, { factor: 1n, places: SI_PLACES[suffix] ?? 0 }, 'number');
}

/**
 * whole.fraction * factor * 10^places without rounding: a binary fraction would turn 1.1M into 1100000.0000000002, and
 * rounding that away would turn long numbers into others.
 */
function exactly(
  text: string,
  whole: string,
  fraction: string,
  unit: { factor: bigint; places: number },
  what: string,
): Parsed<number> {
  const scaled = BigInt(whole + fraction) * unit.factor * 10n ** BigInt(unit.places);
  const divisor = 10n ** BigInt(fraction.length);
  if (scaled % divisor !== 0n) return { ok: false, error: `'${text}' is not a whole ${what}` };
  const value = Number(scaled / divisor);
  return Number.isSafeInteger(value) ? { ok: true, value } : { ok: false, error: `'${text}' is too large` };
}

/** A list of quantities and ranges: `64,256,1500`, `1M..20M/1M` (both ends included), `1..1M/x2` (each twice the one before). Order and duplicates as given, duplicates once. */
export function parseQuantities(text: string): Parsed<number[]> {
  const ambiguity = commaAmbiguity(text);
  if (ambiguity !== null) return { ok: false, error: ambiguity };
  const values: number[] = [];
  for (const part of text.split(',')) {
    const parsed = part.includes('..') ? parseRange(part) : asList(parseQuantity(part));
    if (!parsed.ok) return parsed;
    values.push(...parsed.value);
  }
  return { ok: true, value: [...new Set(values)] };
}

/**
 * What is wrong with a list in which a bare number stands right before one with a unit, in one line; null where there is none. Half of the
 * world writes one and a half million `1,5M`. With a blank behind its comma it is a list.
 */
export function commaAmbiguity(text: string): string | null {
  const [, pair, whole = '', rest = '', suffix = ''] = /(?:^|,)\s*((\d+),(\d+)([kKMG]))/.exec(text) ?? [];
  if (pair === undefined) return null;
  const inFull = rest + '0'.repeat(SI_PLACES[suffix] ?? 0);
  return `'${pair}' reads as ${whole} and ${rest} ${suffix}, or as ${whole}.${rest} ${suffix}; for one number write ${whole}.${rest}${suffix}, for two ${whole},${inFull}`;
}

function asList(parsed: Parsed<number>): Parsed<number[]> {
  return parsed.ok ? { ok: true, value: [parsed.value] } : parsed;
}

function parseRange(text: string): Parsed<number[]> {
  const match = /^([^./]+(?:\.\d+[kKMG]?)?)\.\.([^/]+)\/(x?)(.+)$/.exec(text.trim());
  if (match === null) {
    return {
      ok: false,
      error: `'${text}' is not a range (examples: 1M..20M/1M, that is first..last/step; 1..1M/x2, each twice the one before)`,
    };
  }
  const [, from = '', to = '', times = '', by = ''] = match;
  const ends: number[] = [];
  for (const end of [from, to]) {
    const parsed = parseQuantity(end);
    if (!parsed.ok) return { ok: false, error: `in range '${text}': ${parsed.error}` };
    ends.push(parsed.value);
  }
  const [first = 0, last = 0] = ends;
  const step = times === 'x' ? parseFactor(by) : parseQuantity(by);
  if (!step.ok) return { ok: false, error: `in range '${text}': ${step.error}` };
  return times === 'x' ? multiples(text, first, last, step.value) : sums(text, first, last, step.value);
}

function parseFactor(text: string): Parsed<number> {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return value > 1 && Number.isFinite(value)
    ? { ok: true, value }
    : { ok: false, error: `'x${text}' is not a factor above 1, as x2 or x1.41` };
}

function sums(text: string, first: number, last: number, step: number): Parsed<number[]> {
  if (step === 0 || last < first) {
    return { ok: false, error: `range '${text}' is empty: first must not exceed last, and the step must not be 0` };
  }
  const count = Math.floor((last - first) / step) + 1;
  return counted(text, count, () => Array.from({ length: count }, (_, index) => first + index * step));
}

/** Rounded to whole numbers; what is then there twice is there once. */
function multiples(text: string, first: number, last: number, factor: number): Parsed<number[]> {
  if (first === 0 || last < first) {
    return { ok: false, error: `range '${text}' is empty: first must not exceed last, nor be 0` };
  }
  const powers = Math.log(last / first) / Math.log(factor);
  // Logarithms are rounded: 1000 is 10 to the power of 2.9999999999999996.
  const count = Math.floor(powers + 1e-9) + 1;
  return counted(text, count, () => [
    ...new Set(Array.from({ length: count }, (_, index) => Math.min(last, Math.round(first * factor ** index)))),
  ]);
}

function counted(text: string, count: number, values: () => number[]): Parsed<number[]> {
  return count > RANGE_VALUES_MAX
    ? { ok: false, error: `range '${text}' has ${count} values; at most ${RANGE_VALUES_MAX} are allowed` }
    : { ok: true, value: values() };
}

/** A duration in milliseconds: `500ms`, `3s`, `1.5s`, `2m`. A bare number is refused: 500 may be meant as seconds or as milliseconds; but 0 is 0. */
export function parseDurationMs(text: string): Parsed<number> {
  const match = /^(\d+)(?:\.(\d+))?(ms|s|m|min|h)?$/.exec(text.trim());
  if (match === null) return { ok: false, error: `'${text}' is not a duration (examples: 500ms, 3s, 1m)` };
  const name = match[3] ?? (Number(match[0]) === 0 ? 's' : undefined);
  if (name === undefined) {
    return { ok: false, error: `'${text}' lacks a unit; give ${match[0]}ms or ${match[0]}s (units: ms, s, m, h)` };
  }
  const unit = MS_UNITS[name] ?? { factor: 1n, places: 0 };
  const [, whole = '', fraction = ''] = match;
  return exactly(text, whole, fraction, unit, 'number of milliseconds');
}

/** A duration as the command line takes it: `500ms`, `3s`. */
export function duration(ms: number): string {
  return ms % 1000 === 0 && ms > 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** Packets/s for people: `345.2 kpps`, `8.01 Mpps`. */
export function formatPps(pps: number): string {
  return `${formatSi(pps)}pps`;
}

/** Bits/s for people; 1 Gbit/s = 10^9 bit/s. */
export function formatBps(bps: number): string {
  return `${formatSi(bps)}bit/s`;
}

function formatSi(value: number): string {
  const prefixes = ['', 'k', 'M'];
  // A value that rounds up to 1000 is written with the next prefix.
  const fits = prefixes.findIndex((_, index) => Math.abs(Number(round3(value / 1000 ** index))) < 1000);
  return fits < 0 ? `${round3(value / 1e9)} G` : `${round3(value / 1000 ** fits)} ${prefixes[fits]}`;
}

/** Three significant digits at least, and never fewer than the whole part has. */
function round3(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 100) return value.toFixed(magnitude >= 1000 ? 0 : 1);
  return value.toFixed(magnitude >= 10 ? 1 : 2);
}

/** A ratio as a percentage with at most so many decimal places, and no zeros at its end: `2 %`, `0.5 %`. */
export function percentOf(ratio: number, places = 4): string {
  return `${Number((100 * ratio).toFixed(places))} %`;
}

/** A quantity as the command line takes it: `64`, `1.5k`, `20M`, `max`. */
export function quantity(value: number | 'max'): string {
  if (value === 'max') return value;
  const units: [number, string][] = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ];
  const [divisor, suffix] = units.find(([size]) => value >= size && Number.isInteger((value / size) * 1000)) ?? [1, ''];
  return `${value / divisor}${suffix}`;
}
