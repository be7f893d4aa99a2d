// SPDX-License-Identifier: Apache-2.0
// A histogram of frame sizes from somebody's network, as a file of lines `bytes,count` or `bytes,share`. What is recorded is what it says,
// as the text of a mix: the file is not needed again.
import { PERIOD_MAX } from './sizes.ts';
import type { Parsed } from './units.ts';

/** The text of a mix with the sizes of such a file, bytes as they stand there. The error begins with the line's number. */
export function mixOfFile(content: string): Parsed<string> {
  const weights = new Map<number, number>();
  for (const [index, line] of content
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const text = line.trim();
    if (text === '' || text.startsWith('#') || (index === 0 && /^["a-z]/i.test(text))) continue;
    const [, bytes = '', weight = ''] = /^(\d+)\s*[,;\t]\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i.exec(text) ?? [];
    if (bytes === '') return refused(`line ${index + 1}: '${text}' is not 'bytes,count' or 'bytes,share'`);
    const already = weights.get(Number(bytes));
    if (already !== undefined) return refused(`line ${index + 1}: ${bytes} bytes are there twice; add them up`);
    weights.set(Number(bytes), Number(weight));
  }
  const used = [...weights].filter(([, weight]) => weight > 0).sort(([a], [b]) => a - b);
  if (used.length === 0) return refused("no line 'bytes,count' with a count above 0");
  if (used.length > PERIOD_MAX) return refused(`more than ${PERIOD_MAX} sizes`);
  const packets = packetsOf(used.map(([, weight]) => weight));
  return { ok: true, value: `mix:${used.map(([bytes], index) => `${bytes}*${packets[index]}`).join('+')}` };
}

/**
 * Whole packets of a period, by weight: counts with what they have in common taken out or, where that is no whole number or too many,
 * shares of the longest period, of which each size has a packet at least.
 */
function packetsOf(weights: readonly number[]): number[] {
  if (weights.every(Number.isSafeInteger)) {
    const divisor = weights.reduce(commonDivisor);
    const counts = weights.map((weight) => weight / divisor);
    if (sum(counts) <= PERIOD_MAX) return counts;
  }
  return apportioned(weights, PERIOD_MAX);
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** By largest remainders, after each has had one. */
function apportioned(weights: readonly number[], total: number): number[] {
  const free = total - weights.length;
  const whole = sum(weights);
  const exact = weights.map((weight) => Math.max(0, (weight / whole) * total - 1));
  const scale = free / Math.max(sum(exact), Number.MIN_VALUE);
  const counts = exact.map((share) => Math.floor(share * scale));
  const order = exact
    .map((share, index) => ({ index, rest: share * scale - Math.floor(share * scale) }))
    .sort((a, b) => b.rest - a.rest);
  const left = free - sum(counts);
  const more = new Set(order.slice(0, left).map(({ index }) => index));
  const packets = counts.map((count, index) => 1 + count + (more.has(index) ? 1 : 0));
  const divisor = packets.reduce(commonDivisor);
  return packets.map((count) => count / divisor);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function refused(error: string): { ok: false; error: string } {
  return { ok: false, error };
}
