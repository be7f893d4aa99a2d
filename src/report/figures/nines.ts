// SPDX-License-Identifier: Apache-2.0
// An axis of percentiles on which the tail has as much room as the middle: 90 %, 99 % and 99.9 % are equally far apart.

export const NINES: readonly { nines: number; name: string }[] = [50, 90, 99, 99.9, 99.99, 99.999].map((percent) => ({
  nines: ninesOf(percent),
  name: `p${percent}`,
}));

/** 0 is all of them, 1 is 90 %, 2 is 99 %. */
export function ninesOf(percent: number): number {
  return -Math.log10(1 - percent / 100);
}

/** Vega's expression for a tick's name: nested conditions, as it has no maps. */
export function nameOfNines(): string {
  return NINES.reduceRight((rest, { nines, name }) => `datum.value < ${nines + 0.1} ? '${name}' : ${rest}`, "''");
}
