// SPDX-License-Identifier: Apache-2.0

/** What some things have of something, added up; 0 of none. */
export function sumOf<T>(things: readonly T[], value: (thing: T) => number): number {
  return things.reduce((sum, thing) => sum + value(thing), 0);
}
