// SPDX-License-Identifier: Apache-2.0
// Counters that a kernel, a card or a switch keeps in 64 bits: the bytes of a card of 100 Gbit/s pass 2^53, beyond which no number is
// exact, in eight days.
import { HostError } from './host.ts';

/** As it was read. Exact where it is a bigint, and as a number up to 2^53. */
export type Counter = number | bigint;

/** By how much a counter has grown. Throws HostError, which names it, where it ran backwards: it wrapped, or was begun anew. */
export function grownBy(name: string, earlier: Counter, later: Counter): number {
  const grown = difference(earlier, later);
  if (grown < 0)
    throw new HostError(`${name} ran backwards, from ${earlier} to ${later}: it wrapped, or was begun anew`);
  return grown;
}

/** The same of a counter that can be done without: null where it ran backwards. */
export function grownByOrNull(earlier: Counter, later: Counter): number | null {
  const grown = difference(earlier, later);
  return grown < 0 ? null : grown;
}

function difference(earlier: Counter, later: Counter): number {
  return typeof earlier === 'number' && typeof later === 'number'
    ? later - earlier
    : Number(BigInt(later) - BigInt(earlier));
}
